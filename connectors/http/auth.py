"""Signing in: Basic (RFC 7617), Digest (RFC 7616) and Bearer (RFC 6750), sent with the first request.

Credentials go first because a server may answer an anonymous request kindly and uselessly (Cyrus lists no calendars).
Digest can only do so once the server has given a nonce; it is remembered for the process and used until it is stale.
"""

import base64
import hashlib
import re
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Protocol
from urllib.request import parse_http_list, parse_keqv_list

from connectors.interface import SignInRefused

HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
VISIBLE = re.compile(r"[\x21-\x7e]+\Z")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
NEXT_SCHEME = re.compile(r",?\s*[A-Za-z][\w-]*\s+(?=[\w-]+\s*=)")


class SignIn(Protocol):
    """One login's way to sign in at one server."""

    def header(self, server: str, method: str, target: str) -> str | None:
        """The Authorization header for a request, None if nothing can be said yet."""
        ...

    def challenged(self, server: str, headers: Message) -> bool:
        """A 401 came: is there something new to say, so that asking again makes sense?"""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """Basic and Bearer: always the same words; once refused, refused."""

    value: str = field(repr=False)

    def header(self, server: str, method: str, target: str) -> str | None:  # noqa: ARG002 - the shape of SignIn
        return self.value

    def challenged(self, server: str, headers: Message) -> bool:  # noqa: ARG002 - the shape of SignIn
        return False


def basic(login: str, secret: str) -> Fixed:
    """RFC 7617, in UTF-8. Raises SignInRefused if the name holds a colon, which would be read as its end."""
    if ":" in login:
        raise SignInRefused(
            "the login holds a colon, which basic authentication can't carry", "use another login"
        )
    return Fixed("Basic " + base64.b64encode(f"{login}:{secret}".encode()).decode())


def bearer(token: str) -> Fixed:
    """RFC 6750. Raises SignInRefused for a token that can't be one."""
    if not VISIBLE.match(token):
        raise SignInRefused(
            "the token is empty or holds blanks or line ends", "look at the file it comes from"
        )
    return Fixed("Bearer " + token)


@dataclass(slots=True)
class _Challenge:
    params: Mapping[str, str]
    uses: int = 0


class Challenges:
    """The nonces servers gave, by server and login; shared by a process, so that a cycle stays one request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], _Challenge] = {}

    def use(self, server: str, login: str) -> tuple[Mapping[str, str], int] | None:
        """The current challenge and how often it was used, this time included."""
        with self._lock:
            known = self._known.get((server, login))
            if known is None:
                return None
            known.uses += 1
            return known.params, known.uses

    def learn(self, server: str, login: str, params: Mapping[str, str]) -> None:
        """A new challenge takes the place of the old one."""
        with self._lock:
            self._known[server, login] = _Challenge(params)


class Digest:
    """RFC 7616, with qop=auth or none; for MD5 and SHA-256 and their -sess forms."""

    def __init__(self, login: str, secret: str, challenges: Challenges) -> None:
        if CONTROL.search(login):
            raise SignInRefused(
                "the login holds control characters", "look at the login in the configuration"
            )
        self._login, self._secret, self._challenges = login, secret, challenges
        self._answered: set[str] = set()

    def header(self, server: str, method: str, target: str) -> str | None:
        given = self._challenges.use(server, self._login)
        if given is None:
            return None
        params, uses = given
        self._answered.add(params.get("nonce", ""))
        return _digest_header(params, uses, method, target, self._login, self._secret)

    def challenged(self, server: str, headers: Message) -> bool:
        """Asking again makes sense with a nonce not answered yet: the server gave it because the old one was stale."""
        params = digest_challenge(headers)
        if params is None or params.get("nonce", "") in self._answered:
            return False
        self._challenges.learn(server, self._login, params)
        return True


def digest_challenge(headers: Message) -> Mapping[str, str] | None:
    """The best Digest challenge of a 401 whose algorithm we know; servers may offer several, Basic among them."""
    offers = [
        offer
        for line in headers.get_all("WWW-Authenticate", [])
        if (offer := _digest_params(str(line))) and _algorithm(offer) in HASHES
    ]
    return max(offers, key=lambda offer: _algorithm(offer) == "SHA-256", default=None)


def _digest_params(line: str) -> Mapping[str, str] | None:
    start = re.search(r"(?:^|,\s*)Digest\s+", line, re.IGNORECASE)
    if start is None:
        return None
    rest = line[start.end() :]
    following = NEXT_SCHEME.search(rest)
    pairs = parse_http_list(rest[: following.start()] if following else rest)
    return {
        key.lower(): value for key, value in parse_keqv_list([pair for pair in pairs if "=" in pair]).items()
    }


def _algorithm(params: Mapping[str, str]) -> str:
    return params.get("algorithm", "MD5").upper().removesuffix("-SESS")


def _digest_header(
    params: Mapping[str, str], uses: int, method: str, target: str, login: str, secret: str
) -> str:
    realm, nonce, cnonce, count = (
        params.get("realm", ""),
        params.get("nonce", ""),
        secrets.token_hex(8),
        f"{uses:08x}",
    )
    who = _hash(params, f"{login}:{realm}:{secret}")
    if params.get("algorithm", "").upper().endswith("-SESS"):
        who = _hash(params, f"{who}:{nonce}:{cnonce}")
    what = _hash(params, f"{method}:{target}")
    qop = "auth" in [part.strip() for part in params.get("qop", "").lower().split(",")]
    middle = f"{nonce}:{count}:{cnonce}:auth" if qop else nonce
    said = {"username": login, "realm": realm, "nonce": nonce, "uri": target}
    said["response"] = _hash(params, f"{who}:{middle}:{what}")
    said |= {"opaque": params["opaque"]} if "opaque" in params else {}
    plain = {"algorithm": params["algorithm"]} if "algorithm" in params else {}
    plain |= {"qop": "auth", "nc": count} if qop else {}
    said |= {"cnonce": cnonce} if qop or "algorithm" in plain else {}
    words = [f'{key}="{_quoted(value)}"' for key, value in said.items()] + [
        f"{k}={v}" for k, v in plain.items()
    ]
    return (
        ("Digest " + ", ".join(words)).encode().decode("latin-1")
    )  # header bytes are UTF-8 (RFC 7616 section 4)


def _hash(params: Mapping[str, str], text: str) -> str:
    return HASHES[_algorithm(params)](text.encode(), usedforsecurity=False).hexdigest()


def _quoted(value: str) -> str:
    return CONTROL.sub("", value).replace("\\", "\\\\").replace('"', '\\"')

"""Signing in as an application (OAuth 2.0 client credentials, RFC 6749 section 4.4) through Microsoft's own library, msal.

One sign-in serves all mailboxes of an account; msal keeps the token until shortly before it ends. A token that Graph
refuses is renewed once; if the new one is refused too, the tenant is left alone for a while, so that not every mailbox
knocks at a door that is shut. msal speaks through our HTTP: the account's `ca_file` counts, no environment variable does.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import urlencode, urlsplit

import msal
from jwt.exceptions import PyJWTError

from connectors.account import Account, Connections
from connectors.http.auth import VISIBLE
from connectors.http.client import HttpClient
from connectors.http.wire import Answer
from connectors.interface import (
    ConnectorError,
    Garbled,
    OutcomeUnknown,
    SignInRefused,
    Throttled,
    Unreachable,
)
from connectors.outlook.errors import sign_in_error

MICROSOFT = ("login.microsoftonline.com", "login.microsoftonline.us", "login.chinacloudapi.cn")
WORLDWIDE = f"https://{MICROSOFT[0]}"
LEFT_ALONE = 900.0
"""Seconds for which a refused tenant is not asked again."""

ASKED_EVERY = 1.0
"""For so many seconds msal's cache is not asked again: it knows when a token ends, but thinks about it each time."""

REFUSALS = frozenset(range(400, 500)) - {429}


class Tenant:
    """One application's sign-in, shared by all mailboxes. Usable from many threads."""

    def __init__(
        self, account: Account, secret: str, connections: Connections, clock: Callable[[], float] = time.monotonic
    ) -> None:  # fmt: skip
        self._account, self._secret = account, secret
        self._http = _Http(account, connections)
        self._clock = clock
        self._lock = threading.Lock()
        self._app: Any = None
        self._failed_until = 0.0
        self._why: ConnectorError = SignInRefused("")
        self._fresh = ("", 0.0)

    def token(self) -> str:
        """A token that counts now. Raises SignInRefused, and what the connection raises."""
        asked = self._clock()
        token, until = self._fresh
        if asked < until:
            return token
        with self._lock:
            return self._acquired(asked)

    def renew(self, refused: str) -> bool:
        """Graph refused this token: get another. False if there is no other. Raises as `token` does."""
        asked = self._clock()
        with self._lock:
            if self._acquired(asked) != refused:
                return True
            self._app.remove_tokens_for_client()
            self._fresh = ("", 0.0)
            return self._acquired(asked) != refused

    def shut(self, why: SignInRefused) -> None:
        """The new token was refused too: leave the tenant alone for a while."""
        with self._lock:
            self._failed(why)

    def _acquired(self, asked: float) -> str:
        if asked < self._failed_until:
            raise copy(self._why)
        try:
            token = self._requested()
            self._fresh = (token, asked + ASKED_EVERY)
            return token
        except ConnectorError as why:
            self._failed(why)
            raise

    def _failed(self, why: ConnectorError) -> None:
        """Remember it: those who waited for this attempt share its outcome, instead of each trying a dead server."""
        match why:
            case SignInRefused():
                wait = LEFT_ALONE
            case Throttled(retry_after=asked) if asked is not None:
                wait = asked.total_seconds()
            case _:
                wait = 0.0
        self._why, self._failed_until = why, self._clock() + wait
        self._fresh = ("", 0.0)

    def _requested(self) -> str:
        place = urlsplit(self._account.url)
        try:
            self._app = self._app or self._application()
            answer = self._app.acquire_token_for_client([f"{place.scheme}://{place.netloc}/.default"])
        except (ValueError, KeyError, TypeError, PyJWTError) as error:  # what msal raises of its own
            raise SignInRefused(
                f"the sign-in can't be prepared ({type(error).__name__})",
                "look at tenant and authority; a certificate has to be one PEM text with its RSA key, not encrypted",
            ) from error
        token = answer.get("access_token")
        if token is None:
            raise sign_in_error(answer)
        if not isinstance(token, str) or not VISIBLE.match(token):
            raise Garbled("the sign-in server gave no proper token", "look at authority of the account")
        return token

    def _application(self) -> Any:  # noqa: ANN401  # msal ships no types
        authority = authority_of(self._account)
        known = urlsplit(authority).hostname in MICROSOFT
        return msal.ConfidentialClientApplication(
            self._account.client_id, client_credential=credential(self._account, self._secret), authority=authority,
            http_client=self._http, instance_discovery=None if known else False,
        )  # fmt: skip


@dataclass(slots=True)
class TenantSignIn:
    """The tenant's token in the shape HttpClient takes, which asks once more at most after a 401."""

    tenant: Tenant
    _said: str = ""

    def header(self, server: str, method: str, target: str) -> str | None:  # noqa: ARG002  # the shape of SignIn
        self._said = self.tenant.token()
        return f"Bearer {self._said}"

    def challenged(self, server: str, headers: Message) -> bool:  # noqa: ARG002  # the shape of SignIn
        return self.tenant.renew(self._said)


def authority_of(account: Account) -> str:
    """Where the tenant signs in: as configured, else in the worldwide cloud."""
    return account.authority or f"{WORLDWIDE}/{account.tenant}"


def credential(account: Account, secret: str) -> object:
    """What msal takes: the client secret, or key and certificate out of one PEM text (SHA-256 thumbprint, made by msal)."""
    if not account.certificate:
        return secret
    return {"private_key": secret, "public_certificate": secret}


class _Http:
    """Our HTTP in the shape msal takes: `get` and `post` that answer with status, headers and text."""

    def __init__(self, account: Account, connections: Connections) -> None:
        self._account, self._connections = account, connections

    def get(self, url: str, params: Mapping[str, str] | None = None, **more: Any) -> "_Said":  # noqa: ANN401  # msal's shape
        return self._sent("GET", _with(params, url), b"", more.get("headers"))

    def post(
        self, url: str, params: Mapping[str, str] | None = None, data: object = None, **more: Any  # noqa: ANN401  # msal's shape
    ) -> "_Said":  # fmt: skip
        headers = {"Content-Type": "application/x-www-form-urlencoded", **(more.get("headers") or {})}
        body = urlencode(data) if isinstance(data, Mapping) else str(data or "")
        return self._sent("POST", _with(params, url), body.encode(), headers)

    def close(self) -> None:
        """The connections belong to the process."""

    def _sent(self, method: str, url: str, body: bytes, headers: Mapping[str, str] | None) -> "_Said":
        place = urlsplit(url)
        there = Account("outlook", f"{place.scheme}://{place.netloc}/", ca_file=self._account.ca_file)
        http = HttpClient(there, "", "", self._connections, sign_in=NOBODY)
        try:
            answer = http.send(method, url, body, headers, expect=REFUSALS)
        except OutcomeUnknown as error:  # signing in writes nothing: there is no outcome to look for
            raise Unreachable(error.message, error.hint) from error
        said = _object(answer)
        if answer.status >= 400:  # before msal, which tells less of it and answers the same for a minute
            raise sign_in_error(said)
        return _Said(answer.status, dict(answer.headers.items()), json.dumps(said))


def _with(params: Mapping[str, str] | None, url: str) -> str:
    return f"{url}?{urlencode(params)}" if params else url


def _object(answer: Answer) -> dict[str, Any]:
    """The answer as a JSON object, looked at before msal does: msal logs what it can't read, be it half a token."""
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise Garbled(
            f"no sign-in server answers at the authority ({answer.status})",
            "look at tenant and authority of the account, and at what is in between",
        )
    return said


class _Nobody:
    """No sign-in: what msal sends signs itself."""

    def header(self, server: str, method: str, target: str) -> str | None:  # noqa: ARG002  # the shape of SignIn
        return None

    def challenged(self, server: str, headers: Message) -> bool:  # noqa: ARG002  # the shape of SignIn
        return False


NOBODY = _Nobody()


@dataclass(frozen=True, slots=True)
class _Said:
    status_code: int
    headers: Mapping[str, str]
    text: str

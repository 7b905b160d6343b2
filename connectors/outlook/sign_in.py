"""Signing in as an application (OAuth 2.0 client credentials, RFC 6749 section 4.4) through Microsoft's own library, msal.

One sign-in serves all mailboxes of an account; msal keeps the token until shortly before it ends. A token that Graph
refuses is renewed once; if the new one is refused too, the tenant is left alone for a while, so that not every mailbox
knocks at a door that is shut. msal speaks through our HTTP: the account's `ca_file` counts, no environment variable does.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import urlencode, urlsplit

import msal
from jwt.exceptions import PyJWTError

from connectors.account import Account, Connections
from connectors.http.client import HttpClient
from connectors.interface import SignInRefused

MICROSOFT = ("login.microsoftonline.com", "login.microsoftonline.us", "login.chinacloudapi.cn")
WORLDWIDE = f"https://{MICROSOFT[0]}"
LEFT_ALONE = 900.0
"""Seconds for which a refused tenant is not asked again."""

ADVICE = {
    7000215: "the client secret is wrong: use its value, not its id",
    7000222: "the client secret has expired: make a new one, better a certificate",
    700016: "the tenant knows no application of this client_id",
    700027: "the certificate is not the one registered with the application, or has expired",
    90002: "there is no tenant of this name",
    900023: "there is no tenant of this name",
}
"""What Entra's error numbers (AADSTS...) ask of the administrator."""


class Tenant:
    """One application's sign-in, shared by all mailboxes. Usable from many threads."""

    def __init__(
        self,
        account: Account,
        secret: str,
        connections: Connections,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._account, self._secret = account, secret
        self._http = _Http(account, connections)
        self._clock = clock
        self._lock = threading.Lock()
        self._app: Any = None
        self._shut_until = 0.0
        self._why = SignInRefused("")

    def token(self) -> str:
        """A token that counts now. Raises SignInRefused, and what the connection raises."""
        with self._lock:
            if self._clock() < self._shut_until:
                raise SignInRefused(self._why.message, self._why.hint)
            return self._acquired()

    def renew(self, refused: str) -> bool:
        """Graph refused this token: get another. False if there is no other."""
        with self._lock:
            if self._acquired() != refused:
                return True
            self._app.remove_tokens_for_client()
            return self._acquired() != refused

    def shut(self, why: SignInRefused) -> None:
        """The new token was refused too: leave the tenant alone for a while."""
        with self._lock:
            self._shut(why)

    def _shut(self, why: SignInRefused) -> None:
        self._why, self._shut_until = why, self._clock() + LEFT_ALONE

    def _acquired(self) -> str:
        place = urlsplit(self._account.url)
        try:
            self._app = self._app or self._application()
            answer = self._app.acquire_token_for_client([f"{place.scheme}://{place.netloc}/.default"])
        except (ValueError, PyJWTError) as error:
            raise SignInRefused(
                f"the sign-in can't be prepared ({type(error).__name__})",
                "look at tenant and authority; a certificate has to be one PEM text with its RSA key",
            ) from error
        if "access_token" not in answer:
            why = refusal(answer)
            self._shut(why)
            raise why
        return str(answer["access_token"])

    def _application(self) -> Any:  # noqa: ANN401  # msal ships no types
        authority = self._account.authority or f"{WORLDWIDE}/{self._account.tenant}"
        known = urlsplit(authority).hostname in MICROSOFT
        return msal.ConfidentialClientApplication(
            self._account.client_id, client_credential=credential(self._account, self._secret), authority=authority,
            http_client=self._http, instance_discovery=None if known else False,
        )  # fmt: skip


@dataclass(slots=True)
class TenantSignIn:
    """The tenant's token in the shape HttpClient takes; renewed once a request."""

    tenant: Tenant
    _said: str = ""
    _renewed: bool = False

    def header(self, server: str, method: str, target: str) -> str | None:  # noqa: ARG002  # the shape of SignIn
        self._said = self.tenant.token()
        return f"Bearer {self._said}"

    def challenged(self, server: str, headers: Message) -> bool:  # noqa: ARG002  # the shape of SignIn
        return self.tenant.renew(self._said)


def credential(account: Account, secret: str) -> object:
    """What msal takes: the client secret, or key and certificate out of one PEM text (SHA-256 thumbprint, made by msal)."""
    if not account.certificate:
        return secret
    return {"private_key": secret, "public_certificate": secret}


def refusal(answer: Mapping[str, Any]) -> SignInRefused:
    """What Entra's refusal means. Its own text is not repeated: it names ids and times only, but it is not ours."""
    numbers = [number for number in answer.get("error_codes") or [] if isinstance(number, int)]
    advice = next((ADVICE[number] for number in numbers if number in ADVICE), "")
    said = ", ".join([str(answer.get("error", "refused")), *(f"AADSTS{number}" for number in numbers)])
    return SignInRefused(
        f"Entra ID refuses the application's sign-in ({said})",
        advice or "look at tenant, client_id and the secret or certificate of the account",
    )


class _Http:
    """Our HTTP in the shape msal takes: `get` and `post` that answer with status, headers and text."""

    def __init__(self, account: Account, connections: Connections) -> None:
        self._account, self._connections = account, connections

    def get(self, url: str, params: Mapping[str, str] | None = None, **more: Any) -> "_Said":  # noqa: ANN401  # msal's shape
        return self._sent("GET", url + (f"?{urlencode(params)}" if params else ""), b"", more.get("headers"))

    def post(
        self, url: str, params: Mapping[str, str] | None = None, data: object = None, **more: Any  # noqa: ANN401  # msal's shape
    ) -> "_Said":  # fmt: skip
        query = f"?{urlencode(params)}" if params else ""
        headers = {"Content-Type": "application/x-www-form-urlencoded", **(more.get("headers") or {})}
        body = urlencode(data) if isinstance(data, Mapping) else str(data or "")
        return self._sent("POST", url + query, body.encode(), headers)

    def close(self) -> None:
        """The connections belong to the process."""

    def _sent(self, method: str, url: str, body: bytes, headers: Mapping[str, str] | None) -> "_Said":
        place = urlsplit(url)
        there = Account("outlook", f"{place.scheme}://{place.netloc}/", ca_file=self._account.ca_file)
        http = HttpClient(there, "", "", self._connections, sign_in=NOBODY)
        answer = http.send(method, url, body, headers, expect=range(400, 500))
        return _Said(answer.status, dict(answer.headers.items()), answer.body.decode(errors="replace"))


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

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise SignInRefused(
                f"the sign-in server answered {self.status_code}",
                "look at tenant and authority of the account",
            )

"""One login's requests to its server: signed in, redirected by hand, each failure turned into one of our errors.

A server may send us on (RFC 9110 section 15.4), but only within its own origin or to a host the account lists, and
the credentials go nowhere else. A write travels alone on a fresh connection that ends with it: a kept one that dies
under a PUT would leave open whether it happened, and SOGo lets kept ones die.
"""

import http.client
import ipaddress
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from urllib.parse import quote, urljoin, urlsplit

from connectors.http import errors
from connectors.http.account import Account, Connections
from connectors.http.auth import Digest, SignIn, basic, bearer
from connectors.http.bodies import Taker
from connectors.http.pace import Pace
from connectors.http.wire import Answer, Origin, Wire
from connectors.interface import ConnectorError, Garbled, NoAccess, SignInRefused, Unreachable

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 5
ALREADY_LEGAL = "/%:@!$&'()*+,;=~?"
STALE = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError, ConnectionAbortedError)


class HttpClient:
    """Sends requests as one login. For one thread at a time; the connections behind it are shared."""

    def __init__(
        self,
        account: Account,
        login: str,
        secret: str,
        connections: Connections,
        sign_in: SignIn | None = None,
        *,
        pace: Pace | None = None,
    ) -> None:
        """`pace`: what slows all of a server's logins down together where it refuses for going too fast; None = nothing."""
        self._account = account
        self._connections = connections
        self._pace = pace
        self.base = origin_of(account.url)
        if "@" in urlsplit(account.url).netloc:
            raise SignInRefused(
                f"the url of {self.base.name} holds a name or password", "they belong to the login"
            )
        if not _encrypted(self.base):
            raise NoAccess(f"{self.base.name} is not an https address", "passwords travel only over https")
        self._sign_in = sign_in or _sign_in(account, login, secret, connections)

    def send(
        self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None,
        *, expect: Collection[int] = (), into: Callable[[], Taker] | None = None,
    ) -> Answer:  # fmt: skip
        """Send a request to an absolute URL; returns any 2xx answer, and others whose status is expected.

        `into` makes a taker for a success's body, which then comes piece by piece and not in the answer. Where a kept connection
        dies under it another taker begins anew, so what the first one took may come again.

        Raises the error a status stands for (`errors.from_status`), Unreachable and its kinds where none came,
        OutcomeUnknown where a write may have happened, NoAccess for a redirect to a host not listed.
        """
        said = {"User-Agent": "syncd", "Accept-Encoding": "gzip", **(headers or {})}
        for _ in range(MOST_REDIRECTS + 1):
            request = _Request(method, url, self.allowed(url), body, said, into)
            answer = self._signed(request)
            if answer.status not in REDIRECTS or not answer.header("Location"):
                break
            url = _joined(url, answer.header("Location"))
        else:
            raise Garbled(f"{self.base.name} redirects in circles", "look at the account's url")
        if 200 <= answer.status < 300 or answer.status in expect:
            return answer
        raise errors.from_status(answer, method, request.origin)

    def allowed(self, url: str) -> Origin:
        """The origin of a URL we may talk to; raises NoAccess for any other."""
        origin = origin_of(url)
        if origin == self.base or (_encrypted(origin) and _listed(origin, self._account.hosts)):
            return origin
        raise NoAccess(
            f"{self.base.name} sends us to {origin.name} ({origin.scheme}), which the account does not list",
            f'if that is right, add "{origin.name}" to `hosts` of the account',
        )

    def _signed(self, request: "_Request") -> Answer:
        answer = self._once(request)
        if answer.status == 401 and self._sign_in.challenged(request.origin.name, answer.headers):
            answer = self._once(request)
        return answer

    def _once(self, request: "_Request") -> Answer:
        credentials = self._sign_in.header(request.origin.name, request.method, request.target)
        said = {"Authorization": credentials} if credentials is not None else {}
        if not request.writes:
            try:
                return self._exchange(request, said, fresh=False)
            except _ClosedError:
                return self._exchange(request, said, fresh=True)
        return self._exchange(request, {**said, "Connection": "close"}, fresh=True)

    def _exchange(self, request: "_Request", said: Mapping[str, str], *, fresh: bool) -> Answer:
        if self._pace:
            self._connections.paused(self._pace.wait(request.origin.name))
        try:
            with self._pool_wire(request.origin, fresh=fresh) as wire:
                answer = self._on(wire, request, {**request.headers, **said})
        except OSError as error:
            self._connections.answered(self._account.kind, "error")
            raise errors.from_opening(error, request.origin) from error
        except ConnectorError:
            self._connections.answered(self._account.kind, "error")
            raise
        self._connections.answered(self._account.kind, str(answer.status))
        if self._pace:
            (self._pace.refused if errors.too_fast(answer) else self._pace.answered)()
        return answer

    def _pool_wire(self, origin: Origin, *, fresh: bool) -> AbstractContextManager[Wire]:
        account = self._account
        return self._connections.pool.wire(origin, account.ca_file, fresh=fresh, most=account.per_host)

    def _on(self, wire: Wire, request: "_Request", headers: Mapping[str, str]) -> Answer:
        kept = wire.used
        self._connections.count()
        try:
            exchanged = wire.exchange(request.method, request.target, headers, request.body, request.into)
        except (OSError, http.client.HTTPException) as error:
            if kept and isinstance(error, STALE):
                raise _ClosedError from error
            raise errors.from_exception(error, request.method, wire.origin) from error
        except Garbled as error:
            if request.writes:  # it was answered, only the text is broken: whoever asked has to look
                raise errors.WriteFault(error.message, error.hint) from error
            raise
        return Answer(*exchanged, url=request.url)


@dataclass(frozen=True)
class _Request:
    method: str
    url: str
    origin: Origin
    body: bytes
    headers: Mapping[str, str]
    into: Callable[[], Taker] | None = None

    @cached_property
    def target(self) -> str:
        """What stands in the request line: the path and the query, with nothing in them that breaks the line."""
        parts = urlsplit(self.url)
        return quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=ALREADY_LEGAL)

    @property
    def writes(self) -> bool:
        return self.method in errors.WRITES


class _ClosedError(Exception):
    """The server had closed a kept connection: nothing is wrong, a new one is opened."""


@lru_cache(maxsize=4096)
def origin_of(url: str) -> Origin:
    """Scheme, host and port of an http or https URL; raises Unreachable for anything else."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Unreachable("an address can't be read", "look at the account's url") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unreachable("an address is neither http nor https", "look at the account's url")
    return Origin(parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80))


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise Garbled(
            "a server redirects to an address that can't be read", "look at the account's url"
        ) from error


def _encrypted(origin: Origin) -> bool:
    """Safe to send a password to: https, or a connection that does not leave the machine."""
    if origin.scheme == "https" or origin.host == "localhost":
        return True
    try:
        return ipaddress.ip_address(origin.host).is_loopback
    except ValueError:
        return False


def _listed(origin: Origin, hosts: Collection[str]) -> bool:
    return origin.name.lower() in {host.strip().lower() for host in hosts}


def _sign_in(account: Account, login: str, secret: str, connections: Connections) -> SignIn:
    if account.auth == "basic":
        return basic(login, secret)
    if account.auth == "bearer":
        return bearer(secret)
    if account.auth == "digest":
        return Digest(login, secret, connections.challenges)
    raise SignInRefused(f"`auth` = {account.auth!r} is not known", "basic, digest and bearer are")

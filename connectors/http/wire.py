"""One connection to one server, and one exchange on it: never longer, never larger than the limits (RFC 9112).

Python's socket timeout starts anew with every byte that arrives; a server that trickles could hold a worker for ever.
Here every read asks how much of the total time is left.
"""

import http.client
import io
import select
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, cast

from connectors.http import bodies
from connectors.http.bodies import Taker

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer


class Origin(NamedTuple):
    """Scheme, host and port: what connections and credentials belong to (RFC 6454)."""

    scheme: str
    host: str
    port: int

    @property
    def name(self) -> str:
        """For people: the host, and the port where it is not the usual one."""
        usual = {"https": 443, "http": 80}.get(self.scheme)
        return self.host if self.port == usual else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect, of silence, and for a whole exchange; bytes of a decompressed body; connections per server.

    `idle`: seconds after which an unused connection is not trusted any more (firewalls forget them silently).
    """

    connect: float = 10.0
    silence: float = 30.0
    total: float = 120.0
    body: int = 64 * 1024 * 1024
    per_host: int = 4
    idle: float = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. `url`: where the answer came from, after redirects. `body`: empty where a taker had it."""

    status: int
    headers: Message
    body: bytes
    url: str

    def header(self, name: str) -> str:
        """The header's value, "" if it was not sent."""
        return str(self.headers.get(name, ""))


class Wire:
    """A connection, opened on creation. Raises OSError when that fails; ssl.SSLError, a kind of it, when TLS does."""

    def __init__(self, origin: Origin, context: ssl.SSLContext | None, limits: Limits) -> None:
        self.origin = origin
        self.used = False
        self.reusable = False
        self.idle_since = 0.0
        self._limits = limits
        self._link = _link(origin, context, limits)
        self._open()

    def _open(self) -> None:
        try:
            self._link.connect()
        except ssl.SSLError:
            raise
        except OSError as error:
            if self._link.sock is None:
                raise
            raise ssl.SSLError(
                "connected, and then no TLS"
            ) from error  # a plain port waits for more, or hangs up

    def exchange(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
        into: Callable[[], Taker] | None = None,
    ) -> tuple[int, Message, bytes]:
        """Send a request and read the whole answer: status, headers, decompressed body.

        `into` makes a taker for the body of a success (2xx), which is then not kept here.

        Raises OSError (TimeoutError: out of time), http.client.HTTPException, or Garbled for a body that is too large,
        cut short or not what its encoding says.
        """
        deadline = time.monotonic() + self._limits.total
        self.reusable = False
        # mypy knows this attribute as a class; http.client only ever calls it
        self._link.response_class = partial(_TimedResponse, deadline=deadline, silence=self._limits.silence)  # type: ignore[assignment]
        self._link.sock.settimeout(self._limits.silence)
        self._link.request(method, target, body=body or None, headers=dict(headers))
        response = cast("_TimedResponse", self._link.getresponse())
        came = bodies.parts(response, self._limits.body, self.origin.name)
        content = bodies.taken(came, into()) if into and response.status // 100 == 2 else b"".join(came)
        clean = response.isclosed() and not response.said_more
        self.reusable = clean and not response.will_close and "Connection" not in headers
        self.used = True
        return response.status, response.headers, content

    def alive(self) -> bool:
        """Has the server kept the idle connection open? Anything readable now is its goodbye, or no answer to us."""
        sock = self._link.sock
        decrypted = sock.pending() if isinstance(sock, ssl.SSLSocket) else 0
        return bool(sock) and not decrypted and not select.select([sock], [], [], 0)[0]

    def close(self) -> None:
        self._link.close()


def _link(origin: Origin, context: ssl.SSLContext | None, limits: Limits) -> http.client.HTTPConnection:
    if context is None:
        return http.client.HTTPConnection(origin.host, origin.port, timeout=limits.connect)
    return http.client.HTTPSConnection(origin.host, origin.port, timeout=limits.connect, context=context)


class _TimedReader(io.RawIOBase):
    """Reads a socket as long as the exchange may still take, and no longer."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase, deadline: float, silence: float) -> None:
        self._sock, self._raw, self._deadline, self._silence = sock, raw, deadline, silence
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "Buffer") -> int | None:
        if self.ended:
            return 0
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer as a whole took too long")
        self._sock.settimeout(min(self._silence, left))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answering(io.BufferedReader):
    """Notices on closing whether more came than the answer's own length says: what follows would be no answer to us."""

    def __init__(self, timed: _TimedReader) -> None:
        super().__init__(timed)
        self._timed = timed
        self.said_more = False

    def close(self) -> None:
        if not self.closed:
            self._timed.ended = True  # so that looking into the buffer reads nothing
            self.said_more = bool(self.peek(1))
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(
        self, sock: socket.socket, *, deadline: float, silence: float, method: str | None = None
    ) -> None:
        super().__init__(sock, method=method)
        raw: io.RawIOBase = self.fp.detach()  # makefile("rb") gives a BufferedReader
        self._answering = self.fp = _Answering(_TimedReader(sock, raw, deadline, silence))

    @property
    def said_more(self) -> bool:
        """Did the server send more than the answer?"""
        return self._answering.said_more

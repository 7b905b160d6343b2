"""A loopback HTTP server that says exactly what a test tells it to, however wrong: for the rules no real server breaks.

It speaks raw bytes over sockets, so that it can also stop in the middle, trickle, or say something that is not HTTP.
"""

import contextlib
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self


@dataclass(frozen=True)
class Asked:
    """A request as it arrived; header names in lower case. `connection` numbers the connections from 1."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    connection: int


Said = bytes | Iterable[bytes] | None
"""What to answer: bytes (or pieces of them) to send as they are; None: close the connection without a word."""


def reply(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """A whole answer. Header names are written with underscores: Content_Type."""
    said = {"Content_Length": str(len(body)), **headers}
    lines = [
        f"HTTP/1.1 {status} Whatever",
        *(f"{name.replace('_', '-')}: {value}" for name, value in said.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def multistatus(*responses: str, token: str = "", status: int = 207) -> bytes:
    """A 207 with these `response` elements (prefixes d, c, cs) and a sync token."""
    tail = f"<d:sync-token>{token}</d:sync-token>" if token else ""
    spaces = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:cs="http://calendarserver.org/ns/"'
    body = f'<?xml version="1.0" encoding="utf-8"?>\n<d:multistatus {spaces}>{"".join(responses)}{tail}</d:multistatus>'
    return reply(status, body.encode(), Content_Type="application/xml; charset=utf-8")


@dataclass
class ScriptedServer:
    """Answers each request with what `script` says; `asked` is what arrived. A context manager."""

    script: Callable[[Asked], Said]
    tls: tuple[Path, Path] | None = None
    asked: list[Asked] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.connections = 0
        self.ended = threading.Event()
        owner = self

        class Conversation(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                owner._converse(self.request)

        self._server = _Threaded(("127.0.0.1", 0), Conversation)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended.set()
        self._server.shutdown()
        with self._lock:
            for sock in self._open:
                _shut(sock)
        self._server.server_close()
        self._thread.join()

    @property
    def name(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.name}/"

    def _converse(self, sock: socket.socket) -> None:
        with self._lock:
            self._open.add(sock)
            self.connections += 1
            number = self.connections
        try:
            sock = self._encrypted(sock)
            with sock.makefile("rb") as stream:
                while (asked := _request(stream, number)) is not None:
                    self.asked.append(asked)
                    if not self._say(sock, self.script(asked)):
                        break
        except ResetError:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
        except OSError:
            pass  # the client went away, which is its right
        finally:
            with self._lock:
                self._open.discard(sock)
            _shut(sock)

    def _say(self, sock: socket.socket, said: Said) -> bool:
        if said is None:
            return False
        for piece in [said] if isinstance(said, bytes) else said:
            sock.sendall(piece)
        return True

    def _encrypted(self, sock: socket.socket) -> socket.socket:
        if self.tls is None:
            return sock
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.tls)
        return context.wrap_socket(sock, server_side=True)


class _Threaded(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def _shut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may be closed already
        sock.shutdown(socket.SHUT_RDWR)


def _request(stream: BinaryIO, number: int) -> Asked | None:
    line = stream.readline().decode("latin-1").split()
    if len(line) != 3:
        return None
    headers: dict[str, str] = {}
    while text := stream.readline().decode("latin-1").strip():
        name, _, value = text.partition(":")
        headers[name.strip().lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", "0")))
    return Asked(line[0], line[1], headers, body, number)


Serve = Callable[..., ScriptedServer]
"""Starts a server with a script (and perhaps `tls`)."""


class ResetError(Exception):
    """Raised by an answer at the place where its connection is torn down, without a goodbye (a TCP reset)."""


def then_hang_up(said: bytes) -> Iterator[bytes]:
    """An answer in the midst of which the connection ends."""
    yield said
    raise ConnectionAbortedError

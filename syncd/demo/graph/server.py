"""The fake Graph's HTTP server (RFC 9112): TLS on loopback, a thread for each connection, faults down to the byte."""

import contextlib
import socket
import socketserver
import ssl
import threading
import time
from http import HTTPStatus
from typing import BinaryIO

from syncd.demo.graph.app import App, Reply
from syncd.demo.graph.asking import Request

DRIP, DRIP_EVERY = 16, 0.02
"""Bytes, and seconds, of a slow answer."""

LONGEST_LINE = 65_536


class Server:
    """Serves an app until closed. `port` 0: a free one."""

    def __init__(self, app: App, tls: ssl.SSLContext, port: int = 0) -> None:
        self._app, self._tls = app, tls
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        owner = self

        class Conversation(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                owner._converse(self.request)

        self._server = _Threaded(("127.0.0.1", port), Conversation)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True, name="fake-graph"
        )
        self._thread.start()

    def close(self) -> None:
        """End it, and what is open."""
        self._server.shutdown()
        self.hang_up()
        self._server.server_close()
        self._thread.join()

    def hang_up(self) -> None:
        """End every open connection, as servers do to those that idle."""
        with self._lock:
            for sock in self._open:
                _end(sock)

    def _converse(self, plain: socket.socket) -> None:
        with self._lock:
            self._open.add(plain)
        try:
            with self._tls.wrap_socket(plain, server_side=True) as sock, sock.makefile("rb") as stream:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while (request := _read(stream)) is not None:
                    reply = self._app.reply(request)
                    if not _say(sock, reply, request):
                        break
        except (OSError, ValueError):
            pass  # the client went away, or speaks no HTTP: nothing to be said to it
        finally:
            with self._lock:
                self._open.discard(plain)
            _end(plain)


class _Threaded(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


def _end(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may have ended already
        sock.shutdown(socket.SHUT_RDWR)


def _read(stream: BinaryIO) -> Request | None:
    """The next request, None if there is none. Raises ValueError for what is not HTTP."""
    line = stream.readline(LONGEST_LINE).decode("latin-1").split()
    if not line:
        return None
    method, target, _ = line
    headers: dict[str, str] = {}
    while text := stream.readline(LONGEST_LINE).decode("latin-1").strip():
        name, _, value = text.partition(":")
        headers[name.strip().lower()] = value.strip()
    body = _chunked(stream) if "chunked" in headers.get("transfer-encoding", "").lower() else b""
    return Request(method, target, headers, body or stream.read(int(headers.get("content-length", "0"))))


def _chunked(stream: BinaryIO) -> bytes:
    body = b""
    while size := int(stream.readline(LONGEST_LINE).partition(b";")[0], 16):
        body += stream.read(size)
        stream.readline(LONGEST_LINE)
    stream.readline(LONGEST_LINE)
    return body


def _say(sock: ssl.SSLSocket, reply: Reply, request: Request) -> bool:
    """Send the answer; False if the connection ends with it."""
    if reply.wire == "reset":
        return False
    bodiless = reply.status in (204, 304)
    length = {} if bodiless else {"Content-Length": str(len(reply.body))}
    said = "".join(f"{name}: {value}\r\n" for name, value in {**reply.headers, **length}.items())
    head = f"HTTP/1.1 {reply.status} {_phrase(reply.status)}\r\n{said}\r\n".encode("latin-1", "replace")
    if reply.wire == "cut":
        sock.sendall(head + reply.body[: len(reply.body) // 2])
        return False
    if reply.wire == "slow":
        for at in range(0, len(reply.body), DRIP):
            sock.sendall((head if at == 0 else b"") + reply.body[at : at + DRIP])
            time.sleep(DRIP_EVERY)
        return bool(reply.body)
    sock.sendall(head + (b"" if bodiless else reply.body))
    return request.headers.get("connection", "").lower() != "close"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"

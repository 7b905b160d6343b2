"""HTTP messages over asyncio streams (RFC 9112): what a proxy must read, pass on and be able to spoil.

Whole bodies, no streaming: calendars are small, and a fault is only exact if every byte is in hand before it is played.
"""

import asyncio
import base64
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "content-length",
    }
)
LONGEST_HEAD = 64 * 1024

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it arrived. `target` is what stands in the request line; `number` counts the proxy's from 1."""

    method: str
    target: str
    headers: Headers
    body: bytes
    number: int = 0

    def header(self, name: str) -> str:
        """The header's first value, "" if it was not sent."""
        return _header(self.headers, name)

    @property
    def login(self) -> str:
        """Who signs in, by Basic authentication (RFC 7617); "" with any other."""
        scheme, _, said = self.header("Authorization").partition(" ")
        return base64.b64decode(said).decode().partition(":")[0] if scheme.lower() == "basic" else ""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, whole. `headers` without those that only concern one connection."""

    status: int
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """The header's first value, "" if it was not sent."""
        return _header(self.headers, name)

    def head(self, *more: str, length: int | str | None = None) -> bytes:
        """The status line and headers; `length`: what Content-Length claims, None = nothing is said of it."""
        said = [f"{name}: {value}" for name, value in self.headers]
        said += [f"Content-Length: {length}"] if length is not None else []
        return "\r\n".join((f"HTTP/1.1 {self.status} Told", *said, *more, "", "")).encode("latin-1")

    def text(self) -> bytes:
        """As it goes over the wire when nothing is wrong with it."""
        bodiless = self.status in (204, 304)
        return self.head(length=None if bodiless else len(self.body)) + (b"" if bodiless else self.body)


def reply(status: int, body: bytes = b"", **headers: str) -> Reply:
    """An answer; header names are written with underscores: Retry_After."""
    return Reply(status, tuple((name.replace("_", "-"), value) for name, value in headers.items()), body)


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """The next request on a connection; None when there is none to come."""
    try:
        first, headers = await _head(reader)
        method, target, _ = first.split(" ", 2)
        return Request(method, target, headers, await _body(reader, headers, until_end=False))
    except (asyncio.IncompleteReadError, ValueError):
        return None


async def ask(
    upstream: str, request: Request, trust: ssl.SSLContext | None = None, *, keeps_host: bool = False
) -> Reply:
    """Pass a request on to the server at `upstream`, on a connection of its own; the whole answer.

    `keeps_host`: the server is told the name that the asker knows, and makes its links with it.
    """
    parts = urlsplit(upstream)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    reader, writer = await asyncio.open_connection(
        host, port, ssl=(trust or ssl.create_default_context()) if secure else None
    )
    try:
        writer.write(_passed_on(request, request.header("Host") if keeps_host else parts.netloc))
        await writer.drain()
        first, headers = await _head(reader)
        status = int(first.split(" ", 2)[1])
        bodiless = request.method == "HEAD" or status in (204, 304)
        body = b"" if bodiless else await _body(reader, headers, until_end=True)
    finally:
        writer.close()
    return Reply(status, _end_to_end(headers), body)


def _passed_on(request: Request, host: str) -> bytes:
    """Without what asks for compression: a fault is to spoil the plain text."""
    kept = [
        pair for pair in _end_to_end(request.headers) if pair[0].lower() not in ("host", "accept-encoding")
    ]
    said = [*kept, ("Host", host), ("Connection", "close"), ("Content-Length", str(len(request.body)))]
    lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{name}: {value}" for name, value in said)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + request.body


async def _head(reader: asyncio.StreamReader) -> tuple[str, Headers]:
    text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = text.rstrip("\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return first, tuple((name.strip(), value.strip()) for name, _, value in pairs)


async def _body(reader: asyncio.StreamReader, headers: Headers, *, until_end: bool) -> bytes:
    """As long as its headers say; `until_end`: an answer that says nothing ends with its connection."""
    if "chunked" in _header(headers, "Transfer-Encoding").lower():
        return await _chunks(reader)
    length = _header(headers, "Content-Length")
    if length:
        return await reader.readexactly(int(length))
    return await reader.read() if until_end else b""


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts: list[bytes] = []
    while size := int((await reader.readline()).split(b";")[0], 16):
        parts.append(await reader.readexactly(size))
        await reader.readline()
    while (await reader.readline()).strip():
        pass  # trailers concern nobody here
    return b"".join(parts)


def _header(headers: Iterable[tuple[str, str]], name: str) -> str:
    return next((value for said, value in headers if said.lower() == name.lower()), "")


def _end_to_end(headers: Headers) -> Headers:
    return tuple((name, value) for name, value in headers if name.lower() not in HOP_BY_HOP)

"""The body of an answer: never larger than the limit, decompressed a piece at a time, and whole or refused (RFC 9112 section 6)."""

import http.client
import zlib
from collections.abc import Callable, Iterator

from connectors.interface import Garbled

CHUNK = 64 * 1024

Taker = Callable[[bytes], None]
"""What a body is given to piece by piece, as it comes; what it raises ends the exchange."""


def parts(response: http.client.HTTPResponse, limit: int, host: str) -> Iterator[bytes]:
    """The decompressed body, piece by piece as it comes. Raises Garbled for one that is too large, cut short or not what it says."""
    decoder = _decoder(response.headers.get("Content-Encoding", ""), host)
    size = 0
    while chunk := response.read(CHUNK):
        for part in decoder.decoded(chunk) if decoder else (chunk,):
            size += len(part)
            if size > limit:
                raise Garbled(
                    f"{host} sent more than {limit} bytes", "is the address of the account a calendar server?"
                )
            yield part
    if response.length or (decoder and not decoder.complete):
        raise Garbled(f"the answer of {host} was cut short", "look at the server's or its proxy's log")


def taken(came: Iterator[bytes], take: Taker) -> bytes:
    """Give all to the taker; nothing is left."""
    for part in came:
        take(part)
    return b""


class _Inflating:
    """gzip or zlib, inflated a piece at a time (a small body can hold a very large one)."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._stream = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._fed = False

    def decoded(self, chunk: bytes) -> Iterator[bytes]:
        self._fed = True
        try:
            while part := self._stream.decompress(chunk, CHUNK):
                yield part
                # Even where nothing is unconsumed, a full piece may have left something behind.
                chunk = self._stream.unconsumed_tail
        except zlib.error as error:
            raise Garbled(
                f"the compressed answer of {self._host} can't be read", "look at its proxy"
            ) from error

    @property
    def complete(self) -> bool:
        return self._stream.eof or not self._fed


def _decoder(encoding: str, host: str) -> _Inflating | None:
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return None
    if name in ("gzip", "x-gzip", "deflate"):
        return _Inflating(host)
    raise Garbled(
        f"{host} answered in the encoding {name[:20]!r}, which was not asked for", "look at its proxy"
    )

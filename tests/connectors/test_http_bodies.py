"""Bodies of any length, encoding and honesty."""

import gzip

import pytest
from clients import client
from scripted import Serve, reply, then_hang_up

from connectors.account import Connections
from connectors.interface import (
    Garbled,
)


def chunked(*parts: bytes, end: bool = True) -> bytes:
    body = b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in parts) + (
        b"0\r\n\r\n" if end else b""
    )
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body


class TestBodies:
    def test_compressed_and_chunked_bodies_are_read(self, serve: Serve, connections: Connections) -> None:
        said = {
            "/gzip": reply(200, gzip.compress(b"abc" * 1000), Content_Encoding="gzip"),
            "/chunked": chunked(b"abc", b"def"),
        }
        server = serve(lambda asked: said[asked.path])
        asking = client(server, connections)
        assert asking.send("GET", server.url + "gzip").body == b"abc" * 1000
        assert asking.send("GET", server.url + "chunked").body == b"abcdef"

    @pytest.mark.parametrize(
        "said",
        [
            reply(200, b"x" * 2_000_000),
            reply(200, gzip.compress(b"x" * 50_000_000), Content_Encoding="gzip"),
            chunked(*[b"x" * 60_000] * 20),
        ],
        ids=["plain", "bomb", "chunked"],
    )
    def test_a_body_beyond_the_limit_is_refused(
        self, serve: Serve, connections: Connections, said: bytes
    ) -> None:
        server = serve(lambda asked: said)
        with pytest.raises(Garbled, match="more than 1000000 bytes"):
            client(server, connections).send("GET", server.url)

    @pytest.mark.parametrize(
        "said",
        [
            reply(200, b"half", Content_Length="100"),
            chunked(b"half", end=False),
            reply(200, gzip.compress(b"abc" * 1000)[:-9], Content_Encoding="gzip"),
            reply(200, b"no gzip at all", Content_Encoding="gzip"),
            reply(200, b"x", Content_Encoding="br"),
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"HTTP/1.1 two hundred\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(200)) + b"\r\n",
        ],
        ids=["length", "chunk", "gzip", "no-gzip", "encoding", "ssh", "status", "headers"],
    )
    def test_a_body_that_is_not_whole_is_garbled(
        self, serve: Serve, connections: Connections, said: bytes
    ) -> None:
        server = serve(lambda asked: then_hang_up(said))
        with pytest.raises(Garbled) as garbled:
            client(server, connections).send("GET", server.url)
        assert server.name in garbled.value.message

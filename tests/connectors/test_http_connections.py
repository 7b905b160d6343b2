"""Connections: kept, bounded, encrypted."""

import contextlib
import socket
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from certificates import CERTIFICATE, KEY
from clients import LOGIN, SECRET, client
from scripted import Asked, Said, Serve, reply

from connectors.account import Account, Connections
from connectors.http.client import HttpClient
from connectors.http.wire import Limits
from connectors.interface import Unreachable


class TestConnections:
    def test_one_serves_many_requests_of_many_logins(self, serve: Serve, connections: Connections) -> None:
        server = serve(lambda asked: reply(200, b"x"))
        for login in ("anna", "bob", "cem"):
            HttpClient(Account("caldav", server.url), login, "secret", connections).send("GET", server.url)
        assert server.connections == 1
        assert connections.requests == 3

    def test_one_closed_by_the_server_meanwhile_is_replaced_unnoticed(
        self, serve: Serve, connections: Connections
    ) -> None:
        server = serve(
            lambda asked: None if asked.connection == 1 and len(server.asked) > 1 else reply(200, b"x")
        )
        asking = client(server, connections)
        assert [asking.send("GET", server.url).body for _ in range(3)] == [b"x"] * 3
        assert server.connections == 2

    def test_one_that_says_close_is_not_kept(self, serve: Serve, connections: Connections) -> None:
        server = serve(lambda asked: reply(200, b"x", Connection="close"))
        for _ in range(2):
            client(server, connections).send("GET", server.url)
        assert server.connections == 2

    def test_one_on_which_more_came_than_the_answer_is_not_kept(
        self, serve: Serve, connections: Connections
    ) -> None:
        server = serve(lambda asked: reply(200, b"and more", Content_Length="3"))
        asking = client(server, connections)
        assert [asking.send("GET", server.url).body for _ in range(2)] == [b"and"] * 2
        assert server.connections == 2

    def test_a_write_travels_alone(self, serve: Serve, connections: Connections) -> None:
        server = serve(lambda asked: reply(204))
        asking = client(server, connections)
        for method in ("GET", "PUT", "DELETE", "GET"):
            asking.send(method, server.url, b"data" if method == "PUT" else b"")
        assert [asked.connection for asked in server.asked] == [1, 2, 3, 1]
        assert [asked.headers.get("connection") for asked in server.asked] == [None, "close", "close", None]

    def test_never_more_at_once_than_a_server_should_bear(self, serve: Serve) -> None:
        lock, waiting, most = threading.Lock(), [0], [0]
        four = threading.Barrier(4)

        def script(asked: Asked) -> Said:
            with lock:
                waiting[0] += 1
                most[0] = max(most[0], waiting[0])
            four.wait(20)  # four do come at once; a fifth would break the count below
            with lock:
                waiting[0] -= 1
            return reply(200, b"x")

        server = serve(script)
        connections = Connections(Limits(per_host=4))
        asking = [client(server, connections) for _ in range(12)]
        with ThreadPoolExecutor(12) as pool:
            bodies = list(pool.map(lambda one: one.send("GET", server.url).body, asking))
        connections.close()
        assert bodies == [b"x"] * 12
        assert most[0] == 4

    def test_who_waits_too_long_for_a_turn_gives_up(self, serve: Serve) -> None:
        held = threading.Event()

        def script(asked: Asked) -> Said:
            held.set()
            server.ended.wait(30)
            return None

        server = serve(script)
        connections = Connections(Limits(per_host=1, total=0.3, silence=30))
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(client(server, connections).send, "GET", server.url)
            assert held.wait(20)
            with pytest.raises(Unreachable):
                client(server, connections).send("GET", server.url)
            with pytest.raises(Unreachable):
                first.result()
        connections.close()

    def test_closed_ones_are_gone_and_closing_twice_is_fine(
        self, serve: Serve, connections: Connections
    ) -> None:
        server = serve(lambda asked: reply(200, b"x"))
        client(server, connections).send("GET", server.url)
        connections.close()
        connections.close()
        client(server, connections).send("GET", server.url)
        assert server.connections == 2


@pytest.fixture
def tls(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody but a test should trust, and its key."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate.write_text(CERTIFICATE)
    key.write_text(KEY)
    return certificate, key


class TestEncryption:
    def test_a_certificate_of_ca_file_is_trusted(
        self, serve: Serve, connections: Connections, tls: tuple[Path, Path]
    ) -> None:
        server = serve(lambda asked: reply(200, b"safe"), tls=tls)
        assert client(server, connections, ca_file=str(tls[0])).send("GET", server.url).body == b"safe"

    def test_an_unknown_certificate_is_not(
        self, serve: Serve, connections: Connections, tls: tuple[Path, Path]
    ) -> None:
        server = serve(lambda asked: reply(200, b"safe"), tls=tls)
        with pytest.raises(Unreachable, match="not trusted") as failed:
            client(server, connections).send("GET", server.url)
        assert "ca_file" in failed.value.hint
        assert not server.asked

    def test_nor_is_a_connection_trusted_by_another_account(
        self, serve: Serve, connections: Connections, tls: tuple[Path, Path]
    ) -> None:
        server = serve(lambda asked: reply(200, b"safe"), tls=tls)
        client(server, connections, ca_file=str(tls[0])).send("GET", server.url)
        with pytest.raises(Unreachable):
            client(server, connections).send("GET", server.url)

    @pytest.mark.parametrize("content", [None, "no certificate"])
    def test_a_ca_file_that_is_none_is_named(
        self,
        serve: Serve,
        connections: Connections,
        tls: tuple[Path, Path],
        tmp_path: Path,
        content: str | None,
    ) -> None:
        path = tmp_path / "ca.pem"
        if content is not None:
            path.write_text(content)
        server = serve(lambda asked: reply(200), tls=tls)
        with pytest.raises(Unreachable, match="ca_file"):
            client(server, connections, ca_file=str(path)).send("GET", server.url)

    @pytest.mark.parametrize("port", ["refuses", "hangs up", "waits for more"])
    def test_https_to_a_plain_port_says_so(self, port: str) -> None:
        connections = Connections(Limits(connect=0.5 if port == "waits for more" else 20))
        with socket.create_server(("127.0.0.1", 0)) as plain, ThreadPoolExecutor(1) as pool:
            url = f"https://127.0.0.1:{plain.getsockname()[1]}/"
            asking = HttpClient(Account("caldav", url), LOGIN, SECRET, connections)
            failing = pool.submit(asking.send, "GET", url)
            answer_plainly(plain, port)
            with pytest.raises(Unreachable, match="does not speak TLS"):
                failing.result()
        connections.close()


def answer_plainly(plain: socket.socket, how: str) -> None:
    """What a port without TLS does on hearing a TLS greeting."""
    link, _ = plain.accept()
    with link, contextlib.suppress(ConnectionResetError):  # the client goes away when it has understood
        link.recv(1)  # the greeting comes, so the client has seen the connection made
        if how == "hangs up":
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if how == "refuses":
            link.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        while link.recv(4096):
            pass

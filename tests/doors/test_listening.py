"""Where the daemon listens: taken before it is ready, let go at the end, and never taken from somebody else."""

import http.client
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.web.listening import CantListen, listening, named
from syncd.web.server import WebServer


async def hello(scope: object, _receive: object, send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


def asked(path: Path) -> bytes:
    """What a client of the Unix socket hears."""
    with socket.socket(socket.AF_UNIX) as there:
        there.settimeout(10)
        there.connect(str(path))
        there.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = http.client.HTTPResponse(there)
        answer.begin()
        return answer.read()


@pytest.fixture
def path() -> Iterator[Path]:
    """A path short enough for a socket (108 bytes)."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "http.sock"


def test_an_answer_is_sent_without_waiting_for_an_acknowledgement() -> None:
    """Head and body are two writes; the connection takes over what its listening socket has (tcp(7))."""
    for host in ("127.0.0.1", "[::1]"):
        taken = listening(f"{host}:0")
        with socket.create_connection(taken.getsockname()[:2]):
            connection, _ = taken.accept()
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
            connection.close()
        taken.close()


def test_a_unix_socket_is_for_its_owner_and_group(path: Path) -> None:
    web = WebServer(hello, f"unix:{path}")
    assert web.address == f"unix:{path}"
    assert stat.S_IMODE(path.lstat().st_mode) == 0o660
    assert asked(path) == b"hello"
    assert web.stop(10)
    assert not path.exists()
    assert web.stop(10), "stopping twice is no mistake"


def test_what_a_killed_daemon_left_behind_is_taken_over(path: Path) -> None:
    killed = listening(f"unix:{path}")
    killed.close()  # and the file stays, as after kill -9
    assert path.is_socket()
    web = WebServer(hello, f"unix:{path}")
    assert asked(path) == b"hello"
    assert web.stop(10)


def test_what_is_somebody_elses_is_not(path: Path) -> None:
    other = WebServer(hello, f"unix:{path}")
    with pytest.raises(CantListen, match="in use"):
        listening(f"unix:{path}")
    assert asked(path) == b"hello"
    assert other.stop(10)
    path.write_text("something that matters")
    with pytest.raises(CantListen, match="in use"):
        listening(f"unix:{path}")
    assert path.read_text() == "something that matters"
    with pytest.raises(CantListen):
        listening(f"unix:{path.parent}/{'x' * 200}")
    with pytest.raises(CantListen, match="No such file"):
        listening(f"unix:{path.parent}/nowhere/http.sock")


def test_a_port_says_its_name() -> None:
    taken = listening("127.0.0.1:0")
    assert named(taken) == f"127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(CantListen, match=named(taken)):
        listening(named(taken))
    taken.close()

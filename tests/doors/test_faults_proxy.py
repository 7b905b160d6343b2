"""The fault proxy itself: it passes everything on as it is, strikes when it is told to and no other time, and heals."""

import contextlib
import http.client
import socket
import ssl
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from certificates import CERTIFICATE, KEY
from exchanges import Request
from faults import Fault, FaultProxy
from mishaps import EVERY_FAULT, answers
from scripted import Asked, ScriptedServer, reply

TEXT = b"some words of which half are too few"
BROKEN = answers("500", 500)

named = {fault.name: fault for fault in EVERY_FAULT}


@dataclass
class Behind:
    """A server behind the proxy."""

    server: ScriptedServer
    proxy: FaultProxy

    def ask(
        self, method: str = "GET", path: str = "/a", body: bytes = b"", timeout: float = 10
    ) -> tuple[int, bytes]:
        """Status and body of one request on a connection of its own; OSError or HTTPException where it fails."""
        link = self.link(timeout)
        try:
            return self.on(link, method, path, body)
        finally:
            link.close()

    def link(self, timeout: float = 10) -> http.client.HTTPConnection:
        parts = urllib.parse.urlsplit(self.proxy.url)
        if parts.scheme == "https":
            trust = ssl.create_default_context(cadata=CERTIFICATE)
            return http.client.HTTPSConnection(
                str(parts.hostname), parts.port, timeout=timeout, context=trust
            )
        return http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=timeout)

    def on(
        self, link: http.client.HTTPConnection, method: str, path: str, body: bytes = b""
    ) -> tuple[int, bytes]:
        link.request(method, path, body or None, {"X-Said": "so"})
        answer = link.getresponse()
        return answer.status, answer.read()


def told(asked: Asked) -> bytes:
    if asked.path == "/chunked":
        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n6\r\n words\r\n0\r\n\r\n"
    if asked.path == "/nothing":
        return b"HTTP/1.1 204 No Content\r\n\r\n"
    return reply(207, TEXT + asked.body, ETag='"1"')


@pytest.fixture
def behind() -> Iterator[Behind]:
    with ScriptedServer(told) as server, FaultProxy(server.url) as proxy:
        yield Behind(server, proxy)


class TestWithoutFaults:
    def test_requests_and_answers_pass_as_they_are(self, behind: Behind) -> None:
        assert behind.ask("PUT", "/a?b=%20c", b"body") == (207, TEXT + b"body")
        (asked,) = behind.server.asked
        assert (asked.method, asked.path, asked.body) == ("PUT", "/a?b=%20c", b"body")
        assert asked.headers["x-said"] == "so"
        assert behind.server.name == asked.headers["host"]

    def test_one_connection_serves_many_requests(self, behind: Behind) -> None:
        link = behind.link()
        assert [behind.on(link, "GET", path)[1] for path in ("/a", "/chunked", "/nothing", "/a")] == [
            TEXT,
            b"some words",
            b"",
            TEXT,
        ]
        link.close()
        assert [one.target for one in behind.proxy.seen] == ["/a", "/chunked", "/nothing", "/a"]

    def test_it_speaks_tls_to_both_sides(self, tmp_path: Path) -> None:
        (certificate := tmp_path / "certificate").write_text(CERTIFICATE)
        (key := tmp_path / "key").write_text(KEY)
        here = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        here.load_cert_chain(certificate, key)
        there = ssl.create_default_context(cadata=CERTIFICATE)
        with (
            ScriptedServer(told, (certificate, key)) as server,
            FaultProxy(server.url, tls=here, trust=there) as proxy,
        ):
            behind = Behind(server, proxy)
            assert proxy.url.startswith("https://")
            assert behind.ask() == (207, TEXT)
            proxy.program(named["reset though done"])
            with pytest.raises(ConnectionResetError):
                behind.ask()
            assert len(server.asked) == 2

    def test_the_onlooker_is_told_before_the_server(self, behind: Behind) -> None:
        before: list[int] = []
        behind.proxy.onlooker = lambda request: before.append(len(behind.server.asked))
        behind.ask()
        behind.ask()
        assert before == [0, 1]


class TestWhen:
    def statuses(self, behind: Behind, *methods: str) -> list[int]:
        return [behind.ask(method)[0] for method in methods]

    def test_at_the_nth_request(self, behind: Behind) -> None:
        behind.proxy.program(BROKEN, number=3)
        assert self.statuses(behind, "GET", "GET", "GET", "GET") == [207, 207, 500, 207]
        assert behind.proxy.hits == 1

    def test_at_the_nth_of_a_kind(self, behind: Behind) -> None:
        behind.proxy.program(BROKEN, lambda request: request.method == "PUT", number=2)
        assert self.statuses(behind, "PUT", "GET", "PUT", "PUT") == [207, 207, 500, 207]

    def test_until_it_is_healed(self, behind: Behind) -> None:
        behind.proxy.program(BROKEN, number=2, times=None)
        assert self.statuses(behind, "GET", "GET", "GET") == [207, 500, 500]
        behind.proxy.heal()
        assert self.statuses(behind, "GET") == [207]

    def test_the_first_programmed_of_two_strikes(self, behind: Behind) -> None:
        behind.proxy.program(BROKEN)
        behind.proxy.program(answers("401", 401), times=2)
        assert self.statuses(behind, "GET", "GET", "GET") == [500, 401, 207]

    def test_counting_begins_when_it_is_programmed(self, behind: Behind) -> None:
        self.statuses(behind, "GET")
        behind.proxy.program(BROKEN, number=1)
        assert self.statuses(behind, "GET") == [500]

    @pytest.mark.parametrize(
        ("fault", "error"), [("refused", ConnectionRefusedError), ("nobody answers the door", TimeoutError)]
    )
    def test_a_door_is_shut_before_the_nth_request_and_opens_again(
        self, behind: Behind, fault: str, error: type[Exception]
    ) -> None:
        behind.proxy.program(named[fault], number=2)
        kept = behind.link()
        assert behind.on(kept, "GET", "/a") == (207, TEXT)
        with pytest.raises((OSError, http.client.HTTPException)):
            behind.on(kept, "GET", "/a")  # its connection has ended
        for _ in range(2):
            with pytest.raises(error):
                behind.ask(timeout=0.1)
        assert len(behind.server.asked) == 1
        address = behind.proxy.url
        behind.proxy.heal()
        assert behind.proxy.url == address
        assert behind.ask() == (207, TEXT)

    def test_a_door_can_be_shut_at_once(self, behind: Behind) -> None:
        behind.proxy.program(named["refused"])
        with pytest.raises(ConnectionRefusedError):
            behind.ask()

    def test_what_breaks_in_the_proxy_itself_is_not_kept_quiet(self) -> None:
        async def defect(_exchange: object) -> None:
            raise LookupError("a defect of the test")

        with ScriptedServer(told) as server:
            proxy = FaultProxy(server.url).__enter__()
            proxy.program(Fault("defect", defect))
            with pytest.raises(http.client.RemoteDisconnected):
                Behind(server, proxy).ask()
            with pytest.raises(LookupError):
                proxy.__exit__(None, None, None)


ENDED = (OSError, http.client.HTTPException)


class TestFaults:
    def test_each_has_a_name_of_its_own(self) -> None:
        assert len(named) == len(EVERY_FAULT) > 50

    @pytest.mark.parametrize("fault", EVERY_FAULT, ids=lambda fault: fault.name)
    def test_each_strikes_once_and_leaves_nothing_behind(self, behind: Behind, fault: Fault) -> None:
        """Once whoever asked has had enough of it, the next request is answered as ever."""
        behind.proxy.program(fault)
        with contextlib.suppress(*ENDED):
            self.ask_a_little(behind, timeout=0.1 if fault.waits else 10)
        assert behind.proxy.hits == 1
        behind.proxy.heal()
        assert behind.ask() == (207, TEXT)

    @pytest.mark.parametrize(
        "name",
        [
            "reset before",
            "closed before",
            "silence before",
            "500",
            "429",
            "a sign-in page with 200",
            "refused",
        ],
    )
    def test_some_never_reach_the_server(self, behind: Behind, name: str) -> None:
        self.strike(behind, name)
        assert behind.server.asked == []

    @pytest.mark.parametrize(
        "name",
        ["reset though done", "closed though done", "silence though done", "500 though done", "half a body"],
    )
    def test_some_come_after_it_was_done(self, behind: Behind, name: str) -> None:
        self.strike(behind, name)
        assert [one.method for one in behind.server.asked] == ["PUT"]

    def ask_a_little(self, behind: Behind, timeout: float) -> None:
        """Ask, take no more than a little of what comes, and go away."""
        link = behind.link(timeout)
        try:
            link.request("GET", "/a")
            link.sock.recv(1000)
        finally:
            link.close()

    def strike(self, behind: Behind, name: str) -> None:
        behind.proxy.program(named[name])
        with contextlib.suppress(*ENDED):
            behind.ask("PUT", "/a", b"x", timeout=0.1 if named[name].waits else 10)

    def test_retry_after_in_each_form(self, behind: Behind) -> None:
        said = {}
        for name in ("429", "429 in seconds", "429 in fractions", "429 by date"):
            behind.proxy.program(named[name])
            link = behind.link()
            link.request("GET", "/a")
            answer = link.getresponse()
            said[name] = answer.getheader("Retry-After")
            assert answer.status == http.client.TOO_MANY_REQUESTS
            link.close()
        assert said["429"] is None
        assert said["429 in seconds"] == "1200"
        assert said["429 in fractions"] == "1200.5"
        assert str(said["429 by date"]).endswith(" GMT")

    def test_a_reset_is_one(self, behind: Behind) -> None:
        behind.proxy.program(named["reset before"])
        with pytest.raises(ConnectionResetError):
            behind.ask()

    def test_half_a_body_is_half_of_the_real_one(self, behind: Behind) -> None:
        behind.proxy.program(named["half a body"])
        with pytest.raises(http.client.IncompleteRead) as caught:
            behind.ask()
        assert caught.value.partial == TEXT[: len(TEXT) // 2]

    def test_who_asks_is_read_from_basic_authentication(self) -> None:
        assert Request("GET", "/", (("authorization", "Basic YW5uYTpzM2NyM3Q="),), b"").login == "anna"
        assert Request("GET", "/", (("Authorization", "Bearer YW5uYTpzM2NyM3Q="),), b"").login == ""


def test_nobody_listens_once_it_is_closed() -> None:
    with ScriptedServer(told) as server:
        with FaultProxy(server.url) as proxy:
            port = urllib.parse.urlsplit(proxy.url).port
        proxy.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port or 0), timeout=5)

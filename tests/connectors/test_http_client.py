"""Where requests go and what each failure means, against servers that do as they please."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from clients import LOGIN, SECRET, client
from scripted import ScriptedServer, Serve, reply, then_hang_up
from servers import free_port

from connectors.account import Account, Connections
from connectors.http.client import HttpClient
from connectors.interface import (
    CalendarGone,
    ConnectorError,
    Garbled,
    NoAccess,
    OutcomeUnknown,
    SignInRefused,
    Throttled,
    Unreachable,
    Unsupported,
)


class TestRedirects:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_within_the_server_method_body_and_credentials_stay(
        self, serve: Serve, connections: Connections, status: int
    ) -> None:
        server = serve(
            lambda asked: reply(status, Location="/dav/") if asked.path == "/" else reply(207, b"there")
        )
        answer = client(server, connections).send("PROPFIND", server.url, b"<x/>", {"Depth": "1"})
        assert (answer.body, answer.url) == (b"there", server.url + "dav/")
        second = server.asked[1]
        assert (second.method, second.path, second.body, second.headers["depth"]) == (
            "PROPFIND",
            "/dav/",
            b"<x/>",
            "1",
        )
        assert second.headers["authorization"].startswith("Basic ")
        assert connections.requests == 2

    def test_to_a_host_not_listed_nothing_is_sent(self, serve: Serve, connections: Connections) -> None:
        other = serve(lambda asked: reply(200))
        server = serve(lambda asked: reply(302, Location=other.url))
        with pytest.raises(NoAccess) as refused:
            client(server, connections).send("GET", server.url)
        assert other.name in refused.value.hint
        assert not other.asked

    def test_a_listed_host_is_trusted(self, serve: Serve, connections: Connections) -> None:
        other = serve(lambda asked: reply(200, b"shard"))
        server = serve(lambda asked: reply(302, Location=other.url))
        assert client(server, connections, hosts=(other.name,)).send("GET", server.url).body == b"shard"
        assert other.asked[0].headers["authorization"].startswith("Basic ")

    def test_a_listed_host_without_encryption_is_not(self, serve: Serve, connections: Connections) -> None:
        server = serve(lambda asked: reply(302, Location="http://shard.example.com:80/"))
        with pytest.raises(NoAccess):
            client(server, connections, hosts=("shard.example.com",)).send("GET", server.url)

    def test_circles_end(self, serve: Serve, connections: Connections) -> None:
        server = serve(lambda asked: reply(302, Location="/again"))
        with pytest.raises(Garbled, match="circles"):
            client(server, connections).send("GET", server.url)
        assert len(server.asked) == 6

    @pytest.mark.parametrize("target", ["ftp://x/", "http://[broken", "//:99999999/"])
    def test_senseless_targets_are_refused(self, serve: Serve, connections: Connections, target: str) -> None:
        server = serve(lambda asked: reply(302, Location=target))
        with pytest.raises(ConnectorError):
            client(server, connections).send("GET", server.url)

    def test_a_password_never_leaves_over_plain_http(self, connections: Connections) -> None:
        with pytest.raises(NoAccess):
            HttpClient(Account("caldav", "http://cloud.example.com/"), LOGIN, SECRET, connections)

    def test_a_password_in_the_url_is_refused_and_not_repeated(self, connections: Connections) -> None:
        with pytest.raises(SignInRefused) as refused:
            HttpClient(Account("caldav", "https://a:hidden@cloud.example.com/"), LOGIN, SECRET, connections)
        assert "hidden" not in refused.value.message + refused.value.hint


class TestEnvironment:
    def test_no_proxy_and_no_netrc(
        self, serve: Serve, connections: Connections, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
        netrc = tmp_path / "netrc"
        netrc.write_text("default login somebody password else\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))
        server = serve(lambda asked: reply(200, b"direct"))
        assert (
            client(server, connections, auth="bearer", secret="token").send("GET", server.url).body
            == b"direct"
        )
        assert server.asked[0].headers["authorization"] == "Bearer token"

    def test_no_cookie_of_one_login_reaches_another(self, serve: Serve, connections: Connections) -> None:
        server = serve(lambda asked: reply(200, Set_Cookie="session=annas; Path=/"))
        client(server, connections).send("GET", server.url)
        HttpClient(Account("caldav", server.url), "bob", "other", connections).send("GET", server.url)
        assert all("cookie" not in asked.headers for asked in server.asked)


STATUSES = [
    ("GET", 400, Unsupported), ("GET", 403, NoAccess), ("GET", 404, CalendarGone), ("GET", 405, NoAccess),
    ("GET", 410, CalendarGone), ("GET", 415, Unsupported), ("GET", 429, Throttled), ("GET", 500, Unreachable),
    ("GET", 502, Unreachable), ("GET", 503, Unreachable), ("PUT", 503, OutcomeUnknown), ("PUT", 500, OutcomeUnknown),
    ("DELETE", 500, OutcomeUnknown), ("PUT", 403, NoAccess), ("PUT", 429, Throttled), ("PUT", 507, NoAccess),
]  # fmt: skip


class TestFailures:
    @pytest.mark.parametrize(("method", "status", "kind"), STATUSES)
    def test_each_status_has_its_error(
        self, serve: Serve, connections: Connections, method: str, status: int, kind: type[ConnectorError]
    ) -> None:
        server = serve(lambda asked: reply(status, b"<html>secret words of the page</html>"))
        with pytest.raises(kind) as failed:
            client(server, connections).send(method, server.url)
        assert server.name in failed.value.message
        assert failed.value.hint
        assert "secret words" not in failed.value.message + failed.value.hint

    def test_an_expected_status_is_an_answer(self, serve: Serve, connections: Connections) -> None:
        server = serve(lambda asked: reply(412, b"why"))
        assert client(server, connections).send("PUT", server.url, expect=(412,)).body == b"why"

    @pytest.mark.parametrize(
        ("said", "wait"),
        [
            ("120", timedelta(seconds=120)),
            ("99999999", timedelta(days=1)),
            ("soon", None),
            ("-5", None),
            ("", None),
        ],
    )
    def test_retry_after_in_seconds(
        self, serve: Serve, connections: Connections, said: str, wait: timedelta | None
    ) -> None:
        server = serve(lambda asked: reply(429, Retry_After=said))
        with pytest.raises(Throttled) as throttled:
            client(server, connections).send("GET", server.url)
        assert throttled.value.retry_after == wait

    def test_retry_after_as_a_date(self, serve: Serve, connections: Connections) -> None:
        later = datetime.now(UTC) + timedelta(hours=2)
        server = serve(lambda asked: reply(503, Retry_After=format_datetime(later, usegmt=True)))
        with pytest.raises(Throttled) as throttled:
            client(server, connections).send("GET", server.url)
        assert throttled.value.retry_after is not None
        assert timedelta(minutes=119) < throttled.value.retry_after <= timedelta(hours=2)

    def test_retry_after_in_the_past_means_now(self, serve: Serve, connections: Connections) -> None:
        server = serve(lambda asked: reply(503, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"))
        with pytest.raises(Throttled) as throttled:
            client(server, connections).send("GET", server.url)
        assert throttled.value.retry_after == timedelta(0)

    def test_nobody_listens(self, connections: Connections) -> None:
        url = f"http://127.0.0.1:{free_port()}/"
        asking = HttpClient(Account("caldav", url), LOGIN, SECRET, connections)
        for method in ("GET", "PUT"):
            with pytest.raises(Unreachable) as failed:
                asking.send(method, url)
            assert not isinstance(failed.value, OutcomeUnknown)

    def test_a_name_nobody_knows(self, connections: Connections) -> None:
        url = "https://calendar.invalid/"
        with pytest.raises(Unreachable, match=r"calendar\.invalid"):
            HttpClient(Account("caldav", url), LOGIN, SECRET, connections).send("GET", url)

    def test_silence_ends(self, serve: Serve, impatient: Connections) -> None:
        server = serve(lambda asked: silent(server))
        with pytest.raises(Unreachable, match="in time"):
            client(server, impatient).send("GET", server.url)

    @pytest.mark.parametrize("part", ["status", "headers", "body"])
    def test_trickling_ends(self, serve: Serve, impatient: Connections, part: str) -> None:
        begin = {
            "status": b"",
            "headers": b"HTTP/1.1 200 OK\r\nX: ",
            "body": b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n",
        }
        server = serve(lambda asked: itertools.chain((begin[part],), trickle(server)))
        with pytest.raises(Unreachable, match="in time"):
            client(server, impatient).send("GET", server.url)

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    def test_a_write_without_an_answer_is_of_unknown_outcome(
        self, serve: Serve, connections: Connections, method: str
    ) -> None:
        for said in (
            None,
            b"HTTP/1.1 2",
            b"garbage\r\n",
            b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\nhalf",
        ):
            server = serve(lambda asked, said=said: said and then_hang_up(said))
            with pytest.raises(OutcomeUnknown):
                client(server, connections).send(method, server.url, b"data")
            assert len(server.asked) == 1

    def test_a_write_answered_by_silence_too(self, serve: Serve, impatient: Connections) -> None:
        server = serve(lambda asked: silent(server))
        with pytest.raises(OutcomeUnknown):
            client(server, impatient).send("PUT", server.url, b"data")

    def test_a_read_without_an_answer_is_unreachable(self, serve: Serve, connections: Connections) -> None:
        server = serve(lambda asked: None)
        with pytest.raises(Unreachable) as failed:
            client(server, connections).send("GET", server.url)
        assert not isinstance(failed.value, OutcomeUnknown)


def silent(server: ScriptedServer) -> None:
    """Says nothing until the test is over, then hangs up."""
    server.ended.wait(30)


def trickle(server: ScriptedServer) -> Iterator[bytes]:
    while not server.ended.wait(0.02):
        yield b"x"

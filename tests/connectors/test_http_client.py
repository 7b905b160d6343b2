"""The HTTP layer against servers that do as they please: signing in, redirects, limits, and what each failure means."""

import base64
import gzip
import hashlib
import itertools
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from scripted import Asked, Said, ScriptedServer, reply
from servers import free_port

from connectors.account import Account, Connections
from connectors.http.client import HttpClient
from connectors.http.wire import Limits
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

LOGIN = "anna@example.com"
SECRET = "s3cr3t-wörd"
SHORT = Limits(connect=5, silence=0.2, total=1, body=100_000)
Serve = Callable[[Callable[[Asked], Said]], ScriptedServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start scripted servers; they end with the test."""
    running: list[ScriptedServer] = []

    def start(script: Callable[[Asked], Said], **more: object) -> ScriptedServer:
        running.append(ScriptedServer(script, **more).__enter__())
        return running[-1]

    yield start
    for server in running:
        server.__exit__(None, None, None)


@pytest.fixture
def connections() -> Iterator[Connections]:
    """Connections with limits short enough for a test."""
    kept = Connections(SHORT)
    yield kept
    kept.close()


def client(
    server: ScriptedServer,
    connections: Connections,
    *,
    auth: str = "basic",
    secret: str = SECRET,
    **account: object,
) -> HttpClient:
    return HttpClient(Account("caldav", server.url, auth=auth, **account), LOGIN, secret, connections)


class TestSigningIn:
    def test_credentials_go_with_the_first_request(self, serve: Serve, connections: Connections) -> None:
        server = serve(lambda asked: reply(200, b"hello"))
        assert client(server, connections).send("GET", server.url).body == b"hello"
        expected = base64.b64encode(f"{LOGIN}:{SECRET}".encode()).decode()
        assert [asked.headers["authorization"] for asked in server.asked] == [f"Basic {expected}"]

    def test_a_bearer_token_too(self, serve: Serve, connections: Connections) -> None:
        server = serve(lambda asked: reply(204))
        client(server, connections, auth="bearer", secret="abc.def~1").send("GET", server.url)
        assert server.asked[0].headers["authorization"] == "Bearer abc.def~1"

    @pytest.mark.parametrize("token", ["", "two words", "line\r\nX-Injected: 1"])
    def test_a_token_that_can_be_none_is_refused_unsent(
        self, serve: Serve, connections: Connections, token: str
    ) -> None:
        server = serve(lambda asked: reply(204))
        with pytest.raises(SignInRefused) as refused:
            client(server, connections, auth="bearer", secret=token)
        assert not server.asked
        assert token == "" or token not in refused.value.message + refused.value.hint

    def test_a_wrong_password_is_refused_after_one_try(self, serve: Serve, connections: Connections) -> None:
        server = serve(lambda asked: reply(401, WWW_Authenticate='Digest realm="x", nonce="y"'))
        with pytest.raises(SignInRefused) as refused:
            client(server, connections).send("GET", server.url)
        assert len(server.asked) == 1
        assert "digest" in refused.value.hint
        assert SECRET not in refused.value.message + refused.value.hint

    def test_a_bare_401_is_refused_too(self, serve: Serve, connections: Connections) -> None:
        server = serve(lambda asked: reply(401))
        with pytest.raises(SignInRefused):
            client(server, connections).send("GET", server.url)

    def test_unknown_ways_to_sign_in_are_named(self, serve: Serve, connections: Connections) -> None:
        server = serve(lambda asked: reply(204))
        with pytest.raises(SignInRefused, match="kerberos"):
            client(server, connections, auth="kerberos")


class DigestServer:
    """A script that demands RFC 7616 digests, checked by a computation of its own."""

    def __init__(self, *, algorithm: str | None, qop: str | None, secret: str = SECRET) -> None:
        self.algorithm, self.qop, self.secret = algorithm, qop, secret
        self.nonce = "nonce-1"
        self.counts: list[str] = []
        self.hash = hashlib.sha256 if (algorithm or "").startswith("SHA-256") else hashlib.md5

    def __call__(self, asked: Asked) -> Said:
        said = {
            key: a or b
            for key, a, b in re.findall(
                r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))', asked.headers.get("authorization", "")
            )
        }
        if said.get("nonce") != self.nonce:
            stale = ", stale=true" if said else ""
            return reply(401, WWW_Authenticate=f'Basic realm="lab", {self._challenge()}{stale}')
        if said["response"] != self._expected(said, asked):
            return reply(401, WWW_Authenticate=self._challenge())
        self.counts.append(said.get("nc", ""))
        return reply(200, b"in")

    def _challenge(self) -> str:
        more = "".join(
            f", {key}={value}"
            for key, value in (("algorithm", self.algorithm), ("qop", self.qop and f'"{self.qop}"'))
            if value
        )
        return f'Digest realm="the \\"lab\\"", nonce="{self.nonce}", opaque="o"{more}'

    def _expected(self, said: dict[str, str], asked: Asked) -> str:
        who = self._h(f'{LOGIN}:the "lab":{self.secret}')
        if (self.algorithm or "").endswith("-sess"):
            who = self._h(f"{who}:{self.nonce}:{said['cnonce']}")
        what = self._h(f"{asked.method}:{asked.path}")
        middle = f"{self.nonce}:{said['nc']}:{said['cnonce']}:auth" if self.qop else self.nonce
        return self._h(f"{who}:{middle}:{what}")

    def _h(self, text: str) -> str:
        return self.hash(text.encode()).hexdigest()


DIGESTS = [
    (None, None),
    ("MD5", "auth"),
    ("MD5", "auth,auth-int"),
    ("SHA-256", "auth"),
    ("SHA-256-sess", "auth"),
    ("MD5-sess", "auth"),
]


class TestDigest:
    @pytest.mark.parametrize(("algorithm", "qop"), DIGESTS)
    def test_signs_in(
        self, serve: Serve, connections: Connections, algorithm: str | None, qop: str | None
    ) -> None:
        server = serve(DigestServer(algorithm=algorithm, qop=qop))
        assert (
            client(server, connections, auth="digest").send("PROPFIND", server.url + "a%20b?c=d").body
            == b"in"
        )
        assert [asked.headers.get("authorization") is None for asked in server.asked] == [True, False]

    def test_then_credentials_go_first_also_from_another_connector(
        self, serve: Serve, connections: Connections
    ) -> None:
        script = DigestServer(algorithm="MD5", qop="auth")
        server = serve(script)
        for _ in range(3):
            client(server, connections, auth="digest").send("GET", server.url)
        assert len(server.asked) == 4
        assert script.counts == ["00000001", "00000002", "00000003"]

    def test_a_stale_nonce_is_renewed(self, serve: Serve, connections: Connections) -> None:
        script = DigestServer(algorithm="SHA-256", qop="auth")
        server = serve(script)
        asking = client(server, connections, auth="digest")
        asking.send("GET", server.url)
        script.nonce = "nonce-2"
        assert asking.send("GET", server.url).body == b"in"
        assert len(server.asked) == 4

    def test_a_wrong_password_is_refused(self, serve: Serve, connections: Connections) -> None:
        server = serve(DigestServer(algorithm="MD5", qop="auth", secret="another"))
        with pytest.raises(SignInRefused):
            client(server, connections, auth="digest").send("GET", server.url)
        assert len(server.asked) == 2

    def test_an_unknown_algorithm_is_refused(self, serve: Serve, connections: Connections) -> None:
        server = serve(
            lambda asked: reply(401, WWW_Authenticate='Digest realm="x", nonce="y", algorithm=SHA-512')
        )
        with pytest.raises(SignInRefused):
            client(server, connections, auth="digest").send("GET", server.url)


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
            reply(200, b"x" * 200_000),
            reply(200, gzip.compress(b"x" * 50_000_000), Content_Encoding="gzip"),
            chunked(*[b"x" * 60_000] * 4),
        ],
        ids=["plain", "bomb", "chunked"],
    )
    def test_a_body_beyond_the_limit_is_refused(
        self, serve: Serve, connections: Connections, said: bytes
    ) -> None:
        server = serve(lambda asked: said)
        with pytest.raises(Garbled, match="more than 100000 bytes"):
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


def then_hang_up(said: bytes) -> Iterator[bytes]:
    yield said
    raise ConnectionAbortedError


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

    def test_silence_ends(self, serve: Serve, connections: Connections) -> None:
        server = serve(lambda asked: silent(server))
        with pytest.raises(Unreachable, match="in time"):
            client(server, connections).send("GET", server.url)

    @pytest.mark.parametrize("part", ["status", "headers", "body"])
    def test_trickling_ends(self, serve: Serve, connections: Connections, part: str) -> None:
        begin = {
            "status": b"",
            "headers": b"HTTP/1.1 200 OK\r\nX: ",
            "body": b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n",
        }
        server = serve(lambda asked: itertools.chain((begin[part],), trickle(server)))
        with pytest.raises(Unreachable, match="in time"):
            client(server, connections).send("GET", server.url)

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

    def test_a_write_answered_by_silence_too(self, serve: Serve, connections: Connections) -> None:
        server = serve(lambda asked: silent(server))
        with pytest.raises(OutcomeUnknown):
            client(server, connections).send("PUT", server.url, b"data")

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

    def test_closed_ones_are_gone_and_closing_twice_is_fine(
        self, serve: Serve, connections: Connections
    ) -> None:
        server = serve(lambda asked: reply(200, b"x"))
        client(server, connections).send("GET", server.url)
        connections.close()
        connections.close()
        client(server, connections).send("GET", server.url)
        assert server.connections == 2


CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBrDCCAVGgAwIBAgIUQJRp11sceOcrrtLzF/j561fAZJIwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNTAyMTIyMloYDzIxMjYxMTAx
MDIxMjIyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARg85J2gUyBf8YzzmfCOb/0ZkrM0BjaFDtUdTHWQgfsORe/EvTmpBfA
j7Bcax5zyMPa8s1cFBL5Qk10QfdOjPkGo38wfTAdBgNVHQ4EFgQUDbp5RXo6gDta
bLf2eMsusOiJZp8wHwYDVR0jBBgwFoAUDbp5RXo6gDtabLf2eMsusOiJZp8wDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwDgYDVR0P
AQH/BAQDAgKEMAoGCCqGSM49BAMCA0kAMEYCIQCsqnG8lAhmndpewQPTVK+u8llk
gLGksqhlUuO0TVBTeQIhAIM5j7UDxZaMj4ASej9zRDWpDjt5oqKFjP8mMDewLZCH
-----END CERTIFICATE-----
"""
KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0CViLGlq0CFaWnfG
yjFKW9UuPeVKhPzs5cSoQMvS4AmhRANCAARg85J2gUyBf8YzzmfCOb/0ZkrM0Bja
FDtUdTHWQgfsORe/EvTmpBfAj7Bcax5zyMPa8s1cFBL5Qk10QfdOjPkG
-----END PRIVATE KEY-----
"""


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

    def test_https_to_a_plain_port_says_so(self, serve: Serve, connections: Connections) -> None:
        server = serve(lambda asked: reply(200))
        url = server.url.replace("http:", "https:")
        with pytest.raises(Unreachable, match="TLS"):
            HttpClient(Account("caldav", url), LOGIN, SECRET, connections).send("GET", url)

"""Signing in: credentials go first, and never further than they should."""

import base64
import hashlib
import re
import traceback

import pytest
from clients import LOGIN, SECRET, client
from scripted import Asked, Said, Serve, reply, then_hang_up

from connectors.account import Connections
from connectors.interface import ConnectorError, SignInRefused


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


FAILURES = {
    "401": reply(401, WWW_Authenticate='Basic realm="x"'),
    "403": reply(403),
    "500": reply(500),
    "429": reply(429, Retry_After="1"),
    "no HTTP": b"SSH-2.0\r\n",
    "cut short": reply(200, b"x", Content_Length="9"),
    "elsewhere": reply(302, Location="https://elsewhere.example/"),
    "nothing": None,
}


class TestSecrecy:
    @pytest.mark.parametrize("auth", ["basic", "digest", "bearer"])
    @pytest.mark.parametrize("failure", FAILURES)
    def test_nothing_that_is_told_of_a_failure_holds_credentials(
        self,
        serve: Serve,
        connections: Connections,
        caplog: pytest.LogCaptureFixture,
        failure: str,
        auth: str,
    ) -> None:
        caplog.set_level("DEBUG")
        said = FAILURES[failure]
        server = serve(lambda asked: said and then_hang_up(said))
        asking = client(server, connections, auth=auth, secret="s3cr3t")
        with pytest.raises(ConnectorError) as failed:
            asking.send("PUT", server.url, b"x")
        error = failed.value
        told = "".join(traceback.format_exception(error)) + error.hint + repr(asking) + caplog.text
        for word in ("s3cr3t", base64.b64encode(f"{LOGIN}:s3cr3t".encode()).decode(), "Authorization"):
            assert word not in told

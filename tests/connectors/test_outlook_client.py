"""Requests to Graph: signed in through the real msal, refused and renewed, throttled, and each refusal named."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from certificates import CERTIFICATE, KEY
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from graphlike import MAILBOX, TENANT, GraphLike, error
from scripted import Asked, Said, Serve, reply

from connectors.account import Account, Connections
from connectors.interface import (
    CalendarGone,
    Conflict,
    ConnectorError,
    Garbled,
    NoAccess,
    OutcomeUnknown,
    SignInRefused,
    Throttled,
    Unreachable,
    Unsupported,
)
from connectors.outlook.client import Graph
from connectors.outlook.errors import code_of


class Service(GraphLike):
    """Graph and Entra in one script. `tokens`: what the sign-in gives out, one after the other; `good`: those Graph takes."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = [f"token-{number}" for number in range(1, 10)]
        self.good = set(self.tokens)
        self.sign_ins: list[bytes] = []
        self.says: list[bytes] = []

    def __call__(self, asked: Asked) -> Said:
        if asked.path.endswith("/token"):
            self.sign_ins.append(asked.body)
            if not self.tokens:
                said = {
                    "error": "invalid_client",
                    "error_codes": [7000222],
                    "error_description": "AADSTS7000222: secret!",
                }
                return reply(401, json.dumps(said).encode(), Content_Type="application/json")
            said = {"token_type": "Bearer", "expires_in": 3600, "access_token": self.tokens.pop(0)}
            return reply(200, json.dumps(said).encode(), Content_Type="application/json")
        if not asked.path.startswith("/v1.0/"):
            return super().__call__(asked)
        self.asked.append(asked.path)
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.good:
            return reply(
                401, json.dumps(error("InvalidAuthenticationToken")).encode(), Content_Type="application/json"
            )
        return (
            self.says.pop(0) if self.says else reply(200, b'{"value": []}', Content_Type="application/json")
        )


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def account(service: Service, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Account:
    """The service's account; what the environment says of certificates and proxies is wrong and must not count."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "nothing.pem"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate.write_text(CERTIFICATE)
    key.write_text(KEY)
    server = serve(service, tls=(certificate, key))
    service.url = server.url
    return Account(
        "outlook", f"{server.url}v1.0", tenant=TENANT, client_id="app", ca_file=str(certificate),
        authority=f"{server.url}{TENANT}",
    )  # fmt: skip


@pytest.fixture
def graph(account: Account, connections: Connections) -> Graph:
    return Graph(account, MAILBOX, "a-secret", connections)


def refused(status: int, *codes: str, **headers: str) -> bytes:
    return reply(status, json.dumps(error(*codes)).encode(), Content_Type="application/json", **headers)


def test_one_sign_in_serves_all_mailboxes(
    graph: Graph, account: Account, service: Service, connections: Connections
) -> None:
    graph.get("/users/anna/calendars")
    Graph(account, "ben@example.com", "a-secret", connections).get("/users/ben/calendars")
    assert len(service.sign_ins) == 1
    assert b"scope=https%3A%2F%2F127.0.0.1" in service.sign_ins[0]


def test_a_certificate_signs_in_without_any_secret_on_the_wire(
    account: Account, service: Service, connections: Connections
) -> None:
    Graph(replace(account, certificate=True), MAILBOX, rsa_pem(), connections).get("/users/anna/calendars")
    assert b"client_assertion=" in service.sign_ins[0]
    assert b"client_secret" not in service.sign_ins[0]


@pytest.mark.parametrize("pem", [KEY + CERTIFICATE, "no PEM at all", ""])
def test_a_certificate_that_can_not_sign_is_told_so_and_nothing_is_sent(
    account: Account, service: Service, connections: Connections, pem: str
) -> None:
    with pytest.raises(SignInRefused, match="prepared") as told:
        Graph(replace(account, certificate=True), MAILBOX, pem, connections).get("/users/anna/calendars")
    assert "RSA" in told.value.hint
    assert service.sign_ins == []


def rsa_pem() -> str:
    """A key and a self-signed certificate, as an administrator makes them."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "syncd")])
    began = datetime(2026, 1, 1, tzinfo=UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(began).not_valid_after(began + timedelta(days=9000))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return (pem + built.sign(key, SHA256()).public_bytes(Encoding.PEM)).decode()


def test_a_refused_token_is_renewed_once(graph: Graph, service: Service) -> None:
    graph.get("/users/anna/calendars")
    service.good.discard("token-1")
    assert graph.get("/users/anna/calendars").status == 200
    assert len(service.sign_ins) == 2
    assert len(service.asked) == 3


def test_a_tenant_that_refuses_the_new_token_too_is_left_alone(
    graph: Graph, account: Account, service: Service, connections: Connections
) -> None:
    service.good.clear()
    with pytest.raises(SignInRefused, match="Graph refuses"):
        graph.get("/users/anna/calendars")
    asked = len(service.asked)
    assert asked == 2
    with pytest.raises(SignInRefused, match="Graph refuses"):
        Graph(account, "ben@example.com", "a-secret", connections).get("/users/ben/calendars")
    assert (len(service.asked), len(service.sign_ins)) == (asked, 2)


def test_an_expired_secret_is_told_in_words_and_tried_once(graph: Graph, service: Service) -> None:
    service.tokens.clear()
    for _ in range(2):
        with pytest.raises(SignInRefused, match="AADSTS7000222") as told:
            graph.get("/users/anna/calendars")
        assert "expired" in told.value.hint
        assert "secret!" not in told.value.message + told.value.hint
    assert len(service.sign_ins) == 1


@pytest.mark.parametrize(
    ("said", "seconds"),
    [({"Retry_After": "7"}, 7), ({"Retry_After": "2.128"}, 2.128), ({}, 5), ({"Retry_After": "soon"}, 5)],
)
def test_a_throttled_mailbox_is_left_alone_and_others_are_not(
    graph: Graph,
    account: Account,
    service: Service,
    connections: Connections,
    said: dict[str, str],
    seconds: float,
) -> None:
    service.says = [refused(429, "ApplicationThrottled", **said)]
    with pytest.raises(Throttled) as told:
        graph.get("/users/anna/calendars")
    assert told.value.retry_after is not None
    assert told.value.retry_after.total_seconds() == pytest.approx(seconds, abs=0.5)
    with pytest.raises(Throttled):
        graph.post("/users/anna/events", {})
    assert len(service.asked) == 1
    Graph(account, "ben@example.com", "a-secret", connections).get("/users/ben/calendars")
    assert len(service.asked) == 2


@pytest.mark.parametrize(
    ("status", "code", "kind", "hint"),
    [
        (403, "ErrorAccessDenied", NoAccess, "New-ManagementRoleAssignment"),
        (404, "MailboxNotEnabledForRESTAPI", NoAccess, "licence"),
        (404, "Request_ResourceNotFound", NoAccess, "login"),
        (404, "ErrorItemNotFound", CalendarGone, ""),
        (409, "ErrorIrresolvableConflict", Conflict, ""),
        (412, "ErrorIrresolvableConflict", Conflict, ""),
        (400, "ErrorInvalidIdMalformed", Unsupported, ""),
        (500, "ErrorInternalServerTransientError", Unreachable, ""),
        (503, "ServiceUnavailable", Unreachable, ""),
        (503, "ErrorServerBusy", Throttled, ""),
    ],
)
def test_refusals_are_named_with_what_to_do(
    graph: Graph, service: Service, status: int, code: str, kind: type[ConnectorError], hint: str
) -> None:
    service.says = [refused(status, "Generic", code)]
    with pytest.raises(kind) as told:
        graph.get("/users/anna/calendars")
    assert hint in told.value.hint
    assert code.casefold() in told.value.message


def test_a_failure_at_a_write_leaves_its_outcome_open(graph: Graph, service: Service) -> None:
    for said in (
        refused(504, "GatewayTimeout"),
        reply(200, b"<html>Sign in</html>", Content_Type="text/html"),
    ):
        service.says = [said]
        with pytest.raises(OutcomeUnknown):
            graph.post("/users/anna/events", {"subject": "Talk"})


def test_a_page_instead_of_json_is_garbled(graph: Graph, service: Service) -> None:
    service.says = [reply(200, b"<html>Sign in</html>", Content_Type="text/html")]
    with pytest.raises(Garbled):
        graph.get("/users/anna/calendars")
    service.says = [reply(502, b"<html>Bad gateway</html>", Content_Type="text/html")]
    with pytest.raises(Unreachable):
        graph.get("/users/anna/calendars")


def test_a_link_to_another_server_is_not_followed(graph: Graph, service: Service) -> None:
    with pytest.raises(NoAccess, match="elsewhere"):
        graph.get("https://elsewhere.example.com/v1.0/users/anna/calendarView/delta?$deltatoken=x")
    assert service.asked == []


def test_the_deepest_code_counts_whatever_its_case() -> None:
    assert code_of(error("Outer", "Inner", "SyncStateNotFound")) == "syncstatenotfound"
    assert code_of({"error": {"code": "Outer", "innererror": {"code": "Deep"}}}) == "deep"
    assert code_of(None) == code_of([]) == code_of({"error": "text"}) == ""

"""Microsoft's own library and syncd's connector at the fake Graph: they find it, sign in, and read what is there."""

from datetime import UTC, datetime, timedelta

import msal
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from graphs import ANNA, NOW, GraphServer, at, weekly

from connectors.account import Connections
from connectors.interface import Calendar, Status
from connectors.outlook.connector import OutlookConnector
from syncd.demo.graph import FakeGraph, serve

SCOPES = ["https://graph.microsoft.com/.default"]


def application(graph: GraphServer, credential: object) -> msal.ConfidentialClientApplication:
    return msal.ConfidentialClientApplication(
        graph.running.client_id, client_credential=credential, authority=graph.running.authority,
        instance_discovery=False, http_client=graph.session,
    )  # fmt: skip


def certificate() -> tuple[str, dict[str, str]]:
    """A certificate with its key, as the administrator registers it and as msal takes it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "syncd")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = (
        made.serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
    )
    public = made.sign(key, SHA256()).public_bytes(Encoding.PEM).decode()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return public, {"private_key": private, "public_certificate": public}


def test_msal_signs_in_with_a_secret_and_keeps_the_token(graph: GraphServer) -> None:
    app = application(graph, graph.running.client_secret)
    first, second = (app.acquire_token_for_client(SCOPES) for _ in range(2))
    assert first["access_token"] == second["access_token"]
    assert graph.fake.app.tokens.given == 1
    assert graph.get(f"/users/{ANNA}", Authorization=f"Bearer {first['access_token']}").status == 200


def test_msal_signs_in_with_a_certificate_that_is_registered(graph: GraphServer) -> None:
    public, credential = certificate()
    refused = application(graph, credential).acquire_token_for_client(SCOPES)
    assert refused["error_codes"] == [700027]
    graph.fake.app.tokens.certificates.append(public)
    assert "access_token" in application(graph, credential).acquire_token_for_client(SCOPES)


def test_the_connector_reads_what_is_there(graph: GraphServer) -> None:
    graph.fake.add_event(ANNA, at(3, 9), at(3, 10), show_as="oof")
    key = graph.fake.add_event(ANNA, at(2, 10), at(2, 11), recurrence=weekly("monday"))
    connections = Connections()
    connector = OutlookConnector(
        graph.account, ANNA, graph.running.client_secret, connections, clock=graph.fake.now
    )
    (info,) = connector.calendars(None).calendars
    asked = Calendar(info.href, "Europe/Amsterdam", (ANNA,), NOW, NOW + timedelta(days=20))
    first = connector.changes(asked, None, {})
    assert sorted(len(one.intervals) for one in first.upserts) == [1, 4]
    known = {one.href: one.etag for one in first.upserts}
    graph.fake.expire_sign_ins()
    graph.fake.delete_occurrence(ANNA, key, at(9, 10).date())
    then = connector.changes(asked, first.state, known)
    assert [len(one.intervals) for one in then.upserts] == [3]
    assert {one.status for one in then.upserts[0].intervals} == {Status.BUSY}
    connections.close()


def test_nobody_else_is_trusted_and_nothing_is_left(graph: GraphServer) -> None:
    folder = graph.running.ca_file.parent
    assert (folder / "graph.key").stat().st_mode & 0o077 == 0
    with requests.Session() as stranger:
        stranger.trust_env = False
        with pytest.raises(requests.exceptions.SSLError):
            stranger.get(graph.running.graph_url, timeout=20)
    with serve(FakeGraph()) as running:
        folder = running.ca_file.parent
        assert abs(running.fake.now() - datetime.now(UTC)) < timedelta(minutes=1)
    assert not folder.exists()

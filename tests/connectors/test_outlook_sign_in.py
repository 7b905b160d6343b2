"""Signing in as an application, through the real msal at a scripted sign-in server: what is sent, and what refusals mean."""

import base64
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.message import Message
from pathlib import Path

import pytest
from certificates import CERTIFICATE, KEY
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding
from entra import BEGIN, SECRET, Entra, as_json, decoded, pem, refused
from graphlike import TENANT
from scripted import Said, Serve, reply, then_hang_up

from connectors.account import Account, Connections
from connectors.interface import (
    ConnectorError,
    Garbled,
    OutcomeUnknown,
    SignInRefused,
    Throttled,
    Unreachable,
)
from connectors.outlook.errors import ADVICE
from connectors.outlook.sign_in import ASKED_EVERY, LEFT_ALONE, Tenant, TenantSignIn, authority_of


@pytest.fixture
def entra() -> Entra:
    return Entra()


@pytest.fixture
def account(entra: Entra, serve: Serve, tmp_path: Path) -> Account:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate.write_text(CERTIFICATE)
    key.write_text(KEY)
    entra.url = serve(entra, tls=(certificate, key)).url
    return Account(
        "outlook", "https://graph.example.com/v1.0", tenant=TENANT, client_id="app-1", ca_file=str(certificate),
        authority=f"{entra.url}{TENANT}",
    )  # fmt: skip


class Hand:
    """A clock that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def tenant(account: Account, connections: Connections, hand: Hand) -> Tenant:
    return Tenant(account, SECRET, connections, hand)


def why(tenant: Tenant, kind: type[ConnectorError] = SignInRefused) -> ConnectorError:
    """Why there is no token. Nothing of what is told may be the secret."""
    with pytest.raises(kind) as told:
        tenant.token()
    assert SECRET not in told.value.message + told.value.hint
    return told.value


# What is sent


def test_the_token_is_for_graph_where_the_account_has_it_and_is_asked_for_once(
    tenant: Tenant, entra: Entra
) -> None:
    assert [tenant.token(), tenant.token()] == ["token-1", "token-1"]
    (asked,) = entra.asked
    assert asked["grant_type"] == "client_credentials"
    assert asked["scope"] == "https://graph.example.com/.default"
    assert (asked["client_id"], asked["client_secret"]) == ("app-1", SECRET)
    assert entra.found == [f"/{TENANT}/v2.0/.well-known/openid-configuration"]


def test_without_an_authority_the_worldwide_clouds_is_asked(account: Account) -> None:
    assert authority_of(replace(account, authority="")) == f"https://login.microsoftonline.com/{TENANT}"
    assert authority_of(account) == account.authority


def test_a_token_about_to_end_is_replaced(tenant: Tenant, entra: Entra, hand: Hand) -> None:
    entra.lives = 240  # msal trusts no token in its last five minutes
    assert [tenant.token(), tenant.token()] == ["token-1", "token-1"]
    hand.now += ASKED_EVERY
    assert tenant.token() == "token-2"


def test_the_accounts_ca_file_counts_and_the_environment_does_not(
    tenant: Tenant,
    account: Account,
    connections: Connections,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(tmp_path / "nothing.pem"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert tenant.token() == "token-1"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", account.ca_file)
    stranger = Tenant(replace(account, ca_file=""), SECRET, connections)
    assert "certificate" in why(stranger, Unreachable).message


def test_a_certificate_signs_and_its_key_stays_here(
    account: Account, connections: Connections, entra: Entra
) -> None:
    text, certificate = pem()
    Tenant(replace(account, certificate=True), text, connections).token()
    (asked,) = entra.asked
    head, claims = (json.loads(decoded(part)) for part in asked["client_assertion"].split(".")[:2])
    assert head["alg"] == "PS256"
    assert decoded(head["x5t#S256"]) == certificate.fingerprint(SHA256())
    assert [base64.b64decode(one) for one in head["x5c"]] == [certificate.public_bytes(Encoding.DER)]
    assert (claims["iss"], claims["sub"], claims["aud"]) == (
        "app-1",
        "app-1",
        entra.configuration()["token_endpoint"],
    )
    private = text.partition(BEGIN)[0].splitlines()[-8:-2]  # behind the modulus, which is public
    assert len(private) == 6
    assert not [line for line in private if line in str(head | claims | asked)]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: pem(BestAvailableEncryption(b"word"))[0],
        lambda: pem()[0].partition(BEGIN)[0],
        lambda: BEGIN + pem()[0].partition(BEGIN)[2],
        lambda: KEY + CERTIFICATE,
        lambda: "nothing of the kind",
        lambda: "",
    ],
    ids=["encrypted", "key only", "certificate only", "no RSA", "no PEM", "empty"],
)
def test_a_file_that_can_not_sign_is_told_before_anything_is_signed(
    account: Account, connections: Connections, entra: Entra, spoil: Callable[[], str]
) -> None:
    told = why(Tenant(replace(account, certificate=True), spoil(), connections))
    assert "prepared" in told.message
    assert "RSA" in told.hint
    assert entra.asked == []


# What refusals mean


@pytest.mark.parametrize("number", sorted(ADVICE))
def test_each_known_refusal_is_told_with_what_to_do(tenant: Tenant, entra: Entra, number: int) -> None:
    entra.says = [refused(number)]
    told = why(tenant)
    assert f"AADSTS{number}" in told.message
    assert told.hint == ADVICE[number]


def test_an_unknown_refusal_is_told_by_its_number(tenant: Tenant, entra: Entra) -> None:
    entra.says = [refused(50999)]
    told = why(tenant)
    assert "AADSTS50999" in told.message
    assert "client_id" in told.hint


def test_an_unknown_tenant_is_told_as_such_though_it_is_met_before_signing_in(
    tenant: Tenant, entra: Entra
) -> None:
    entra.finds = [refused(90002, error="invalid_tenant", status=400)]
    assert "no tenant" in why(tenant).hint
    assert entra.asked == []
    why(tenant)
    assert len(entra.found) == 1


# How often it is tried


def test_a_refused_tenant_is_left_alone_for_a_while(tenant: Tenant, entra: Entra, hand: Hand) -> None:
    entra.says = [refused(7000222)]
    first = why(tenant)
    hand.now += LEFT_ALONE - 1
    again = why(tenant)
    assert (again.message, again.hint) == (first.message, first.hint)
    assert len(entra.asked) == 1
    hand.now += 1
    assert tenant.token() == "token-2"


@pytest.mark.parametrize(
    "said",
    [
        refused(90033, error="temporarily_unavailable", status=400),
        reply(500, b"{}"),
        reply(503, b"<html>busy</html>"),
        None,
        lambda: then_hang_up(reply(200, b'{"access_token": "cut', Content_Length="500")),
    ],
    ids=["says so", "500", "503", "hangs up", "cut short"],
)
def test_a_fault_of_the_sign_in_server_is_no_refusal_and_no_write_of_unknown_outcome(
    tenant: Tenant, entra: Entra, said: bytes | Callable[[], Said] | None
) -> None:
    entra.says = [said() if callable(said) else said]
    assert not isinstance(why(tenant, Unreachable), OutcomeUnknown)
    entra.says = []
    assert tenant.token().startswith("token-")


def test_a_sign_in_server_that_asks_to_wait_is_not_asked_until_then(
    tenant: Tenant, entra: Entra, hand: Hand
) -> None:
    entra.says = [as_json(429, {"error": "too_many"}, Retry_After="40")]
    for _ in range(2):
        told = why(tenant, Throttled)
        assert isinstance(told, Throttled)
        assert told.retry_after == timedelta(seconds=40)
    assert len(entra.asked) == 1
    hand.now += 40
    assert tenant.token() == "token-2"


@pytest.mark.parametrize(
    "said",
    [b"<html>Please log in to the hotel</html>", b'{"access_token": "half a tok', b"[]", b"null", b"[" * 100_000],
    ids=["page", "half", "list", "null", "deep"],
)  # fmt: skip
def test_what_is_no_answer_of_a_sign_in_server_is_garbled_and_logged_nowhere(
    tenant: Tenant, entra: Entra, said: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        entra.finds = [reply(200, said)]
        assert "authority" in why(tenant, Garbled).hint
        for status in (200, 400, 404):
            entra.says = [reply(status, said)]
            why(tenant, Garbled)
    assert "half a tok" not in caplog.text


@pytest.mark.parametrize("lacking", ["authorization_endpoint", "token_endpoint"])
def test_a_configuration_without_an_end_point_is_told(tenant: Tenant, entra: Entra, lacking: str) -> None:
    said = entra.configuration()
    del said[lacking]
    entra.finds = [as_json(200, said)]
    assert "authority" in why(tenant).hint


@pytest.mark.parametrize("token", ["two words", "line\r\nX-Injected: 1", "", 7, ["token"]])
def test_a_token_that_no_header_can_carry_is_garbled(tenant: Tenant, entra: Entra, token: object) -> None:
    entra.says = [as_json(200, {"token_type": "Bearer", "expires_in": 3600, "access_token": token})]
    why(tenant, Garbled)


def test_who_waits_for_an_attempt_shares_its_outcome(
    account: Account, connections: Connections, entra: Entra
) -> None:
    """Otherwise each of a thousand mailboxes would in turn wait for a server that does not answer."""
    waiting = threading.Barrier(4)
    ticks = iter(range(1, 1000))
    order = threading.Lock()

    def clock() -> float:
        """Time goes by with each look at it; a mailbox that looked has come to ask."""
        with order:
            now = float(next(ticks))
        if now <= 4:
            waiting.wait()
        return now

    entra.says = [reply(500, b"{}")]
    tenant = Tenant(account, SECRET, connections, clock)
    told: list[type[Exception]] = []

    def ask() -> None:
        try:
            tenant.token()
        except Unreachable as error:
            told.append(type(error))

    mailboxes = [threading.Thread(target=ask) for _ in range(4)]
    for mailbox in mailboxes:
        mailbox.start()
    for mailbox in mailboxes:
        mailbox.join()
    assert (len(told), len(entra.asked)) == (4, 1)
    assert tenant.token() == "token-2"


# When Graph refuses the token


def test_a_refused_token_is_renewed_once_for_all_who_had_it(tenant: Tenant, entra: Entra) -> None:
    mailboxes = [TenantSignIn(tenant), TenantSignIn(tenant)]
    assert {one.header("graph", "GET", "/") for one in mailboxes} == {"Bearer token-1"}
    headers = Message()
    assert [one.challenged("graph", headers) for one in mailboxes] == [True, True]
    assert {one.header("graph", "GET", "/") for one in mailboxes} == {"Bearer token-2"}
    assert len(entra.asked) == 2


def test_the_same_token_again_is_nothing_new_to_say(tenant: Tenant, entra: Entra) -> None:
    same = as_json(200, {"token_type": "Bearer", "expires_in": 3600, "access_token": "same"})
    entra.says = [same, same]
    assert tenant.renew(tenant.token()) is False


def test_a_tenant_shut_for_its_token_opens_again_after_a_while(
    tenant: Tenant, entra: Entra, hand: Hand
) -> None:
    token = tenant.token()
    tenant.shut(SignInRefused("Graph refuses the application's token", "look"))
    assert "Graph refuses" in why(tenant).message
    with pytest.raises(SignInRefused, match="Graph refuses"):
        tenant.renew("an older one")
    hand.now += LEFT_ALONE
    assert tenant.token() == token
    assert len(entra.asked) == 1

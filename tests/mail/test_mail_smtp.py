"""Handing a mail over to a real SMTP server: encrypted as configured, and every failure told as what it asks for."""

from email.message import EmailMessage
from pathlib import Path

import pytest
from mailboxes import Mailboxes, running

from connectors.interface import (
    ConnectorError,
    NoAccess,
    OutcomeUnknown,
    SignInRefused,
    Throttled,
    Unreachable,
    Unsupported,
)
from syncd.mail.smtp import MailServer, send

TO = "gerda@example.org"


def mail(to: str = TO) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "meetings@example.com", to, "Talk"
    made.set_content("Hello")
    return made


def at(boxes: Mailboxes, encryption: str = "none", **more: str) -> MailServer:
    return MailServer(boxes.host, boxes.port, encryption, **more)  # type: ignore[arg-type]  # a word of the three


def why(server: MailServer, one: EmailMessage | None = None) -> ConnectorError:
    """Why it was not sent; never in the server's words."""
    with pytest.raises(ConnectorError) as told:
        send(server, one or mail())
    assert TO not in told.value.message + told.value.hint
    assert "secret" not in told.value.message + told.value.hint
    return told.value


def test_it_arrives(mailboxes: Mailboxes) -> None:
    send(at(mailboxes), mail())
    assert mailboxes.told == [(TO, "Talk")]


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_encrypted_and_signed_in(tmp_path: Path, tls: str) -> None:
    with running(login=("me", "secret"), tls=tls, folder=tmp_path) as boxes:
        server = at(boxes, tls, login="me", password="secret", ca_file=str(tmp_path / "cert.pem"))
        send(server, mail())
        assert boxes.told == [(TO, "Talk")]
        wrong = at(boxes, tls, login="me", password="secret?", ca_file=str(tmp_path / "cert.pem"))
        assert isinstance(why(wrong), SignInRefused)
        nobody = at(boxes, tls, ca_file=str(tmp_path / "cert.pem"))
        assert isinstance(why(nobody), SignInRefused)
        assert "not trusted" in why(at(boxes, tls)).message
        assert len(boxes.arrived) == 1


def test_encryption_is_demanded_not_hoped_for(mailboxes: Mailboxes) -> None:
    told = why(at(mailboxes, "starttls"))
    assert isinstance(told, Unsupported)
    assert "STARTTLS" in told.message
    assert "TLS" in why(at(mailboxes, "tls")).message
    assert mailboxes.arrived == []


@pytest.mark.parametrize(
    ("rcpt", "data", "kind", "hint"),
    [
        (f"550 5.1.1 {TO} unknown", None, NoAccess, "meeting invite"),
        (f"450 4.2.1 {TO} busy", None, Throttled, "later"),
        (None, "554 5.7.1 secret spam rule", NoAccess, "from"),
        (None, "452 4.3.1 disk full", Throttled, "later"),
        ("530 5.7.0 sign in first", None, SignInRefused, "login"),
    ],
)
def test_refusals_are_told_by_what_they_ask_for(
    mailboxes: Mailboxes, rcpt: str | None, data: str | None, kind: type[ConnectorError], hint: str
) -> None:
    mailboxes.rcpt, mailboxes.data = rcpt, data
    told = why(at(mailboxes))
    assert isinstance(told, kind)
    assert hint in told.hint
    assert mailboxes.arrived == []


def test_a_connection_that_ends_before_the_answer_leaves_it_unknown(mailboxes: Mailboxes) -> None:
    mailboxes.hangs_up = True
    assert isinstance(why(at(mailboxes)), OutcomeUnknown)
    assert len(mailboxes.arrived) == 1


def test_a_server_that_is_not_there() -> None:
    with running() as boxes:
        gone = at(boxes)
    assert "can't be reached" in why(gone).message
    assert isinstance(why(MailServer("nowhere.invalid", 25, "none")), Unreachable)


def test_a_ca_file_that_is_none_is_told(mailboxes: Mailboxes, tmp_path: Path) -> None:
    assert "ca_file" in why(at(mailboxes, "tls", ca_file=str(tmp_path / "none.pem"))).message


def test_an_address_outside_ascii_needs_a_server_that_takes_it(mailboxes: Mailboxes) -> None:
    send(at(mailboxes), mail("jürgen@example.org"))
    assert mailboxes.told == [("jürgen@example.org", "Talk")]

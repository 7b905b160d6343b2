"""A real SMTP server (aiosmtpd) on loopback whose mailboxes tests look into, and whose refusals they choose."""

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from certificates import CERTIFICATE, KEY
from icalendar import Calendar, Event


@dataclass
class Mailboxes:
    """What arrived, and how the next commands are answered (`rcpt`, `data`: the server's words, None: as usual)."""

    arrived: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    rcpt: str | None = None
    data: str | None = None
    hangs_up: bool = False
    before_data: Callable[[], None] = lambda: None
    after_data: Callable[[], None] = lambda: None
    host: str = "127.0.0.1"
    port: int = 0

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        self.before_data()
        if self.data:
            return self.data
        mail = message_from_bytes(envelope.content or b"", policy=default)  # type: ignore[arg-type]  # bytes, unless asked for text
        self.arrived.append((list(envelope.rcpt_tos), mail))  # type: ignore[arg-type]  # as the policy makes it
        self.after_data()
        if self.hangs_up:
            server.transport.abort()
        return "250 OK"

    @property
    def told(self) -> list[tuple[str, str]]:
        """(to whom, subject) of all that arrived."""
        return [(to[0], str(mail["Subject"])) for to, mail in self.arrived]

    def last(self, to: str) -> EmailMessage:
        """The newest mail to an address."""
        return next(mail for whom, mail in reversed(self.arrived) if whom == [to])


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def event_of(mail: EmailMessage) -> tuple[str, Event]:
    """The method and the event of a mail's calendar part."""
    (part,) = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    calendar = Calendar.from_ical(part.get_content())
    (event,) = calendar.walk("VEVENT")
    assert part.get_param("method") == calendar["METHOD"]
    return str(calendar["METHOD"]), event  # type: ignore[return-value]  # walk gives components


@pytest.fixture
def mailboxes() -> Iterator[Mailboxes]:
    """Without encryption, as a relay on the same machine."""
    with running() as boxes:
        yield boxes


class _OnAFreePort(Controller):
    def _trigger_server(self) -> None:
        """The library looks whether it serves, at the port it was told: 0."""
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class running:  # noqa: N801  # reads as a word
    """Serve mailboxes until the block ends. `login`: the only sign-in that is taken; `tls`: starttls or tls, else none."""

    def __init__(
        self, *, login: tuple[str, str] | None = None, tls: str = "", folder: Path | None = None
    ) -> None:
        self.boxes = Mailboxes()
        more: dict[str, Any] = {}
        if folder is not None:
            (folder / "cert.pem").write_text(CERTIFICATE)
            (folder / "key.pem").write_text(KEY)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
            more = (
                {"ssl_context": context}
                if tls == "tls"
                else {"tls_context": context, "require_starttls": True}
            )
        if login is not None:
            more |= {
                "authenticator": _only(*login),
                "auth_required": True,
                "auth_require_tls": tls == "starttls",
            }
        self.controller = _OnAFreePort(self.boxes, hostname="127.0.0.1", port=0, **more)

    def __enter__(self) -> Mailboxes:
        self.controller.start()
        self.boxes.port = self.controller.port
        return self.boxes

    def __exit__(self, *_: object) -> None:
        self.controller.stop()


def _only(login: str, password: str) -> Callable[..., AuthResult]:
    def authenticate(
        _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: LoginPassword
    ) -> AuthResult:
        right = (given.login, given.password) == (login.encode(), password.encode())
        return AuthResult(success=right, handled=False)

    return authenticate

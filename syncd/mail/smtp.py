"""Sends one mail by SMTP (RFC 5321; STARTTLS RFC 3207, TLS from the start RFC 8314, sign-in RFC 4954), and says what became of it.

Failures are those of the connectors' tree, for the same questions follow: is it worth another try, when, and what must a
person do? No message repeats what the server said: that may hold the reader's address.
"""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal

from connectors.interface import (
    ConnectorError,
    NoAccess,
    OutcomeUnknown,
    SignInRefused,
    Throttled,
    Unreachable,
    Unsupported,
)

SECONDS = 30
"""The longest that the server may be silent."""

LOOK = "look at the mail server's log"


@dataclass(frozen=True, slots=True)
class MailServer:
    """How the mail server is reached. `encryption`: starttls (demanded), tls (from the start), none (loopback only)."""

    host: str
    port: int
    encryption: Literal["starttls", "tls", "none"] = "starttls"
    login: str = ""
    password: str = ""
    ca_file: str = ""

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.host}:{self.port}"


def send(server: MailServer, mail: EmailMessage) -> None:
    """Hand the mail over; it is the server's once this returns.

    Raises Unreachable, SignInRefused, Throttled (not now), NoAccess (not this mail, or not to this mailbox), Unsupported, and
    OutcomeUnknown where the connection ended after the text was sent: perhaps it goes out.
    """
    with _said_as_ours(server), _signed_in(server) as link:
        try:
            link.send_message(mail)
        except smtplib.SMTPServerDisconnected as error:
            raise OutcomeUnknown(
                f"{server.name} ended the connection before it took the mail", "it is sent again"
            ) from error


@contextmanager
def _signed_in(server: MailServer) -> Iterator[smtplib.SMTP]:
    context = _context(server)
    link: smtplib.SMTP
    if server.encryption == "tls":
        link = smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=context)
    else:
        link = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
    try:
        if server.encryption == "starttls":
            link.starttls(context=context)
        if server.login:
            link.login(server.login, server.password)
        yield link
        with suppress(smtplib.SMTPException, OSError):  # what was taken is taken
            link.quit()
    finally:
        link.close()


def _context(server: MailServer) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=server.ca_file or None)
    except OSError as error:
        raise Unreachable(
            f"the ca_file of [mail] can't be used: {error.strerror or 'no certificates in it'}",
            "name a file with the certificate authority in PEM form",
        ) from error


@contextmanager
def _said_as_ours(server: MailServer) -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPException as error:
        raise _refusal(error, server.name) from error
    except ssl.SSLCertVerificationError as error:
        raise Unreachable(
            f"the certificate of {server.name} is not trusted: {error.verify_message}",
            "set ca_file in [mail], or mend the certificate",
        ) from error
    except ssl.SSLError as error:
        raise Unreachable(
            f"{server.name} does not speak TLS properly", "is `encryption` in [mail] right for this port?"
        ) from error
    except TimeoutError as error:
        raise Unreachable(
            f"{server.name} did not answer in time", "is the mail server overloaded?"
        ) from error
    except OSError as error:
        raise Unreachable(
            f"{server.name} can't be reached: {_why(error)}", "is the mail server up?"
        ) from error


def _refusal(error: smtplib.SMTPException, name: str) -> ConnectorError:
    match error:
        case smtplib.SMTPAuthenticationError():
            return SignInRefused(f"{name} refuses the sign-in", "look at login and password in [mail]")
        case smtplib.SMTPNotSupportedError():
            return Unsupported(f"{name} can't do what this mail needs: {_need(error)}", LOOK)
        case smtplib.SMTPRecipientsRefused(recipients=recipients):
            return _by_code(next(iter(recipients.values()))[0], name, "the reader's address")
        case smtplib.SMTPResponseException(smtp_code=code):
            return _by_code(code, name, "the mail")
        case _:
            return Unreachable(f"{name} ended the connection", LOOK)


def _by_code(code: int, name: str, what: str) -> ConnectorError:
    """RFC 5321 section 4.2.1: 4yz is not now, 5yz is never as it stands."""
    if code in (530, 534, 535, 538):
        return SignInRefused(f"{name} wants a sign-in ({code})", "set login and password in [mail]")
    if 400 <= code < 500:
        return Throttled(f"{name} does not take {what} now ({code})", "it is sent again later")
    if what == "the mail":
        return NoAccess(f"{name} refuses the mail ({code})", "may the server send as the `from` of [mail]?")
    return NoAccess(
        f"{name} refuses the reader's address ({code})",
        "is it right? syncd meeting invite --replace puts the right one in its place; else syncd deliveries abandon",
    )


def _need(error: smtplib.SMTPException) -> str:
    text = str(error)
    if "STARTTLS" in text:
        return "encryption by STARTTLS"
    return "an address outside ASCII (SMTPUTF8)" if "SMTPUTF8" in text else "signing in"


def _why(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    return error.strerror or "no connection"

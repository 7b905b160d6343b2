"""What each failure of an exchange means, said once: HTTP status or broken connection -> the error tree.

Statuses are those of RFC 9110, RFC 4918 (WebDAV) and RFC 6585. Every message names the server; none holds a secret.
"""

import http.client
import re
import socket
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from connectors.http.wire import Answer, Origin
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

WRITES = frozenset({"PUT", "DELETE", "POST", "PATCH"})
LONGEST_WAIT = timedelta(days=1)


class ServerFault(Unreachable):
    """The server answered, and the answer was that it failed (5xx). Perhaps because of what was asked for."""


class TimedOut(Unreachable):
    """The server took longer than it may. Perhaps because of how much was asked for."""


class WriteFault(OutcomeUnknown):
    """The server failed on a write (5xx): it may have been done all the same."""


def from_status(answer: Answer, method: str, origin: Origin) -> ConnectorError:
    """The error that a status is, for whoever did not expect it."""
    host, status = origin.name, answer.status
    if status == 401:
        return _refused(answer, host)
    if status in (403, 405, 423):
        return NoAccess(f"{host} forbids it ({method}: {status})", "look at the login's rights at the server")
    if status in (404, 410):
        return CalendarGone(f"not found at {host} ({status})", "was the calendar renamed, moved or deleted?")
    if status == 507:
        return NoAccess(f"{host} has no room left for this login (507)", "raise its quota, or tidy up")
    if too_fast(answer):
        return Throttled(f"{host} asks to wait ({status})", "it is asked again later", retry_after(answer))
    if status >= 500:
        kind = WriteFault if method in WRITES else ServerFault
        return kind(f"{host} failed ({status})", "look at the server's log; it is tried again")
    return Unsupported(f"{host} does not take a {method} here ({status})", "is the address a CalDAV address?")


def too_fast(answer: Answer) -> bool:
    """Does the server ask to wait (RFC 6585 section 4, RFC 9110 section 15.6.4)?"""
    return answer.status == 429 or (answer.status == 503 and bool(answer.header("Retry-After")))


def from_exception(error: OSError | http.client.HTTPException, method: str, origin: Origin) -> ConnectorError:
    """The error that an exchange is which ended before the answer was whole."""
    host = origin.name
    if method in WRITES:
        return OutcomeUnknown(
            f"{host} ended the connection before it answered", "it is looked at before another try"
        )
    if isinstance(error, TimeoutError):
        return TimedOut(f"{host} did not answer in time", "is the server overloaded?")
    if isinstance(error, http.client.HTTPException) and not isinstance(error, ConnectionError):
        return Garbled(f"{host} does not speak HTTP properly ({type(error).__name__})", "is the port right?")
    return Unreachable(f"{host} ended the connection", "look at the server's or its proxy's log")


def from_opening(error: OSError, origin: Origin) -> ConnectorError:
    """The error that a connection is which could not be opened; nothing was sent."""
    host = origin.name
    if isinstance(error, ssl.SSLCertVerificationError):
        return Unreachable(
            f"the certificate of {host} is not trusted: {error.verify_message}",
            "set ca_file, or mend the certificate",
        )
    if isinstance(error, ssl.SSLError):
        return Unreachable(
            f"{host} does not speak TLS properly", "is it an http:// address, or another port?"
        )
    if isinstance(error, socket.gaierror):
        return Unreachable(f"{host} is not known to the name service", "look at the account's url and at DNS")
    if isinstance(error, TimeoutError):
        return Unreachable(
            f"{host} can't be reached: no answer", "is the server up, and does a firewall let us out?"
        )
    return Unreachable(f"{host} can't be reached: {error.strerror or 'no connection'}", "is the server up?")


def retry_after(answer: Answer) -> timedelta | None:
    """Retry-After as seconds (Graph sends fractions) or as a date (RFC 9110 section 10.2.3); None where it makes no sense."""
    said = answer.header("Retry-After").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", said):
        return min(timedelta(seconds=float(said)), LONGEST_WAIT)
    try:
        wait = parsedate_to_datetime(said) - datetime.now(UTC)
    except (TypeError, ValueError):
        return None
    return max(timedelta(0), min(wait, LONGEST_WAIT))


def _refused(answer: Answer, host: str) -> SignInRefused:
    offered = " ".join(str(line) for line in answer.headers.get_all("WWW-Authenticate", []))
    schemes = sorted(
        {s.lower() for s in re.findall(r"(?:^|[ ,])(Basic|Digest|Bearer)\b", offered, re.IGNORECASE)}
    )
    ways = f"; the server offers {', '.join(schemes)}" if schemes else ""
    return SignInRefused(
        f"{host} refuses the sign-in", f"look at login, password and `auth` of the account{ways}"
    )

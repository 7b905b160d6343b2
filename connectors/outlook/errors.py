"""What refusals of Graph and Entra mean, said once: status and code -> the error tree, with the sentence an administrator needs.

The codes are those of Microsoft's page «Error responses and resource types», and Exchange's own; the deepest "innererror" says
most, and messages are never looked at, for they change. Codes are compared without case.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol

from connectors.http.errors import ServerFault, TimedOut, WriteFault
from connectors.interface import (
    CalendarGone,
    Conflict,
    ConnectorError,
    Garbled,
    NoAccess,
    SignInRefused,
    Throttled,
    Unreachable,
    Unsupported,
)

GRANT = (
    'let the application in: New-ManagementRoleAssignment -Role "Application Calendars.ReadWrite" with a scope that holds this '
    "mailbox (Exchange Online PowerShell); it may take half an hour to count"
)
NO_MAILBOX = frozenset(
    {
        "mailboxnotenabledforrestapi",
        "mailboxnothostedinexchangeonline",
        "errornonexistentmailbox",
        "request_resourcenotfound",
        "resourcenotfound",
        "errorinvaliduser",
        "errormailboxstoreunavailable",
    }
)
CODE = re.compile(r"[a-z@][\w.@-]{0,99}", re.ASCII | re.IGNORECASE)
"""A code's shape. At times the deepest is only the status again, as a number; and what is no code is not repeated."""

BUSY = frozenset({"applicationthrottled", "toomanyrequests", "errorserverbusy", "activitylimitreached"})

ADVICE = {
    7000112: "the application is disabled in the tenant: enable it under Enterprise applications",
    7000215: "the client secret is wrong: use its value, not its id",
    7000222: "the client secret has expired: make a new one, better a certificate",
    700016: "the tenant knows no application of this client_id",
    700024: "the signature's times are refused: is this machine's clock right?",
    700027: "the certificate is not the one registered with the application, or has expired",
    90002: "there is no tenant of this name",
    900023: "there is no tenant of this name",
    500011: "the tenant knows no Graph at this graph_url: national clouds have their own",
    53003: "a conditional access policy blocks the application: except it there",
}
"""What Entra's error numbers (AADSTS...) ask of the administrator (Microsoft: Entra authentication error codes)."""

PASSING = frozenset({"temporarily_unavailable", "server_error"})
"""Refusals by Entra's own fault (RFC 6749 section 4.1.2.1, and Microsoft's client credentials page): worth another try."""


def code_of(said: object) -> str:
    """The deepest error code in an answer, casefolded; "" where there is none."""
    code = ""
    while isinstance(said, dict):
        if isinstance(said.get("code"), str) and CODE.fullmatch(said["code"]):
            code = said["code"].casefold()
        said = said.get("error") or said.get("innererror") or said.get("innerError")
    return code


class Refusal(Protocol):
    """An answer that says no."""

    @property
    def status(self) -> int: ...
    @property
    def code(self) -> str: ...


def from_reply(reply: Refusal) -> ConnectorError:
    """The error that an expected answer to a write turns out to be after all."""
    return error_of(reply.status, reply.code, write=True, retry_after=None)


def error_of(status: int, code: str, *, write: bool, retry_after: timedelta | None) -> ConnectorError:
    """The error that an answer is, for whoever did not expect it."""
    why = f"{status} {code}".strip()
    if status in (404, 410) and not code:
        return Garbled(
            f"what says that nothing is there ({why}) is not Graph",
            "does something else answer at graph_url, or in between?",
        )
    if status == 429 or code in BUSY or (status == 503 and retry_after is not None):
        return Throttled(f"Graph asks to wait ({why})", "it is asked again later", retry_after)
    if status >= 500 and status != 507:
        return _failed(why, write)
    return _refused(status, code, why, write)


def _refused(status: int, code: str, why: str, write: bool) -> ConnectorError:
    match status:
        case 401:
            return SignInRefused(
                f"Graph refuses the application's token ({why})",
                "look at tenant, client_id and the secret or certificate of the account",
            )
        case 403:
            return NoAccess(f"the application may not use this mailbox ({why})", GRANT)
        case 404 if code in NO_MAILBOX:
            return NoAccess(
                f"there is no mailbox in Exchange Online under this login ({why})",
                "look at `login`; a new licence takes a quarter of an hour, an on-premises mailbox can't be reached",
            )
        case 404 | 410:
            return CalendarGone(f"not found at Graph ({why})", "was the calendar or the mailbox removed?")
        case 409 | 412:
            return Conflict(f"the event changed meanwhile ({why})", "it is looked at again")
        case 408:
            late = WriteFault if write else TimedOut
            return late(f"Graph did not answer in time ({why})", "it is tried again")
        case 423:
            return Unreachable(f"the mailbox is locked ({why})", "it is tried again; is it being moved?")
        case 507:
            return NoAccess(f"the mailbox has no room left ({why})", "raise its quota, or tidy up")
    return Unsupported(f"Graph does not take this request ({why})", "please report this line")


def _failed(why: str, write: bool) -> ConnectorError:
    kind = WriteFault if write else ServerFault
    return kind(
        f"Graph failed ({why})", "it is tried again; Microsoft tells of faults under «Service health»"
    )


def sign_in_error(answer: Mapping[str, Any]) -> ConnectorError:
    """What Entra's refusal means. Its own text is not repeated: it names ids and times only, but it is not ours."""
    numbers = _numbers(answer)
    name = _word(answer.get("error"))
    said = ", ".join([name, *(f"AADSTS{number}" for number in numbers)])
    if name in PASSING:
        return Unreachable(f"Entra ID can't sign anybody in now ({said})", "it is tried again")
    return SignInRefused(
        f"Entra ID refuses the application's sign-in ({said})",
        next((ADVICE[number] for number in numbers if number in ADVICE), "")
        or "look at tenant, client_id and the secret or certificate of the account",
    )


def _numbers(answer: Mapping[str, Any]) -> list[int]:
    """AADSTS numbers: listed, or only at the start of the description."""
    listed = answer.get("error_codes")
    numbers = [number for number in listed if isinstance(number, int)] if isinstance(listed, list) else []
    return numbers or [
        int(n) for n in re.findall(r"\AAADSTS(\d{4,9})\b", str(answer.get("error_description")))
    ]


def _word(said: object) -> str:
    """An error's name as RFC 6749 has them; anything else is not repeated."""
    return said if isinstance(said, str) and re.fullmatch(r"[a-z_]{1,50}", said) else "refused"

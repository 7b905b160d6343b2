"""What Graph's refusals mean, said once: status and code -> the error tree, with the sentence an administrator needs.

The codes are those of Microsoft's page «Error responses and resource types», and Exchange's own; the deepest "innererror" says
most, and messages are never looked at, for they change. Codes are compared without case.
"""

from datetime import timedelta
from typing import Protocol

from connectors.http.errors import ServerFault, WriteFault
from connectors.interface import (
    CalendarGone,
    Conflict,
    ConnectorError,
    NoAccess,
    SignInRefused,
    Throttled,
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
        "errorinvaliduser",
        "errormailboxstoreunavailable",
    }
)
BUSY = frozenset({"applicationthrottled", "toomanyrequests", "errorserverbusy", "activitylimitreached"})


def code_of(said: object) -> str:
    """The deepest error code in an answer, casefolded; "" where there is none."""
    code = ""
    while isinstance(said, dict):
        if isinstance(said.get("code"), str):
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
    if status == 429 or code in BUSY or (status == 503 and retry_after is not None):
        return Throttled(f"Graph asks to wait ({why})", "it is asked again later", retry_after)
    if status >= 500:
        kind = WriteFault if write else ServerFault
        return kind(
            f"Graph failed ({why})", "it is tried again; Microsoft tells of faults under «Service health»"
        )
    return Unsupported(f"Graph does not take this request ({why})", "please report this line")

"""What the fake Graph says when it refuses: Microsoft's error form (Graph documentation, "Microsoft Graph error responses")."""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]


class Refused(Exception):
    """A request is refused with this status and code. `members`: what stands beside the code; `headers`: further ones."""

    def __init__(
        self, status: int, code: str, message: str = "", *,
        headers: Mapping[str, str] | None = None, members: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(code)
        self.status, self.code, self.message = status, code, message or MESSAGES.get(code, code)
        self.headers, self.members = dict(headers or {}), dict(members or {})

    def body(self, request_id: str, client_request_id: str, date: str) -> Json:
        """The error as JSON."""
        inner = {"date": date, "request-id": request_id, "client-request-id": client_request_id}
        return {"error": {"code": self.code, "message": self.message, **self.members, "innerError": inner}}


MESSAGES = {
    "ErrorItemNotFound": "The specified object was not found in the store.",
    "ErrorInvalidIdMalformed": "Id is malformed.",
    "InvalidAuthenticationToken": "Access token has expired or is not yet valid.",
    "ErrorAccessDenied": "Access is denied. Check credentials and try again.",
    "ErrorIrresolvableConflict": "The send or update operation could not be performed because the change key passed in "
    "the request does not match the current change key for the item.",
    "ErrorDuplicateTransactionId": "Your request can't be completed. The TransactionId specified in the request has "
    "already been used to create a different event.",
    "ErrorOccurrenceCrossingBoundary": "Modified occurrence is crossing or overlapping adjacent occurrence.",
    "SyncStateNotFound": "The sync state generation is not found.",
    "ApplicationThrottled": "Application is over its MailboxConcurrency limit.",
    "TooManyRequests": "Please retry again later.",
}


def not_valid(what: str) -> Refused:
    """A property whose value makes no sense."""
    return Refused(400, "ErrorPropertyValidationFailure", f"At least one property failed validation: {what}.")


def not_read(what: str) -> Refused:
    """A body or a property that can't be read at all."""
    return Refused(400, "RequestBodyRead", what)


def bad_request(what: str) -> Refused:
    return Refused(400, "BadRequest", what)


def not_found() -> Refused:
    return Refused(404, "ErrorItemNotFound")

"""What refusals of Graph and Entra mean: by status and code, never by message, and without repeating what a server may say."""

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from graphlike import error
from hypothesis import given
from hypothesis import strategies as st

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
from connectors.outlook.errors import BUSY, NO_MAILBOX, code_of, error_of, from_reply, sign_in_error

CONFORMANCE = os.environ.get("SYNCD_CONFORMANCE", "")

MEANINGS: list[tuple[int, str, type[ConnectorError]]] = [
    (400, "ErrorInvalidIdMalformed", Unsupported),
    (400, "ErrorPropertyValidationFailure", Unsupported),
    (400, "TimeZoneNotSupportedException", Unsupported),
    (400, "RequestBroker--ParseUri", Unsupported),
    (401, "InvalidAuthenticationToken", SignInRefused),
    (403, "ErrorAccessDenied", NoAccess),
    (403, "Authorization_RequestDenied", NoAccess),
    (404, "ErrorItemNotFound", CalendarGone),
    (404, "MailboxNotEnabledForRESTAPI", NoAccess),
    (404, "MailboxNotHostedInExchangeOnline", NoAccess),
    (404, "ErrorNonExistentMailbox", NoAccess),
    (404, "ErrorInvalidUser", NoAccess),
    (404, "Request_ResourceNotFound", NoAccess),
    (404, "ResourceNotFound", NoAccess),
    (409, "ErrorIrresolvableConflict", Conflict),
    (410, "SyncStateNotFound", CalendarGone),
    (404, "", Garbled),  # a proxy's: Graph always says a code
    (410, "", Garbled),
    (423, "ErrorMailboxMoveInProgress", Unreachable),
    (412, "ErrorIrresolvableConflict", Conflict),
    (429, "ApplicationThrottled", Throttled),
    (429, "", Throttled),
    (500, "ErrorInternalServerTransientError", Unreachable),
    (500, "ErrorServerBusy", Throttled),
    (502, "", Unreachable),
    (503, "ServiceNotAvailable", Unreachable),
    (504, "", Unreachable),
    (507, "ErrorQuotaExceeded", NoAccess),
    (302, "", Unsupported),
    (418, "", Unsupported),
]


@pytest.mark.parametrize(("status", "code", "kind"), MEANINGS)
@pytest.mark.parametrize("write", [False, True])
def test_each_refusal_has_one_meaning(
    status: int, code: str, kind: type[ConnectorError], *, write: bool
) -> None:
    told = error_of(status, code.casefold(), write=write, retry_after=None)
    assert isinstance(told, kind)
    assert str(status) in told.message
    assert code.casefold() in told.message
    assert told.hint


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_only_of_a_write_is_the_outcome_left_open(status: int) -> None:
    assert isinstance(error_of(status, "", write=True, retry_after=None), OutcomeUnknown)
    read = error_of(status, "", write=False, retry_after=None)
    assert isinstance(read, Unreachable)
    assert not isinstance(read, OutcomeUnknown)


def test_what_asks_to_wait_was_not_done_whoever_asked() -> None:
    wait = timedelta(seconds=2.5)
    for status, code in [(429, ""), (503, ""), (500, "errorserverbusy"), (403, "applicationthrottled")]:
        told = error_of(status, code, write=True, retry_after=wait)
        assert isinstance(told, Throttled)
        assert told.retry_after == wait


def test_a_missing_right_names_the_permission_and_the_command() -> None:
    hint = error_of(403, "erroraccessdenied", write=False, retry_after=None).hint
    assert "Calendars.ReadWrite" in hint
    assert "New-ManagementRoleAssignment" in hint


def test_an_answer_expected_in_vain_is_named_as_of_a_write() -> None:
    class Refused:
        status, code = 502, "badgateway"

    assert isinstance(from_reply(Refused()), OutcomeUnknown)


def test_codes_are_compared_without_case() -> None:
    assert {code.casefold() for code in NO_MAILBOX | BUSY} == NO_MAILBOX | BUSY
    assert code_of(error("ERRORITEMNOTFOUND")) == "erroritemnotfound"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (error("Outer", "Middle", "Deepest"), "deepest"),
        ({"error": {"code": "Outer", "innererror": {"code": "Inner"}}}, "inner"),
        ({"error": {"code": "Outer", "innerError": {"date": "2026-03-02", "request-id": "x"}}}, "outer"),
        ({"error": {"code": "Outer", "innerError": {"code": None}}}, "outer"),
        ({"error": {"code": "TooManyRequests", "innerError": {"code": "429"}}}, "toomanyrequests"),
        ({"error": {"code": "Outer", "innerError": {"code": "a guest's name, anna@example.com\r\n"}}}, "outer"),
        ({"error": {"code": "x" * 101}}, ""),
        ({"error": "a text"}, ""),
        ({"error": None}, ""),
        ([], ""),
        (None, ""),
    ],
)  # fmt: skip
def test_the_deepest_code_counts_if_it_is_one(said: Any, code: str) -> None:
    assert code_of(said) == code


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ({"error": "invalid_client", "error_description": "AADSTS7000222: expired"}, 7000222),
        ({"error": "invalid_client", "error_description": None, "error_codes": "7000222"}, 0),
        ({"error": ["invalid_client"], "error_codes": ["7000222", None]}, 0),
        ({"error": "words\r\nof anybody " * 50}, 0),
        ({}, 0),
    ],
)
def test_refusals_of_any_shape_are_named_and_not_repeated(said: dict[str, Any], number: int) -> None:
    told = sign_in_error(said)
    assert isinstance(told, SignInRefused)
    assert ("AADSTS7000222" in told.message) is bool(number)
    assert "anybody" not in told.message
    assert told.message.isprintable()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "innerError", "innererror", "code", "x"]), inner)
    ),
    max_leaves=12,
)


@given(said=json_values, status=st.integers(300, 599), write=st.booleans())
def test_whatever_a_server_says_is_an_error_of_ours_in_printable_words(
    said: Any, status: int, *, write: bool
) -> None:
    told = error_of(status, code_of(said), write=write, retry_after=None)
    assert (told.message + told.hint).isprintable()


@pytest.mark.skipif(not CONFORMANCE, reason="SYNCD_CONFORMANCE does not point to the examples")
@pytest.mark.parametrize("name", ["curated-errors.json", "curated-410.json"])
def test_collected_errors_are_named_by_code_and_understood(name: str) -> None:
    said = json.loads(Path(CONFORMANCE, "graph", "examples", name).read_text(encoding="utf-8"))
    answers = [one for one in said["examples"] if "status" in one]
    assert answers
    for answer in answers:
        code = code_of(answer["body"])
        assert code
        assert not code.isdecimal()
        told = error_of(answer["status"], code, write=False, retry_after=None)
        assert isinstance(told, Unsupported) is (answer["status"] == 400)

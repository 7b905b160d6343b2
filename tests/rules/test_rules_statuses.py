"""What becomes of a conversation: the statuses the platform tells, how silence ends, and when two requests are the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from store.model import Meeting, MeetingStatus
from syncd.rules import meetings
from syncd.rules.meetings import LIVE_GRACE, Refused

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
MEETING = Meeting("m1", 3, MeetingStatus.SCHEDULED, "anna", NOON, NOON + HOUR, "Mortgage advice")
S = MeetingStatus

ALLOWED = {
    (S.SCHEDULED, S.LIVE), (S.SCHEDULED, S.COMPLETED), (S.SCHEDULED, S.MISSED), (S.SCHEDULED, S.FAILED),
    (S.LIVE, S.COMPLETED), (S.LIVE, S.FAILED),
}  # fmt: skip


@pytest.mark.parametrize("status", list(S))
@pytest.mark.parametrize("told", list(S))
def test_the_whole_table_of_statuses(status: MeetingStatus, told: MeetingStatus) -> None:
    before = replace(MEETING, status=status)
    if status is told:
        assert meetings.set_status(before, told, now=NOON) is before
    elif (status, told) in ALLOWED:
        after = meetings.set_status(before, told, now=NOON)
        assert after == replace(before, status=told, version=4, live_at=NOON if told is S.LIVE else None)
    else:
        with pytest.raises(Refused) as refusal:
            meetings.set_status(before, told, now=NOON)
        assert refusal.value.hint


def test_a_cancel_by_status_points_to_cancel() -> None:
    with pytest.raises(Refused) as refusal:
        meetings.set_status(MEETING, S.CANCELLED, now=NOON)
    assert "a reason" in refusal.value.hint


@pytest.mark.parametrize(
    ("status", "told", "hint"),
    [
        (S.LIVE, S.MISSED, "the agent entered, so it was not missed"),
        (S.LIVE, S.SCHEDULED, "can only end"),
        (S.COMPLETED, S.MISSED, "that is final"),
    ],
)
def test_why_a_status_is_not_taken(status: MeetingStatus, told: MeetingStatus, hint: str) -> None:
    with pytest.raises(Refused, match=f"'m1' is {status} and can't become {told}") as refusal:
        meetings.set_status(replace(MEETING, status=status), told, now=NOON)
    assert hint in refusal.value.hint


def test_ending_keeps_when_it_became_live() -> None:
    live = meetings.set_status(MEETING, S.LIVE, now=NOON)
    assert meetings.set_status(live, S.COMPLETED, now=NOON + HOUR).live_at == NOON


@pytest.mark.parametrize(
    ("status", "after", "becomes"),
    [
        (S.SCHEDULED, LIVE_GRACE - SECOND, None),
        (S.SCHEDULED, LIVE_GRACE, S.MISSED),
        (S.LIVE, LIVE_GRACE - SECOND, None),
        (S.LIVE, LIVE_GRACE, S.COMPLETED),
        (S.COMPLETED, 9 * HOUR, None),
        (S.MISSED, 9 * HOUR, None),
        (S.FAILED, 9 * HOUR, None),
        (S.CANCELLED, 9 * HOUR, None),
    ],
)
def test_how_it_ended_when_nothing_was_heard(
    status: MeetingStatus, after: timedelta, becomes: MeetingStatus | None
) -> None:
    before = replace(MEETING, status=status)
    expected = None if becomes is None else replace(before, status=becomes, version=4)
    assert meetings.overdue(before, before.end + after) == expected


# ---------------------------------------------------------------------------------------------------------------------
# idempotency


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ({"to": "bob"}, {"to": "bob"}, True),
        ({"to": "bob"}, {"to": "eve"}, False),
        ({"start": "2026-03-02T12:00:00+00:00"}, {"start": "2026-03-02T13:00:00+01:00"}, True),
        ({"start": "2026-03-02T12:00:00Z"}, {"start": "2026-03-02T12:00:00+00:00"}, True),
        ({"start": "2026-03-02T12:00:00Z"}, {"start": "2026-03-02T12:00:01Z"}, False),
        ({"start": "2026-03-02T12:00:00"}, {"start": "2026-03-02T12:00:00Z"}, False),
        ({"start": "soon"}, {"start": "soon"}, True),
        ({"reason": "2026-03-02T12:00:00Z"}, {"reason": "2026-03-02T12:00:00+00:00"}, False),
        ({"reason": "ill", "end": None}, {"reason": "ill"}, True),
        ({"guests": [{"email": "a@x", "name": None}]}, {"guests": ({"email": "a@x"},)}, True),
        ({"guests": [{"email": "a@x"}]}, {"guests": []}, False),
        ({}, {"reason": "ill"}, False),
    ],
)
def test_same_request(a: dict[str, Any], b: dict[str, Any], same: bool) -> None:
    assert meetings.same_request(a, b) is same
    assert meetings.same_request(b, a) is same

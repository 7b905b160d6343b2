"""What counts as a late conflict: by the rules of the marks, less what was on record when the meeting was last decided."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from store.model import Meeting, MeetingStatus, Override
from syncd.rules.conflicts import late
from syncd.rules.policy import Policy
from syncd.rules.walls import BusyPiece

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MEETING = Meeting("m1", 1, MeetingStatus.SCHEDULED, "anna", TEN, TEN + HOUR, "Talk")
NARROW, WIDE = Policy(), Policy(buffer_after=15 * MINUTE)


def piece(
    start: datetime = TEN, length: timedelta = HOUR, status: str = "busy", policy: Policy = NARROW
) -> BusyPiece:
    return BusyPiece(start, start + length, status, False, "Work", policy)


def recorded(agent: str = "anna", kind: str = "calendar", start: str = "2026-03-02T10:00:00Z") -> Override:
    reason = {"kind": kind, "start": start, "end": "2026-03-02T11:00:00Z", "calendar": "Work"}
    return Override(agent, TEN, "boss", (reason, {"kind": "block", "title": "Night"}))


def kinds(meeting: Meeting, *busy: BusyPiece) -> list[str]:
    return [one.kind for one in late(meeting, busy, NARROW)]


def test_what_blocks_is_late_and_what_does_not_block_is_not() -> None:
    assert kinds(MEETING, piece()) == ["calendar"]
    assert kinds(MEETING, piece(TEN - HOUR)) == []
    assert kinds(MEETING, piece(TEN - HOUR, policy=WIDE)) == ["buffer"]
    assert kinds(MEETING, piece(status="working_elsewhere"), piece(status="free")) == []
    assert kinds(MEETING, piece(status="tentative", policy=Policy(tentative=False))) == []


def test_what_was_on_record_for_this_agent_is_not_late() -> None:
    known = replace(MEETING, overrides=(recorded(),))
    assert kinds(known, piece()) == []
    assert kinds(known, piece(), piece(TEN, 2 * HOUR)) == ["calendar"], "another event is news"
    assert kinds(replace(MEETING, overrides=(recorded(kind="buffer"),)), piece()) == []
    assert kinds(replace(MEETING, overrides=(recorded("ben"),)), piece()) == ["calendar"], (
        "that was somebody else"
    )
    halves = piece(TEN, HOUR / 2), piece(TEN + HOUR / 2, HOUR / 2)
    assert kinds(known, *halves) == [], "they were recorded as one stretch"
    moved = replace(MEETING, overrides=(recorded(start="2026-03-02T10:30:00Z"),))
    assert kinds(moved, piece()) == ["calendar"], "an event that was moved is another one"

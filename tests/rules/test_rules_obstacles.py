"""How a meeting itself blocks its agent: planned, live, and once its end has passed without a word."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.model import Meeting, MeetingStatus
from syncd.rules.walls import Obstacle, obstacle_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
minutes = st.integers(0, 120)


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


MEETING = Meeting("m1", 1, MeetingStatus.SCHEDULED, "anna", at(0), at(60), "Mortgage advice")


@pytest.mark.parametrize(
    ("status", "live_at", "now", "expected"),
    [
        (MeetingStatus.SCHEDULED, None, -60, (0, 60)),
        (MeetingStatus.SCHEDULED, None, 59, (0, 60)),
        (MeetingStatus.SCHEDULED, None, 60, (0, 180)),
        (MeetingStatus.SCHEDULED, None, 170, (0, 180)),
        (MeetingStatus.LIVE, -10, 30, (-10, 60)),
        (MeetingStatus.LIVE, 5, 30, (0, 60)),
        (MeetingStatus.LIVE, None, 30, (0, 60)),
        (MeetingStatus.LIVE, 5, 61, (0, 180)),
        (MeetingStatus.LIVE, -10, 60, (-10, 180)),
        (MeetingStatus.COMPLETED, 5, 30, None),
        (MeetingStatus.MISSED, None, 30, None),
        (MeetingStatus.FAILED, 5, 30, None),
        (MeetingStatus.CANCELLED, None, 30, None),
    ],
)
def test_how_a_meeting_blocks(
    status: MeetingStatus, live_at: int | None, now: int, expected: tuple[int, int] | None
) -> None:
    entered = None if live_at is None else at(live_at)
    found = obstacle_of(replace(MEETING, status=status, live_at=entered), at(now))
    if expected is None:
        assert found is None
    else:
        assert found == Obstacle(at(expected[0]), at(expected[1]), "meeting", "Mortgage advice", "m1")


@given(
    st.sampled_from([MeetingStatus.SCHEDULED, MeetingStatus.LIVE]),
    st.none() | minutes.map(at),
    st.integers(-200, 400),
)
def test_until_told_a_meeting_blocks_at_least_its_planned_time(
    status: MeetingStatus, live_at: datetime | None, now: int
) -> None:
    found = obstacle_of(replace(MEETING, status=status, live_at=live_at), at(now))
    assert found is not None
    assert found.start <= MEETING.start
    assert found.end >= MEETING.end
    assert found.end - MEETING.end in (timedelta(0), timedelta(hours=2))

"""What becomes of drift by itself: as the policy wants, as the rules of meetings allow, and never in a tug of war."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.interface import Event
from store.model import Copy, Meeting, MeetingStatus, Place
from syncd.rules.delivery import parts
from syncd.rules.drift import MOST_RESTORES, as_change, changed, restores, takes_time, way_out

HOUR = timedelta(hours=1)
TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
MEETING = Meeting("m1", 3, MeetingStatus.SCHEDULED, "anna", TEN, TEN + HOUR, "Talk")
COPY = Copy(
    7, "m1", "anna", 2, Place("cloud", "anna", "Work"), "uid", "marker", "present", written_start=TEN,
    written_end=TEN + HOUR, found_start=TEN + 2 * HOUR, found_end=TEN + 3 * HOUR, drift="moved", drift_at=TEN - HOUR,
)  # fmt: skip

policies = st.sampled_from(("flag", "restore", "accept"))
statuses = st.sampled_from(tuple(MeetingStatus))
drifts = st.sampled_from(("", "moved", "edited", "deleted"))
nows = st.integers(-5, 5).map(lambda hours: TEN + hours * HOUR)


@settings(max_examples=400)
@given(
    policies,
    statuses,
    drifts,
    nows,
    st.integers(0, 5),
    st.integers(0, 5),
    st.booleans(),
    st.sampled_from("ab"),
)
def test_what_is_done_is_what_the_policy_says_or_nothing(
    policy, status, what, now, first, second, owed, agent
) -> None:
    copy = replace(COPY, drift=what, restored=second)
    earlier = replace(COPY, id=6, generation=1, state="gone", restored=first)
    others = replace(COPY, id=5, agent="bram", restored=9)
    meeting = replace(MEETING, status=status, agent="anna" if agent == "a" else "bram")
    way = way_out(policy, copy, meeting, (others, earlier, copy), owed=owed, now=now)
    assert way in ("flag", policy)
    if owed or not what or agent == "b":
        assert way == "flag"
    elif policy == "restore":
        assert (way == "restore") is (first + second < MOST_RESTORES and now < meeting.end)
    elif way == "accept":
        after = as_change(meeting, copy, now=now)
        assert after.version == meeting.version + (what != "edited") or after is meeting


@pytest.mark.parametrize("what", ["moved", "edited", "deleted"])
@pytest.mark.parametrize(
    ("restored", "earlier", "now", "way"),
    [
        (0, 0, TEN - HOUR, "restore"),
        (2, 0, TEN - HOUR, "restore"),
        (1, 1, TEN - HOUR, "restore"),
        (3, 0, TEN - HOUR, "flag"),
        (1, 2, TEN - HOUR, "flag"),
        (0, 3, TEN - HOUR, "flag"),
        (0, 0, MEETING.end - timedelta(seconds=1), "restore"),
        (0, 0, MEETING.end, "flag"),
    ],
)
def test_nothing_is_put_back_a_fourth_time_nor_once_the_meeting_is_over(
    what: Literal["moved", "edited", "deleted"], restored: int, earlier: int, now: datetime, way: str
) -> None:
    copy = replace(COPY, drift=what, restored=restored)
    before = replace(COPY, id=6, generation=1, state="gone", restored=earlier)
    assert way_out("restore", copy, MEETING, (before, copy), owed=False, now=now) == way


def test_a_move_to_a_time_that_is_over_is_not_taken_for_a_reschedule() -> None:
    assert way_out("accept", COPY, MEETING, (COPY,), owed=False, now=TEN - HOUR) == "accept"
    past = replace(COPY, found_start=TEN - 3 * HOUR, found_end=TEN - 2 * HOUR)
    assert way_out("accept", past, MEETING, (past,), owed=False, now=TEN - HOUR) == "flag"


def test_restores_are_counted_over_generations_and_for_each_agent() -> None:
    copies = [
        replace(COPY, restored=1),
        replace(COPY, generation=1, restored=2),
        replace(COPY, agent="bram", restored=5),
    ]
    assert (restores(copies, "anna"), restores(copies, "bram"), restores(copies, "cleo")) == (3, 5, 0)


def written_and_found(**found: object) -> Copy:
    """A copy of which something else was found than was written."""
    wrote = Event(
        "uid", "marker", TEN, TEN + HOUR, "UTC", "Talk", "Guest: Eva", "https://x.example", private=True
    )
    saw = replace(wrote, **found)  # type: ignore[arg-type]  # fields by name
    return replace(
        COPY, drift="edited", written_parts=parts(wrote), found_parts=parts(saw), found_start=saw.start,
        found_end=saw.end,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "names"),
    [
        ({"title": "My talk"}, ("title",)),
        ({"title": " Talk ", "text": "Guest:\n Eva"}, ()),
        ({"text": "", "link": "room 5"}, ("text", "location")),
        ({"private": False, "reminder": timedelta(minutes=5)}, ("private", "reminder")),
        ({"free": True, "repeats": True}, ("busy", "repeats")),
        ({"start": TEN - HOUR}, ("start",)),
        ({"start": TEN - HOUR, "end": TEN + 2 * HOUR, "title": "x"}, ("start", "end", "title")),
    ],
)
def test_what_was_changed_is_named_and_nothing_of_it_is_kept(
    found: dict[str, object], names: tuple[str, ...]
) -> None:
    copy = written_and_found(**found)
    assert changed(copy) == names
    assert "My talk" not in str(copy.found_parts)


def test_of_what_was_written_before_parts_were_kept_only_times_are_known() -> None:
    assert changed(replace(written_and_found(title="x", start=TEN - HOUR), written_parts=None)) == ("start",)
    assert changed(replace(written_and_found(title="x"), drift="deleted")) == ()
    assert changed(replace(written_and_found(title="x"), drift="")) == ()


def test_the_event_of_a_meeting_that_is_over_takes_time_only_if_its_agent_made_something_of_it() -> None:
    over, cancelled = (
        replace(MEETING, status=status) for status in (MeetingStatus.COMPLETED, MeetingStatus.CANCELLED)
    )
    edited, free = written_and_found(title="x"), written_and_found(free=True)
    assert takes_time(replace(edited, drift="moved"), over)
    assert not takes_time(edited, over), "it stands where the meeting was"
    assert takes_time(edited, cancelled), "what was shown as free is busy"
    assert not takes_time(free, cancelled)
    assert not takes_time(replace(free, drift="moved"), cancelled)
    assert takes_time(replace(edited, drift="moved", found_parts=None), cancelled), "unknown is not free"

"""What becomes of drift by itself: as the policy wants, as the rules of meetings allow, and never in a tug of war."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from store.model import Copy, Meeting, MeetingStatus, Place
from syncd.rules.drift import MOST_RESTORES, as_change, restores, way_out

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

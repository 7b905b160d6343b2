"""Meetings and their journal: what is saved comes back, versions follow each other, a key is used once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError
from store_things import HOUR, MICROSECOND, NOW, full_meeting, meeting, plan_meeting

from store import meetings, schema
from store.database import Store
from store.errors import Fenced
from store.model import Change, Guest, Meeting, MeetingStatus

COMING = (MeetingStatus.SCHEDULED, MeetingStatus.LIVE)


def ids(found: list[Meeting]) -> list[str]:
    return [one.id for one in found]


# ---------------------------------------------------------------------------------------------------------------------
# One meeting


@pytest.mark.parametrize("wanted", [meeting(), full_meeting()])
def test_a_meeting_comes_back_as_saved(store: Store, wanted: Meeting) -> None:
    with store.writing() as tx:
        meetings.insert(tx, wanted)
    with store.reading() as tx:
        found = meetings.meeting(tx, wanted.id)
        assert found == wanted
        assert type(found.status) is MeetingStatus
        assert meetings.meeting(tx, "none") is None


texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
moments = st.datetimes(
    NOW.replace(tzinfo=None, year=1),
    NOW.replace(tzinfo=None, year=9999),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-9, minutes=-30))]),
)


@given(
    title=texts,
    guests=st.lists(st.builds(Guest, texts, texts, texts | st.none(), st.none()), max_size=4),
    start=moments,
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_text_any_moment_and_the_order_of_guests_are_kept(
    store: Store, title: str, guests: list[Guest], start: datetime
) -> None:
    wanted = meeting("any", title=title, guests=tuple(guests), start=start, end=start + HOUR)
    with store.writing() as tx:
        tx.execute(schema.meetings.delete())
        meetings.insert(tx, wanted)
        found = meetings.meeting(tx, "any")
    assert found == wanted
    assert found.start.tzinfo is UTC


def test_a_moment_without_zone_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="without a zone"):
        plan_meeting(store, start=NOW.replace(tzinfo=None))


def test_an_id_is_planned_once(store: Store) -> None:
    plan_meeting(store)
    with pytest.raises(IntegrityError):
        plan_meeting(store)


def test_the_next_version_is_saved_and_no_other(store: Store) -> None:
    first = plan_meeting(store)
    second = replace(full_meeting(), version=2)
    with store.writing() as tx:
        meetings.update(tx, second)
        assert meetings.meeting(tx, "m1") == second
        for wrong in (first, second, replace(second, version=4), replace(second, id="none", version=3)):
            with pytest.raises(Fenced):
                meetings.update(tx, wrong)
        assert meetings.meeting(tx, "m1") == second


# ---------------------------------------------------------------------------------------------------------------------
# Many meetings


def test_meetings_are_listed_by_start_then_id_and_filtered(store: Store) -> None:
    plan_meeting(store, "b")
    plan_meeting(store, "a")
    plan_meeting(store, "early", start=NOW - HOUR, end=NOW, status=MeetingStatus.LIVE)
    plan_meeting(store, "bens", agent="ben", start=NOW + 3 * HOUR, end=NOW + 4 * HOUR)
    with store.reading() as tx:
        assert ids(meetings.meetings(tx)) == ["early", "a", "b", "bens"]
        assert ids(meetings.meetings(tx, agent="ben")) == ["bens"]
        assert ids(meetings.meetings(tx, status=[MeetingStatus.LIVE, MeetingStatus.FAILED])) == ["early"]
        assert meetings.meetings(tx, status=[]) == []
        assert ids(meetings.meetings(tx, start=NOW)) == ["a", "b", "bens"]
        assert ids(meetings.meetings(tx, end=NOW + HOUR)) == ["early"]
        assert ids(meetings.meetings(tx, start=NOW + HOUR, end=NOW + 3 * HOUR)) == ["a", "b"]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_pages_hold_every_meeting_once_in_order(store: Store, size: int) -> None:
    for number in range(7):
        start = NOW + (number // 3) * MICROSECOND
        plan_meeting(store, f"m|{number}", start=start, end=start + HOUR)
    seen: list[Meeting] = []
    after = None
    with store.reading() as tx:
        while page := meetings.meetings(tx, limit=size, after=after):
            assert len(page) <= size
            seen += page
            after = meetings.cursor(page[-1])
        assert seen == meetings.meetings(tx)
    assert len(seen) == 7


@pytest.mark.parametrize("cursor", ["", "m1", "x|m1"])
def test_a_cursor_that_is_none_is_a_value_error(store: Store, cursor: str) -> None:
    with store.reading() as tx, pytest.raises(ValueError):  # noqa: PT011 - the type is the promise
        meetings.meetings(tx, after=cursor)


@pytest.mark.parametrize(
    ("start", "end", "hit"),
    [
        (0, 1, False),
        (2, 3, False),
        (0, 3, True),
        (1, 2, True),
        (1.5, 1.6, True),
        (0, 1.01, True),
        (1.99, 3, True),
    ],
)
def test_meetings_overlap_half_open(store: Store, start: float, end: float, hit: bool) -> None:
    plan_meeting(store)
    with store.reading() as tx:
        found = meetings.overlapping(tx, NOW + start * HOUR, NOW + end * HOUR, agents=None, statuses=COMING)
    assert bool(found) is hit


@pytest.mark.parametrize(
    ("status", "end", "hit"),
    [
        (MeetingStatus.LIVE, 0, False),
        (MeetingStatus.LIVE, 0.01, True),
        (MeetingStatus.LIVE, 1, True),
        (MeetingStatus.SCHEDULED, 1, False),
    ],
)
def test_a_live_one_goes_on_since_its_agent_entered(
    store: Store, status: MeetingStatus, end: float, hit: bool
) -> None:
    plan_meeting(store, status=status, live_at=NOW)  # an hour before its planned start
    with store.reading() as tx:
        found = meetings.overlapping(tx, NOW - HOUR, NOW + end * HOUR, agents=["anna"], statuses=COMING)
    assert bool(found) is hit


def test_overlapping_meetings_are_those_of_the_agents_and_statuses_asked_for(store: Store) -> None:
    for name in ("anna", "ben", "cleo"):
        plan_meeting(store, name, agent=name)
    plan_meeting(store, "off", agent="ben", status=MeetingStatus.CANCELLED)

    def found(agents: list[str] | None, *statuses: MeetingStatus) -> list[str]:
        with store.reading() as tx:
            return ids(
                meetings.overlapping(tx, NOW, NOW + 9 * HOUR, agents=agents, statuses=statuses or COMING)
            )

    assert found(None) == ["anna", "ben", "cleo"]
    assert found(["ben", "nobody"]) == ["ben"]
    assert found([]) == []
    assert found(None, MeetingStatus.CANCELLED) == ["off"]


def test_overdue_are_the_open_ones_that_ended_by_then(store: Store) -> None:
    plan_meeting(store, "now", start=NOW - HOUR, end=NOW, status=MeetingStatus.LIVE)
    plan_meeting(store, "long-ago", start=NOW - 9 * HOUR, end=NOW - 8 * HOUR)
    plan_meeting(store, "not-yet", start=NOW - HOUR, end=NOW + MICROSECOND)
    plan_meeting(store, "done", start=NOW - HOUR, end=NOW, status=MeetingStatus.COMPLETED)
    with store.reading() as tx:
        assert ids(meetings.overdue(tx, NOW)) == ["long-ago", "now"]


def test_load_counts_what_starts_within_and_was_not_called_off(store: Store) -> None:
    plan_meeting(store, "first", start=NOW, end=NOW + HOUR)
    plan_meeting(store, "live", start=NOW + HOUR, end=NOW + 2 * HOUR, status=MeetingStatus.LIVE)
    plan_meeting(store, "next", start=NOW + 2 * HOUR, end=NOW + 3 * HOUR)
    plan_meeting(store, "before", start=NOW - MICROSECOND, end=NOW + HOUR)
    plan_meeting(store, "off", start=NOW, end=NOW + HOUR, status=MeetingStatus.CANCELLED)
    plan_meeting(store, "bens", start=NOW, end=NOW + HOUR, agent="ben")
    plan_meeting(store, "done", start=NOW, end=NOW + HOUR, status=MeetingStatus.COMPLETED)
    plan_meeting(store, "nobody-came", start=NOW, end=NOW + HOUR, status=MeetingStatus.MISSED)
    with store.reading() as tx:
        assert meetings.counts(tx, ["anna", "nobody"], NOW, NOW + 2 * HOUR) == {"anna": 4}
        assert meetings.counts(tx, ["anna", "ben"], NOW, NOW + 2 * HOUR) == {"anna": 4, "ben": 1}
        assert meetings.counts(tx, None, NOW, NOW + HOUR) == {"anna": 3, "ben": 1}
        assert meetings.counts(tx, [], NOW, NOW + 2 * HOUR) == {}


# ---------------------------------------------------------------------------------------------------------------------
# The journal


def change(version: int = 1, key: str | None = None, **body: object) -> Change:
    return Change("m1", version, "plan", NOW, "planner", key, body, {"overrides": [{"x": 1}]})


def test_the_journal_keeps_every_line_in_order(store: Store) -> None:
    plan_meeting(store)
    lines = [
        change(1, "k1", z=1, a=[1.5, None, True, "é\0\ud800"], nested={"b": {}}),
        replace(change(2), kind="cancel", detail={}),
        change(2),
    ]
    with store.writing() as tx:
        for line in lines:
            meetings.append(tx, line)
    with store.reading() as tx:
        found = meetings.changes(tx, "m1")
        assert found == lines
        assert list(found[0].body) == ["z", "a", "nested"]
        assert meetings.changes(tx, "none") == []
        assert meetings.change_by_key(tx, "k1") == lines[0]
        assert meetings.change_by_key(tx, "k2") is None


def test_a_key_is_used_once_whatever_the_meeting(store: Store) -> None:
    plan_meeting(store, "m1")
    plan_meeting(store, "m2")
    with store.writing() as tx:
        meetings.append(tx, change(key="k1"))
    with pytest.raises(IntegrityError), store.writing() as tx:
        meetings.append(tx, replace(change(key="k1"), meeting="m2"))

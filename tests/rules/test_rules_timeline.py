"""A day as a picture: every minute of it is what `availability.judge` says of that minute, whatever the zone's clocks do."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.interface import NEVER_STORED, Status
from syncd.rules.availability import BusyPiece, Freshness, Mark, Obstacle, judge
from syncd.rules.policy import Policy
from syncd.rules.timeline import Day, Piece, State, cells, day_in, draw, week_in

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE, HALF_HOUR, HOUR, DAY = (timedelta(minutes=number) for number in (1, 30, 60, 1440))
NOW = NOON - HOUR
STALE = 10 * MINUTE
FRESH = Freshness("Work", NOW - MINUTE, NOW - DAY, NOW + 180 * DAY, "ok")
ROOM = Policy(buffer_before=5 * MINUTE, buffer_after=10 * MINUTE)


def at(minute: int) -> datetime:
    return NOON + minute * MINUTE


def busy(start: int, end: int, status: str = "busy", policy: Policy = Policy(), **more) -> BusyPiece:  # noqa: B008  # frozen
    return BusyPiece(
        at(start), at(end), status, more.get("all_day", False), more.get("calendar", "Work"), policy
    )


def block(start: int, end: int, title: str = "Lunch") -> Obstacle:
    return Obstacle(at(start), at(end), "block", title, None)


def meeting(start: int, end: int, name: str = "m2") -> Obstacle:
    return Obstacle(at(start), at(end), "meeting", "Pension", name)


def picture(
    *walls: BusyPiece | Obstacle, fresh=(FRESH,), policy=ROOM, exclude=None, length=60
) -> tuple[Piece, ...]:
    return draw(
        at(0), at(length), busy=[one for one in walls if isinstance(one, BusyPiece)],
        obstacles=[one for one in walls if isinstance(one, Obstacle)], fresh=fresh, policy=policy, now=NOW,
        stale_after=STALE, exclude=exclude,
    )  # fmt: skip


def told(pieces) -> list[tuple[int, int, str]]:
    """(from, to, state) in minutes."""
    return [((one.start - NOON) // MINUTE, (one.end - NOON) // MINUTE, one.state.value) for one in pieces]


# ---------------------------------------------------------------------------------------------------------------------
# What is in front


def test_nothing_known_to_be_in_the_way_is_free():
    assert told(picture()) == [(0, 60, "free")]


def test_what_blocks_hides_what_lies_behind_it():
    pieces = picture(busy(10, 50), block(20, 30), meeting(25, 40), policy=Policy())
    assert told(pieces) == [
        (0, 10, "free"), (10, 20, "busy"), (20, 25, "block"), (25, 40, "meeting"), (40, 50, "busy"), (50, 60, "free"),
    ]  # fmt: skip
    assert [one.names for one in pieces] == [(), ("Work",), ("Lunch",), ("Pension",), ("Work",), ()]


def test_what_overlaps_in_the_same_state_is_one_piece_with_both_names():
    both = picture(busy(10, 30), busy(10, 30, calendar="Private"), policy=Policy())
    assert [one.names for one in both] == [(), ("Private", "Work"), ()]
    one_after_the_other = picture(busy(10, 20), busy(20, 30), busy(15, 25), policy=Policy())
    assert told(one_after_the_other) == [(0, 10, "free"), (10, 30, "busy"), (30, 60, "free")]


def test_room_around_what_blocks_is_no_free_time():
    assert told(picture(block(20, 30))) == [
        (0, 15, "free"), (15, 20, "buffer"), (20, 30, "block"), (30, 40, "buffer"), (40, 60, "free"),
    ]  # fmt: skip


def test_what_does_not_block_is_shown_behind_what_is_not_known():
    lax = Policy(tentative=False)
    assert told(picture(busy(10, 20, "tentative", lax))) == [
        (0, 10, "free"),
        (10, 20, "tentative"),
        (20, 60, "free"),
    ]
    assert not picture(busy(10, 20, "tentative", lax))[1].blocks
    stale = replace(FRESH, seen_at=NOW - HOUR)
    assert told(picture(busy(10, 20, "tentative", lax), fresh=(stale,))) == [(0, 60, "unknown")]
    assert told(picture(busy(10, 20, policy=lax), fresh=(stale,))) == [
        (0, 10, "unknown"),
        (10, 20, "busy"),
        (20, 60, "unknown"),
    ]


def test_beyond_what_was_read_it_is_not_known():
    near = replace(FRESH, window_end=at(45))
    assert told(picture(fresh=(near,))) == [(0, 45, "free"), (45, 60, "unknown")]
    assert told(picture(fresh=(replace(FRESH, window_start=at(15)),))) == [
        (0, 15, "unknown"),
        (15, 60, "free"),
    ]
    assert told(picture(fresh=(replace(FRESH, seen_at=None),))) == [(0, 60, "unknown")]


def test_without_calendars_nothing_is_unknown():
    assert told(picture(fresh=())) == [(0, 60, "free")]


def test_the_meeting_that_is_asked_about_is_not_in_its_own_way():
    assert told(picture(meeting(10, 20, "m1"), exclude="m1")) == [(0, 60, "free")]


def test_what_has_no_length_is_nothing():
    assert told(picture(block(10, 10), busy(20, 20))) == [(0, 60, "free")]


def test_a_strangers_event_may_last_for_ever():
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert told(picture(BusyPiece(first, last, "busy", True, "Work", ROOM))) == [(0, 60, "busy")]


# ---------------------------------------------------------------------------------------------------------------------
# Every minute

minutes = st.integers(-40, 100)
policies = st.builds(
    Policy, tentative=st.booleans(), out_of_office=st.booleans(), unknown=st.booleans(),
    working_elsewhere=st.booleans(), all_day=st.booleans(),
    buffer_before=st.integers(0, 9).map(lambda number: number * MINUTE),
    buffer_after=st.integers(0, 9).map(lambda number: number * MINUTE),
)  # fmt: skip
statuses = st.sampled_from([*(status.value for status in Status), "a kind nobody knows"])
events = st.builds(busy, minutes, minutes, statuses, policies, all_day=st.booleans())
others = st.one_of(
    st.builds(block, minutes, minutes), st.builds(meeting, minutes, minutes, st.sampled_from(["m1", "m2"]))
)
windows = st.one_of(st.none(), minutes.map(at))
freshness = st.builds(
    Freshness, st.just("Work"), st.sampled_from([None, NOW, NOW - STALE, NOW - STALE - MINUTE]), windows, windows,
    st.just("ok"),
)  # fmt: skip


@given(
    st.lists(st.one_of(events, others), max_size=6),
    st.lists(freshness, max_size=2),
    policies,
    st.sampled_from([None, "m1"]),
)
def test_every_minute_is_in_the_one_state_that_the_judge_finds(walls, fresh, policy, exclude):
    pieces = picture(*walls, fresh=fresh, policy=policy, exclude=exclude)
    assert (pieces[0].start, pieces[-1].end) == (at(0), at(60))
    assert all(one.end == other.start for one, other in pairwise(pieces))
    assert all(one.start < one.end for one in pieces)
    events = [one for one in walls if isinstance(one, BusyPiece)]
    obstacles = [one for one in walls if isinstance(one, Obstacle)]
    for minute in range(60):
        (shown,) = [one for one in pieces if one.start <= at(minute) < one.end]
        verdict = judge(
            at(minute), at(minute + 1), busy=events, obstacles=obstacles, fresh=fresh, policy=policy, now=NOW,
            stale_after=STALE, exclude=exclude,
        )  # fmt: skip
        assert mark_of(shown) is verdict.mark
        assert shown.state in states_there(at(minute), events, obstacles, exclude)


def mark_of(piece: Piece) -> Mark:
    if piece.blocks:
        return Mark.NOT_AVAILABLE
    return Mark.UNKNOWN if piece.state is State.UNKNOWN else Mark.AVAILABLE


def states_there(moment: datetime, events, obstacles, exclude) -> set[str]:
    """The states that something of what is known gives this moment, whichever of them is foremost."""
    holds = lambda one: one.start <= moment < one.end  # noqa: E731  # said twice below
    named = {"unknown": "unreadable", "a kind nobody knows": "unreadable"}
    found = {
        named.get(one.status, one.status) for one in events if holds(one) and one.status not in NEVER_STORED
    }
    found |= {one.kind for one in obstacles if holds(one) and (exclude is None or one.meeting != exclude)}
    return found | {"buffer", "unknown"} | ({"free"} if not found else set())


@given(st.lists(st.one_of(events, others), max_size=6), st.integers(1, 70))
def test_a_step_shows_the_foremost_of_its_minutes(walls, length):
    day = Day(date(2026, 3, 2), "UTC", at(0), at(60))
    pieces = picture(*walls)
    steps = list(cells(pieces, day, length * MINUTE))
    assert len(steps) == -(-60 // length)
    for number, step in enumerate(steps):
        within = range(number * length, min(60, (number + 1) * length))
        there = [one for one in pieces for minute in within if one.start <= at(minute) < one.end]
        assert step.rank == min(one.rank for one in there)


# ---------------------------------------------------------------------------------------------------------------------
# Days

CHANGES = [
    (date(2026, 3, 29), "Europe/Amsterdam", 23), (date(2026, 10, 25), "Europe/Amsterdam", 25),
    (date(2026, 3, 2), "Europe/Amsterdam", 24), (date(2026, 3, 8), "America/New_York", 23),
    (date(2026, 4, 24), "Africa/Cairo", 23),  # midnight itself is skipped
    (date(2026, 11, 1), "America/Havana", 25),  # midnight comes twice
    (date(2026, 10, 4), "Australia/Lord_Howe", 23.5), (date(2026, 4, 5), "Australia/Lord_Howe", 24.5),
    (date(2011, 12, 30), "Pacific/Apia", 0),  # the day that Samoa left out
]  # fmt: skip


@pytest.mark.parametrize(("day", "zone", "hours"), CHANGES)
def test_a_day_is_as_long_as_its_zone_has_it(day, zone, hours):
    found = day_in(day, zone)
    assert (found.end - found.start) / HOUR == hours
    shown = {moment.astimezone(ZoneInfo(zone)).date() for moment in (found.start, found.end - MINUTE)}
    assert shown == {day} or hours == 0
    assert day_in(day + DAY, zone).start == found.end


def test_the_scale_shows_an_hour_twice_or_not_at_all():
    spring, autumn = (
        day_in(date(2026, 3, 29), "Europe/Amsterdam"),
        day_in(date(2026, 10, 25), "Europe/Amsterdam"),
    )
    assert [hour for _, hour in spring.hours] == [0, 1, *range(3, 24)]
    assert [hour for _, hour in autumn.hours] == [0, 1, 2, 2, *range(3, 24)]


def test_a_zone_off_by_a_quarter_has_its_hours_where_its_clocks_show_them():
    hours = day_in(date(2026, 3, 2), "Asia/Kathmandu").hours
    assert [hour for _, hour in hours] == list(range(24))
    assert {moment.minute for moment, _ in hours} == {15}


def test_a_day_that_does_not_exist_has_nothing_in_it():
    day = day_in(date(2011, 12, 30), "Pacific/Apia")
    assert day.hours == ()
    assert list(cells((), day, HALF_HOUR)) == []
    nothing = draw(
        day.start, day.end, busy=(), obstacles=(), fresh=(FRESH,), policy=ROOM, now=NOW, stale_after=STALE
    )
    assert nothing == ()


@given(
    st.dates(date(1990, 1, 1), date(2040, 1, 1)),
    st.sampled_from(["Europe/Amsterdam", "Africa/Cairo", "Asia/Kathmandu"]),
)
def test_a_week_is_seven_days_without_gaps(day, zone):
    week = week_in(day, zone)
    assert [one.date for one in week] == [day + DAY * number for number in range(7)]
    assert all(one.end == other.start for one, other in pairwise(week))


@pytest.mark.parametrize("status", sorted(NEVER_STORED))
def test_what_is_free_cancelled_or_declined_is_not_shown(status):
    assert told(picture(busy(10, 20, status))) == [(0, 60, "free")]

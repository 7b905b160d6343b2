"""Free times: the grid by what the clocks show, and every time of it by what `judge` says there."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syncd.rules.availability import Freshness, Mark, judge
from syncd.rules.free import free_starts, grid, is_step
from syncd.rules.policy import Policy
from syncd.rules.walls import BusyPiece, Obstacle

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOW, STALE = NOON - HOUR, 10 * MINUTE
ZONES = [
    "Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Santiago", "America/Havana",
    "UTC",
]  # fmt: skip


def at(minute: float) -> datetime:
    return NOON + minute * MINUTE


# ---------------------------------------------------------------------------------------------------------------------
# the grid


@pytest.mark.parametrize(
    ("minutes", "fits"),
    [
        (5, True), (6, True), (10, True), (12, True), (15, True), (20, True), (30, True), (60, True), (120, True), (300, True),
        (1440, True), (0, False), (1, False), (4, False), (7, False), (25, False), (40, False), (45, False), (90, False),
        (1500, False), (-30, False), (7.5, True),
    ],
)  # fmt: skip
def test_steps(minutes: float, fits: bool) -> None:
    assert is_step(minutes * MINUTE) is fits


def test_the_grid_is_that_of_the_clocks_and_both_ends_belong_to_it() -> None:
    found = grid(
        "Asia/Kathmandu", 30 * MINUTE, at(0), at(75)
    )  # 5 h 45 min ahead: noon there is a quarter past
    assert found == [at(15), at(45), at(75)]
    assert grid("UTC", HOUR, at(0), at(59)) == [at(0)]
    assert grid("UTC", HOUR, at(1), at(59)) == []
    assert grid("UTC", 5 * HOUR, at(0), at(60 * 14)) == [at(180), at(480), at(720)]


def test_what_clocks_skip_is_not_offered_and_what_they_show_twice_is_offered_twice() -> None:
    spring, autumn = datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)
    zone = ZoneInfo("Europe/Amsterdam")
    shown = [
        f"{one.astimezone(zone):%H:%M}" for one in grid(zone.key, 30 * MINUTE, spring, spring + 2 * HOUR)
    ]
    assert shown == ["01:00", "01:30", "03:00", "03:30", "04:00"]
    shown = [
        f"{one.astimezone(zone):%H:%M}" for one in grid(zone.key, 30 * MINUTE, autumn, autumn + 2 * HOUR)
    ]
    assert shown == ["02:00", "02:30", "02:00", "02:30", "03:00"]


days = st.one_of(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),  # noqa: DTZ001 - made aware below
    st.sampled_from([datetime(2026, 3, 28, 20), datetime(2026, 10, 24, 20), datetime(2026, 11, 1), datetime(2026, 4, 4, 10)]),  # noqa: DTZ001 - likewise
).map(lambda moment: moment.replace(second=0, microsecond=0, tzinfo=UTC))  # fmt: skip


@given(st.sampled_from(ZONES), st.sampled_from([5, 6, 15, 30, 60, 120, 300]), days, st.integers(0, 30 * 60))
def test_a_moment_is_of_the_grid_exactly_when_the_clocks_show_one_of_its_times(
    name: str, step: int, start: datetime, minutes: int
) -> None:
    zone = ZoneInfo(name)
    asked = (start + n * MINUTE for n in range(minutes + 1))
    shown = ((moment, moment.astimezone(zone)) for moment in asked)
    expected = [moment for moment, local in shown if (local.hour * 60 + local.minute) % step == 0]
    assert grid(name, step * MINUTE, start, start + minutes * MINUTE) == expected


# ---------------------------------------------------------------------------------------------------------------------
# what is free

minutes, lengths = st.integers(-120, 300), st.integers(0, 150)
policies = st.builds(
    Policy,
    tentative=st.booleans(), working_elsewhere=st.booleans(), all_day=st.booleans(),
    buffer_before=st.integers(0, 20).map(lambda n: n * MINUTE), buffer_after=st.integers(0, 20).map(lambda n: n * MINUTE),
)  # fmt: skip
pieces = st.builds(
    lambda start, length, status, all_day, policy: BusyPiece(at(start), at(start + length), status, all_day, "W", policy),
    minutes, lengths, st.sampled_from(["busy", "tentative", "working_elsewhere", "free", "odd"]), st.booleans(), policies,
)  # fmt: skip
obstacles = st.builds(
    lambda start, length, kind: Obstacle(at(start), at(start + length), kind, "Title", None),
    minutes, lengths, st.sampled_from(["block", "meeting", "working-hours"]),
)  # fmt: skip
windows = st.builds(
    lambda seen, first, last: Freshness(
        "W", None if seen is None else NOW - seen * MINUTE, None if first is None else at(first), None if last is None else at(last),
        "ok",
    ),
    st.sampled_from([0, 1, 9, 10, 11, None]),
    st.sampled_from([-500, -500, -500, 0, 30, None]),
    st.sampled_from([900, 900, 900, 120, 121, 240, None]),
)  # fmt: skip
FRESH = Freshness("W", NOW, at(-500), at(900), "ok")


@given(
    st.sampled_from([5, 10, 15, 30]), minutes, st.integers(0, 180), st.integers(1, 90), st.lists(pieces, max_size=6),
    st.lists(obstacles, max_size=5), st.lists(windows, max_size=2), policies,
)  # fmt: skip
@example(30, 0, 120, 60, [], [], [FRESH], Policy())
def test_a_start_is_free_exactly_when_the_agent_is_available_from_it_on(
    step: int, start: int, span: int, length: int, busy: list[BusyPiece], walls: list[Obstacle], fresh: list[Freshness],
    policy: Policy,
) -> None:  # fmt: skip
    starts = grid("Europe/Amsterdam", step * MINUTE, at(start), at(start + span))
    known = {
        "busy": busy,
        "obstacles": walls,
        "fresh": fresh,
        "policy": policy,
        "now": NOW,
        "stale_after": STALE,
    }
    expected = [
        moment for moment in starts
        if judge(moment, moment + length * MINUTE, **known, exclude=None).mark is Mark.AVAILABLE  # type: ignore[arg-type] # as named above
    ]  # fmt: skip
    assert free_starts(starts, length * MINUTE, **known) == expected  # type: ignore[arg-type] # likewise


def test_the_edges_are_half_open() -> None:
    starts = [at(n) for n in range(0, 121, 5)]
    wall = Obstacle(at(30), at(60), "block", "Lunch", None)
    found = free_starts(
        starts, 15 * MINUTE, busy=[], obstacles=[wall], fresh=[Freshness("W", NOW, at(5), at(90), "ok")], policy=Policy(),
        now=NOW, stale_after=STALE,
    )  # fmt: skip
    assert found == [at(n) for n in (5, 10, 15, 60, 65, 70, 75)]

"""Working hours: by table on days when clocks are set, and against a naive reference that asks the clock at each moment."""

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from syncd.rules.availability import Mark, Verdict, judge, next_free
from syncd.rules.hours import Hours, closed
from syncd.rules.policy import Policy
from syncd.rules.walls import Obstacle, Reason

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ZONES = [
    "Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago", "Africa/Casablanca",
    "Pacific/Apia", "UTC",
]  # fmt: skip
WEEKDAYS, EVERY_DAY = frozenset(range(5)), frozenset(range(7))
OFFICE = Hours(WEEKDAYS, 9 * HOUR, 17 * HOUR + 30 * MINUTE)


def utc(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def shown(
    *lines: Hours, day: tuple[int, int], days: int = 1, zone: str = "Europe/Amsterdam"
) -> list[tuple[str, str]]:
    """What is closed from the first moment of this day (of 2026) in the zone on, as its clocks show it."""
    clocks = ZoneInfo(zone)
    start = datetime(2026, *day, tzinfo=clocks).astimezone(UTC)
    spans = closed(lines, zone, start, start + days * DAY)
    return [
        (f"{a.astimezone(clocks):%a %m-%d %H:%M}", f"{b.astimezone(clocks):%a %m-%d %H:%M}") for a, b in spans
    ]


def test_without_hours_nothing_is_closed() -> None:
    assert closed((), "UTC", utc(3, 2), utc(3, 9)) == []


def test_closed_times_come_whole_and_only_those_that_overlap() -> None:
    assert shown(OFFICE, day=(3, 6)) == [
        ("Thu 03-05 17:30", "Fri 03-06 09:00"),
        ("Fri 03-06 17:30", "Mon 03-09 09:00"),
    ]
    assert closed([OFFICE], "UTC", utc(3, 2, 9), utc(3, 2, 17, 30)) == []
    assert closed([OFFICE], "UTC", utc(3, 2, 8, 59), utc(3, 2, 17, 30)) == [
        (utc(2, 27, 17, 30), utc(3, 2, 9))
    ]
    assert closed([OFFICE], "UTC", utc(3, 2, 9), utc(3, 2, 17, 31)) == [(utc(3, 2, 17, 30), utc(3, 3, 9))]


def test_lines_add_up_and_those_that_meet_leave_no_gap() -> None:
    morning, noon = Hours(WEEKDAYS, 9 * HOUR, 12 * HOUR), Hours(WEEKDAYS, 12 * HOUR, 13 * HOUR)
    saturday, inside = Hours(frozenset({5}), 10 * HOUR, 12 * HOUR), Hours(frozenset({4}), 9 * HOUR, 10 * HOUR)
    assert shown(saturday, noon, inside, morning, day=(3, 6), days=2) == [
        ("Thu 03-05 13:00", "Fri 03-06 09:00"),
        ("Fri 03-06 13:00", "Sat 03-07 10:00"),
        ("Sat 03-07 12:00", "Mon 03-09 09:00"),
    ]


def test_nights_cross_midnight_and_the_week() -> None:
    night = Hours(frozenset({6}), 22 * HOUR, 30 * HOUR)
    assert shown(night, day=(3, 8), days=2) == [
        ("Mon 03-02 06:00", "Sun 03-08 22:00"),
        ("Mon 03-09 06:00", "Sun 03-15 22:00"),
    ]


def test_always_is_never_closed() -> None:
    assert shown(Hours(EVERY_DAY, 0 * HOUR, 24 * HOUR), day=(3, 28), days=400) == []


def test_nine_stays_nine_when_the_clocks_are_set() -> None:
    """Set forward in Amsterdam on 29 March 2026, back on 25 October."""
    for monday in ((3, 30), (10, 26)):
        (first, *_) = shown(OFFICE, day=monday)
        assert first[1].endswith("09:00")


SHIFT = Hours(EVERY_DAY, 2 * HOUR, 3 * HOUR)


def test_the_hour_that_clocks_skip_is_lost() -> None:
    assert shown(SHIFT, day=(3, 29)) == [("Sat 03-28 03:00", "Mon 03-30 02:00")]
    assert shown(Hours(EVERY_DAY, 2 * HOUR + 30 * MINUTE, 4 * HOUR), day=(3, 29))[0][1] == "Sun 03-29 03:00"
    assert shown(Hours(EVERY_DAY, 1 * HOUR, 2 * HOUR + 30 * MINUTE), day=(3, 29))[1][0] == "Sun 03-29 03:00"


def test_a_line_of_one_day_whose_hour_is_lost_leaves_a_fortnight_closed() -> None:
    sundays = Hours(frozenset({6}), 2 * HOUR, 3 * HOUR)
    assert shown(sundays, day=(3, 25)) == [("Sun 03-22 03:00", "Sun 04-05 02:00")]


def test_the_hour_that_clocks_show_twice_counts_twice() -> None:
    spans = closed([SHIFT], "Europe/Amsterdam", utc(10, 24, 12), utc(10, 25, 12))
    assert spans == [(utc(10, 24, 1), utc(10, 25, 0)), (utc(10, 25, 2), utc(10, 26, 1))]
    half = Hours(EVERY_DAY, 1 * HOUR, 2 * HOUR + 30 * MINUTE)
    assert (utc(10, 25, 0, 30), utc(10, 25, 1)) in closed(
        [half], "Europe/Amsterdam", utc(10, 25), utc(10, 26)
    )


def test_a_day_that_a_zone_left_out_was_no_working_day() -> None:
    """Samoa had no 30 December 2011, a Friday."""
    fridays = Hours(frozenset({4}), 9 * HOUR, 17 * HOUR)
    (only,) = closed(
        [fridays], "Pacific/Apia", datetime(2011, 12, 27, tzinfo=UTC), datetime(2012, 1, 4, tzinfo=UTC)
    )
    assert only[1] - only[0] > 12 * DAY


def test_working_hours_need_no_room_around_them_and_are_no_block() -> None:
    policy, day = Policy(buffer_before=HOUR, buffer_after=HOUR), utc(3, 2)
    evening = Obstacle(day + 17 * HOUR, day + 33 * HOUR, "working-hours", "", None)

    def asked(start: datetime, end: datetime) -> Verdict:
        return judge(
            start, end, busy=[], obstacles=[evening], fresh=[], policy=policy, now=day, stale_after=HOUR, exclude=None
        )  # fmt: skip

    assert asked(day + 16 * HOUR, evening.start).mark is Mark.AVAILABLE
    found = asked(day + 16 * HOUR, evening.start + MINUTE)
    assert found == Verdict(Mark.NOT_AVAILABLE, (Reason("working-hours", None, evening.start, evening.end),))
    free = next_free(
        day + 16 * HOUR + MINUTE, HOUR, busy=[], obstacles=[evening], policy=policy, until=day + 2 * DAY
    )
    assert free == evening.end


# ---------------------------------------------------------------------------------------------------------------------
# against the words of the rule

quarters = st.integers(0, 95).map(lambda n: n * 15 * MINUTE)
lines = st.builds(
    lambda days, opens, length: Hours(days, opens, opens + length),
    st.frozensets(st.integers(0, 6), min_size=1),
    quarters,
    st.integers(1, 96).map(lambda n: n * 15 * MINUTE),
)
starts = st.one_of(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),  # noqa: DTZ001 - made aware below
    st.sampled_from([
        datetime(2026, 3, 28, 20), datetime(2026, 10, 24, 20), datetime(2026, 4, 4, 10), datetime(2026, 2, 14, 22),  # noqa: DTZ001 - likewise
        datetime(2011, 12, 29, 12),  # noqa: DTZ001 - likewise
    ]),
).map(lambda moment: moment.replace(minute=moment.minute // 5 * 5, second=0, microsecond=0, tzinfo=UTC))  # fmt: skip


def works(hours: list[Hours], zone: ZoneInfo, moment: datetime) -> bool:
    """Do the zone's clocks show, at this moment, a time that a line holds: of this day, or of the night since yesterday?"""
    local = moment.astimezone(zone).replace(tzinfo=None)
    for back in (0, 1):
        day = local.date() - back * DAY
        since = local - datetime.combine(day, datetime.min.time())
        if any(day.weekday() in line.days and line.opens <= since < line.closes for line in hours):
            return True
    return False


@given(st.lists(lines, min_size=1, max_size=4), st.sampled_from(ZONES), starts, st.integers(1, 36 * 12))
@example([SHIFT], "Europe/Amsterdam", utc(10, 24, 20), 200)
@example([Hours(frozenset({6}), 0 * HOUR, 48 * HOUR // 2)], "America/Santiago", utc(4, 4, 10), 400)
def test_a_moment_is_closed_exactly_when_no_line_holds_what_the_clock_shows(
    hours: list[Hours], name: str, start: datetime, steps: int
) -> None:
    zone, end = ZoneInfo(name), start + steps * 5 * MINUTE
    spans = closed(hours, name, start, end)
    for step in range(steps):
        moment = start + step * 5 * MINUTE
        assert any(begins <= moment < ends for begins, ends in spans) is not works(hours, zone, moment), (
            moment
        )
    assert all(begins < end and start < ends for begins, ends in spans)
    assert all(one[1] < other[0] for one, other in itertools.pairwise(spans))


@given(st.lists(lines, min_size=1, max_size=3), st.sampled_from(ZONES), starts)
def test_a_closed_time_is_the_same_whole_one_whatever_part_of_it_is_asked_for(
    hours: list[Hours], name: str, start: datetime
) -> None:
    wide = closed(hours, name, start, start + 2 * DAY)
    for hour in range(48):
        moment = start + hour * HOUR
        for span in closed(hours, name, moment, moment + HOUR):
            assert span in wide

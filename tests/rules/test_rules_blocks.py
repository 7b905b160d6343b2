"""Blocks: whom they hit, and when they take place on both sides of a change of the clocks and across midnight."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.rules.blocks import Block, applies, expand, rule_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ZONES = [
    "Europe/Amsterdam",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "America/Santiago",
    "UTC",
]
Span = tuple[datetime, datetime]


def at(year: int, month: int, day: int, hour: int = 0) -> datetime:
    """What the clocks of a block's zone show, whichever zone that is."""
    return datetime(year, month, day, hour)  # noqa: DTZ001 - the zone is the block's


def block(
    start: datetime, end: datetime, repeat: str | None = None, *, zone: str = "Europe/Amsterdam", until: datetime | None = None
) -> Block:  # fmt: skip
    """A block whose start and end are wall-clock times of its zone."""
    clocks = ZoneInfo(zone)
    begins, ends = (moment.replace(tzinfo=clocks).astimezone(UTC) for moment in (start, end))
    return Block("b1", "company", "Night", begins, ends, zone, repeat, until)


def shown(spans: list[Span], zone: ZoneInfo = AMSTERDAM) -> list[tuple[str, str]]:
    """The spans as the clocks of the zone show them."""
    return [tuple(f"{moment.astimezone(zone):%m-%d %H:%M}" for moment in span) for span in spans]  # type: ignore[misc] # pairs


def expanded(one: Block, start: datetime, days: float) -> list[tuple[str, str]]:
    zone = ZoneInfo(one.timezone)
    begin = start.replace(tzinfo=zone).astimezone(UTC)
    return shown(expand(one, begin, begin + days * DAY), zone)


# ---------------------------------------------------------------------------------------------------------------------
# whom


@pytest.mark.parametrize(
    ("scope", "agent", "groups", "hits"),
    [
        ("company", "anna", (), True),
        ("group:mortgage", "anna", ("mortgage", "pension"), True),
        ("group:mortgage", "anna", ("pension",), False),
        ("group:anna", "anna", (), False),
        ("agent:anna", "anna", ("mortgage",), True),
        ("agent:anna", "bob", ("anna",), False),
    ],
)
def test_whom_a_block_hits(scope: str, agent: str, groups: tuple[str, ...], hits: bool) -> None:
    one = replace(block(at(2026, 1, 1, 9), at(2026, 1, 1, 10)), scope=scope)
    assert applies(one, agent, groups) is hits


@pytest.mark.parametrize("scope", ["", "everybody", "user:anna"])
def test_a_scope_nobody_knows_is_not_passed_over(scope: str) -> None:
    with pytest.raises(ValueError, match=r"is not company, group:G or agent:A"):
        applies(replace(block(at(2026, 1, 1, 9), at(2026, 1, 1, 10)), scope=scope), "anna", ())


# ---------------------------------------------------------------------------------------------------------------------
# when


@pytest.mark.parametrize(
    ("hour", "days", "found"),
    [(0, 1, True), (9, 1, True), (-12, 0.875, False), (-12, 0.876, True), (10, 1, False), (11, 1, False)],
)
def test_once(hour: int, days: float, found: bool) -> None:
    one = block(at(2026, 1, 1, 9), at(2026, 1, 1, 10))
    begin = datetime(2026, 1, 1, tzinfo=AMSTERDAM) + hour * HOUR
    assert expand(one, begin, begin + days * DAY) == ([(one.start, one.end)] if found else [])


def test_without_length_it_never_takes_place() -> None:
    nine = at(2026, 1, 1, 9)
    assert expanded(block(nine, nine, "daily"), at(2026, 1, 1), 9) == []


@pytest.mark.parametrize(
    ("repeat", "rule"),
    [
        ("daily", "FREQ=DAILY"),
        ("Weekly", "FREQ=WEEKLY"),
        (" monthly ", "FREQ=MONTHLY"),
        ("yearly", "FREQ=YEARLY"),
        ("FREQ=DAILY;INTERVAL=2", "FREQ=DAILY;INTERVAL=2"),
        ("RRULE:FREQ=DAILY", "FREQ=DAILY"),
    ],
)
def test_what_a_repeat_means(repeat: str, rule: str) -> None:
    assert rule_of(repeat) == rule


NIGHT = block(at(2026, 1, 1, 19), at(2026, 1, 2, 8), "daily")


def test_the_night_comes_whole_also_where_it_began_the_day_before() -> None:
    assert expanded(NIGHT, at(2026, 1, 10, 7), 1) == [
        ("01-09 19:00", "01-10 08:00"),
        ("01-10 19:00", "01-11 08:00"),
    ]
    assert expanded(NIGHT, at(2026, 1, 10, 8), 11 / 24) == []  # 08:00 to 19:00


def test_several_times_a_day() -> None:
    ninety = block(at(2026, 3, 2, 9), at(2026, 3, 2, 10), "FREQ=MINUTELY;INTERVAL=90;BYDAY=MO")
    assert expanded(ninety, at(2026, 3, 9, 11), 4 / 24) == [
        ("03-09 10:30", "03-09 11:30"), ("03-09 12:00", "03-09 13:00"), ("03-09 13:30", "03-09 14:30"),
    ]  # fmt: skip
    twice = block(at(2026, 3, 2, 9), at(2026, 3, 2, 10), "FREQ=DAILY;BYHOUR=9,13")
    days = [("03-29 09:00", "03-29 10:00"), ("03-29 13:00", "03-29 14:00"), ("03-30 09:00", "03-30 10:00")]
    assert expanded(twice, at(2026, 3, 29), 1.5) == days, "by the clocks, also once they changed"


@pytest.mark.parametrize(
    ("day", "length"), [(date(2026, 3, 28), 12), (date(2026, 3, 30), 13), (date(2026, 10, 24), 14)]
)
def test_the_night_of_a_change_of_the_clocks_still_ends_at_eight(day: date, length: int) -> None:
    begin = datetime.combine(day, time(19), AMSTERDAM)
    (night,) = expand(NIGHT, begin, begin + HOUR)
    assert shown([night])[0] == (f"{day:%m-%d} 19:00", f"{day + DAY:%m-%d} 08:00")
    assert night[1] - night[0] == length * HOUR
    assert expand(NIGHT, night[1] - HOUR / 60, night[1]) == [night], "also found by its last minute"


@pytest.mark.parametrize(
    ("start", "end", "day", "expected"),
    [
        # 2026-03-29: the clocks go from 02:00 to 03:00; 2026-10-25: from 03:00 back to 02:00
        (time(1), time(2, 30), date(2026, 3, 29), ("00:00", "01:30")),
        (time(2, 30), time(8), date(2026, 3, 29), ("01:30", "06:00")),
        (time(2, 30), time(3), date(2026, 3, 29), ("01:30", "02:00")),
        (time(2, 30), time(3, 30), date(2026, 3, 29), ("01:30", "02:30")),
        (time(2, 15), time(2, 45), date(2026, 3, 29), ("01:15", "01:45")),
        (time(1), time(4), date(2026, 3, 29), ("00:00", "02:00")),
        (time(2, 15), time(2, 45), date(2026, 10, 25), ("00:15", "00:45")),
        (time(1), time(4), date(2026, 10, 25), ("23:00", "03:00")),
        (time(1), time(2, 30), date(2026, 10, 25), ("23:00", "00:30")),
    ],
)
def test_times_that_the_clocks_skip_or_show_twice(
    start: time, end: time, day: date, expected: tuple[str, str]
) -> None:
    first = date(2026, 1, 1)
    one = block(datetime.combine(first, start), datetime.combine(first, end), "daily")
    noon = datetime.combine(day, time(12), UTC)
    (span,) = expand(one, noon - 14 * HOUR, noon)
    assert (f"{span[0]:%H:%M}", f"{span[1]:%H:%M}") == expected


def test_one_first_set_while_the_clocks_go_back_keeps_its_real_length() -> None:
    begins = datetime(
        2026, 10, 25, 0, 45, tzinfo=UTC
    )  # 02:45 for the first time; half an hour later it is 02:15 again
    one = replace(NIGHT, start=begins, end=begins + HOUR / 2)
    assert expanded(one, at(2026, 10, 26), 1) == [("10-26 02:45", "10-26 03:15")]


@pytest.mark.parametrize(
    ("first", "repeat", "window", "days", "expected"),
    [
        (at(2026, 1, 5), "weekly", at(2026, 3, 20), 20, ["03-23", "03-30", "04-06"]),
        (at(2026, 1, 31), "monthly", at(2026, 1, 1), 151, ["01-31", "03-31", "05-31"]),
        (at(2024, 2, 29), "yearly", at(2025, 1, 1), 1500, ["02-29"]),
        (at(2026, 12, 25), "yearly", at(2026, 1, 1), 800, ["12-25", "12-25"]),
        (at(2026, 1, 1), "FREQ=MONTHLY;BYDAY=-1FR", at(2026, 1, 2), 90, ["01-30", "02-27", "03-27"]),
        (at(2026, 1, 1), "FREQ=DAILY;INTERVAL=10", at(2026, 1, 2), 30, ["01-11", "01-21", "01-31"]),
        (at(2026, 1, 1), "FREQ=DAILY;COUNT=3", at(2025, 12, 1), 90, ["01-01", "01-02", "01-03"]),
        (at(2026, 1, 1), "FREQ=DAILY;UNTIL=20260103T110000Z", at(2025, 12, 1), 90, ["01-01", "01-02", "01-03"]),
        (at(2026, 1, 1), "FREQ=DAILY;UNTIL=20260103T105959Z", at(2025, 12, 1), 90, ["01-01", "01-02"]),
    ],
)  # fmt: skip
def test_the_days_of_repeats(
    first: datetime, repeat: str, window: datetime, days: int, expected: list[str]
) -> None:
    one = block(first.replace(hour=12), first.replace(hour=13), repeat)
    assert expanded(one, window, days) == [(f"{day} 12:00", f"{day} 13:00") for day in expected]


def test_the_first_time_counts_even_if_the_rule_does_not_name_it() -> None:
    one = block(at(2026, 1, 1, 12), at(2026, 1, 1, 13), "FREQ=WEEKLY;BYDAY=MO")  # a Thursday
    assert [day for day, _ in expanded(one, at(2025, 12, 1), 45)] == [
        "01-01 12:00",
        "01-05 12:00",
        "01-12 12:00",
    ]


@pytest.mark.parametrize(("second", "days"), [(-1, 2), (0, 3), (1, 3)])
def test_until_is_the_last_start(second: int, days: int) -> None:
    until = datetime(2026, 1, 3, 12, tzinfo=AMSTERDAM) + timedelta(seconds=second)
    one = block(at(2026, 1, 1, 12), at(2026, 1, 1, 13), "daily", until=until)
    assert len(expanded(one, at(2025, 12, 1), 90)) == days


@pytest.mark.parametrize(
    ("repeat", "count", "expected"),
    [
        ("daily", 1, ["01-01"]),
        ("daily", 3, ["01-01", "01-02", "01-03"]),
        (
            "FREQ=WEEKLY;BYDAY=MO",
            3,
            ["01-01", "01-05", "01-12"],
        ),  # a Thursday first, which the rule does not name
        ("FREQ=DAILY;COUNT=2", 3, ["01-01", "01-02"]),
        ("FREQ=MONTHLY;BYDAY=-1FR", 2, ["01-01", "01-30"]),
    ],
)
def test_count_is_how_often_it_begins_the_first_time_included(
    repeat: str, count: int, expected: list[str]
) -> None:
    one = replace(block(at(2026, 1, 1, 12), at(2026, 1, 1, 13), repeat), count=count)
    assert [start for start, _ in expanded(one, at(2025, 12, 1), 200)] == [f"{day} 12:00" for day in expected]
    assert [start for start, _ in expanded(one, at(2026, 1, 2), 200)] == [
        f"{day} 12:00" for day in expected[1:]
    ]


def test_on_the_days_of_its_exceptions_it_does_not_begin_and_they_count() -> None:
    nights = replace(
        NIGHT, count=4, exceptions=frozenset({date(2026, 1, 1), date(2026, 1, 3), date(2026, 1, 9)})
    )
    assert expanded(nights, at(2025, 12, 1), 90) == [
        ("01-02 19:00", "01-03 08:00"),
        ("01-04 19:00", "01-05 08:00"),
    ]


def test_an_exception_is_a_day_of_the_blocks_own_clocks() -> None:
    early = block(
        at(2026, 1, 1, 0), at(2026, 1, 1, 1), "daily", zone="Asia/Kolkata"
    )  # 18:30 the day before, in UTC
    one = replace(early, exceptions=frozenset({date(2026, 1, 2)}))
    assert [start for start, _ in expanded(one, at(2026, 1, 1), 3)] == ["01-01 00:00", "01-03 00:00"]


@given(
    st.sampled_from(["daily", "weekly", "monthly", "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=DAILY;COUNT=9"]),
    st.none() | st.integers(1, 12), st.none() | st.integers(0, 60), st.frozensets(st.integers(0, 60), max_size=6),
    st.integers(0, 70), st.integers(1, 30), st.sampled_from(ZONES),
)  # fmt: skip
def test_count_until_and_exceptions_only_take_away_whatever_part_is_looked_at(
    repeat: str,
    count: int | None,
    until: int | None,
    without: frozenset[int],
    skip: int,
    days: int,
    zone: str,
) -> None:
    plain, first = block(at(2026, 3, 1, 22), at(2026, 3, 2, 6), repeat, zone=zone), date(2026, 3, 1)
    last = None if until is None else plain.start + until * DAY
    one = replace(plain, count=count, until=last, exceptions=frozenset(first + day * DAY for day in without))
    every = expand(plain, plain.start, plain.start + 120 * DAY)
    begun = [span for span in every[:count] if last is None or span[0] <= last]
    left = [span for span in begun if (span[0].astimezone(ZoneInfo(zone)).date() - first).days not in without]
    start = plain.start + skip * DAY
    end = start + days * DAY
    assert expand(one, start, end) == [span for span in left if span[0] < end and start < span[1]]


def test_overlapping_repeats_each_come_whole() -> None:
    one = block(at(2026, 1, 1, 12), at(2026, 1, 4, 12), "daily")
    assert expanded(one, at(2026, 1, 4, 12), 1) == [
        ("01-02 12:00", "01-05 12:00"), ("01-03 12:00", "01-06 12:00"), ("01-04 12:00", "01-07 12:00"),
    ]  # fmt: skip


@pytest.mark.parametrize("repeat", ["fortnightly", "FREQ=", "", "BYDAY=MO", "FREQ=DAILY;INTERVAL=0"])
def test_a_rule_that_can_not_be_read_is_an_error_that_names_the_block(repeat: str) -> None:
    with pytest.raises(ValueError, match=r"block b1 \(Night\)"):
        expanded(replace(NIGHT, repeat=repeat), at(2026, 1, 10), 3)


# ---------------------------------------------------------------------------------------------------------------------
# against a reference that walks the days

starts = st.builds(
    lambda day, minute: at(2026, 1, 1) + day * DAY + minute * timedelta(minutes=15),
    st.integers(0, 364), st.integers(0, 95),
)  # fmt: skip
lengths = st.integers(1, 130).map(lambda quarters: quarters * timedelta(minutes=15))


def falls_on(first: date, day: date, repeat: str) -> bool:
    match repeat:
        case "daily":
            return True
        case "weekly":
            return (day - first).days % 7 == 0
        case "monthly":
            return day.day == first.day
        case _:
            return (day.month, day.day) == (first.month, first.day)


def walked(one: Block, start: datetime, length: timedelta, repeat: str, window: Span) -> list[Span]:
    zone = ZoneInfo(one.timezone)
    spans = [(one.start, one.end)]
    day = start.date() + DAY
    while day <= window[1].date() + DAY:
        if falls_on(start.date(), day, repeat):
            wall = datetime.combine(day, start.time())
            begins, ends = (moment.replace(tzinfo=zone).astimezone(UTC) for moment in (wall, wall + length))
            spans.append((begins, ends if ends > begins else begins + length))
        day += DAY
    return sorted(span for span in spans if span[0] < window[1] and window[0] < span[1])


@given(
    starts,
    lengths,
    st.sampled_from(["daily", "weekly", "monthly", "yearly"]),
    st.sampled_from(ZONES),
    st.integers(-40, 800),
    st.integers(1, 60),
)
def test_every_repeat_keeps_its_local_time(
    start: datetime, length: timedelta, repeat: str, zone: str, after: int, days: int
) -> None:
    local = start.replace(tzinfo=ZoneInfo(zone))
    if local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) != start:
        return  # a first time that the clocks skip can't be set
    one = block(start, start + length, repeat, zone=zone)
    if one.end <= one.start or length != _wall_length(one):
        return
    window = (one.start + after * DAY, one.start + (after + days) * DAY)
    assert expand(one, *window) == walked(one, start, length, repeat, window)


def _wall_length(one: Block) -> timedelta:
    zone = ZoneInfo(one.timezone)
    begins, ends = (moment.astimezone(zone).replace(tzinfo=None) for moment in (one.start, one.end))
    return ends - begins


@given(
    starts,
    lengths,
    st.sampled_from(["daily", "weekly"]),
    st.sampled_from(ZONES),
    st.integers(0, 60),
    st.integers(1, 40),
)
def test_a_wider_window_finds_the_same_and_what_overlaps_comes_whole(
    start: datetime, length: timedelta, repeat: str, zone: str, after: int, hours: int
) -> None:
    one = block(start, start + length, repeat, zone=zone)
    begin, end = one.start + after * DAY, one.start + after * DAY + hours * HOUR
    wide = expand(one, begin - 40 * DAY, end + 40 * DAY)
    assert expand(one, begin, end) == [span for span in wide if span[0] < end and begin < span[1]]
    assert all(span[0] < span[1] for span in wide)

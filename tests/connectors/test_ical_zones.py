"""Zones: the ladder from a TZID to a clock, floating times, gaps and repeats, and that no object touches another."""

import tracemalloc
from datetime import timedelta
from itertools import count
from time import thread_time

import pytest
from test_ical_text import at, calendar, event, messages, reading, spans

from connectors.ical import Limits, observed, wellformed, zones
from connectors.ical.zones import known_zone, named_zone


def definition(tzid: str, winter: str = "+0100", summer: str = "+0200") -> tuple[str, ...]:
    return (
        "BEGIN:VTIMEZONE", f"TZID:{tzid}",
        "BEGIN:STANDARD", "DTSTART:16010101T030000", f"TZOFFSETFROM:{summer}", f"TZOFFSETTO:{winter}",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", "END:STANDARD",
        "BEGIN:DAYLIGHT", "DTSTART:16010101T020000", f"TZOFFSETFROM:{winter}", f"TZOFFSETTO:{summer}",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", "END:DAYLIGHT", "END:VTIMEZONE",
    )  # fmt: skip


def noon(tzid: str, *zones: str, day: str = "20261201", owner: str = "America/New_York"):
    return reading(calendar(*zones, *event(f"DTSTART;TZID={tzid}:{day}T120000")), zone=owner)


@pytest.mark.parametrize(
    "tzid",
    [
        "Europe/Amsterdam", "europe/amsterdam", "EUROPE/AMSTERDAM", "/mozilla.org/20070129_1/Europe/Amsterdam",
        "/freeassociation.sourceforge.net/Tzfile/Europe/Amsterdam", "W. Europe Standard Time", "w. europe standard time",
    ],
)  # fmt: skip
def test_names_that_mean_the_same_clock(tzid):
    result = noon(tzid)
    assert spans(result) == ["12-01 11:00/11:00"]
    assert result.problems == ()


@pytest.mark.parametrize(
    "tzid", ["UTC", "Z", "GMT", "Etc/UTC", "utc", "tzone://Microsoft/Utc", '"tzone://Microsoft/Utc"']
)
def test_names_of_utc(tzid):
    assert spans(noon(tzid)) == ["12-01 12:00/12:00"]


def test_three_part_names_and_alberta():
    assert known_zone("/x/America/Argentina/Buenos_Aires") == named_zone("America/Argentina/Buenos_Aires")
    assert known_zone("Alberta Standard Time") == named_zone("America/Edmonton")


def test_names_are_no_paths():
    for name in ("../../etc/passwd", "/etc/localtime", "", ".", "Europe/../UTC", "localtime", "Europe"):
        assert named_zone(name) is None


def test_the_objects_own_definition_decides_an_unknown_name():
    zone = definition("Customized Time Zone")
    assert spans(noon("Customized Time Zone", *zone)) == ["12-01 11:00/11:00"]
    assert spans(noon("Customized Time Zone", *zone, day="20270401")) == ["04-01 10:00/10:00"]


def test_a_name_with_a_comma_is_found_under_its_escaped_definition():
    result = noon('"Kuala Lumpur, Singapore"', *definition("Kuala Lumpur\\, Singapore", "+0800", "+0800"))
    assert spans(result) == ["12-01 04:00/04:00"]


def test_a_known_name_beats_the_objects_definition_and_a_difference_is_said():
    lying = definition("W. Europe Standard Time", "-0800", "-0700")
    result = noon("W. Europe Standard Time", *lying)
    assert spans(result) == ["12-01 11:00/11:00"]
    assert messages(result, "warning") == [
        "VTIMEZONE differs from the zone its name stands for; the name counts"
    ]
    assert noon("W. Europe Standard Time", *definition("W. Europe Standard Time")).problems == ()


@pytest.mark.parametrize("order", [("+0100", "-0800"), ("-0800", "+0100")])
def test_one_objects_definition_never_touches_another(order):
    expected = {"+0100": ["12-01 11:00/11:00"], "-0800": ["12-01 20:00/20:00"]}
    for offset in order:
        assert (
            spans(noon("Customized Time Zone", *definition("Customized Time Zone", offset, offset)))
            == expected[offset]
        )
    lying = [definition(name, *order) for name in ("W. Europe Standard Time", "Europe/Berlin")]
    for zone in lying:
        noon("Customized Time Zone", *zone)
    assert spans(noon("W. Europe Standard Time")) == ["12-01 11:00/11:00"]
    assert spans(noon("Customized Time Zone")) == ["12-01 17:00/17:00"]


def test_two_calendars_in_one_text_keep_their_own_definitions():
    parts = [
        calendar(*definition("Mine", offset, offset), *event("DTSTART;TZID=Mine:20261201T120000", uid=offset))
        for offset in ("+0100", "-0800")
    ]
    assert spans(reading(b"".join(parts))) == ["12-01 11:00/11:00", "12-01 20:00/20:00"]


def test_an_offset_in_the_name_is_taken_with_a_warning():
    for tzid in ("UTC+2", "GMT +0200", "+02:00"):
        result = noon(tzid)
        assert spans(result) == ["12-01 10:00/10:00"]
        assert len(messages(result, "warning")) == 1


def test_an_unknown_name_is_the_owners_zone_with_a_warning():
    result = noon("Mitteleuropaeische Zeit", owner="Europe/Amsterdam")
    assert spans(result) == ["12-01 11:00/11:00"]
    assert [(problem.uid, problem.line, problem.level) for problem in result.problems] == [
        ("one", 7, "warning")
    ]


def test_definitions_that_can_not_be_read_are_reported_and_left():
    hostile = [
        ("BEGIN:VTIMEZONE", "TZID:Evil", "END:VTIMEZONE"),
        tuple(line.replace("FREQ=YEARLY", "FREQ=SECONDLY") for line in definition("Evil")),
        tuple(line.replace("+0100", "+99") for line in definition("Evil")),
        ("BEGIN:VTIMEZONE", "TZID:Evil", *definition("x")[2:8] * 600, "END:VTIMEZONE"),
    ]
    for zone in hostile:
        result = noon("Evil", *zone)
        assert spans(result) == ["12-01 17:00/17:00"]
        assert len(messages(result, "warning")) == 2


def test_zones_by_dates_alone_and_rules_that_ended():
    dated = (
        "BEGIN:VTIMEZONE", "TZID:Mine",
        "BEGIN:STANDARD", "DTSTART:20250101T000000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0100", "END:STANDARD",
        "BEGIN:DAYLIGHT", "DTSTART:20260329T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200",
        "RDATE:20270328T020000", "END:DAYLIGHT",
        "BEGIN:STANDARD", "DTSTART:20251026T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;UNTIL=20261025T010000Z", "END:STANDARD", "END:VTIMEZONE",
    )  # fmt: skip
    days = {"20260701": "10:00", "20261201": "11:00", "20270401": "10:00", "20271201": "10:00"}
    for day, utc in days.items():
        result = reading(
            calendar(*dated, *event(f"DTSTART;TZID=Mine:{day}T120000")),
            start=at("2026-01-01"),
            end=at("2028-01-01"),
        )
        assert spans(result)[0].endswith(utc)


def test_skipped_and_repeated_hours_on_an_own_clock_and_on_a_named_one():
    for tzid in ("Mine", "Europe/Amsterdam"):
        zone = definition("Mine")
        skipped = event(f"DTSTART;TZID={tzid}:20270328T023000")
        assert spans(reading(calendar(*zone, *skipped))) == ["03-28 01:30/01:30"]
        repeated = event(f"DTSTART;TZID={tzid}:20261025T023000")
        assert spans(reading(calendar(*zone, *repeated), start=at("2026-10-01"))) == ["10-25 00:30/00:30"]


def test_floating_times_are_the_files_zone_else_the_owners():
    floating = event("DTSTART:20261201T120000")
    assert spans(reading(calendar(*floating), zone="America/New_York")) == ["12-01 17:00/17:00"]
    assert spans(reading(calendar("X-WR-TIMEZONE:Europe/Amsterdam", *floating), zone="America/New_York")) == [
        "12-01 11:00/11:00"
    ]
    unknown = reading(calendar("X-WR-TIMEZONE:Nowhere", *floating), zone="America/New_York")
    assert spans(unknown) == ["12-01 17:00/17:00"]
    assert len(messages(unknown, "warning")) == 1


def test_the_files_zone_is_for_floating_times_only():
    lines = (
        "X-WR-TIMEZONE:Europe/Amsterdam",
        *event("DTSTART;VALUE=DATE:20261201"),
        *event("DTSTART:20261201T120000Z", uid="two"),
    )
    assert spans(reading(calendar(*lines), zone="America/New_York")) == [
        "12-01 05:00/05:00",
        "12-01 12:00/12:00",
    ]


@pytest.mark.parametrize(
    ("zone", "day", "start", "end"),
    [
        ("Australia/Lord_Howe", "20270404", "2027-04-03 13:00", "2027-04-04 13:30"),
        ("Africa/Casablanca", "20270208", "2027-02-07 00:00", "2027-02-08 00:00"),
        ("Pacific/Apia", "20111230", "2011-12-30 10:00", "2011-12-30 10:00"),
        ("America/Sao_Paulo", "20181104", "2018-11-04 03:00", "2018-11-05 02:00"),
    ],
)
def test_whole_days_in_unusual_zones(zone, day, start, end):
    data = calendar(*event(f"DTSTART;VALUE=DATE:{day}"))
    (interval,) = reading(data, zone=zone, start=at("2010-01-01"), end=at("2028-01-01")).intervals
    if zone != "Africa/Casablanca":  # its rules around Ramadan change with every release of the zone database
        assert (interval.start, interval.end) == (at(start), at(end))
    assert interval.all_day


def test_series_over_a_skipped_day_and_a_half_hour_change():
    apia = calendar(
        *event("DTSTART;TZID=Pacific/Apia:20111229T100000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4")
    )
    found = spans(reading(apia, start=at("2011-12-01"), end=at("2012-02-01")))
    assert found == ["12-29 20:00/21:00", "12-30 20:00/21:00", "12-31 20:00/21:00"]
    howe = calendar(*event("DTSTART;TZID=Australia/Lord_Howe:20270403T100000", "RRULE:FREQ=DAILY;COUNT=2"))
    assert spans(reading(howe)) == ["04-02 23:00/23:00", "04-03 23:30/23:30"]


@pytest.mark.parametrize("more", ["X-A:b", "RDATE;VALUE=DATE:20111229"], ids=["by the hundred", "one by one"])
def test_the_whole_day_after_one_that_was_left_out_is_not_lost(more):
    """30 December 2011 begins in Apia with the same instant as the 31st, and has no length."""
    data = calendar(*event("DTSTART;VALUE=DATE:20111229", "RRULE:FREQ=DAILY;COUNT=4", more))
    found = reading(data, zone="Pacific/Apia", start=at("2011-12-01"), end=at("2012-02-01")).intervals
    assert [(one.start, one.end) for one in found if one.start < one.end] == [
        (at(f"2011-12-{day} 10:00"), at(f"2011-12-{day} 10:00") + timedelta(days=1)) for day in (29, 30, 31)
    ]


def test_only_so_many_definitions_are_understood_in_one_text():
    zones = [part for number in range(4) for part in definition(f"Mine {number}")]
    events = [
        part
        for number in range(4)
        for part in event(f"DTSTART;TZID=Mine {number}:20261201T120000", uid=f"{number}")
    ]
    result = reading(calendar(*zones, *events), zone="America/New_York", limits=Limits(zones=2))
    assert spans(result) == ["12-01 11:00/11:00"] * 2 + ["12-01 17:00/17:00"] * 2
    assert any("more than 2 in one text" in message for message in messages(result, "warning"))


SPENT = tuple(
    f"RDATE:{year}0101T{hour:02}0000" for year in range(1900, 2050) for hour in range(24)
)  # as many changes as may be
STREWN = tuple(f"X-A:{number}" if number % 2 else "TZID:x" for number in range(1800))
NUMBERS = count()


def hostile(*lines: str) -> None:
    """A text with a zone that was never seen before; read, whatever comes of it."""
    name = f"Hostile {next(NUMBERS)}"
    zone = list(definition(name))
    zone[2:2] = [
        "BEGIN:STANDARD",
        "DTSTART:19000101T000000",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        *lines,
        "END:STANDARD",
    ]
    noon(name, *zone)


@pytest.mark.long
@pytest.mark.parametrize(
    "lines", [SPENT[:600], STREWN, ("X-A:" + "z" * 15_000,)], ids=["changes", "parts", "text"]
)
def test_of_definitions_only_so_much_is_remembered(lines):
    tracemalloc.start()
    try:
        for _ in range(70):
            hostile(*lines)
        filled, _ = tracemalloc.get_traced_memory()
        for _ in range(70):
            hostile(*lines)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert filled < 60 * 2**20
    assert after < filled * 1.05 + 2**20
    for remembered in (wellformed._zone, observed._remembered, observed._zone, zones._known):
        assert remembered.cache_info().currsize <= remembered.cache_info().maxsize


def test_a_definition_that_needs_too_many_steps_is_left_and_the_others_are_read():
    weekly = tuple(
        line.replace("YEARLY;BYDAY=-1SU;BYMONTH=10", "DAILY;COUNT=100000000") for line in definition("Evil")
    )
    result = reading(
        calendar(
            *weekly,
            *definition("Mine"),
            *event("DTSTART;TZID=Evil:20261201T120000"),
            *event("DTSTART;TZID=Mine:20261201T120000", uid="two"),
        ),
        zone="America/New_York",
    )
    assert spans(result) == ["12-01 11:00/11:00", "12-01 17:00/17:00"]
    assert any("too many steps" in message for message in messages(result, "warning"))


def test_long_names_of_zones_are_not_remembered():
    before = zones._known.cache_info().currsize
    result = noon("Z" * 100_000)
    assert spans(result) == ["12-01 17:00/17:00"]
    assert zones._known.cache_info().currsize == before


def test_a_time_with_an_empty_tzid_is_on_no_clock_that_was_met_before():
    result = reading(
        calendar(
            *event("DTSTART;TZID=Asia/Tokyo:20261201T120000", "DTEND;TZID=:20261201T130000"),
            *event("DTSTART;TZID=:20261201T120000", "DTEND;TZID=:20261201T130000", uid="two"),
            *event("DTSTART;TZID=:20261201T120000Z", "DTEND;TZID= :20261201T130000Z", uid="three"),
        ),
        zone="America/New_York",
    )
    assert spans(result) == ["12-01 03:00/04:00", "12-01 12:00/13:00", "12-01 17:00/18:00"]


def test_definitions_that_never_end_cost_no_more_each_than_few_do():
    """Each was searched for its end to the end of the text: 1 MB of them took half a minute."""

    def cost(many: int) -> float:
        data = calendar(*["BEGIN:VTIMEZONE", "TZID:x"] * many)
        began = thread_time()
        assert messages(reading(data))
        return thread_time() - began

    few = min(cost(1_000) for _ in range(5))
    assert min(cost(8_000) for _ in range(3)) < 30 * few

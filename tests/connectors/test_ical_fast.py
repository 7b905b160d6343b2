"""The fast ways of the reader against the thorough ones: what both can do, they do the same."""

import json
import os
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from test_ical_text import calendar, event, messages, reading, spans

from bench.objects import END, OWNER, START, objects
from connectors.ical import Limits, occurrences, read_object
from connectors.ical.component import MARKER, OURS, Component
from connectors.ical.findings import Findings
from connectors.ical.limits import DEFAULTS, Steps
from connectors.ical.rules import Rule, Until
from connectors.ical.stride import Span, strides
from connectors.ical.text import scan_leniently
from connectors.ical.walk import Walk, by_period, seconds_of, walk, walk_days, walk_seconds
from connectors.ical.wellformed import components, definition

CONFORMANCE = os.environ.get("SYNCD_CONFORMANCE")

LINES = (
    "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VTODO", "END:VTODO", "BEGIN:VTIMEZONE",
    "END:VTIMEZONE", "BEGIN:STANDARD", "END:STANDARD", "BEGIN:VALARM", "END:VALARM", "END:VALARM ", "BEGIN:X-OTHER", "END:X-OTHER",
    "BEGIN;X=1:VEVENT", "begin:vevent", "END:", "UID:one", "UID:t\u00e9\U0001f600", "DTSTART:20261201T090000Z",
    "DTSTART;TZID=Europe/Berlin:20261201T090000", 'DTSTART;TZID="a:b;c":20261201T090000', "DTSTART;TZID=tz:/x:20261201T090000",
    "DTEND;VALUE=DATE;VALUE=PERIOD:20261201", "RRULE:FREQ=DAILY", " ;COUNT=3", "\tmore", "RRULE:FREQ=DAILY\r", "UID:a\rb\r", "\r", "BEGIN:VALARM\r", "END:VALARM\r\r", "END:VEVENT\r", "TZID;X=1:Zo\r",
    "ATTENDEE;CN=" + "x" * 200 + ":mailto:c@example.com", "ATTENDEE;CN=long", " er:mailto:d@example.com", "DTSTART;TZID=tz:/y:", " 20261201T090000", "TZID:Zone", "TZOFFSETTO:+0100",
    "ATTENDEE;CN=A;PARTSTAT=DECLINED:mailto:a@example.com", "ATTENDEE;CN=\"B:;\";ROLE=x:mailto:b@example.com", "SUMMARY:S",
    "DESCRIPTION;ALTREP=\"x\":D", "TRIGGER:-PT5M", "X-SYNCD-MARKER:m", "X-SYNCD-MAR", " KER:m", "X-FOO;A=b:c", "STATUS", "STATUS ;A=b:C",
    "STATUS:", "status:cancelled", "", " ", "no property", "\u00e9:1", "X-WR-TIMEZONE:Europe/Paris", "BEGIN:VFREEBUSY", "END:VFREEBUSY",
    "DTSTART", " :20261201T090000Z", "UID\r", " ;VALUE=DATE", "ATTENDEE;PARTSTAT=DECLINED", " :mailto:a@example.com", "BEGIN", " :VEVENT", "END", "\t:VALARM",
)  # fmt: skip


def plainly(part: Component, findings: Findings, *, ours: bool, zone: bool = False):
    """What counts of a component: alarms and words only of our own, and neither these nor lines within zones."""
    zone = zone or part.kind == "VTIMEZONE"
    ours = ours and not zone
    said = definition(part)
    kept = {
        name: [(*line[:3], 0 if zone else findings.line_of(line.line)) for line in said.every(name)]
        for name in said.said
        if name.strip() and (ours or name not in OURS)
    }
    for name, (first, *_) in kept.items():
        assert (said.text(name), said.first(name)) == (first[2].strip(), said.every(name)[0])
    parts = [
        plainly(one, findings, ours=ours, zone=zone) for one in said.parts if ours or one.kind != "VALARM"
    ]
    line = 0 if zone and part.kind != "VTIMEZONE" else findings.line_of(part.line)
    return part.kind, line, kept, parts, part.torn


def compare(data: bytes) -> bool:
    """Fail if the fast scanner understands a text otherwise; say whether it understood it at all."""
    counting, findings = Findings(100), Findings(100)
    fast = components(data, DEFAULTS, counting)
    if fast is None:
        return False
    thorough = scan_leniently(data, DEFAULTS, findings)
    ours = MARKER.encode() in data
    assert findings.all() in ((), findings.all() if not thorough else ())
    told = [plainly(one, counting, ours=ours) for one in fast]
    assert told == [plainly(one, findings, ours=ours) for one in thorough]
    return True


ORDINARY = [line for line in LINES if re.match(r"(?!BEGIN|END)[A-Z0-9-]+[;:]|[ \t]", line)]
BODY = st.lists(st.sampled_from(LINES), max_size=12) | st.lists(st.sampled_from(ORDINARY), max_size=12)


@settings(max_examples=500)
@given(
    st.lists(st.sampled_from(("VEVENT", "VTIMEZONE", "VTODO", "VALARM", "STANDARD", "")), max_size=4),
    BODY,
    BODY,
    BODY,
    st.sampled_from(("\r\n", "\n")),
    st.booleans(),
)
@example([], ["UID:one"], [], [], "\r\n", True)
@example(["VALARM"], [" KER:m"], [], [], "\n", True)
@example(["VALARM"], ["BEGIN;X=1:VEVENT"], [], [], "\n", True)
@example(["VALARM"], ["no property"], ["UID:one"], [], "\n", True)
@example(["VEVENT"], ["BEGIN:VALARM", "END:VALARM ", "SUMMARY:S"], [], [], "\n", True)
@example(
    ["VTIMEZONE"], ["BEGIN:STANDARD", "UID:x", "END:STANDARD"], ["BEGIN:VTODO"], ["END:VTODO"], "\n", True
)
def test_ordinary_text_is_scanned_as_the_thorough_way_does(kinds, first, second, third, ending, closed):
    lines = ["BEGIN:VCALENDAR", *second]
    for kind in kinds:
        lines += (
            [f"BEGIN:{kind}", *first, *(third if kind == "VTIMEZONE" else ()), f"END:{kind}"]
            if kind
            else third
        )
    lines += ["END:VCALENDAR"] if closed else []
    compare((ending.join(lines) + ending).encode())


def test_made_objects_are_all_ordinary():
    assert all(map(compare, objects(300)))


def test_our_own_events_keep_their_words_and_alarms():
    data = calendar(
        *event(
            "DTSTART:20261201T090000Z",
            "X-SYNCD-MARKER:m",
            "SUMMARY:Ours",
            "BEGIN:VALARM",
            "TRIGGER:-PT5M",
            "END:VALARM",
        )
    )
    assert compare(data)
    own = read_object("h", "e", data, zone="UTC", start=START, end=END).event
    assert own is not None
    assert (own.title, own.reminder) == ("Ours", timedelta(minutes=5))


def test_names_folded_off_from_their_values_and_blank_lines_are_ordinary():
    """As old Mozilla programs write them, and much that was put together by hand."""
    lines = event(
        "DTSTART\r\n ;VALUE=DATE\r\n :20261201", "", "DURATION\r\n\t:P1D", "STATUS", " :TENTATIVE", ""
    )
    data = calendar("", *lines) + b"\r\n\r\n"
    assert compare(data)
    found = reading(data, start=START, end=END)
    assert [(one.start.isoformat(), one.status.value) for one in found.intervals] == [
        ("2026-11-30T23:00:00+00:00", "tentative")
    ]
    assert messages(found) == []
    assert compare(data.replace(b"\r\n", b"\n"))
    assert not compare(calendar(*event("DTSTART:20261201T090000Z", "", " ;X=1", "DURATION:PT30M")))


def test_what_is_out_of_the_ordinary_is_left_to_the_thorough_way():
    lines = event("DTSTART:20261201T090000Z", "DURATION:PT30M")
    good = calendar(*lines)
    assert compare(good)
    assert compare(good.replace(b"\r\n", b"\r\r\n"))
    assert compare(good.replace(b"PT30M", b"PT30M\r;\r\r"))
    for odd in (
        good.replace(b"UID", b"uid"), good.replace(b"UID:", b"UID :"), good + b"oops\r\n", good.replace(b"END:VEVENT\r\n", b""),
        good.replace(b"one", b"\xe9"), good.replace(b"UID", b"U\r\n ID"), b" " + good,
    ):  # fmt: skip
        assert components(odd, DEFAULTS, Findings(1)) is None
    assert components(good, Limits(properties=5), Findings(1)) is None
    assert components(good, Limits(components=1), Findings(1)) is None
    assert components(good, Limits(line=50), Findings(1)) is None


def test_zones_of_the_same_name_in_two_objects_keep_apart():
    def defined(offset: str) -> bytes:
        zone = ("BEGIN:VTIMEZONE", "TZID:Office", "BEGIN:STANDARD", "DTSTART:19700101T000000", f"TZOFFSETFROM:{offset}",
                f"TZOFFSETTO:{offset}", "END:STANDARD", "END:VTIMEZONE")  # fmt: skip
        return calendar(*zone, *event("DTSTART;TZID=Office:20261201T090000", "DURATION:PT30M"))

    for _ in range(2):
        assert spans(reading(defined("+0100"))) == ["12-01 08:00/08:30"]
        assert spans(reading(defined("-0800"))) == ["12-01 17:00/17:30"]


FIRST = st.integers(0, 84_000 * 86_400).map(
    lambda seconds: datetime.fromisoformat("1890-01-01") + timedelta(seconds=seconds)
)
WEEKDAYS = st.lists(st.tuples(st.integers(-6, 6), st.integers(0, 6)), max_size=3, unique=True).map(
    lambda d: tuple(sorted(d))
)
MONTH_DAYS = st.lists(st.integers(-31, 31).filter(bool), max_size=3, unique=True).map(
    lambda d: tuple(sorted(d))
)

MONTHS = st.lists(st.integers(1, 12), max_size=3, unique=True).map(lambda d: tuple(sorted(d)))


@st.composite
def walks(draw):
    frequency = draw(st.sampled_from(("DAILY", "WEEKLY", "MONTHLY", "YEARLY")))
    first = draw(FIRST)
    until = draw(st.none() | st.integers(-40, 4000).map(lambda days: first + timedelta(days=days)))
    weekdays, month_days = draw(
        st.sampled_from(((WEEKDAYS, None), (None, MONTH_DAYS), (WEEKDAYS, MONTH_DAYS), (None, None)))
    )
    rule = Rule(
        frequency,
        interval=draw(st.integers(1, 5) | st.integers(1, 4000)),
        count=draw(st.none() | st.integers(1, 400)),
        until=until and Until(until, "local"),
        weekdays=() if weekdays is None else draw(weekdays),
        months=draw(st.just(()) | MONTHS),
        month_days=() if month_days is None else draw(month_days),
        week_start=draw(st.integers(0, 6)),
    )
    low = first + timedelta(days=draw(st.integers(-800, 9000)), hours=draw(st.integers(0, 23)))
    high = low + timedelta(days=draw(st.integers(0, 1200)), hours=draw(st.integers(0, 23)))
    return rule, first, low, high, until, draw(st.booleans())


def test_common_rules_are_walked_by_arithmetic_as_by_period():
    walked = []

    @settings(max_examples=int(os.environ.get("SYNCD_FUZZ", "600")))
    @given(walks())
    def holds(made):
        rule, first, low, high, until, first_counts = made
        assume(strides(rule, first, Span(low.toordinal(), high.toordinal(), Steps(1))) is not None)
        fast, thorough = (
            list(way(Walk(rule, first, low, high, Steps(10**6), until, first_counts=first_counts)))
            for way in (walk, by_period)
        )
        assert fast == thorough
        said = replace(rule, hours=(first.hour,), minutes=(first.minute,) if first.second % 2 else ())
        assert (
            list(walk(Walk(said, first, low, high, Steps(10**6), until, first_counts=first_counts))) == fast
        )
        path = Walk(rule, first, low, high, Steps(10**6), until, first_counts=first_counts)
        assert list(walk_days(path)) == [at.toordinal() for at in thorough]
        assert list(walk_seconds(path)) == list(map(seconds_of, thorough))
        walked.append(len(fast))

    holds()
    assert sum(map(bool, walked)) > len(walked) / 4, "the walks must lead somewhere"


SERIES = (
    "FREQ=DAILY", "FREQ=DAILY;COUNT=20", "FREQ=WEEKLY;BYDAY=MO,WE,SU", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=DAILY;UNTIL=20120105T093000Z",
    "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=30,31", "FREQ=WEEKLY;INTERVAL=2", "FREQ=DAILY;BYSETPOS=1", "FREQ=DAILY;UNTIL=20000101",
)  # fmt: skip


@settings(max_examples=400)
@given(
    st.sampled_from(SERIES),
    st.sampled_from(("Pacific/Apia", "Europe/Amsterdam", "Australia/Lord_Howe", "America/St_Johns")),
    st.datetimes(datetime(2011, 9, 1), datetime(2012, 4, 1)).map(lambda at: at.replace(microsecond=0)),  # noqa: DTZ001  # wall-clock values
    st.sampled_from(
        ("DURATION:PT1H", "DURATION:P2D", "DURATION:PT0S", "DURATION:P1DT2H", "DTEND:99991231T235959Z")
    ),
    st.booleans(),
    st.lists(st.integers(0, 60), max_size=3),
    st.integers(0, 200),
)
@example("FREQ=DAILY", "Pacific/Apia", datetime(2011, 12, 28, 10), "DURATION:PT1H", False, [], 100)  # noqa: DTZ001  # 30 December was left out there
def test_a_series_with_nothing_unusual_is_expanded_as_the_thorough_way_does(
    rule, zone, first, length, days, out, into
):
    """An RDATE at DTSTART adds nothing, and leads the thorough way."""
    as_written = ";VALUE=DATE:%Y%m%d" if days else f";TZID={zone}:%Y%m%dT%H%M%S"
    excluded = [f"EXDATE{first + timedelta(days=day):{as_written}}" for day in out]
    lines = [f"DTSTART{first:{as_written}}", "" if days else length, f"RRULE:{rule}", *excluded]
    start = datetime(2011, 10, 1, tzinfo=UTC) + timedelta(days=into, minutes=first.minute)
    readings = [
        reading(
            calendar(*event(*filter(None, [*lines, *more]))),
            zone,
            start=start,
            end=start + timedelta(days=90),
        )
        for more in ((), (f"RDATE{first:{as_written}}",))
    ]
    began = first.strftime("%Y%m%d")
    assume(
        "UNTIL" not in rule or began < rule.partition("UNTIL=")[2][:8]
    )  # else it ended before it began, but for the RDATE
    assert readings[0].intervals == readings[1].intervals


@pytest.mark.parametrize(
    "text", ["FREQ=WEEKLY", "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=YEARLY", "FREQ=DAILY;COUNT=9000000"]
)
def test_common_rules_spend_steps_too(text):
    first = datetime(1601, 1, 1)  # noqa: DTZ001  # a wall-clock value
    data = calendar(
        *event(
            "DTSTART:16010101T000000Z",
            "DURATION:PT1H",
            f"RRULE:{text};COUNT=9000" if "COUNT" not in text else f"RRULE:{text}",
        )
    )
    result = reading(
        data,
        start=datetime(1601, 1, 1, tzinfo=UTC),
        end=datetime(9000, 1, 1, tzinfo=UTC),
        limits=Limits(rule_steps=1000),
    )
    assert any("too many steps" in message for message in messages(result))
    assert result.intervals[0].start.replace(tzinfo=None) == first


@pytest.mark.parametrize(
    "more", ["X-A:b", "RDATE:20261121T001500Z,20270520T001500Z", "RRULE:FREQ=MINUTELY;INTERVAL=90"]
)
def test_more_occurrences_than_are_kept_leave_the_rest_of_the_time_unknown(more):
    data = calendar(*event("DTSTART:20261121T000000Z", "DURATION:PT30M", "RRULE:FREQ=HOURLY", more))
    result = reading(data, start=START, end=END)
    every = reading(data, start=START, end=END, limits=Limits(occurrences=10_000)).intervals
    assert len(every) > 4300
    exact = [one for one in result.intervals if one.status.value == "busy"]
    assert len(exact) >= 1990
    assert exact[:1900] == list(every[:1900])
    there = iter(result.intervals)
    covered = next(there)
    for one in every:
        while not covered.start <= one.start <= one.end <= covered.end:
            covered = next(there)
    assert covered.status.value == "unknown"
    assert len(messages(result)) == 1


def test_what_is_moved_back_from_some_instance_on_is_not_lost_beyond_the_cap():
    master = event("DTSTART:20261121T000000Z", "DURATION:PT30M", "RRULE:FREQ=HOURLY")
    back = event(
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20270301T000000Z", "DTSTART:20270201T000000Z", "DURATION:PT30M"
    )
    data = calendar(*master, *back)
    result = reading(data, start=START, end=END).intervals
    every = reading(data, start=START, end=END, limits=Limits(occurrences=10_000)).intervals
    rest = next(one for one in result if one.status.value == "unknown")
    assert rest.start <= datetime(2027, 2, 1, tzinfo=UTC)
    for one in every:
        assert one in result or rest.start <= one.start <= one.end <= rest.end


def test_all_days_of_every_week_since_the_first_year_are_counted_within_the_budget():
    rule = "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;COUNT=999999"
    result = reading(
        calendar(*event("DTSTART:00010101T090000Z", "DURATION:PT1H", rule)), start=START, end=END
    )
    assert len(result.intervals) == (END - START).days
    assert messages(result) == []


@pytest.mark.parametrize("tz", ["Asia/Tokyo", "America/New_York"])
def test_a_window_told_in_another_zone_is_the_same_window(tz):
    data = calendar(
        *event("DTSTART;TZID=Europe/Amsterdam:20261101T003000", "DURATION:PT1H", "RRULE:FREQ=DAILY")
    )
    start, end = datetime(2026, 12, 1, 23, 15, tzinfo=UTC), datetime(2026, 12, 3, 23, 45, tzinfo=UTC)
    zone = ZoneInfo(tz)
    assert reading(data, start=start.astimezone(zone), end=end.astimezone(zone)) == reading(
        data, start=start, end=end
    )
    named = [
        occurrences("FREQ=HOURLY;BYMINUTE=30", start, start=at, end=at + timedelta(hours=9))
        for at in (start, start.astimezone(zone))
    ]
    assert list(named[0]) == list(named[1]) != []


def test_what_is_free_or_takes_no_time_blocks_nothing_however_often():
    for more in ("TRANSP:TRANSPARENT", "DURATION:PT0S"):
        length = "DURATION:PT30M" if more.startswith("TRANSP") else more
        result = reading(
            calendar(
                *event(
                    "DTSTART:20261121T000000Z",
                    length,
                    "TRANSP:TRANSPARENT" if more.startswith("TRANSP") else "X-A:b",
                    "RRULE:FREQ=HOURLY",
                )
            )
        )
        assert not [one for one in result.intervals if one.start < one.end and one.status.value == "unknown"]


@pytest.mark.skipif(not CONFORMANCE, reason="SYNCD_CONFORMANCE is not set")
def test_files_of_others_are_scanned_as_the_thorough_way_does():
    files = [path.read_bytes() for path in sorted((Path(CONFORMANCE or "") / "ical" / "ics").glob("*.ics"))]
    robust = json.loads((Path(CONFORMANCE or "") / "ical" / "ics_robust.json").read_text())
    assert sum(map(compare, files)) > len(files) / 2
    assert len(robust) > 100


def test_an_owner_is_found_among_many_guests():
    people = [f"ATTENDEE;CN=P{number}:mailto:p{number}@example.org" for number in range(300)]
    data = calendar(
        *event(
            "DTSTART:20261201T090000Z",
            "DURATION:PT30M",
            *people,
            f"ATTENDEE;PARTSTAT=DECLINED:MAILTO:{OWNER.replace('@', '%40')}",
        )
    )
    result = reading(data, addresses=(OWNER.upper(),))
    assert [one.status.value for one in islice(result.intervals, 2)] == ["declined"]

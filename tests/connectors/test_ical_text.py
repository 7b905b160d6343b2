"""Scanning iCalendar text: folding, encodings, broken structure, and the caps. Also the little helpers other files use."""

from datetime import UTC, datetime

from connectors.ical import Limits, read
from connectors.interface import Reading

START, END = datetime(2026, 11, 21, tzinfo=UTC), datetime(2027, 5, 21, tzinfo=UTC)
GOOD = ("BEGIN:VEVENT", "UID:good", "DTSTART:20261202T090000Z", "DTEND:20261202T100000Z", "END:VEVENT")


def at(text: str) -> datetime:
    """`2026-12-01 09:00` in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def event(*lines: str, uid: str = "one") -> tuple[str, ...]:
    return ("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT")


def calendar(*lines: str, ending: str = "\r\n") -> bytes:
    whole = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", *lines, "END:VCALENDAR", "")
    return ending.join(whole).encode()


def reading(data: bytes, zone: str = "Europe/Amsterdam", addresses: tuple[str, ...] = (), **more) -> Reading:
    return read(
        data, zone=zone, start=more.pop("start", START), end=more.pop("end", END), addresses=addresses, **more
    )


def spans(result: Reading, uid: str | None = None) -> list[str]:
    """Intervals as `12-01 09:00/09:30`, in UTC."""
    return [
        f"{interval.start:%m-%d %H:%M}/{interval.end:%H:%M}"
        for interval in result.intervals
        if uid in {None, interval.uid}
    ]


def messages(result: Reading, level: str = "error") -> list[str]:
    return [problem.message for problem in result.problems if problem.level == level]


def test_lines_are_unfolded_even_inside_a_name_and_inside_a_character():
    data = calendar(*event("DTST\r\n ART:2026120\r\n\t1T090000Z", "DURATION:PT30M", "SUMMARY:caf\u00e9"))
    data = data.replace("\u00e9".encode(), b"\xc3\r\n \xa9")
    result = reading(data)
    assert spans(result) == ["12-01 09:00/09:30"]
    assert result.problems == ()


def test_bare_line_feeds_carriage_returns_and_byte_order_marks_are_read():
    lines = event("DTSTART:20261201T090000Z", "DURATION:PT30M")
    texts = [calendar(*lines, ending=ending) for ending in ("\n", "\r", "\r\n")]
    texts += [b"\xef\xbb\xbf" + texts[0], texts[0].decode().encode("utf-16")]
    for data in texts:
        assert spans(reading(data)) == ["12-01 09:00/09:30"]


def test_latin_1_and_nul_are_read_with_a_warning_that_names_the_line():
    data = calendar(*event("DTSTART:20261201T090000Z", "DURATION:PT30M", "SUMMARY:caf\u00e9")).replace(
        "\u00e9".encode(), b"\xe9\0"
    )
    result = reading(data)
    assert spans(result) == ["12-01 09:00/09:30"]
    assert {(problem.line, problem.level) for problem in result.problems} == {(9, "warning")}


def test_a_missing_end_makes_the_event_unknown_and_the_next_is_still_read():
    torn = event("DTSTART:20261201T090000Z", "DURATION:PT30M")[:-1]
    result = reading(calendar(*torn, *GOOD))
    assert [(interval.uid, interval.status) for interval in result.intervals] == [
        ("one", "unknown"),
        ("good", "busy"),
    ]
    assert [(problem.uid, problem.line) for problem in result.problems] == [("one", 4)]


def test_a_text_cut_short_reads_as_far_as_it_goes():
    data = calendar(*GOOD, *event("DTSTART:20261201T090000Z", "DTEND:20261201T093000Z"))
    result = reading(data[: data.index(b"DTEND:20261201T0930")])
    assert [(interval.uid, interval.status) for interval in result.intervals] == [
        ("one", "unknown"),
        ("good", "busy"),
    ]


def test_two_calendars_and_an_event_outside_of_one_are_read():
    data = calendar(*GOOD) + calendar(*event("DTSTART:20261201T090000Z", "DURATION:PT30M"))
    assert len(reading(data).intervals) == 2
    outside = reading("\r\n".join([*GOOD, ""]).encode())
    assert len(outside.intervals) == 1
    assert len(outside.problems) == 2


def test_what_is_not_calendar_text_is_said_to_be_so():
    for data in (b"", b"<html></html>", b"BEGIN", b"\xff\xfe\x00", b"::::\n;;;;\n\n :"):
        result = reading(data)
        assert result.intervals == ()
        assert any("not iCalendar" in message for message in messages(result))


def test_a_stray_line_and_a_stray_end_are_warnings():
    result = reading(calendar(*event("DTSTART:20261201T090000Z", "this is no property", "END:VALARM")))
    assert [problem.level for problem in result.problems] == ["warning", "warning"]
    assert [problem.line for problem in result.problems] == [8, 9]


def test_an_event_whose_begin_is_missing_is_an_error_for_its_time_is_not_known():
    lost = event("DTSTART:20261201T090000Z", "DURATION:PT30M")[1:]
    result = reading(calendar(*lost, *GOOD))
    assert spans(result) == ["12-02 09:00/10:00"]
    assert [(problem.line, problem.level) for problem in result.problems] == [(8, "error")]


def test_tasks_journals_and_alarms_are_no_busy_time():
    data = calendar(
        *("BEGIN:VTODO", "UID:t", "DTSTART:20261201T090000Z", "DUE:20261201T100000Z", "END:VTODO"),
        *("BEGIN:VJOURNAL", "UID:j", "DTSTART:20261201T090000Z", "END:VJOURNAL"),
        *event("DTSTART:20261203T090000Z", "BEGIN:VALARM", "TRIGGER:-PT5M", "DURATION:PT5M", "END:VALARM"),
    )
    assert spans(reading(data)) == ["12-03 09:00/09:00"]


def test_a_text_over_the_byte_or_line_cap_is_refused_whole_and_said_so():
    for limits in (Limits(bytes=100), Limits(lines=5)):
        result = reading(calendar(*GOOD), limits=limits)
        assert result.intervals == ()
        assert "is not read" in messages(result)[0]


def test_over_the_component_or_property_cap_the_rest_is_not_read():
    many = [line for number in range(10) for line in event("DTSTART:20261201T090000Z", uid=f"e{number}")]
    for limits in (Limits(components=4), Limits(properties=14)):
        result = reading(calendar(*many), limits=limits)
        assert 0 < len(result.intervals) < 10
        assert any("the rest is not read" in message for message in messages(result))


def test_a_long_line_is_left_out_and_its_event_is_unknown():
    dates = ",".join(f"202612{day:02}T090000Z" for day in range(1, 31))
    data = calendar(*event("DTSTART:20261201T090000Z", "DURATION:PT30M", f"RDATE:{dates}"), *GOOD)
    result = reading(data, limits=Limits(line=100))
    assert [(interval.uid, interval.status) for interval in result.intervals] == [
        ("one", "unknown"),
        ("good", "busy"),
    ]
    long_title = calendar(*event("DTSTART:20261201T090000Z", "SUMMARY:" + "x" * 200))
    assert reading(long_title, limits=Limits(line=100)).problems == ()


def test_deep_nesting_is_skipped_not_followed():
    data = calendar(*GOOD, *["BEGIN:VALARM"] * 5000, *GOOD)
    result = reading(data)
    assert spans(result) == ["12-02 09:00/10:00"]
    assert any("nested deeper" in message for message in messages(result, "warning"))


def test_the_list_of_problems_is_capped():
    data = calendar(*["BEGIN:VEVENT", "END:VEVENT"] * 500)
    result = reading(data, limits=Limits(problems=10))
    assert len(result.problems) == 11
    assert "490 more" in result.problems[-1].message


def test_quotes_colons_and_case_in_parameters_are_understood():
    zone = "Europe/Amsterdam"
    forms = (
        f'DTSTART;TZID="{zone}":20261201T100000',
        f"dtstart;x-a=1;tzid={zone}:20261201T100000",
        f'DTSTART;X-A="a;b:c,d";TZID={zone}:20261201T100000',
        "DTSTART;TZID=(UTC+01:00) Amsterdam, Berlin:20261201T100000",
    )
    for form in forms:
        assert spans(reading(calendar(*event(form)))) == ["12-01 09:00/09:00"]

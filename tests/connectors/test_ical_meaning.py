"""Whose time an event takes, and what is said of events that can't be read whole."""

import pytest
from test_ical_text import START, at, calendar, event, messages, reading

from connectors.ical import Limits

ONE = ("DTSTART:20261201T090000Z", "DTEND:20261201T093000Z")
DAILY = (*ONE, "RRULE:FREQ=DAILY;COUNT=4")


def override(instant: str, *lines: str, uid: str = "one", parameters: str = "") -> tuple[str, ...]:
    return event(f"RECURRENCE-ID{parameters}:{instant}", *lines, uid=uid)


def status(*lines: str, addresses: tuple[str, ...] = ("anna@example.com",)) -> str:
    (interval,) = reading(calendar(*event(*ONE, *lines)), addresses=addresses).intervals
    return str(interval.status)


# -- whose time


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((), "busy"),
        (("STATUS:CONFIRMED", "TRANSP:OPAQUE"), "busy"),
        (("STATUS:CANCELLED",), "cancelled"),
        (("STATUS:cancelled", "TRANSP:TRANSPARENT"), "cancelled"),
        (("STATUS:TENTATIVE",), "tentative"),
        (("TRANSP:TRANSPARENT",), "free"),
        (("STATUS:TENTATIVE", "TRANSP:TRANSPARENT"), "free"),
        (("X-MICROSOFT-CDO-BUSYSTATUS:FREE",), "free"),
        (("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE",), "tentative"),
        (("X-MICROSOFT-CDO-BUSYSTATUS:BUSY",), "busy"),
        (("X-MICROSOFT-CDO-BUSYSTATUS:OOF",), "out_of_office"),
        (("X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE",), "working_elsewhere"),
        (("X-MICROSOFT-CDO-INTENDEDSTATUS:OOF",), "out_of_office"),
        (("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE", "X-MICROSOFT-CDO-INTENDEDSTATUS:OOF"), "tentative"),
        (("X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE", "TRANSP:TRANSPARENT"), "working_elsewhere"),
        (("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE", "TRANSP:TRANSPARENT"), "free"),
        (("X-MICROSOFT-CDO-BUSYSTATUS:BUSY", "TRANSP:TRANSPARENT"), "free"),
        (("X-MICROSOFT-CDO-BUSYSTATUS:OOF", "TRANSP:TRANSPARENT"), "out_of_office"),
        (("ATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@example.com",), "busy"),
        (("ATTENDEE;PARTSTAT=DECLINED:mailto:anna@example.com",), "declined"),
        (("ATTENDEE;PARTSTAT=declined:MAILTO:Anna@Example.COM",), "declined"),
        (("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:anna@example.com",), "tentative"),
        (("ATTENDEE;PARTSTAT=TENTATIVE:mailto:anna@example.com",), "tentative"),
        (("ATTENDEE:mailto:anna@example.com",), "tentative"),
        (("ATTENDEE;PARTSTAT=DECLINED:anna@example.com",), "declined"),
        (
            ('ATTENDEE;PARTSTAT=DECLINED;SENT-BY="mailto:anna@example.com":mailto:boss@example.com',),
            "declined",
        ),
        (("ATTENDEE;PARTSTAT=DECLINED;EMAIL=anna@example.com:urn:uuid:1",), "declined"),
        (("ATTENDEE;PARTSTAT=DECLINED:mailto:bob@example.com",), "busy"),
        (("ATTENDEE;PARTSTAT=DECLINED:mailto:anna@example.com", "TRANSP:TRANSPARENT"), "declined"),
        (("ATTENDEE:mailto:anna@example.com", "X-MICROSOFT-CDO-BUSYSTATUS:OOF"), "tentative"),
        (("ATTENDEE:mailto:anna@example.com", "TRANSP:TRANSPARENT"), "free"),
    ],
)
def test_the_kind_of_an_event(lines, expected):
    assert status(*lines) == expected


def test_aliases_count_and_one_yes_is_enough():
    lines = (
        "ATTENDEE;PARTSTAT=DECLINED:mailto:anna@example.com",
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:a.smit@example.com",
    )
    assert status(*lines, addresses=("anna@example.com", "mailto:A.Smit@example.com")) == "busy"
    assert status(*lines, addresses=("anna@example.com",)) == "declined"
    assert status(*lines, addresses=()) == "busy"


def test_one_instance_can_be_declined():
    no = override(
        "20261202T090000Z", "DTSTART:20261202T090000Z", "ATTENDEE;PARTSTAT=DECLINED:mailto:anna@example.com"
    )
    result = reading(calendar(*event(*DAILY), *no), addresses=("anna@example.com",))
    assert [str(interval.status) for interval in result.intervals] == ["busy", "declined", "busy", "busy"]


def test_free_busy_objects_are_busy_time():
    data = calendar(
        "BEGIN:VFREEBUSY", "UID:fb", "DTSTART:20261201T000000Z", "DTEND:20261231T000000Z",
        "FREEBUSY:20261201T090000Z/PT1H,20261202T090000Z/20261202T110000Z",
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261203T090000Z/PT1H", "FREEBUSY;FBTYPE=FREE:20261204T090000Z/PT1H",
        "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261205T090000Z/PT1H", "FREEBUSY:nonsense", "END:VFREEBUSY",
    )  # fmt: skip
    result = reading(data)
    assert [str(interval.status) for interval in result.intervals] == [
        "busy",
        "busy",
        "tentative",
        "free",
        "out_of_office",
    ]
    assert [problem.line for problem in result.problems] == [12]


# -- what can't be read


def test_a_refused_rule_leaves_the_first_occurrence_as_unknown():
    result = reading(calendar(*event(*ONE, "RRULE:FREQ=DAILY;INTERVAL=0"), *event(*ONE, uid="good")))
    assert [(interval.uid, str(interval.status)) for interval in result.intervals] == [
        ("good", "busy"),
        ("one", "unknown"),
    ]
    assert [(problem.uid, problem.line, problem.level) for problem in result.problems] == [
        ("one", 9, "error")
    ]


def test_what_is_free_stays_free_even_if_it_can_not_be_read_whole():
    assert status("RRULE:FREQ=NEVER", "TRANSP:TRANSPARENT") == "free"


def test_without_a_start_there_is_a_problem_and_no_interval():
    for start in ("X-NOTHING:1", "DTSTART:yesterday", "DTSTART:20261301T000000Z"):
        result = reading(calendar(*event(start)))
        assert result.intervals == ()
        assert messages(result)


def test_a_broken_override_never_stands_for_the_series():
    broken = override("whenever", "DTSTART:20261202T090000Z", "DTEND:20261202T093000Z", "SEQUENCE:9")
    result = reading(calendar(*event(*DAILY), *broken))
    assert [str(interval.status) for interval in result.intervals] == ["busy", "unknown", "busy", "busy"]


def test_messages_hold_nothing_of_the_event():
    lines = ("DTSTART:secret-a", "DTEND:secret-b", "RRULE:secret-c", "SUMMARY:secret-d", "EXDATE:secret-e")
    more = event(
        "DTSTART;TZID=secret-f:20261201T090000",
        "RRULE:SECRET=1",
        "RDATE:secret-g",
        "DURATION:secret-h",
        uid="two",
    )
    result = reading(calendar(*event(*lines), *more))
    assert len(result.problems) >= 5
    assert "secret" not in "".join(problem.message.lower() for problem in result.problems)


def test_caps_on_occurrences_exceptions_extras_rules_and_overrides():
    series = event("DTSTART:20261201T090000Z", "RRULE:FREQ=MINUTELY")
    result = reading(calendar(*series))
    assert len(result.intervals) == 2_000
    assert result.intervals[0].start == at("2026-12-01 09:00")
    assert len(messages(result)) == 1
    listed = ",".join(f"202612{day:02}T090000Z" for day in range(1, 31))
    for name, limits in (
        ("RDATE", Limits(extras=5)),
        ("EXDATE", Limits(exceptions=5)),
        ("RRULE", Limits(rules=1)),
    ):
        lines = (
            "RRULE:FREQ=DAILY;COUNT=30",
            "RRULE:FREQ=WEEKLY;COUNT=2",
            f"{name if name != 'RRULE' else 'X-NONE'}:{listed}",
        )
        result = reading(calendar(*event(*ONE, *lines)), limits=limits)
        assert any(name in message for message in messages(result))
        assert "unknown" in {str(interval.status) for interval in result.intervals}
    many = [
        line
        for day in range(1, 20)
        for line in override(f"202612{day:02}T090000Z", f"DTSTART:202612{day:02}T100000Z")
    ]
    result = reading(calendar(*event(*DAILY), *many), limits=Limits(overrides=3))
    assert any("changed instances" in message for message in messages(result))


def test_a_spent_budget_is_reported():
    data = calendar(
        *event("DTSTART:19700101T000000Z", "RRULE:FREQ=SECONDLY;BYSECOND=1;BYMINUTE=1;COUNT=999999999")
    )
    assert any(
        "too many steps" in message for message in messages(reading(data, limits=Limits(rule_steps=1000)))
    )


def test_the_budget_of_a_whole_text_is_shared_by_its_events():
    hungry = [line for number in range(3) for line in event(*ONE, "RRULE:FREQ=DAILY", uid=f"{number}")]
    result = reading(calendar(*hungry), limits=Limits(all_steps=250))
    assert len([message for message in messages(result) if "too many steps" in message]) == 2
    assert {interval.uid for interval in result.intervals} == {"0", "1", "2"}


def test_the_owners_zone_must_exist():
    with pytest.raises(ValueError, match="no known time zone"):
        reading(calendar(*event(*ONE)), zone="Mars/Olympus")


def test_years_at_both_ends_of_the_calendar_are_harmless():
    for start in ("00010101T000000Z", "99991231T235959Z"):
        for rule in ("FREQ=DAILY", "FREQ=YEARLY;INTERVAL=3", "FREQ=HOURLY", "FREQ=MONTHLY;BYDAY=-1SU"):
            data = calendar(*event(f"DTSTART:{start}", "DURATION:P2900000D", f"RRULE:{rule}"))
            for window in (at("0001-01-01"), START, at("9999-12-01")):
                assert reading(data, start=window, end=window.replace(day=28)) is not None

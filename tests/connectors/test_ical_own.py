"""Our own appointments there and back, and the reduced form of everybody else's."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_ical_text import END, START, at, calendar, event

from connectors.ical import READER_VERSION, read, read_object, write_event
from connectors.ical.write import LINK_BYTES, TEXT_BYTES, TITLE_BYTES, clean
from connectors.interface import Event

NOW = at("2026-01-01 12:00")
ZONES = [
    "UTC",
    "Europe/Amsterdam",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
]


def appointment(**changes) -> Event:
    values = {
        "uid": "syncd-1@example.com", "marker": "m4rk", "start": at("2026-12-01 09:00"), "end": at("2026-12-01 09:30"),
        "zone": "Europe/Amsterdam", "title": "Talk, with; Bob \\N", "text": "Line 1\nLine 2",
        "link": "https://meet.example.com/a;b?c=d,e", "private": True, "reminder": timedelta(minutes=15),
    }  # fmt: skip
    return Event(**(values | changes))


def found(data: bytes, **more):
    arguments = {"zone": "Europe/Amsterdam", "start": START, "end": END} | more
    return read_object("/c/1.ics", '"1"', data, **arguments)


@pytest.mark.parametrize(
    "more",
    [
        b"RRULE:FREQ=DAILY\r\nEND:VEVENT",
        b"RDATE:20261202T090000Z\r\nEND:VEVENT",
        (
            b"END:VEVENT\r\nBEGIN:VEVENT\r\nUID:syncd-1@example.com\r\nRECURRENCE-ID:20261202T090000Z\r\n"
            b"DTSTART:20261202T100000Z\r\nEND:VEVENT"
        ),
    ],
    ids=["a rule", "a further date", "a further instance"],
)
def test_ours_made_a_series_of_says_so(more: bytes) -> None:
    written = write_event(appointment(), now=NOW)
    assert found(written).event == appointment()
    assert found(written.replace(b"END:VEVENT", more)).event == appointment(repeats=True)


def test_what_is_written_is_plain_icalendar_without_people():
    data = write_event(appointment(), now=NOW, sequence=3)
    (component,) = icalendar.Calendar.from_ical(data).walk("VEVENT")
    assert component["SUMMARY"] == appointment().title
    assert component["DTSTART"].dt.astimezone(UTC) == appointment().start
    assert component["DTSTAMP"].dt == NOW
    assert (component["SEQUENCE"], component["CLASS"], component["TRANSP"], component["STATUS"]) == (
        3,
        "PRIVATE",
        "OPAQUE",
        "CONFIRMED",
    )
    assert component["LOCATION"] == component["URL"] == appointment().link
    assert b"CONFERENCE;VALUE=URI:https://meet.example.com/a;b?c=d,e\r\n" in data
    assert b"X-MICROSOFT-CDO-BUSYSTATUS:BUSY" in data
    assert b"TRIGGER:-PT15M" in data
    for absent in (b"METHOD", b"ORGANIZER", b"ATTENDEE"):
        assert absent not in data


def test_what_takes_no_time_is_written_as_cancelled_and_read_back_so():
    data = write_event(appointment(free=True), now=NOW)
    for line in (b"STATUS:CANCELLED", b"TRANSP:TRANSPARENT", b"X-MICROSOFT-CDO-BUSYSTATUS:FREE"):
        assert data.count(line) == 1
    ours = found(data)
    assert (ours.event, [one.status for one in ours.intervals]) == (appointment(free=True), ["cancelled"])
    one_said_so = write_event(appointment(), now=NOW).replace(b"OPAQUE", b"TRANSPARENT")
    assert found(one_said_so).event == appointment(free=True)


def test_what_is_not_wanted_is_not_written():
    data = write_event(
        appointment(link="", text="", private=False, reminder=timedelta(0), zone="UTC"), now=NOW
    )
    for absent in (b"VALARM", b"LOCATION", b"URL", b"CONFERENCE", b"DESCRIPTION", b"VTIMEZONE", b"PRIVATE"):
        assert absent not in data
    assert b"DTSTART:20261201T090000Z" in data


def test_an_object_read_back_is_the_event_and_has_no_organizer():
    ours = found(write_event(appointment(), now=NOW))
    assert ours.event == appointment()
    assert (ours.uid, ours.organizer, ours.problems) == (appointment().uid, False, ())
    assert [(interval.start, interval.end, interval.status) for interval in ours.intervals] == [
        (appointment().start, appointment().end, "busy")
    ]


def test_the_zone_definition_agrees_with_the_zone():
    """Read through the VTIMEZONE alone (its name made unknown), the times are the same."""
    for zone in ZONES[1:]:
        for month in (1, 3, 4, 7, 10, 11):
            start = datetime(2027, month, 28, 13, 30, tzinfo=UTC)
            data = write_event(appointment(zone=zone, start=start, end=start + timedelta(hours=1)), now=NOW)
            renamed = data.replace(zone.encode(), b"Customized")
            window = {"zone": "Pacific/Auckland", "start": at("2027-01-01"), "end": at("2028-01-01")}
            assert [interval.start for interval in read(renamed, **window).intervals] == [start]


def test_a_time_in_a_repeated_hour_survives():
    start = at("2026-10-25 01:30")
    event_then = appointment(start=start, end=start + timedelta(minutes=45))
    assert found(write_event(event_then, now=NOW)).event == event_then


def test_only_the_marker_makes_an_event_ours():
    assert found(calendar(*event("DTSTART:20261201T090000Z"))).event is None
    marked = calendar(
        *event("DTSTART:20261201T090000Z", "X-SYNCD-MARKER:x", "ORGANIZER:mailto:a@example.com")
    )
    assert found(marked).organizer
    assert found(marked).event.marker == "x"
    assert found(calendar(*event("DTSTART:never", "X-SYNCD-MARKER:x"))).event is None


def test_what_an_agent_changed_is_seen():
    data = write_event(appointment(), now=NOW)
    for old, new in (
        (b"T100000", b"T110000"),
        (b"Line 1", b"Changed"),
        (b"CLASS:PRIVATE", b"CLASS:PUBLIC"),
        (b"-PT15M", b"-PT5M"),
    ):
        assert old in data
        assert found(data.replace(old, new)).event != appointment()


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="no such time zone"):
        write_event(appointment(zone="Mars/Olympus"), now=NOW)
    with pytest.raises(ValueError, match="no zone"):
        write_event(appointment(start=datetime(2026, 12, 1, 9)), now=NOW)  # noqa: DTZ001  # that is the point


HOSTILE = st.one_of(
    st.text(max_size=200),
    st.sampled_from(["\r\nATTENDEE:mailto:x@example.com\r\nX:", "\\", "\\\\n", "\\N", "a" * 90_000, "\u00e9" * 50_000, "\ud83d\ude00" * 9, "\x85\u2028\x0b",
                     "END:VCALENDAR\r\n", ";,\\;\\,\n" * 20_000, " leading and trailing ", "\t"]),
)  # fmt: skip


@given(
    title=HOSTILE, text=HOSTILE, link=HOSTILE, zone=st.sampled_from(ZONES), private=st.booleans(),
    start=st.datetimes(datetime(2000, 1, 1), datetime(2050, 1, 1)),  # noqa: DTZ001  # made aware below
    minutes=st.integers(0, 3000), reminder=st.integers(0, 5000),
)  # fmt: skip
def test_own_events_round_trip(title, text, link, zone, private, start, minutes, reminder):
    start = start.replace(tzinfo=UTC, microsecond=0)
    event_then = appointment(
        title=title, text=text, link=link, zone=zone, private=private, start=start,
        end=start + timedelta(minutes=minutes), reminder=timedelta(minutes=reminder),
    )  # fmt: skip
    data = write_event(event_then, now=NOW)
    back = found(data).event
    assert (back.start, back.end, back.uid, back.marker) == (
        event_then.start,
        event_then.end,
        event_then.uid,
        event_then.marker,
    )
    assert (back.zone, back.private, back.reminder) == (zone, private, event_then.reminder)
    assert (back.title, back.text) == (clean(title, TITLE_BYTES), clean(text, TEXT_BYTES))
    assert back.link == clean(link, LINK_BYTES).replace("\n", "")
    assert write_event(back, now=NOW) == data
    assert len(data) < 100_000
    assert b"ATTENDEE" not in data.replace(b"\r\n ", b"").replace(b"\\nATTENDEE", b"").replace(
        b":ATTENDEE", b""
    )
    lines = data.split(b"\r\n")
    assert lines[-1] == b""
    assert all(len(line) <= 75 and not any(byte < 32 or byte == 127 for byte in line) for line in lines)


# ---------------------------------------------------------------------------------------------------------------------
# The reduced form


SECRET = ("SUMMARY:secret", "LOCATION:secret", "DESCRIPTION:secret", "ORGANIZER;CN=secret:mailto:secret@example.com",
          "ATTENDEE;PARTSTAT=ACCEPTED;CN=secret:mailto:secret@example.com", "CATEGORIES:secret")  # fmt: skip


def test_only_what_lasts_is_reduced():
    past = calendar(*event("DTSTART:20261201T090000Z", "DTEND:20261201T093000Z"))
    assert found(past).reduced is None
    for lasting in (("RRULE:FREQ=DAILY",), ("RDATE:20261203T090000Z",), ("DTEND:20270601T000000Z",)):
        assert found(calendar(*event("DTSTART:20261201T090000Z", *lasting))).reduced
    assert found(calendar(*event("DTSTART:20280101T090000Z"))).reduced


def test_the_reduced_form_holds_nothing_personal_but_the_owners_answer():
    mine = "ATTENDEE;PARTSTAT=DECLINED;CN=secret:mailto:Anna@example.com"
    data = calendar(
        "X-WR-CALNAME:secret", *event("DTSTART:20261201T090000Z", "RRULE:FREQ=DAILY", *SECRET, mine)
    )
    item = found(data, addresses=("anna@example.com",))
    assert item.organizer
    assert b"secret" not in item.reduced
    assert item.reduced.count(b"ATTENDEE") == 1
    assert found(item.reduced, addresses=("anna@example.com",)).intervals == item.intervals


def test_foreign_text_in_the_wrong_place_is_not_kept_either():
    data = calendar(
        *event(
            "DTSTART:20261201T090000Z",
            "RRULE:SECRET\u00e9",
            "EXDATE:(secret)",
            "STATUS:secret!",
            "RDATE;TZID=secret zone!:20261203T090000",
        )
    )
    item = found(data)
    assert b"secret" not in item.reduced.lower()
    assert found(item.reduced).intervals == item.intervals


TIME = st.integers(0, 60 * 24 * 2).map(lambda step: datetime(2026, 11, 1, 8) + timedelta(minutes=30 * step))  # noqa: DTZ001  # wall-clock
FORM = st.sampled_from(
    [
        "",
        ";TZID=Europe/Amsterdam",
        ";TZID=W. Europe Standard Time",
        ";TZID=Mine",
        ";TZID=No Such Zone",
        ";VALUE=DATE",
        "Z",
    ]
)
MINE = ("BEGIN:VTIMEZONE", "TZID:Mine", "BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:-0330", "TZOFFSETTO:-0330",
        "END:STANDARD", "END:VTIMEZONE")  # fmt: skip


def line(name: str, form: str, *times: datetime) -> str:
    pattern = "%Y%m%d" if form == ";VALUE=DATE" else "%Y%m%dT%H%M%SZ" if form == "Z" else "%Y%m%dT%H%M%S"
    return f"{name}{'' if form == 'Z' else form}:" + ",".join(time.strftime(pattern) for time in times)


@st.composite
def objects(draw):
    form = draw(FORM)
    first = draw(TIME)
    rule = draw(st.sampled_from(["RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY;BYDAY=MO,TH", "RRULE:FREQ=MONTHLY;BYDAY=-1FR", "RRULE:FREQ=DAILY;COUNT=9",
                                 "RRULE:FREQ=WEEKLY;UNTIL=20270301T120000Z", "RRULE:FREQ=NEVER", "X-NO:1"]))  # fmt: skip
    length = draw(st.sampled_from(["DURATION:PT45M", "DURATION:P2D", "X-NO:1", "DURATION:never"]))
    kind = draw(st.sampled_from(["TRANSP:TRANSPARENT", "STATUS:TENTATIVE", "X-MICROSOFT-CDO-BUSYSTATUS:OOF", "X-NO:1",
                                 "ATTENDEE;PARTSTAT=DECLINED:mailto:anna@example.com", "ATTENDEE:mailto:bob@example.com"]))  # fmt: skip
    lines = [
        *event(
            line("DTSTART", form, first),
            rule,
            length,
            kind,
            *draw(st.lists(st.builds(line, st.sampled_from(["EXDATE", "RDATE"]), FORM, TIME), max_size=3)),
        )
    ]
    for _ in range(draw(st.integers(0, 2))):
        wide = draw(st.sampled_from(["", ";RANGE=THISANDFUTURE"]))
        moved = line("DTSTART", draw(FORM), draw(TIME))
        lines += event(
            line(f"RECURRENCE-ID{wide}", form, first + timedelta(days=draw(st.integers(0, 9)))),
            moved,
            "DURATION:PT20M",
            draw(st.sampled_from(["STATUS:CANCELLED", "X-NO:1"])),
        )
    top = draw(st.sampled_from([(), ("X-WR-TIMEZONE:Asia/Tokyo",), ("X-WR-TIMEZONE:Nowhere",)]))
    return calendar(*top, *MINE, *lines)


@given(objects(), st.sampled_from(ZONES), st.integers(0, 200), st.integers(1, 60))
def test_the_reduced_form_expands_to_the_same_intervals_in_every_later_window(data, zone, ahead, days):
    owner = {"zone": zone, "addresses": ("anna@example.com",)}
    item = found(data, end=START + timedelta(days=1), **owner)
    window = {"start": START + timedelta(days=ahead + 1), "end": START + timedelta(days=ahead + 1 + days)}
    whole = found(data, **owner, **window)
    if item.reduced is None:
        assert whole.intervals == ()
        return
    again = found(item.reduced, **owner, **window)
    assert again.intervals == whole.intervals
    assert found(item.reduced, end=START + timedelta(days=1), **owner).intervals == item.intervals
    assert (again.uid, again.reduced is None) == (item.uid, whole.reduced is None)
    assert b"mailto:bob" not in item.reduced


def test_the_reader_has_a_version():
    assert READER_VERSION

"""A whole calendar taken apart: each object means what it means in the whole, and none is lost with a neighbour's fault."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.caldav.collection import is_calendar, split
from connectors.ical import read, read_object

URL = "https://dav.example.com/team/"
START = datetime(2026, 3, 2, tzinfo=UTC)
ZONE = (
    "BEGIN:VTIMEZONE", "TZID:Office", "BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0500",
    "TZOFFSETTO:+0500", "END:STANDARD", "END:VTIMEZONE",
)  # fmt: skip


def whole(*lines: str) -> bytes:
    return "".join(
        f"{line}\r\n" for line in ("BEGIN:VCALENDAR", "VERSION:2.0", *lines, "END:VCALENDAR")
    ).encode()


def event(uid: str, *more: str, start: str = ":20260303T100000Z") -> tuple[str, ...]:
    return ("BEGIN:VEVENT", f"UID:{uid}", f"DTSTART{start}", "DURATION:PT1H", *more, "END:VEVENT")


def told(data: bytes) -> dict[str, tuple[datetime, ...]]:
    """UID -> when it begins, each object read by itself."""
    found = {}
    for href, text in split(data, URL):
        seen = read_object(href, "e", text, zone="UTC", start=START, end=START + timedelta(days=30))
        found[seen.uid] = tuple(one.start for one in seen.intervals)
    return found


def at(hour: int) -> datetime:
    return datetime(2026, 3, 3, hour, tzinfo=UTC)


def test_each_uid_is_an_object_with_its_overrides() -> None:
    moved = event("a", "RECURRENCE-ID:20260304T100000Z", start=":20260304T120000Z")
    found = told(whole(*event("a", "RRULE:FREQ=DAILY;COUNT=2"), *event("b"), *moved))
    assert found == {"a": (at(10), at(12) + timedelta(days=1)), "b": (at(10),)}


def test_zones_and_the_zone_of_floating_times_go_along() -> None:
    data = whole(
        "X-WR-TIMEZONE:Asia/Tokyo",
        *ZONE,
        *event("a", start=";TZID=Office:20260303T100000"),
        *event("b", start=":20260303T100000"),
    )
    assert told(data) == {"a": (at(5),), "b": (at(1),)}
    together = read(data, zone="UTC", start=START, end=START + timedelta(days=30))
    assert sorted(one.start for one in together.intervals) == [at(1), at(5)]


def test_what_one_calendar_of_several_says_holds_for_its_own_events_only() -> None:
    one, other = (
        whole("X-WR-TIMEZONE:Asia/Tokyo", *event("a", start=":20260303T100000")),
        whole(*event("b", start=":20260303T100000")),
    )
    assert told(one + other) == {"a": (at(1),), "b": (at(10),)}


@pytest.mark.parametrize("torn", ["END:VEVENT", "END:VALARM"])
def test_an_event_without_its_end_takes_no_other_along(torn: str) -> None:
    alarm = ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT5M", "END:VALARM")
    lines = [line for line in event("a", *alarm) if line != torn]
    found = told(
        whole(*lines, *event("b", start=":20260303T150000Z"), *event("c", start=":20260303T160000Z"))
    )
    assert found["b"] == (at(15),)
    assert found["c"] == (at(16),)
    assert set(found) == {"a", "b", "c"}


def test_a_folded_uid_is_one_and_ours_keeps_its_address() -> None:
    ours = f"syncd-{'0f' * 16}"
    (href, _), (other, _) = split(whole(*event(f"{ours[:20]}\r\n {ours[20:]}"), *event("an odd/uid")), URL)
    assert href == f"/team/{ours}.ics"
    assert other.startswith("/team/")
    assert "odd" not in other


@pytest.mark.parametrize("data", [b"", b"<html></html>", whole()[:-5], b"BEGIN:VEVENT\r\nEND:VEVENT\r\n"])
def test_what_is_no_calendar_or_not_whole_is_none(data: bytes) -> None:
    assert not is_calendar(data)


def test_an_empty_calendar_is_one() -> None:
    assert is_calendar(whole())
    assert told(whole()) == {}

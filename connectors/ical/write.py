"""Writing our own appointment as iCalendar text (RFC 5545, RFC 7986), with the `icalendar` library.

No ORGANIZER and no ATTENDEE, ever: an appointment without them makes no server send mail (RFC 6638 section 3.2).
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import icalendar

from connectors.ical.component import MARKER
from connectors.ical.zones import UTC_ZONE, Zone, named_zone
from connectors.interface import Event

TITLE_BYTES = 2_000
TEXT_BYTES = 30_000
LINK_BYTES = 4_000
_WORD_BYTES = 500


class _Text(icalendar.vText):
    """A TEXT value escaped exactly as RFC 5545 section 3.3.11 says (the library takes a written `\\N` for a line feed)."""

    def to_ical(self) -> bytes:
        """Return the escaped bytes."""
        return re.sub(r"([\\;,])", r"\\\1", self).replace("\n", "\\n").encode()


def write_event(event: Event, *, now: datetime, sequence: int = 0) -> bytes:
    """Return the calendar object for one of our appointments, with CRLF lines, below 100 kB.

    Times are in the agent's zone with its VTIMEZONE; in UTC if that is the zone, or for a time in a repeated hour,
    which a wall clock can't name. Titles, texts and links are cleaned of control characters and cut to a safe length.
    Raises `ValueError` if the zone does not exist or a time is not aware.
    """
    zone = named_zone(event.zone)
    if zone is None:
        raise ValueError(f"no such time zone: {event.zone}")
    calendar = icalendar.Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", "-//syncd//syncd//EN")
    if zone is not UTC_ZONE:
        calendar.add_component(_definition(event.zone, event.start.year, event.end.year))
    calendar.add_component(_component(event, zone, now, sequence))
    return bytes(calendar.to_ical())


def clean(text: str, allowed: int) -> str:
    """Return text without control characters (line feeds stay), at most `allowed` bytes of UTF-8 when escaped."""
    text = re.sub("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", "\n", text)
    kept = "".join(
        character
        for character in text
        if character == "\n" or unicodedata.category(character) not in {"Cc", "Cs"}
    )
    size = 0
    for index, character in enumerate(kept):
        size += len(character.encode()) + (character in "\\;,\n")
        if size > allowed:
            return kept[:index]
    return kept


def _component(event: Event, zone: Zone, now: datetime, sequence: int) -> icalendar.Event:
    component = icalendar.Event()
    link = clean(event.link, LINK_BYTES).replace("\n", "")
    component.add("UID", _Text(clean(event.uid, _WORD_BYTES)))
    component.add("DTSTAMP", now.astimezone(UTC))
    component.add("SEQUENCE", sequence)
    for name, value in (
        ("SUMMARY", clean(event.title, TITLE_BYTES)),
        ("DESCRIPTION", clean(event.text, TEXT_BYTES)),
        ("LOCATION", link),
    ):
        if value:
            component.add(name, _Text(value))
    _add_times(component, event, zone)
    _add_link(component, link)
    component.add("CLASS", "PRIVATE" if event.private else "PUBLIC")
    component.add("TRANSP", "TRANSPARENT" if event.free else "OPAQUE")
    component.add("STATUS", "CANCELLED" if event.free else "CONFIRMED")
    component.add(MARKER, _Text(clean(event.marker, _WORD_BYTES)))
    component.add("X-MICROSOFT-CDO-BUSYSTATUS", "FREE" if event.free else "BUSY")
    if event.reminder > timedelta(0):
        component.add_component(_alarm(event))
    return component


def _add_times(component: icalendar.Event, event: Event, zone: Zone) -> None:
    for name, instant in (("DTSTART", event.start), ("DTEND", event.end)):
        if instant.tzinfo is None:
            raise ValueError(f"{name}: the time has no zone")
        component.add(name, _time(instant.astimezone(UTC).replace(microsecond=0), zone, event.zone))


def _time(instant: datetime, zone: Zone, name: str) -> icalendar.vDatetime:
    wall = zone.to_wall(instant)
    if zone is UTC_ZONE or zone.to_utc(wall) != instant:
        return icalendar.vDatetime(instant)
    time = icalendar.vDatetime(wall)
    time.params["TZID"] = name
    return time


def _add_link(component: icalendar.Event, link: str) -> None:
    if link:
        component.add("URL", icalendar.vUri(link))
        component.add("CONFERENCE", icalendar.vUri(link, params={"VALUE": "URI"}))


def _alarm(event: Event) -> icalendar.Alarm:
    alarm = icalendar.Alarm()
    alarm.add("ACTION", "DISPLAY")
    alarm.add("DESCRIPTION", _Text(clean(event.title, TITLE_BYTES) or "Meeting"))
    alarm.add("TRIGGER", -event.reminder)
    return alarm


@lru_cache(maxsize=128)
def _definition(name: str, first: int, last: int) -> icalendar.Timezone:
    """The zone's VTIMEZONE for the years around the event: enough for any client, and small."""
    zone = ZoneInfo(name)
    definition = icalendar.Timezone()
    definition.add("TZID", name)
    begin = datetime(max(first - 1, 2), 1, 1, tzinfo=UTC)
    definition.add_component(_observance(zone, begin, before=zone.utcoffset(begin.astimezone(zone))))
    for change in _changes(zone, begin, datetime(min(last + 2, 9998), 1, 1, tzinfo=UTC)):
        before = (change - timedelta(seconds=1)).astimezone(zone).utcoffset()
        definition.add_component(_observance(zone, change, before))
    return definition


def _observance(zone: ZoneInfo, change: datetime, before: timedelta | None) -> icalendar.Component:
    """A STANDARD or DAYLIGHT part: its onset is written on the clock as it was before (RFC 5545 section 3.6.5)."""
    local = change.astimezone(zone)
    part = icalendar.TimezoneDaylight() if local.dst() else icalendar.TimezoneStandard()
    part.add("DTSTART", icalendar.vDatetime((change + (before or timedelta(0))).replace(tzinfo=None)))
    part.add("TZOFFSETFROM", before or timedelta(0))
    part.add("TZOFFSETTO", local.utcoffset() or timedelta(0))
    part.add("TZNAME", local.tzname() or str(zone))
    return part


def _changes(zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[datetime]:
    """The instants at which the zone's offset changes, to the second: days are compared, then halved."""
    low = begin
    while low < end:
        high = low + timedelta(days=1)
        if low.astimezone(zone).utcoffset() != high.astimezone(zone).utcoffset():
            yield _change_between(zone, low, high)
        low = high


def _change_between(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    offset = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == offset else (low, middle)
    return high

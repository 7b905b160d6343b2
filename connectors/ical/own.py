"""Our own appointments, read back: an object with the property X-SYNCD-MARKER becomes an `Event`."""

from datetime import timedelta

from connectors.ical.component import MARKER, Component
from connectors.ical.events import Entry
from connectors.ical.values import read_length, read_text
from connectors.ical.wellformed import definition
from connectors.ical.zones import UTC_ZONE, known_zone
from connectors.interface import NEVER_STORED, Event


def own_event(calendar: Component, event: Component, entry: Entry) -> Event:
    """Return the appointment that a component with our marker describes."""
    return Event(
        uid=entry.uid,
        marker=read_text(event.text(MARKER)),
        start=entry.start.instant,
        end=entry.start.after(entry.length),
        zone=_zone_name(calendar, event),
        title=_text(event, "SUMMARY"),
        text=_text(event, "DESCRIPTION"),
        link=_text(event, "LOCATION") or event.text("CONFERENCE") or event.text("URL"),
        private=event.text("CLASS").upper() in {"PRIVATE", "CONFIDENTIAL"},
        reminder=_reminder(event),
        free=entry.status in NEVER_STORED,
    )


def _text(event: Component, name: str) -> str:
    line = event.first(name)
    return read_text(line.value) if line else ""


def _zone_name(calendar: Component, event: Component) -> str:
    """The zone of the times; of times in UTC (a repeated hour is written so) the only zone the object defines."""
    tzids = [line.parameters.get("TZID", "") for name in ("DTSTART", "DTEND") if (line := event.first(name))]
    defined = [definition(part).text("TZID") for part in calendar.parts if part.kind == "VTIMEZONE"]
    for tzid in [*tzids, *(defined if len(defined) == 1 else ())]:
        zone = known_zone(tzid) if tzid else None
        if zone:
            return zone.name
    return UTC_ZONE.name


def _reminder(event: Component) -> timedelta:
    for alarm in event.parts:
        trigger = alarm.text("TRIGGER") if alarm.kind == "VALARM" else ""
        try:
            length = read_length(trigger)
        except ValueError:
            continue  # an alarm at a fixed time, or none at all: not one of ours
        before = -(timedelta(days=length.days) + length.exact)
        if before > timedelta(0):
            return before
    return timedelta(0)

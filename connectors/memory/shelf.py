"""One calendar in memory: its objects, their etags, and the history from which changes are told (RFC 6578)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from connectors.ical import read_object, write_event
from connectors.interface import (
    Calendar,
    CalendarInfo,
    CalendarObject,
    Conflict,
    Event,
    Found,
    FreeBusy,
    Identity,
    NoAccess,
    Status,
    Taken,
)

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""Stamps what is written, and a window for reading an object of which only the event itself is wanted."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as the server holds it."""

    href: str
    etag: str
    data: bytes

    def read(self, calendar: Calendar) -> CalendarObject:
        """What it means to the calendar's owner."""
        return read_object(
            self.href, self.etag, self.data,
            zone=calendar.zone, start=calendar.start, end=calendar.end, addresses=calendar.addresses,
        )  # fmt: skip

    def found(self) -> Found:
        """What it says about being ours."""
        seen = read_object(self.href, self.etag, self.data, zone="UTC", start=LONG_AGO, end=LONG_AGO)
        return Found(self.href, self.etag, seen.event, seen.organizer, seen.uid)


@dataclass(slots=True)
class Shelf:
    """A calendar. `series` tells its sync states from those of others; a new one makes all earlier states unknown."""

    info: CalendarInfo
    series: int
    objects: dict[str, Stored] = field(default_factory=dict)
    offers_free_busy: bool = True
    history: list[str] = field(default_factory=list)
    """The href of each change, oldest first: a sync state is a position in it."""

    @property
    def state(self) -> str:
        """The sync state now, which is also the revision."""
        return f"{self.series}-{len(self.history)}"

    def since(self, state: str | None) -> set[str] | None:
        """The hrefs that changed since a state; None where it means nothing (any more)."""
        series, _, position = (state or "").partition("-")
        if series != str(self.series) or not position.isdigit() or int(position) > len(self.history):
            return None
        return set(self.history[int(position) :])

    def save(self, href: str, data: bytes) -> Stored:
        """Store an object, overwriting."""
        self.history.append(href)
        self.objects[href] = Stored(href, f'"{self.series}-{len(self.history)}"', data)
        return self.objects[href]

    def drop(self, href: str) -> None:
        """Delete an object."""
        del self.objects[href]
        self.history.append(href)

    def free_busy(self, start: datetime, end: datetime) -> FreeBusy:
        """As RFC 4791 section 7.10 has it: all but what is free or cancelled. Whole days are days in UTC; nobody declines."""
        asked = Calendar(self.info.href, "UTC", (), start, end)
        found = (interval for one in self.objects.values() for interval in one.read(asked).intervals)
        silent = (Status.FREE, Status.CANCELLED)
        return FreeBusy(start, end, tuple(one for one in found if one.status not in silent))

    def find(self, identity: Identity) -> Stored | None:
        """Our event where it was last seen, else where it belongs, else wherever its UID is."""
        for href in (identity.href, self._belongs(identity.uid)):
            if href in self.objects:
                return self.objects[href]
        return next(self._with_uid(identity.uid), None) if identity.href else None

    def write(self, event: Event, found: Found | None) -> Stored:
        """Store our event, only if it is still as found."""
        if not self.info.writable:
            raise NoAccess("the calendar in memory is read-only", "make it writable")
        href = found.href if found else self._belongs(event.uid)
        held = self.objects.get(href)
        if (held.etag if held else None) != (found.etag if found else None):
            raise Conflict("the event changed meanwhile", "it is looked at again")
        if any(other.href != href for other in self._with_uid(event.uid)):
            raise Taken("another object holds this UID", "another UID is used")
        return self.save(href, write_event(event, now=LONG_AGO))

    def erase(self, found: Found) -> None:
        """Delete our event, only if it is still as found; gone already is as good."""
        held = self.objects.get(found.href)
        if held is not None and held.etag != found.etag:
            raise Conflict("the event changed meanwhile", "it is looked at again")
        if held is not None:
            self.drop(found.href)

    def _belongs(self, uid: str) -> str:
        return f"{self.info.href}{quote(uid, safe='')}.ics"

    def _with_uid(self, uid: str) -> Iterator[Stored]:
        return (stored for stored in self.objects.values() if stored.found().uid == uid)

"""Busy time: what is kept of calendars, and time that was blocked by hand."""

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Slot:
    """A stored busy interval, whole, half-open. `status` is the raw kind (connectors.interface.Status values).

    `uid`: its object's, which is no part of what the slot is.
    """

    agent: str
    calendar_id: int
    href: str
    start: datetime
    end: datetime
    status: str
    all_day: bool
    uid: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A calendar object to be saved: its intervals (start, end, status, all_day) and what re-expansion needs.

    `copy_id`: the object is one of our copies; then it has no intervals. `problem`: why it could not be read whole.
    """

    href: str
    etag: str
    uid: str
    intervals: tuple[tuple[datetime, datetime, str, bool], ...] = ()
    reduced: bytes | None = None
    problem: str = ""
    copy_id: int | None = None


@dataclass(frozen=True, slots=True)
class MadeBlock:
    """Availability taken away by command, in the terms of `syncd.rules.blocks`; `made_by`: who asked for it."""

    id: int
    scope: str
    title: str
    start: datetime
    end: datetime
    timezone: str
    repeat: str | None
    until: datetime | None
    made_by: str
    made_at: datetime
    count: int | None = None
    exceptions: tuple[date, ...] = ()

"""The whole contract between syncd and a calendar server, in one file.

A connector speaks for one *login* (an agent's sign-in at an account). It lists the login's calendars, tells what
changed in one of them, and keeps syncd's own events there. It never decides anything: what blocks, what is ours and what
is to be written are rules of `syncd`. A connector holds no state between calls that matters: what it wants to remember
it hands out as opaque text (`Listing.memo`, `Changes.state`), and gets it back on the next call.

Terms are those of RFC 5545 (iCalendar), RFC 4791 (CalDAV) and RFC 6578 (sync tokens).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Literal, NamedTuple, Protocol

# ---------------------------------------------------------------------------------------------------------------------
# What is read


class Status(StrEnum):
    """How an interval stands in its owner's calendar. The raw kind: whether it blocks is policy, decided later."""

    FREE = "free"
    BUSY = "busy"
    TENTATIVE = "tentative"
    OUT_OF_OFFICE = "out_of_office"
    WORKING_ELSEWHERE = "working_elsewhere"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    DECLINED = "declined"


NEVER_STORED = frozenset({Status.FREE, Status.CANCELLED, Status.DECLINED})
"""Kinds that can never block anybody, whatever the policy."""


class BusyInterval(NamedTuple):
    """One occurrence, whole: half-open [start, end) in aware UTC. `all_day`: the calendar said dates, not times.

    A tuple, where other values are dataclasses: a series makes hundreds of them.
    """

    start: datetime
    end: datetime
    status: Status
    all_day: bool
    uid: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a calendar object that could not be read (`error`) or was read with a guess (`warning`).

    `line` is the 1-based line in the text, 0 where unknown. The message names the property, never its foreign content.
    """

    uid: str
    line: int
    message: str
    level: Literal["error", "warning"] = "error"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a calendar text means: every occurrence overlapping the window asked for, and what was wrong with it."""

    intervals: tuple[BusyInterval, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One of syncd's own appointments: as it is to be written, or as it was found on the server.

    No organizer and no attendees, ever, so that no server mails anyone (RFC 6638 section 3.2). `marker` is random text
    by which a copy is recognised; `zone` is the agent's IANA zone, in which the times are written; `reminder` of zero
    means none. `free`: it takes none of the agent's time, because the meeting was cancelled. `repeats`: somebody made a
    series of it, which is never written.
    """

    uid: str
    marker: str
    start: datetime
    end: datetime
    zone: str
    title: str
    text: str = ""
    link: str = ""
    private: bool = True
    reminder: timedelta = timedelta(0)
    repeats: bool = False
    free: bool = False


@dataclass(frozen=True, slots=True)
class CalendarObject:
    """A calendar object resource (RFC 4791 section 4.1) as read: only what syncd may know of it.

    `reduced`: what re-expansion needs and nothing personal, for objects with occurrences beyond the window; else None.
    `event`: set only if the object carries a syncd marker; whether it is *ours* is decided by the rules.
    `organizer`: the object names an organizer, so it can't be ours.
    """

    href: str
    etag: str
    uid: str
    intervals: tuple[BusyInterval, ...]
    problems: tuple[Problem, ...] = ()
    reduced: bytes | None = None
    event: Event | None = None
    organizer: bool = False


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which calendar to read, and how to understand it: the owner's zone and addresses, and the window [start, end)."""

    href: str
    zone: str
    addresses: tuple[str, ...]
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Changes:
    """What `changes` found. `complete`: a full listing, so whatever is known and absent here is gone.

    `unchanged` are hrefs listed with the etag already known (a full listing names them without fetching them); `state`
    is opaque and saved with the data in one transaction. `by`: in which way the calendar was read, in a word for people.
    """

    upserts: tuple[CalendarObject, ...]
    gone: tuple[str, ...]
    state: str
    complete: bool
    unchanged: tuple[str, ...] = ()
    by: str = ""


@dataclass(frozen=True, slots=True)
class FreeBusy:
    """The server's own answer to when a calendar takes its owner's time, as far as it covers the question: [start, end).

    `intervals` in its words: a kind of `FREE` says that nothing is in the way there. Two may overlap.
    """

    start: datetime
    end: datetime
    intervals: tuple[BusyInterval, ...]


@dataclass(frozen=True, slots=True)
class CalendarInfo:
    """A calendar as the server lists it. `revision`: opaque; equal to last time means nothing changed ("" = can't say).

    `identity`: opaque; another than last time means that it is another calendar under the same href ("" = can't say). `owned`: in the login's own home. `transparent`: its owner says it does not count (RFC 6638 section 9.1). `default`:
    what the name "default" means where the server has such a calendar (Outlook).
    """

    href: str
    name: str
    revision: str
    owned: bool = True
    transparent: bool = False
    writable: bool = True
    default: bool = False
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The calendars of a login, and what discovery learned (opaque; saved with the login, given back next time)."""

    calendars: tuple[CalendarInfo, ...]
    memo: str


@dataclass(frozen=True, slots=True)
class Identity:
    """By what one of our events is looked for: its UID, its marker, and the href it was last seen at ("" = never)."""

    uid: str
    marker: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """One of our events as the server holds it now. `sequence`: its revision (RFC 5545 section 3.8.7.4), where it has one."""

    href: str
    etag: str
    event: Event | None
    organizer: bool
    uid: str
    sequence: int = 0


# ---------------------------------------------------------------------------------------------------------------------
# The connector


class Connector(Protocol):
    """One login at one calendar server. Every call has a time limit and raises only errors of the tree below.

    Implementations may be used by one thread at a time; separate instances may be used in parallel.
    """

    gate: ClassVar[bool]
    """True: `calendars` costs one request and its revisions tell which calendars changed (asked every cycle).
    False: it is asked daily, and `changes` every cycle."""

    def calendars(self, memo: str | None) -> Listing:
        """List the login's calendars. With the memo of last time this is one request; without, discovery runs."""
        ...

    def changes(self, calendar: Calendar, state: str | None, known: Mapping[str, str]) -> Changes:
        """Tell what changed since `state` (None: everything). `known` is href -> etag of what the store holds.

        It is read from the store at its first use, which must come before everything is listed: what syncd itself writes
        after a listing and before `known` would else be known, not listed, and so taken for gone.

        A state the server no longer honours leads to a full listing (`complete`), never to an error or to silence.
        """
        ...

    def free_busy(self, calendar: str, start: datetime, end: datetime) -> FreeBusy | None:
        """Ask the server when it takes the owner to be busy; None where it does not offer that for this calendar.

        What is read by `changes` decides; this is a second opinion, for comparing.
        """
        ...

    def find(self, calendar: str, identity: Identity) -> Found | None:
        """Read our event directly from the server; None if it is not there.

        What is found under our address may be somebody else's by now: whoever asks compares the marker.
        """
        ...

    def put(self, calendar: str, event: Event, found: Found | None) -> Found:
        """Create the event (`found` None) or replace the one found, only if it is still as found.

        Returns what the server holds afterwards, read back. Raises `Conflict` when somebody was faster, `Taken` when
        the server will not have this UID (again), `OutcomeUnknown` when it can't be told whether it was written.
        """
        ...

    def remove(self, calendar: str, found: Found) -> None:
        """Remove our event if it is still as found. Already gone is success."""
        ...

    def close(self) -> None:
        """Give back what the connector holds. Safe to call twice."""
        ...


# ---------------------------------------------------------------------------------------------------------------------
# The error tree: named by what each failure means for the one who must act


class ConnectorError(Exception):
    """A calendar server failed us. `hint` tells the operator what to do; neither text holds a secret or content."""

    state: ClassVar[Literal["failing", "no-access"]] = "failing"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Unreachable(ConnectorError):
    """No connection, no answer in time, or a server that says it is down. Worth another try."""


class Throttled(Unreachable):
    """The server asks to wait: `retry_after`, in its words (RFC 9110 section 10.2.3), else None."""

    def __init__(self, message: str, hint: str = "", retry_after: timedelta | None = None) -> None:
        super().__init__(message, hint)
        self.retry_after = retry_after


class Garbled(ConnectorError):
    """An answer that makes no sense: not the XML or JSON that was asked for, too large, or cut short."""


class SignInRefused(ConnectorError):
    """Name or password refused. Trying again soon can lock the account, so it is tried rarely."""

    state = "no-access"


class NoAccess(ConnectorError):
    """Signed in, but this is forbidden: a right is missing, or the calendar is read-only."""

    state = "no-access"


class CalendarGone(ConnectorError):
    """The calendar is not where it was. Not the same as empty: what is known of it is kept."""

    state = "no-access"


class Conflict(ConnectorError):
    """The event is no longer as it was found: read again and decide again."""


class Taken(ConnectorError):
    """The server will not have this UID or address (again): another object holds it, or its trash bin does."""


class OutcomeUnknown(Unreachable):
    """The connection ended before the answer: the write may or may not have happened. Look before trying again."""


class Unsupported(ConnectorError):
    """The server, or this version of syncd, can't do what is needed."""

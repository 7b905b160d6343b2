"""The fake's things: a tenant's mailboxes, their calendars, and the events in them."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from syncd.demo.graph.ids import CALENDAR, IMMUTABLE, NORMAL, Name
from syncd.demo.graph.moments import Wall
from syncd.demo.graph.refusal import Json

Access = Literal["open", "no-access", "not-enabled", "unlicensed"]
NEVER_YET = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True, eq=False)
class Folder:
    """A calendar. `turn` counts how often its id changed."""

    number: int
    name: str
    default: bool = False
    writable: bool = True
    turn: int = 0
    change: int = 0


@dataclass(slots=True, eq=False)
class Entry:
    """An event, a series or, within a series, the exception of one day.

    `fields`: what Graph answers of it that is neither an id nor a time; `odd`: answered instead, as it stands. For a
    series: `exceptions` and `cancelled` by the day of the occurrence, `version` grows when it is rescheduled.
    """

    number: int
    folder: Folder
    fields: Json
    start: Wall
    end: Wall
    created: datetime
    uid: str
    all_day: bool = False
    recurrence: Json | None = None
    extended: dict[str, str] = field(default_factory=dict)
    exceptions: dict[date, "Entry"] = field(default_factory=dict)
    cancelled: set[date] = field(default_factory=set)
    version: int = 0
    moves: int = 0
    change: int = 0
    modified: datetime = NEVER_YET
    transaction: str | None = None
    odd: Json = field(default_factory=dict)

    @property
    def is_series(self) -> bool:
        return self.recurrence is not None

    @property
    def span(self) -> timedelta:
        """By the wall clock: a clock change makes no meeting longer."""
        return self.end.clock - self.start.clock

    @property
    def organized_here(self) -> bool:
        return bool(self.fields.get("isOrganizer"))


@dataclass(slots=True)
class Change:
    """A line of a mailbox's journal: entry `number` in folder `folder` changed, or left it (`gone`: as it was then).

    `span`: where it was before (None: nowhere); `day` and `version`: of an occurrence that was deleted.
    """

    seq: int
    at: datetime
    folder: int
    number: int
    gone: Entry | None = None
    span: tuple[datetime, datetime] | None = None
    day: date | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Mail:
    """A message Exchange sent by itself. Silence is what tests ask of most writes."""

    kind: Literal["invitation", "update", "cancellation", "response", "forward"]
    sender: str
    to: str
    subject: str
    at: datetime


@dataclass(slots=True, eq=False)
class Mailbox:
    """One mailbox. `seq` grows with every write; `journal` tells what each was; `generation`: of its delta links."""

    guid: str
    address: str
    name: str
    zone: str
    token: bytes
    """16 bytes that stand in all its ids."""
    folders: dict[int, Folder] = field(default_factory=dict)
    entries: dict[int, Entry] = field(default_factory=dict)
    transactions: dict[str, tuple[int, str]] = field(default_factory=dict)
    """transactionId -> the entry's number, and a digest of the body it came with."""
    journal: list[Change] = field(default_factory=list)
    seq: int = 0
    numbers: int = 0
    generation: int = 0
    access: Access = "open"
    appears_at: datetime | None = None
    custom_zone: bool = False
    refuses_subscriptions: str = ""
    settings: Json = field(default_factory=dict)

    def number(self) -> int:
        """A number no other thing here has."""
        self.numbers += 1
        return self.numbers

    @property
    def default(self) -> Folder:
        return next(folder for folder in self.folders.values() if folder.default)

    def id_of(self, entry: Entry, *, immutable: bool) -> str:
        """The id of an event or a series."""
        return self._name(entry, immutable=immutable).text

    def occurrence_id(self, series: Entry, day: date, *, immutable: bool) -> str:
        """The id of an occurrence, exception or not."""
        return self._name(series, immutable=immutable).on(day, series.version).text

    def folder_id(self, folder: Folder) -> str:
        """Calendars have one form of id, and it does change."""
        return Name(self.token, folder.number, folder.turn, kind=CALENDAR).text

    def _name(self, entry: Entry, *, immutable: bool) -> Name:
        return Name(self.token, entry.number, entry.moves, kind=IMMUTABLE if immutable else NORMAL)

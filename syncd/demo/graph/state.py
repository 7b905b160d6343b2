"""The state of the fake Graph: one tenant's mailboxes, one clock, one lock; every write is numbered and told on.

This is the lower half, which routes and acts build on; `fake.FakeGraph` adds what tests and the demo call.
"""

import hashlib
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from syncd.demo.graph.clock import Clock
from syncd.demo.graph.instances import itself
from syncd.demo.graph.knobs import Knobs
from syncd.demo.graph.refusal import Json
from syncd.demo.graph.rounds import Rounds
from syncd.demo.graph.things import Change, Entry, Folder, Mail, Mailbox

EVER = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
Told = Callable[[Mailbox, Entry, str], None]


@dataclass(slots=True, eq=False)
class Subscription:
    """Who is told of a mailbox's changes. `said`: as it was asked for; `immutable`: the form of ids it was made with."""

    id: str
    mailbox: Mailbox
    said: Json
    expires_at: datetime
    immutable: bool
    app: str


@dataclass(order=True, slots=True)
class Later:
    """Something that happens by itself at a time."""

    at: datetime
    do: Callable[[], None] = field(compare=False)


class State:
    """Everything that is remembered. Take `lock` for whatever reads or writes it."""

    def __init__(self, now: datetime | None = None, tenant: str = "", knobs: Knobs | None = None) -> None:
        self.tenant = tenant or str(uuid.uuid5(uuid.NAMESPACE_DNS, "tenant.fake"))
        self.clock = Clock(now)
        self.knobs = knobs or Knobs()
        self.lock = threading.RLock()
        self.mailboxes: dict[str, Mailbox] = {}
        self.mails: list[Mail] = []
        """What Exchange would have sent to people."""
        self.listeners: list[Told] = []
        self.rounds = Rounds()
        self.odd = False
        """Some event is answered as Graph should not; noted with each exchange."""
        self.subscriptions: dict[str, Subscription] = {}
        self._addresses: dict[str, Mailbox] = {}
        self._later: list[Later] = []

    def added(self, address: str, name: str, zone: str) -> Mailbox:
        """A new mailbox with its default calendar."""
        guid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.tenant}/{address.casefold()}"))
        token = hashlib.blake2b(guid.encode(), digest_size=16).digest()
        mailbox = Mailbox(guid, address, name, zone, token)
        self.folder_added(mailbox, "Calendar", default=True)
        self.mailboxes[guid] = self._addresses[address.casefold()] = mailbox
        return mailbox

    def folder_added(
        self, mailbox: Mailbox, name: str, *, default: bool = False, writable: bool = True
    ) -> Folder:
        """A new calendar in a mailbox."""
        folder = Folder(mailbox.number(), name, default, writable)
        mailbox.folders[folder.number] = folder
        return folder

    def found(self, who: str) -> Mailbox | None:
        """The mailbox of an object id or an address, in any case."""
        return self.mailboxes.get(who.casefold()) or self._addresses.get(who.casefold())

    def wrote(
        self, mailbox: Mailbox, entry: Entry, what: str, *,
        span: tuple[datetime, datetime] | None = None, part: Entry | None = None,
    ) -> None:  # fmt: skip
        """Number a write of an event (`part`: the exception it concerns), note it, and tell whoever listens."""
        change = self._noted(mailbox, entry.folder, entry, span)
        for touched in (entry, part):
            if touched is not None:
                touched.change, touched.modified = change.seq, change.at
        self.tell(mailbox, entry, what)

    def wrote_deleted_part(self, mailbox: Mailbox, series: Entry, change: Change) -> None:
        """A series has lost an occurrence (`change.day`)."""
        self.wrote(mailbox, series, "updated", span=EVER)
        mailbox.journal[-1].day, mailbox.journal[-1].version = change.day, change.version

    def left(self, mailbox: Mailbox, folder: Folder, gone: Entry) -> None:
        """Note that an event, as it was, is no longer in that calendar."""
        self._noted(mailbox, folder, gone, span_of(gone)).gone = gone

    def tell(self, mailbox: Mailbox, entry: Entry, what: str) -> None:
        """Let the listeners know of a change."""
        for listener in self.listeners:
            listener(mailbox, entry, what)

    def send(self, kind: str, sender: str, to: str, subject: str) -> None:
        """Exchange sends a message by itself."""
        self.mails.append(Mail(kind, sender, to, subject, self.clock.now()))  # type: ignore[arg-type]  # our own callers

    def later(self, after: timedelta, do: Callable[[], None]) -> None:
        """Let something happen once that time has passed."""
        self._later.append(Later(self.clock.now() + after, do))
        self.settle()

    def settle(self) -> None:
        """Do what is due by now. Each request begins with it."""
        with self.lock:
            now = self.clock.now()
            due = sorted(one for one in self._later if one.at <= now)
            self._later = [one for one in self._later if one.at > now]
            for one in due:
                one.do()

    def _noted(
        self, mailbox: Mailbox, folder: Folder, entry: Entry, span: tuple[datetime, datetime] | None
    ) -> Change:
        mailbox.seq += 1
        change = Change(mailbox.seq, self.clock.now(), folder.number, entry.number, span=span)
        mailbox.journal.append(change)
        return change


def span_of(entry: Entry) -> tuple[datetime, datetime]:
    """Where an event is; a series may be anywhere."""
    seen = itself(entry)
    return EVER if entry.is_series else (seen.start.instant, seen.end.instant)

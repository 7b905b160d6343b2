"""The fake Graph as tests and the demo hold it: what an agent does in Outlook, what an administrator does, and what is true.

Everything done here is done as through Graph itself, so clients see it the same way. Mailboxes are named by address or
object id, events by either form of their id. What it must do is written in Microsoft's pages; `knobs` names the source of
each behaviour, and nothing here was ever held against a live tenant.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from syncd.demo.graph import forms, writing
from syncd.demo.graph.app import App
from syncd.demo.graph.asking import Call, Request
from syncd.demo.graph.bell import Lifecycle
from syncd.demo.graph.faults import Fault
from syncd.demo.graph.instances import Seen, expanded, itself, part_on, whole
from syncd.demo.graph.knobs import Knobs
from syncd.demo.graph.moments import said_at, said_clock
from syncd.demo.graph.odd import ODD
from syncd.demo.graph.prefer import Preferences
from syncd.demo.graph.refusal import Json
from syncd.demo.graph.routes import answers
from syncd.demo.graph.state import State, span_of
from syncd.demo.graph.things import Access, Folder, Mail, Mailbox

IMMUTABLE = Preferences(immutable=True)


@dataclass(frozen=True, slots=True)
class Truth:
    """What really stands in a calendar: [start, end) in aware UTC (all-day: midnight UTC of its days), and of what kind."""

    start: datetime
    end: datetime
    show_as: str
    all_day: bool
    cancelled: bool
    response: str
    id: str
    series: str | None


class FakeGraph:
    """A tenant. `now`: where its clock stands until `advance`; None: it runs with the machine's."""

    def __init__(self, now: datetime | None = None, *, tenant: str = "", knobs: Knobs | None = None) -> None:
        self.state = State(now, tenant, knobs)
        self.app = App(self.state)
        self.bell = self.app.bell

    # --- the tenant ---------------------------------------------------------------------------------------------------

    @property
    def knobs(self) -> Knobs:
        return self.state.knobs

    @property
    def tenant(self) -> str:
        return self.state.tenant

    @property
    def client_id(self) -> str:
        return self.app.tokens.client_id

    @property
    def secret(self) -> str:
        return self.app.tokens.secret

    @property
    def mails(self) -> list[Mail]:
        """What Exchange sent to people by itself."""
        return self.state.mails

    @property
    def exchanges(self) -> list[Json]:
        """The record: every exchange under /v1.0, and every notification."""
        return list(self.app.recording.exchanges)

    def now(self) -> datetime:
        return self.state.clock.now()

    def advance(self, **by: float) -> None:
        """Let time pass: `advance(minutes=5)`."""
        self.state.clock.advance(timedelta(**by))
        self.state.settle()

    def add_mailbox(self, address: str, name: str = "", zone: str = "W. Europe Standard Time") -> str:
        """A person with a mailbox and its default calendar "Calendar"; returns the object id."""
        with self.state.lock:
            return self.state.added(address, name or address.partition("@")[0].title(), zone).guid

    def add_calendar(self, mailbox: str, name: str, *, writable: bool = True) -> str:
        """Another calendar; returns its id."""
        with self.state.lock:
            box = self._box(mailbox)
            return box.folder_id(self.state.folder_added(box, name, writable=writable))

    def change_calendar_id(self, mailbox: str, calendar: str) -> str:
        """The same calendar under a new id, as happens (docs issue 11296); returns it."""
        with self.state.lock:
            box, folder = self._box(mailbox), self._folder(mailbox, calendar)
            folder.turn += 1
            return box.folder_id(folder)

    def set_access(self, mailbox: str, access: Access, *, opens_in: timedelta | None = None) -> None:
        """Shut a mailbox or open it; `opens_in`: it opens by itself, as one does after its licence came."""
        with self.state.lock:
            box = self._box(mailbox)
            box.access = access
            box.appears_at = None if opens_in is None else self.now() + opens_in

    def set_custom_zone(self, mailbox: str, *, custom: bool = True) -> None:
        """The mailbox has a zone without a name (customTimeZone)."""
        self._box(mailbox).custom_zone = custom

    def refuse_subscriptions(self, mailbox: str, why: str = "policy") -> None:
        """policy, not-enabled, backend, resource, closed; "" takes them again."""
        self._box(mailbox).refuses_subscriptions = why

    # --- what somebody does in Outlook --------------------------------------------------------------------------------

    def add_event(
        self, mailbox: str, start: datetime | date, end: datetime | date, *,
        subject: str = "Busy", show_as: str = "busy", calendar: str = "", zone: str = "UTC",
        attendees: Sequence[str] = (), recurrence: Json | None = None, **fields: object,
    ) -> str:  # fmt: skip
        """An event, all-day if dates are given; returns its immutable id. `zone`: its clock's; aware times are put into it."""
        said: Json = {**_times(start, end, zone), "subject": subject, "showAs": show_as, **fields}
        said |= {"attendees": [{"emailAddress": {"address": one}} for one in attendees]} if attendees else {}
        said |= {"recurrence": recurrence} if recurrence else {}
        with self.state.lock:
            box = self._box(mailbox)
            folder = self._folder(mailbox, calendar) if calendar else box.default
            return box.id_of(writing.create(self.state, box, folder, said)[0], immutable=True)

    def add_odd(self, mailbox: str, kind: str, start: datetime) -> str:
        """An event of a kind that clients do not expect (`odd.ODD` names them); returns its immutable id."""
        with self.state.lock:
            box = self._box(mailbox)
            made, odd = ODD[kind](start)
            entry, _ = writing.create(self.state, box, box.default, made)
            entry.odd = odd
            return box.id_of(entry, immutable=True)

    def edit(self, mailbox: str, event: str, **fields: object) -> None:
        """Change fields, named and valued as Graph does: `edit(m, id, showAs="free")`. Of an occurrence, it makes an exception."""
        with self.state.lock:
            writing.patch(self.state, self._box(mailbox), self._seen(mailbox, event), fields)

    def move(
        self, mailbox: str, event: str, start: datetime | date, end: datetime | date, zone: str = "UTC"
    ) -> None:
        """To another time. Raises Refused where Outlook would not do it either."""
        self.edit(mailbox, event, **_times(start, end, zone))

    def move_to_calendar(self, mailbox: str, event: str, calendar: str = "") -> None:
        """To another calendar of the mailbox ("": the default one)."""
        with self.state.lock:
            box = self._box(mailbox)
            folder = self._folder(mailbox, calendar) if calendar else box.default
            writing.move(self.state, box, self._seen(mailbox, event).entry, folder)

    def delete(self, mailbox: str, event: str) -> None:
        """An event, a series, or an occurrence by its id."""
        with self.state.lock:
            writing.delete(self.state, self._box(mailbox), self._seen(mailbox, event))

    def occurrence(self, mailbox: str, series: str, day: date) -> str:
        """The immutable id of the occurrence on that day of the series' zone. Raises KeyError if there is none."""
        box, entry = self._box(mailbox), self._seen(mailbox, series).entry
        if part_on(entry, day, self.knobs) is None:
            raise KeyError(day)
        return box.occurrence_id(entry, day, immutable=True)

    def delete_occurrence(self, mailbox: str, series: str, day: date) -> None:
        self.delete(mailbox, self.occurrence(mailbox, series, day))

    def answer(self, mailbox: str, event: str, response: str) -> None:
        """Answer an invitation: accepted, tentativelyAccepted, declined."""
        with self.state.lock:
            answers.answer(self.state, self._box(mailbox), self._seen(mailbox, event), response)

    def decline(self, mailbox: str, event: str) -> None:
        self.answer(mailbox, event, "declined")

    def touch(self, mailbox: str, event: str) -> None:
        """The event counts as changed, and nothing in it has (docs issue 14632)."""
        with self.state.lock:
            entry = self._seen(mailbox, event).entry
            self.state.wrote(self._box(mailbox), entry, "updated", span=span_of(entry))

    # --- what is true -------------------------------------------------------------------------------------------------

    def busy(self, mailbox: str, start: datetime, end: datetime, calendar: str = "") -> list[Truth]:
        """Everything in a calendar's window as it stands, free and cancelled ones too, whatever the knobs hide."""
        with self.state.lock:
            box = self._box(mailbox)
            folder = self._folder(mailbox, calendar) if calendar else box.default
            return [_truth(box, seen) for seen in expanded(whole(folder, box), start, end, self.knobs)]

    def events(self, mailbox: str) -> list[Json]:
        """All events and series of a mailbox as Graph would tell them, extended properties included."""
        with self.state.lock:
            box = self._box(mailbox)
            return [
                {**forms.event(box, itself(one), IMMUTABLE, self.knobs), "extended": dict(one.extended)}
                for one in whole(None, box)
            ]

    def event(self, mailbox: str, event: str) -> Json:
        """One event, series or part. Raises Refused if it is not there."""
        with self.state.lock:
            return forms.event(self._box(mailbox), self._seen(mailbox, event), IMMUTABLE, self.knobs)

    # --- what goes wrong ----------------------------------------------------------------------------------------------

    def kill_tokens(self, mailbox: str = "") -> None:
        """Delta links of a mailbox, or of all, mean nothing any more."""
        with self.state.lock:
            for box in [self._box(mailbox)] if mailbox else self.state.mailboxes.values():
                box.generation += 1

    def migrate(self, mailbox: str) -> None:
        """The mailbox is moved to another server: its delta links die, its normal ids and calendars' ids change."""
        with self.state.lock:
            box = self._box(mailbox)
            self.kill_tokens(mailbox)
            for entry in box.entries.values():
                entry.moves += 1
            for folder in box.folders.values():
                folder.turn += 1

    def expire_sign_ins(self) -> None:
        """Access tokens given so far count no more."""
        self.app.tokens.kill()

    def throttle(self, mailbox: str) -> None:
        """The mailbox refuses everything for as long as `knobs.retry_after`."""
        self.app.throttle.quieten(self._box(mailbox).guid)

    def holding(self, mailbox: str) -> AbstractContextManager[None]:
        """Requests for the mailbox stay under way as long as this lasts."""
        return self.app.throttle.holding(self._box(mailbox).guid)

    def most_at_once(self, mailbox: str) -> int:
        """How many requests for the mailbox were under way at most."""
        return self.app.throttle.most(self._box(mailbox).guid)

    def fail(self, kind: str, *, method: str = "", path: str = "", times: int = 1) -> Fault:
        """Program a fault (`faults.KINDS` names them) for the next requests of that method and path (a pattern)."""
        return self.app.faults.add(kind, method=method, path=path, times=times)

    def heal(self) -> None:
        """No fault strikes any more, every knob is at its default."""
        self.app.faults.heal()
        self.state.knobs = Knobs()

    def lifecycle(self, mailbox: str, event: Lifecycle) -> None:
        """Send a lifecycle notification to the mailbox's subscribers."""
        with self.state.lock:
            for one in list(self.state.subscriptions.values()):
                if one.mailbox is self._box(mailbox):
                    self.bell.lifecycle(one, event)

    def _box(self, who: str) -> Mailbox:
        found = self.state.found(who)
        if found is None:
            raise KeyError(who)
        return found

    def _call(self, mailbox: str, args: Mapping[str, str]) -> Call:
        return Call(self.state, Request("GET", "/v1.0/", {}), {"user": self._box(mailbox).guid, **args})

    def _folder(self, mailbox: str, calendar: str) -> Folder:
        return self._call(mailbox, {"calendar": calendar}).folder

    def _seen(self, mailbox: str, event: str) -> Seen:
        return self._call(mailbox, {"event": event}).seen


def _times(start: datetime | date, end: datetime | date, zone: str) -> Json:
    if isinstance(start, datetime) and isinstance(end, datetime):
        if start.tzinfo is not None and end.tzinfo is not None:
            return {"start": said_at(start, zone), "end": said_at(end, zone)}
        return {"start": said_clock(start, zone), "end": said_clock(end, zone)}
    days = {
        name: datetime.combine(day, datetime.min.time()) for name, day in (("start", start), ("end", end))
    }
    return {"isAllDay": True, **{name: said_clock(day, zone) for name, day in days.items()}}


def _truth(box: Mailbox, seen: Seen) -> Truth:
    fields = seen.entry.fields
    return Truth(
        seen.start.instant, seen.end.instant, fields["showAs"], seen.entry.all_day, fields["isCancelled"],
        fields["responseStatus"]["response"], forms.id_of(box, seen, immutable=True),
        None if seen.series is None else box.id_of(seen.series, immutable=True),
    )  # fmt: skip

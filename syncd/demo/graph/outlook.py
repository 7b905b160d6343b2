"""What an agent does in Outlook, at the fake Graph: as through Graph itself, so that every client sees it the same way.

Mailboxes are named by address or object id, events by either form of their id.
"""

from collections.abc import Sequence
from datetime import date, datetime

from syncd.demo.graph import writing
from syncd.demo.graph.instances import part_on
from syncd.demo.graph.moments import said_at, said_clock
from syncd.demo.graph.odd import ODD
from syncd.demo.graph.refusal import Json
from syncd.demo.graph.routes import answers
from syncd.demo.graph.state import span_of
from syncd.demo.graph.tenant import Tenant


class Outlook(Tenant):
    """A tenant whose people work in their calendars."""

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
            entry.odd, self.state.odd = odd, True
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


def _times(start: datetime | date, end: datetime | date, zone: str) -> Json:
    if isinstance(start, datetime) and isinstance(end, datetime):
        if start.tzinfo is not None and end.tzinfo is not None:
            return {"start": said_at(start, zone), "end": said_at(end, zone)}
        return {"start": said_clock(start, zone), "end": said_clock(end, zone)}
    days = {
        name: datetime.combine(day, datetime.min.time()) for name, day in (("start", start), ("end", end))
    }
    return {"isAllDay": True, **{name: said_clock(day, zone) for name, day in days.items()}}

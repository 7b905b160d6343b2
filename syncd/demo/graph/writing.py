"""What happens to events when they are created, changed and deleted (Graph: user: Create event, Update event, Delete event)."""

import copy
import hashlib
import json
from datetime import date, datetime, timedelta

from syncd.demo.graph import meetings, recurrence
from syncd.demo.graph.forms import FRESH
from syncd.demo.graph.instances import Seen, part_on, parts
from syncd.demo.graph.reading import Said, checked_times, derived, read
from syncd.demo.graph.refusal import Json, Refused, not_found, not_valid
from syncd.demo.graph.state import State, span_of
from syncd.demo.graph.things import Change, Entry, Folder, Mailbox

YEAR = timedelta(days=370)


def create(state: State, mailbox: Mailbox, folder: Folder, body: object) -> tuple[Entry, bool]:
    """A new event, or the one made before with this transactionId and body (then True). Raises Refused."""
    said = read(body, state.knobs)
    if not folder.writable:
        raise Refused(403, "ErrorAccessDenied")
    digest = hashlib.blake2b(json.dumps(body, sort_keys=True).encode()).hexdigest()
    if said.transaction is not None and (before := _before(state, mailbox, said.transaction, digest)):
        return before, True
    entry = _made(state, mailbox, folder, said)
    mailbox.entries[entry.number] = entry
    if said.transaction is not None:
        mailbox.transactions[said.transaction] = (entry.number, digest)
    state.wrote(mailbox, entry, "created")
    meetings.invited(state, mailbox, entry)
    return entry, False


def patch(state: State, mailbox: Mailbox, seen: Seen, body: object) -> Seen:
    """The event, series or part changed as the body says; a changed occurrence is an exception. Raises Refused."""
    said = read(body, state.knobs)
    if said.transaction is not None:
        raise not_valid("transactionId can't be changed")
    if seen.series is not None and seen.day is not None:
        return _patched_part(state, mailbox, seen, said)
    entry, before = seen.entry, copy.deepcopy(seen.entry.fields["attendees"])
    span = span_of(entry)
    timed = _timed(entry, said, state)
    entry.fields.update(_kept(entry, said))
    entry.extended.update(said.extended)
    state.wrote(mailbox, entry, "updated", span=span)
    meetings.updated(
        state, mailbox, entry, before, only_attendees=not timed and set(said.fields) == {"attendees"}
    )
    return Seen("seriesMaster" if entry.is_series else "singleInstance", entry, entry.start, entry.end)


def delete(state: State, mailbox: Mailbox, seen: Seen) -> None:
    """The event, series or part deleted; a meeting's by its organizer is a cancellation."""
    if meetings.is_meeting(seen.entry) and seen.entry.organized_here:
        meetings.called_off(state, mailbox, seen)
    remove(state, mailbox, seen)


def remove(state: State, mailbox: Mailbox, seen: Seen) -> None:
    """Take it away, and tell nobody but the mailbox's own clients."""
    if seen.series is not None and seen.day is not None:
        seen.series.cancelled.add(seen.day)
        seen.series.exceptions.pop(seen.day, None)
        gone = Change(0, state.clock.now(), 0, 0, day=seen.day, version=seen.series.version)
        state.wrote_deleted_part(mailbox, seen.series, gone)
        return
    del mailbox.entries[seen.entry.number]
    state.left(mailbox, seen.entry.folder, seen.entry)
    state.tell(mailbox, seen.entry, "deleted")


def move(state: State, mailbox: Mailbox, entry: Entry, folder: Folder) -> None:
    """To another calendar: the immutable id stays, the normal one does not."""
    was = copy.copy(entry)
    state.left(mailbox, entry.folder, was)
    entry.folder, entry.moves = folder, entry.moves + 1
    state.wrote(mailbox, entry, "updated")


def _before(state: State, mailbox: Mailbox, transaction: str, digest: str) -> Entry | None:
    number, first = mailbox.transactions.get(transaction, (0, ""))
    if not number or (number not in mailbox.entries and not state.knobs.transaction_outlives_event):
        return None
    entry = mailbox.entries.get(number)
    if entry is not None and first == digest:
        return entry
    named = {}
    if entry is not None and state.knobs.duplicate_names_event:
        named = {"@event.existingEventId": mailbox.id_of(entry, immutable=True)}
    raise Refused(state.knobs.duplicate_status, "ErrorDuplicateTransactionId", members=named)


def _made(state: State, mailbox: Mailbox, folder: Folder, said: Said) -> Entry:
    if said.start is None or said.end is None:
        raise not_valid("start and end are required")
    start, end = checked_times(said.start, said.end, all_day=bool(said.all_day))
    number, now = mailbox.number(), state.clock.now()
    organizer = {"emailAddress": {"name": mailbox.name, "address": mailbox.address}}
    fields = {**copy.deepcopy(FRESH), **derived(said.fields), "organizer": organizer}
    entry = Entry(
        number, folder, fields, start, end, now, _uid(mailbox, number), all_day=bool(said.all_day),
        extended=dict(said.extended), transaction=said.transaction,
    )  # fmt: skip
    if said.recurrence:
        _recur(entry, said.recurrence, state)
    return entry


def _uid(mailbox: Mailbox, number: int) -> str:
    seal = hashlib.blake2b(mailbox.token + number.to_bytes(8), digest_size=16).hexdigest().upper()
    return f"040000008200E00074C5B7101A82E008{0:032X}{16:08X}{seal}"


def _recur(entry: Entry, said: Json, state: State) -> None:
    """Make it a series; it begins where its rule first does."""
    entry.recurrence = recurrence.checked(said, entry.start)
    first = recurrence.first_start(entry, state.knobs.short_months)
    if first is None:
        raise not_valid("the recurrence has no occurrence")
    entry.start, entry.end = recurrence.occurrence(entry, first)


def _timed(entry: Entry, said: Said, state: State) -> bool:
    """Change times and rule; a series is then another one (new ids, and perhaps no exceptions). True if anything did."""
    if said.start is None and said.end is None and said.all_day is None and not _rule_said(said):
        return False
    all_day = entry.all_day if said.all_day is None else said.all_day
    start, end = checked_times(said.start or entry.start, said.end or entry.end, all_day=all_day)
    rule = None if said.clears_recurrence else (said.recurrence or _moved_rule(entry, start.clock.date()))
    if said.start is not None and said.end is None and not all_day and said.start.clock > entry.end.clock:
        raise not_valid("start is after end")
    entry.start, entry.end, entry.all_day, entry.recurrence = start, end, all_day, None
    if rule:
        _recur(entry, rule, state)
        entry.version += 1
        if state.knobs.reschedule_drops_exceptions:
            entry.exceptions.clear()
            entry.cancelled.clear()
    return True


def _rule_said(said: Said) -> bool:
    return said.recurrence is not None or said.clears_recurrence


def _moved_rule(entry: Entry, first: date) -> Json | None:
    if entry.recurrence is None:
        return None
    limits = {**entry.recurrence["range"], "startDate": first.isoformat()}
    return {**entry.recurrence, "range": limits}


def _kept(entry: Entry, said: Said) -> Json:
    """New fields; who was invited before keeps the answer given."""
    fields = derived(said.fields)
    answers = {_address(one): one["status"] for one in entry.fields["attendees"]}
    if "attendees" in fields:
        fields["attendees"] = [
            {**one, "status": answers.get(_address(one), one["status"])} for one in fields["attendees"]
        ]
    return fields


def _address(attendee: Json) -> str:
    return str(attendee["emailAddress"]["address"]).casefold()


def _patched_part(state: State, mailbox: Mailbox, seen: Seen, said: Said) -> Seen:
    series, day = seen.series, seen.day
    if series is None or day is None or _rule_said(said):
        raise not_valid("an occurrence has no recurrence of its own")
    part = exception(series, seen)
    all_day = part.all_day if said.all_day is None else said.all_day
    start, end = checked_times(said.start or part.start, said.end or part.end, all_day=all_day)
    if said.start is not None or said.end is not None:
        _keep_order(state, series, day, seen, (start.instant, end.instant))
    before = copy.deepcopy(part.fields["attendees"])
    part.start, part.end, part.all_day = start, end, all_day
    part.fields.update(_kept(part, said))
    part.extended.update(said.extended)
    series.exceptions[day] = part
    state.wrote(mailbox, series, "updated", span=span_of(series), part=part)
    meetings.updated(state, mailbox, part, before, only_attendees=False, series=series, day=day)
    return part_on(series, day, state.knobs) or seen


def exception(series: Entry, seen: Seen) -> Entry:
    """The exception of a part, made from its series if there is none yet; not yet put in its place."""
    if seen.kind == "exception":
        return seen.entry
    part = copy.copy(series)
    part.fields, part.extended, part.transaction = copy.deepcopy(series.fields), {}, None
    part.start, part.end, part.recurrence = seen.start, seen.end, None
    part.exceptions, part.cancelled = {}, set()
    return part


def _keep_order(state: State, series: Entry, day: date, seen: Seen, span: tuple[datetime, datetime]) -> None:
    """A part can't be moved across its neighbours."""
    start, end = span
    near = parts(series, seen.start.instant - YEAR, seen.end.instant + YEAR, state.knobs)
    for other in near:
        if other.day is None or other.day == day:
            continue
        crossed = other.end.instant > start if other.day < day else other.start.instant < end
        if crossed:
            raise Refused(400, "ErrorOccurrenceCrossingBoundary")


def known(mailbox: Mailbox, number: int) -> Entry:
    """The event of this number; raises Refused if it is gone."""
    entry = mailbox.entries.get(number)
    if entry is None:
        raise not_found()
    return entry

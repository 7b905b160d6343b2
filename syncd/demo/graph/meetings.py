"""What a meeting does in other mailboxes of the tenant, and which messages Exchange sends for it.

There is no way to write a meeting silently (docs issues 2309 and 7339); an event without attendees sends nothing.
"""

import copy
from datetime import date

from syncd.demo.graph.instances import Seen, part_on
from syncd.demo.graph.moments import NEVER, said_instant
from syncd.demo.graph.refusal import Json, Refused
from syncd.demo.graph.state import State, span_of
from syncd.demo.graph.things import Entry, Mailbox

SHARED = ("subject", "body", "bodyPreview", "location", "locations", "attendees", "importance", "sensitivity",
          "hideAttendees", "allowNewTimeProposals", "responseRequested")  # fmt: skip
"""What an organizer's change carries into the copies."""


def is_meeting(entry: Entry) -> bool:
    return bool(entry.fields["attendees"])


def invited(state: State, mailbox: Mailbox, entry: Entry) -> None:
    """Everybody asked for gets a message and, inside the tenant, a copy."""
    for attendee in entry.fields["attendees"]:
        _invite(state, mailbox, entry, _address(attendee))


def updated(
    state: State, mailbox: Mailbox, entry: Entry, before: list[Json], *,
    only_attendees: bool, series: Entry | None = None, day: date | None = None,
) -> None:  # fmt: skip
    """The organizer changed a meeting, or one day of it: tell those concerned. An attendee's change stays in the copy."""
    if not entry.organized_here:
        return
    old, new = [_address(one) for one in before], [_address(one) for one in entry.fields["attendees"]]
    for address in new:
        if address not in old:
            _invite(state, mailbox, series or entry, address)
        elif not only_attendees:
            state.send("update", mailbox.address, address, entry.fields["subject"])
        _carry(state, entry, address, series, day)
    for address in old:
        if address not in new:
            state.send("cancellation", mailbox.address, address, entry.fields["subject"])
            _call_off_copy(state, entry.uid, address, day)


def called_off(state: State, mailbox: Mailbox, seen: Seen) -> None:
    """The organizer cancels a meeting, or one day of it: the copies say so and stay."""
    for attendee in seen.entry.fields["attendees"]:
        state.send("cancellation", mailbox.address, _address(attendee), seen.entry.fields["subject"])
        _call_off_copy(state, seen.entry.uid, _address(attendee), seen.day)


def answered(state: State, mailbox: Mailbox, seen: Seen, response: str, *, send: bool) -> bool:
    """An attendee answers; the organizer's list follows if told. True if the copy is to disappear. Raises Refused."""
    entry = seen.entry
    if entry.organized_here:
        raise Refused(
            400,
            "ErrorInvalidRequest",
            "Your request can't be completed. You can't respond to your own meeting.",
        )
    status = {"response": response, "time": said_instant(state.clock.now())}
    entry.fields["responseStatus"] = status
    entry.fields["showAs"] = {"accepted": "busy", "tentativelyAccepted": "tentative"}.get(response, "free")
    _mark(entry.fields["attendees"], mailbox.address, status)
    if send:
        _tell_organizer(state, mailbox, entry, status)
    return response == "declined" and not state.knobs.declined_stays


def copies(state: State, uid: str, address: str) -> tuple[Mailbox, Entry] | None:
    """The copy of a meeting in the mailbox of an address."""
    mailbox = state.found(address)
    for entry in mailbox.entries.values() if mailbox is not None else ():
        if mailbox is not None and entry.uid == uid and not entry.organized_here:
            return mailbox, entry
    return None


def _invite(state: State, mailbox: Mailbox, entry: Entry, address: str) -> None:
    state.send("invitation", mailbox.address, address, entry.fields["subject"])
    theirs = state.found(address)
    if theirs is None or theirs is mailbox or copies(state, entry.uid, address):
        return
    fields = copy.deepcopy(entry.fields) | {
        "isOrganizer": False, "responseStatus": {"response": "notResponded", "time": NEVER}, "showAs": "tentative",
        "categories": [],
    }  # fmt: skip
    made = Entry(
        theirs.number(), theirs.default, fields, entry.start, entry.end, state.clock.now(), entry.uid,
        all_day=entry.all_day, recurrence=copy.deepcopy(entry.recurrence),
        exceptions=copy.deepcopy(entry.exceptions), cancelled=set(entry.cancelled),
    )  # fmt: skip
    for part in made.exceptions.values():
        part.folder = made.folder
        part.fields |= {name: fields[name] for name in ("isOrganizer", "responseStatus", "showAs")}
    theirs.entries[made.number] = made
    state.wrote(theirs, made, "created")


def _carry(state: State, entry: Entry, address: str, series: Entry | None, day: date | None) -> None:
    """Bring the organizer's change into a copy."""
    found = copies(state, entry.uid, address)
    if found is None:
        return
    theirs, held = found
    span = span_of(held)
    target = held if day is None else _part(held, day, entry)
    target.start, target.end, target.all_day = entry.start, entry.end, entry.all_day
    target.fields |= {name: copy.deepcopy(entry.fields[name]) for name in SHARED}
    if series is None and held.recurrence != entry.recurrence:
        held.recurrence, held.version = copy.deepcopy(entry.recurrence), held.version + 1
        held.exceptions, held.cancelled = {}, set()
    state.wrote(theirs, held, "updated", span=span, part=target)


def _part(held: Entry, day: date, entry: Entry) -> Entry:
    """The exception of that day in a copy; made if there is none."""
    if day not in held.exceptions:
        part = copy.copy(held)
        part.fields, part.recurrence = copy.deepcopy(held.fields), None
        part.start, part.end, part.exceptions, part.cancelled = entry.start, entry.end, {}, set()
        held.exceptions[day] = part
    return held.exceptions[day]


def _call_off_copy(state: State, uid: str, address: str, day: date | None) -> None:
    found = copies(state, uid, address)
    if found is None:
        return
    theirs, held = found
    target = held if day is None else _cancelled_part(state, held, day)
    title = state.knobs.cancelled_title + str(target.fields["subject"] or "")
    target.fields |= {"isCancelled": True, "showAs": "free", "subject": title}
    state.wrote(theirs, held, "updated", span=span_of(held), part=target)


def _cancelled_part(state: State, held: Entry, day: date) -> Entry:
    seen = part_on(held, day, state.knobs)
    return _part(held, day, held if seen is None else _at(held, seen))


def _at(held: Entry, seen: Seen) -> Entry:
    placed = copy.copy(held)
    placed.start, placed.end = seen.start, seen.end
    return placed


def _tell_organizer(state: State, mailbox: Mailbox, entry: Entry, status: Json) -> None:
    organizer = str(((entry.fields.get("organizer") or {}).get("emailAddress") or {}).get("address") or "")
    state.send("response", mailbox.address, organizer, str(entry.fields["subject"]))
    theirs = state.found(organizer)
    for held in theirs.entries.values() if theirs is not None else ():
        if theirs is not None and held.uid == entry.uid and held.organized_here:
            _mark(held.fields["attendees"], mailbox.address, status)
            state.wrote(theirs, held, "updated", span=span_of(held))


def _mark(attendees: list[Json], address: str, status: Json) -> None:
    for one in attendees:
        if _address(one) == address.casefold():
            one["status"] = dict(status)


def _address(attendee: Json) -> str:
    return str(attendee["emailAddress"]["address"]).casefold()

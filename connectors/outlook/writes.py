"""Keeping our own events in Outlook: created once whatever happens, changed only where they differ, each read back.

Our UID is the transactionId, by which Graph makes of a repeated creation the same event (user: POST events). Our marker is
an extended property, by which an event is found again when its address is not known. Changes and removals hold only for
the event as it was found (If-Match, RFC 9110 section 13.1.1). It has no attendees, so Exchange mails nobody.
"""

from contextlib import suppress
from typing import Any
from urllib.parse import quote

from connectors.interface import (
    CalendarGone,
    Conflict,
    ConnectorError,
    Event,
    Found,
    Garbled,
    Identity,
    OutcomeUnknown,
    Taken,
)
from connectors.outlook import errors
from connectors.outlook.calendars import event_id, event_path, object_href
from connectors.outlook.client import Graph, Reply
from connectors.outlook.events import (
    MARKER_EXPANDED,
    MARKER_ID,
    Json,
    event_from,
    event_json,
    has_organizer,
    uid_of,
)
from connectors.outlook.pages import READ, asking, pages

DUPLICATE = "errorduplicatetransactionid"
EXISTING = "@event.existingEventId"
MALFORMED = "errorinvalididmalformed"

SAYS = {
    "title": ("subject",),
    "text": ("body",),
    "link": ("location",),
    "private": ("sensitivity",),
    "reminder": ("isReminderOn", "reminderMinutesBeforeStart"),
    "free": ("showAs",),
    "marker": ("singleValueExtendedProperties",),
}
"""Field of our event -> the properties that say it in Graph's JSON. Times are apart: they only change together."""

TIMES = ("start", "end", "isAllDay")


def find(graph: Graph, calendar: str, identity: Identity) -> Found | None:
    """Read our event where it was last seen, else wherever in the calendar something has its UID and its marker."""
    if identity.href:
        found = _read(graph, calendar, event_id(identity.href))
        if found is not None:
            return found
    for page in pages(asking(graph, *READ), _search(calendar, identity.marker)):
        for item in page.items:
            if uid_of(item) == identity.uid:
                return _read(graph, calendar, str(item["id"]))
    return None


def put(graph: Graph, calendar: str, event: Event, found: Found | None) -> Found:
    """Create the event, or change what differs in the one found, and read back what Graph then holds.

    Raises what the contract says, and Taken where the UID's event is there no longer or is not ours.
    """
    if found is None:
        return _create(graph, calendar, event)
    if differing := _differing(event, found.event):
        _change(graph, calendar, found, differing)
    return _read_back(graph, calendar, event_id(found.href))


def remove(graph: Graph, calendar: str, found: Found) -> None:
    """Delete, only if it is still as found; gone already is as good. What counts is that it is not there afterwards."""
    key = event_id(found.href)
    with suppress(CalendarGone, Conflict):
        graph.delete(event_path(calendar, key), etag=found.etag)
    if _read(graph, calendar, key) is not None:
        raise Conflict("the event is still there after it was to be removed", "it is looked at again")


def _create(graph: Graph, calendar: str, event: Event) -> Found:
    reply = graph.post(f"{calendar}events", event_json(event), expect=(400, 409))
    if reply.code == DUPLICATE:
        return _adopt(graph, calendar, event, reply)
    if reply.status >= 300:
        raise errors.from_reply(reply)
    key = reply.json.get("id") if isinstance(reply.json, dict) else None
    if not isinstance(key, str) or not key:
        raise OutcomeUnknown("Graph's answer to a new event is none", "it is looked at before another try")
    return _read_back(graph, calendar, key)


def _adopt(graph: Graph, calendar: str, event: Event, reply: Reply) -> Found:
    """An earlier try, whose answer never came, made the event, and it should say something else by now."""
    said = reply.json.get("error") if isinstance(reply.json, dict) else None
    key = said.get(EXISTING) if isinstance(said, dict) else None
    href = object_href(calendar, key) if isinstance(key, str) and key else ""
    found = find(graph, calendar, Identity(event.uid, event.marker, href))
    ours = found is not None and found.event is not None and found.event.marker == event.marker
    if found is None or not ours or found.organizer:
        raise Taken("Graph knows our transaction id, but not the event", "another identity is used")
    return put(graph, calendar, event, found)


def _change(graph: Graph, calendar: str, found: Found, differing: Json) -> None:
    try:
        graph.patch(event_path(calendar, event_id(found.href)), differing, etag=found.etag)
    except CalendarGone as error:
        raise Conflict("the event is gone meanwhile", "it is looked at again") from error


def _differing(event: Event, held: Event | None) -> dict[str, Any]:
    """The properties in which what Graph holds differs from what it should say; all that can be changed if unknown.

    A body that says the same is never written: Outlook may keep more in it than we read.
    """
    wanted = event_json(event)
    names = [name for field, said in SAYS.items() for name in said if not _same(event, held, field)]
    if held is None or (event.start, event.end) != (held.start, held.end):
        names += TIMES
    once = {"recurrence": None} if held is not None and held.repeats else {}
    return {name: wanted[name] for name in names} | once


def _same(event: Event, held: Event | None, field: str) -> bool:
    return held is not None and _words(getattr(event, field)) == _words(getattr(held, field))


def _words(said: object) -> object:
    """Text without its white space, which Exchange does not keep; anything else as it is."""
    return said.split() if isinstance(said, str) else said


def _read_back(graph: Graph, calendar: str, key: str) -> Found:
    try:
        held = _read(graph, calendar, key)
    except ConnectorError as error:
        raise OutcomeUnknown(f"written, but not read back: {error.message}", error.hint) from error
    if held is None:
        raise Conflict("the event was gone right after it was written", "it is looked at again")
    return held


def _read(graph: Graph, calendar: str, key: str) -> Found | None:
    """The event with this id; None if it is gone, or if the id is none that this mailbox could have given."""
    try:
        reply = graph.get(f"{event_path(calendar, key)}?{MARKER_EXPANDED}", prefer=READ, expect=(400,))
    except CalendarGone:
        return None
    if reply.code == MALFORMED:
        return None
    if reply.status >= 300:
        raise errors.from_reply(reply)
    said = reply.json
    if not isinstance(said, dict) or not isinstance(said.get("id"), str):
        raise Garbled("Graph's answer is no event", "does something else answer at graph_url?")
    return _found(calendar, said)


def _found(calendar: str, said: Json) -> Found:
    return Found(
        href=object_href(calendar, str(said["id"])),
        etag=str(said.get("@odata.etag") or ""),
        event=event_from(said),
        organizer=has_organizer(said),
        uid=uid_of(said),
    )


def _search(calendar: str, marker: str) -> str:
    """Where to list the calendar's events that carry the marker; each is then read by itself, with its marker."""
    value = marker.replace("'", "''")
    wanted = f"singleValueExtendedProperties/Any(ep: ep/id eq '{MARKER_ID}' and ep/value eq '{value}')"
    asked = quote(wanted, safe="()'/:")
    return f"{calendar}events?$filter={asked}"

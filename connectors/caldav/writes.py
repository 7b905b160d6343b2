"""Keeping our own events: conditional writes (RFC 9110 section 13), each read back (RFC 4791 section 5.3.2).

The href and the UID are ours and follow from the copy's identity, so that a write whose outcome is unknown can be
settled by looking there. What the server holds afterwards is what counts: most servers rewrite what they are sent.
"""

import re
from datetime import UTC, datetime

from connectors.caldav import multistatus, xml
from connectors.caldav.addresses import absolute, own_href, path_of, same
from connectors.caldav.fetch import Fetched, gone, read
from connectors.http.client import HttpClient
from connectors.http.wire import Answer
from connectors.ical import read_object, write_event
from connectors.interface import (
    Conflict,
    ConnectorError,
    Event,
    Found,
    Garbled,
    Identity,
    NoAccess,
    OutcomeUnknown,
    Taken,
    Throttled,
    Unsupported,
)

SOME_TIME = datetime(2000, 1, 1, tzinfo=UTC)
"""A window for reading an object of which only the event itself is wanted."""

LOOK_AT_LOGS = "look at the server's or its proxy's log"

SEQUENCE = re.compile(rb"^SEQUENCE(?:;[^:\r\n]*)?:[ \t]*(\d{1,10})[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
MOST = 2**31 - 1
"""The largest INTEGER (RFC 5545 section 3.3.8)."""

UID_TAKEN = frozenset({"no-uid-conflict", "unique-scheduling-object-resource"})
NO_RIGHT = frozenset({"need-privileges", "write-acl"})
NO_ROOM = frozenset({"quota-not-exceeded", "sufficient-disk-space"})
ANSWERS_TO_PUT = (400, 403, 404, 405, 409, 410, 412, 413, 415, 422, 423)


def find(http: HttpClient, calendar: str, identity: Identity) -> Found | None:
    """Read our event where it was last seen, else where it belongs, else wherever the server has its UID.

    Raises Garbled where the server lists it and does not give it: taken for absent, it would be written a second time.
    """
    belongs = own_href(calendar, identity.uid)
    fetched = read(http, calendar, identity.href or belongs)
    if fetched.data is None and identity.href and not same(identity.href, belongs):
        fetched = read(http, calendar, belongs)
    if fetched.data is None and identity.href:
        elsewhere = _by_uid(http, calendar, identity.uid)
        fetched = read(http, calendar, elsewhere) if elsewhere else fetched
        if elsewhere and fetched.data is None:
            raise Garbled(f"{http.base.name} lists an event that it says is not there", LOOK_AT_LOGS)
    return None if fetched.data is None else found_in(http, fetched, fetched.data)


def found_in(http: HttpClient, fetched: Fetched, data: bytes) -> Found:
    """What an object's text says about being ours. Raises Garbled for half a text, which says nothing of that."""
    if not fetched.whole:
        raise Garbled(f"{http.base.name} answered with half an event", LOOK_AT_LOGS)
    href = path_of(fetched.href)
    seen = read_object(href, fetched.etag, data, zone="UTC", start=SOME_TIME, end=SOME_TIME)
    return Found(href, fetched.etag, seen.event, seen.organizer, seen.uid, _sequence(data))


def put(http: HttpClient, calendar: str, event: Event, found: Found | None, *, now: datetime) -> Found:
    """Create or replace, only if it is still as found, and read back what the server then holds.

    What replaces an event is a later revision of it, whoever made the last: clients that go by SEQUENCE take it for news.
    A server that asks to wait instead is told apart (Throttled): it was written, and is not to be asked again at once.
    """
    href = found.href if found else own_href(calendar, event.uid)
    headers = {"Content-Type": "text/calendar; charset=utf-8", **_only_if(found)}
    text = write_event(event, now=now, sequence=min(found.sequence + 1, MOST) if found else 0)
    answer = http.send("PUT", absolute(calendar, href), text, headers, expect=ANSWERS_TO_PUT)
    if answer.status >= 300:
        raise _refused(http, answer, creating=found is None)
    try:
        held = read(http, calendar, href)
        if held.data is not None:
            return found_in(http, held, held.data)
    except Throttled:
        raise
    except ConnectorError as error:
        raise OutcomeUnknown(f"written, but not read back: {error.message}", error.hint) from error
    raise Conflict("the event was gone right after it was written", "it is looked at again")


def remove(http: HttpClient, calendar: str, found: Found) -> None:
    """Delete, only if it is still as found; gone already is as good. What counts is that it is not there afterwards."""
    url = absolute(calendar, found.href)
    http.send("DELETE", url, headers=_only_if(found), expect=(404, 409, 410, 412, 418, 423))
    if read(http, calendar, found.href).data is not None:
        raise Conflict("the event is still there after it was to be removed", "it is looked at again")


def _sequence(data: bytes) -> int:
    """The highest SEQUENCE in the object: an override may have one of its own."""
    return min(max((int(number) for number in SEQUENCE.findall(data)), default=0), MOST)


def _only_if(found: Found | None) -> dict[str, str]:
    if found is None:
        return {"If-None-Match": "*"}
    return {"If-Match": found.etag} if found.etag else {}


def _refused(http: HttpClient, answer: Answer, *, creating: bool) -> ConnectorError:
    """Why a PUT was refused: the conditions named in the body come first, servers differ in the status."""
    host, status, named = http.base.name, answer.status, multistatus.preconditions(answer)
    if named & UID_TAKEN:
        return Taken(f"{host} holds this UID already", "a trash bin may hold it; another UID is used")
    if named & NO_ROOM or status == 413:
        return NoAccess(f"{host} has no room left for this login", "raise its quota, or tidy up")
    if status in (412, 423):
        return Conflict(
            "an event is there already" if creating else "the event changed meanwhile",
            "it is looked at again",
        )
    if status in (404, 409, 410):
        return gone(http)
    if named & NO_RIGHT or (status in (403, 405) and not named):
        return NoAccess(
            f"{host} does not let this login write to the calendar", "give it the right, or choose another"
        )
    why = f" ({', '.join(sorted(named))})" if named else ""
    return Unsupported(f"{host} will not store the event: {status}{why}", "please report this server")


def _by_uid(http: HttpClient, calendar: str, uid: str) -> str:
    """The href of the object with this UID, "" where the server knows none or can't say."""
    headers = {**xml.XML_HEADERS, "Depth": "1"}
    answer = http.send(
        "REPORT", calendar, xml.uid_query(uid), headers, expect=(400, 403, 404, 405, 410, 412, 415, 422, 501)
    )
    if answer.status != 207:
        return ""
    members = multistatus.parse(answer, http.base.name).members
    return next(
        (m.href for m in members if m.href and m.status in (None, 200) and not m.href.endswith("/")), ""
    )

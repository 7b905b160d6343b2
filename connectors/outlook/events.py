"""What Graph's JSON says about an event (resource type event, v1.0), and our own appointments as that JSON. Pure.

Graph is read in UTC. Whole days come as midnight of their date, whatever the zone, so their dates count and begin when
the owner's day begins. Foreign events give their time and kind and nothing else.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from connectors.ical.write import clean
from connectors.ical.zones import UTC_ZONE, Zone
from connectors.interface import NEVER_STORED, BusyInterval, Event, Problem, Reading, Status
from connectors.outlook.zones import Time, owner_zone, read_time, start_of, written, zone_name

Json = Mapping[str, Any]

MARKER_ID = "String {6f0a2c1e-5d0b-5c39-9a4e-2f3b1d7c8e90} Name syncdMarker"
"""The extended property that carries our marker: a GUID of our own, and a name (singleValueLegacyExtendedProperty)."""

MARKER_EXPANDED = "$expand=" + quote(
    f"singleValueExtendedProperties($filter=id eq '{MARKER_ID}')", safe="$()'="
)
"""The query that makes Graph send our marker with an event; delta rounds can't."""

OUR_UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
"""The shape of our UIDs (RFC 9562 version 5)."""

TITLE_BYTES, TEXT_BYTES, LINK_BYTES, WORD_BYTES = 2_000, 30_000, 4_000, 500

KINDS = {
    "free": Status.FREE,
    "tentative": Status.TENTATIVE,
    "busy": Status.BUSY,
    "oof": Status.OUT_OF_OFFICE,
    "workingElsewhere": Status.WORKING_ELSEWHERE,
    "unknown": Status.UNKNOWN,
}
UNANSWERED = frozenset({"notResponded", "tentativelyAccepted"})
INHERITED = ("showAs", "isCancelled", "isAllDay", "responseStatus", "isOrganizer", "attendees", "iCalUId")
"""What an occurrence in a delta round does not say itself (it comes with its times only) and its master does."""

DIGESTED = ("transactionId", "subject", "sensitivity", "reminderMinutesBeforeStart", "originalStartTimeZone")


def event_json(event: Event) -> dict[str, Any]:
    """Our appointment as Graph's JSON: private, without attendees, so that Exchange mails nobody.

    Graph lets nobody write `isCancelled`: of an event that takes no time only `showAs` says so, and its title.
    `transactionId` makes a repeated creation harmless, and can't be changed later: leave it out of a PATCH. Raises
    `ValueError` for a zone that does not exist or times without zone.
    """
    start, end = written(event.start, event.end, event.zone)
    return {
        "transactionId": event.uid,
        "subject": " ".join(clean(event.title, TITLE_BYTES).split("\n")),
        "body": {"contentType": "text", "content": clean(event.text, TEXT_BYTES)},
        "start": start,
        "end": end,
        "isAllDay": False,
        "location": {"displayName": clean(event.link, LINK_BYTES).replace("\n", "")},
        "showAs": "free" if event.free else "busy",
        "sensitivity": "private" if event.private else "normal",
        "isReminderOn": event.reminder > timedelta(0),
        "reminderMinutesBeforeStart": event.reminder // timedelta(minutes=1),
        "singleValueExtendedProperties": [{"id": MARKER_ID, "value": clean(event.marker, WORD_BYTES)}],
    }


def event_from(item: Json) -> Event | None:
    """The appointment of ours that an event with our marker is; None for any other, or one without readable times.

    The marker is there only if it was asked for (`MARKER_EXPANDED`). The reminder's minutes count even if it is off: a
    dismissed reminder is no change of ours.
    """
    marker = _marker(item)
    times = _times(item, UTC_ZONE) if marker else None
    if times is None:
        return None
    return Event(
        uid=uid_of(item),
        marker=marker,
        start=times[0],
        end=times[1],
        zone=zone_name(item.get("originalStartTimeZone")),
        title=_word(item, "subject"),
        text=_text_of(item),
        link=_inner(item, "location", "displayName"),
        private=item.get("sensitivity") in ("private", "confidential"),
        reminder=timedelta(minutes=_minutes(item.get("reminderMinutesBeforeStart"))),
        repeats=is_master(item),
        free=status_of(item) in NEVER_STORED,
    )


def interval_of(item: Json, zone: str) -> Reading:
    """When the event takes its owner's time, and as what: one interval, or none and an error that says why.

    `zone` is the owner's, for whole days and where the event's own means nothing (then with a warning). Free, cancelled
    and declined ones are included. Raises `ValueError` for a `zone` that does not exist.
    """
    owner, uid, all_day = owner_zone(zone), uid_of(item), item.get("isAllDay") is True
    problems: list[Problem] = []
    found: dict[str, Time] = {}
    for name in ("start", "end"):
        try:
            found[name] = read_time(item.get(name), owner)
        except ValueError as reason:
            problems.append(Problem(uid, 0, f"{name} can't be read: {reason}"))
    if any(time.guessed for time in found.values()) and not all_day:
        problems.append(
            Problem(uid, 0, "the time zone is not known; the owner's zone is taken instead", "warning")
        )
    if problems and problems[0].level == "error":
        return Reading((), tuple(problems))
    start, end = _span(found["start"], found["end"], owner, all_day=all_day)
    if end < start:
        return Reading((), (*problems, Problem(uid, 0, "the event ends before it starts")))
    kind = item.get("showAs")
    if kind is not None and not (isinstance(kind, str) and kind in KINDS):
        problems.append(Problem(uid, 0, "showAs has a value that is not known", "warning"))
    return Reading((BusyInterval(start, end, status_of(item), all_day, uid),), tuple(problems))


def status_of(item: Json) -> Status:
    """How the event stands for the mailbox's owner. Cancelled and declined win; not answered is tentative where the
    event would take time."""
    if item.get("isCancelled") is True:
        return Status.CANCELLED
    answer = _inner(item, "responseStatus", "response")
    if answer == "declined":
        return Status.DECLINED
    said = item.get("showAs")
    kind = KINDS.get(said, Status.UNKNOWN) if isinstance(said, str) else Status.UNKNOWN
    return Status.TENTATIVE if answer in UNANSWERED and kind in (Status.BUSY, Status.OUT_OF_OFFICE) else kind


def uid_of(item: Json) -> str:
    """Our UID, which we gave as transactionId; for all others the iCalUId, or the id where there is none."""
    given = _word(item, "transactionId")
    return given if OUR_UID.fullmatch(given) else _word(item, "iCalUId") or _word(item, "id")


def is_master(item: Json) -> bool:
    """Is this the rule of a series, whose times are those of its first occurrence, perhaps years ago?"""
    kind = item.get("type")
    return kind == "seriesMaster" or (kind is None and bool(item.get("recurrence")))


def may_be_ours(item: Json) -> bool:
    """Is the event worth asking for our marker?"""
    return bool(OUR_UID.fullmatch(_word(item, "transactionId")))


def has_organizer(item: Json) -> bool:
    """Is it a meeting, of the owner or somebody else, rather than an appointment?"""
    return bool(item.get("attendees")) or item.get("isOrganizer") is False


def filled(occurrence: Json, master: Json) -> Json:
    """The occurrence with what it leaves to its master; what it says itself stands."""
    inherited = {name: master[name] for name in INHERITED if occurrence.get(name) is None and name in master}
    return {**occurrence, **inherited}


def digest(items: list[Json], reading: Reading) -> str:
    """A fingerprint of what is used of an object's events: Graph's own etag moves daily without a change.

    Of foreign events that is their intervals and kinds; of those that may be ours also what they say.
    """
    used: list[Any] = [
        [(one.start.isoformat(), one.end.isoformat(), one.status, one.all_day) for one in reading.intervals],
        [(problem.message, problem.level) for problem in reading.problems],
        any(has_organizer(item) for item in items),
    ]
    used += [
        [*(item.get(name) for name in DIGESTED), _inner(item, "location", "displayName"), _text_of(item)]
        for item in items
        if may_be_ours(item)
    ]
    return hashlib.sha256(json.dumps(used, sort_keys=True, default=str).encode()).hexdigest()


def _span(start: Time, end: Time, owner: Zone, *, all_day: bool) -> tuple[datetime, datetime]:
    if not all_day:
        return start.instant, end.instant
    begun = not end.midnight or end.day == start.day  # a day that was begun is meant whole
    last = end.day + timedelta(days=1) if begun and end.day < date.max else end.day
    return start_of(start.day, owner), start_of(last, owner)


def _times(item: Json, owner: Zone) -> tuple[datetime, datetime] | None:
    try:
        start, end = (read_time(item.get(name), owner) for name in ("start", "end"))
    except ValueError:
        return None
    return start.instant, end.instant


def _marker(item: Json) -> str:
    carried = item.get("singleValueExtendedProperties")
    for held in carried if isinstance(carried, list) else ():
        if isinstance(held, Mapping) and _word(held, "id").casefold() == MARKER_ID.casefold():
            return _word(held, "value")
    return ""


def _text_of(item: Json) -> str:
    return _inner(item, "body", "content").replace("\r\n", "\n").rstrip()


def _inner(item: Json, outer: str, name: str) -> str:
    held = item.get(outer)
    return _word(held, name) if isinstance(held, Mapping) else ""


def _word(item: Json, name: str) -> str:
    said = item.get(name)
    return said if isinstance(said, str) else ""


def _minutes(said: object) -> int:
    return said if isinstance(said, int) and 0 < said < 10**7 else 0

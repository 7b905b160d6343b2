"""What a client's JSON says an event should be: checked against what Graph v1.0 declares, and put in Exchange's form."""

import re
from dataclasses import dataclass
from datetime import timedelta

from syncd.demo.graph.forms import html, preview
from syncd.demo.graph.knobs import Knobs
from syncd.demo.graph.moments import NEVER, Wall, parse_wall
from syncd.demo.graph.refusal import Json, Refused, not_read, not_valid

ENUMS = {
    "showAs": ("free", "tentative", "busy", "oof", "workingElsewhere", "unknown"),
    "sensitivity": ("normal", "personal", "private", "confidential"),
    "importance": ("low", "normal", "high"),
    "onlineMeetingProvider": ("unknown", "skypeForBusiness", "skypeForConsumer", "teamsForBusiness"),
}
ATTENDEE = ("required", "optional", "resource")
KINDS: dict[str, type] = {
    "subject": str, "isReminderOn": bool, "reminderMinutesBeforeStart": int, "responseRequested": bool,
    "hideAttendees": bool, "allowNewTimeProposals": bool, "isOnlineMeeting": bool, "isDraft": bool, "isAllDay": bool,
    "categories": list,
}  # fmt: skip
READ_ONLY = frozenset({
    "id", "iCalUId", "createdDateTime", "lastModifiedDateTime", "changeKey", "webLink", "type", "seriesMasterId",
    "isCancelled", "isOrganizer", "organizer", "responseStatus", "bodyPreview", "originalStart", "originalStartTimeZone",
    "originalEndTimeZone", "onlineMeeting", "onlineMeetingUrl", "hasAttachments", "cancelledOccurrences",
})  # fmt: skip
APART = frozenset({"start", "end", "recurrence", "transactionId", "singleValueExtendedProperties"})
PROPERTY = re.compile(
    r"(Boolean|Integer|Long|Short|Float|Double|Currency|ApplicationTime|SystemTime|String|Binary|CLSID)"
    r" (\{[0-9a-fA-F-]{36}\} (Name|Id) .+|0x[0-9a-fA-F]+)\Z"
)
MOST_ATTENDEES = 500
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Said:
    """A body taken apart: plain `fields` (None clears), and what was said of the rest; None: nothing."""

    fields: Json
    start: Wall | None
    end: Wall | None
    all_day: bool | None
    recurrence: Json | None
    clears_recurrence: bool
    transaction: str | None
    extended: dict[str, str]


def read(body: object, knobs: Knobs) -> Said:
    """Take a body apart. Raises Refused as Graph does."""
    if not isinstance(body, dict):
        raise not_read("Empty or invalid JSON payload.")
    settable = {key: value for key, value in body.items() if "@" not in key}
    if (fixed := READ_ONLY & set(settable)) and knobs.read_only == "refused":
        raise not_valid(f"{min(fixed)} is read-only")
    fields = {key: value for key, value in settable.items() if key not in READ_ONLY | APART}
    all_day = fields.pop("isAllDay", None)
    walls = {
        key: parse_wall(body[key], key, every_iana=knobs.every_iana_zone)
        for key in ("start", "end")
        if body.get(key)
    }
    return Said(
        fields={key: _checked(key, value, knobs) for key, value in fields.items()},
        start=walls.get("start"), end=walls.get("end"), all_day=all_day, recurrence=body.get("recurrence"),
        clears_recurrence="recurrence" in body and body["recurrence"] is None,
        transaction=body.get("transactionId"), extended=_extended(body),
    )  # fmt: skip


def checked_times(start: Wall, end: Wall, *, all_day: bool) -> tuple[Wall, Wall]:
    """Times that make sense together; those of an all-day event are put at midnight UTC of their days."""
    if not all_day:
        if end.instant < start.instant:
            raise not_valid("start is after end")
        return start, end
    if start.zone.casefold() != end.zone.casefold():
        raise not_valid("start and end of an all-day event name one zone")
    if any(wall.clock.time() != wall.clock.min.time() for wall in (start, end)):
        raise not_valid("an all-day event begins and ends at midnight")
    if end.clock - start.clock < DAY:
        raise not_valid("the duration of an all-day event is 24 hours at least")
    return Wall(start.clock, "UTC"), Wall(end.clock, "UTC")


def _checked(key: str, value: object, knobs: Knobs) -> object:
    if value is None:
        return _cleared(key, knobs)
    if key in ENUMS:
        return one_of(value, ENUMS[key], key)
    if key in KINDS:
        if not isinstance(value, KINDS[key]):
            raise not_read(f"Cannot read the value of the property '{key}'.")
        return value and knobs.online_meetings if key == "isOnlineMeeting" else value
    if key not in SHAPES:
        raise not_read(f"The property '{key}' does not exist on type 'microsoft.graph.event'.")
    return SHAPES[key](value)


CLEARED: Json = {
    "categories": [], "attendees": [], "locations": [], "showAs": "busy", "sensitivity": "normal",
    "importance": "normal", "body": {"contentType": "html", "content": ""},
    "location": {"displayName": "", "locationType": "default"},
}  # fmt: skip
"""What null makes of a property; of others, nothing but null."""


def _cleared(key: str, knobs: Knobs) -> object:
    if key in ENUMS and knobs.null_enum == "refused":
        raise not_valid(f"{key} can't be null")
    return CLEARED.get(key)


def one_of(value: object, allowed: tuple[str, ...], what: str) -> str:
    """An enumeration's member, in any case."""
    for name in allowed:
        if isinstance(value, str) and value.casefold() == name.casefold():
            return name
    raise not_read(f"Requested value '{value}' was not found in '{what}'.")


def _body(value: object) -> Json:
    if not isinstance(value, dict):
        raise not_read("Cannot read the value of the property 'body'.")
    return html(
        str(value.get("content") or ""),
        one_of(value.get("contentType") or "text", ("text", "html"), "bodyType"),
    )


def _location(value: object) -> Json:
    if not isinstance(value, dict):
        raise not_read("Cannot read the value of the property 'location'.")
    name = str(value.get("displayName") or "")
    more = {"uniqueId": name, "uniqueIdType": "private"} if name else {}
    said = {
        key: kept
        for key, kept in value.items()
        if key in ("address", "coordinates", "locationUri", "locationEmailAddress")
    }
    return {"displayName": name, "locationType": "default", **more, **said}


def _locations(value: object) -> list[Json]:
    if not isinstance(value, list):
        raise not_read("Cannot read the value of the property 'locations'.")
    return [_location(one) for one in value]


def _attendees(value: object) -> list[Json]:
    if not isinstance(value, list):
        raise not_read("Cannot read the value of the property 'attendees'.")
    if len(value) > MOST_ATTENDEES:
        raise Refused(400, "ErrorInvalidRequest", f"At most {MOST_ATTENDEES} attendees are allowed.")
    return [_attendee(one) for one in value]


def _attendee(value: object) -> Json:
    address = value.get("emailAddress") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(address, dict) or not address.get("address"):
        raise not_valid("an attendee has an address")
    return {
        "type": one_of(value.get("type") or "required", ATTENDEE, "attendeeType"),
        "status": {"response": "none", "time": NEVER},
        "emailAddress": {"name": address.get("name") or address["address"], "address": address["address"]},
    }


SHAPES = {"body": _body, "location": _location, "locations": _locations, "attendees": _attendees}


def derived(fields: Json) -> Json:
    """What Exchange makes of what was said: the preview of a body, the list of one location."""
    more: Json = {}
    if "body" in fields:
        more["bodyPreview"] = preview(fields["body"])
    if "location" in fields and "locations" not in fields:
        name = fields["location"]["displayName"]
        more["locations"] = (
            [{"displayName": name, "locationType": "default", "uniqueIdType": "unknown"}] if name else []
        )
    return {**fields, **more}


def _extended(body: Json) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in body.get("singleValueExtendedProperties") or []:
        key = str((one or {}).get("id") or "")
        if not PROPERTY.match(key):
            raise Refused(400, "ErrorInvalidProperty", f"The extended property '{key}' is malformed.")
        found[property_key(key)] = str(one.get("value") or "")
    return found


def property_key(key: str) -> str:
    """An extended property's id in one spelling: the GUID in lower case; the name as it is, for it is case-sensitive."""
    return re.sub(r"\{[^}]*\}", lambda found: found[0].lower(), key)

"""How things look as JSON (Graph v1.0: resource types event, calendar, user)."""

import base64
import re
from html import escape
from urllib.parse import quote

from syncd.demo.graph.instances import Seen
from syncd.demo.graph.knobs import Knobs
from syncd.demo.graph.moments import NEVER, Wall, said_at, said_clock, said_instant
from syncd.demo.graph.prefer import Preferences
from syncd.demo.graph.refusal import Json
from syncd.demo.graph.things import Entry, Folder, Mailbox

EVENT_TYPE = "#microsoft.graph.event"
FRESH: Json = {
    "categories": [], "reminderMinutesBeforeStart": 15, "isReminderOn": True, "hasAttachments": False,
    "hideAttendees": False, "subject": "", "bodyPreview": "", "importance": "normal", "sensitivity": "normal",
    "isCancelled": False, "isDraft": False, "isOrganizer": True, "responseRequested": True, "showAs": "busy",
    "onlineMeetingUrl": None, "isOnlineMeeting": False, "onlineMeetingProvider": "unknown", "onlineMeeting": None,
    "allowNewTimeProposals": True, "responseStatus": {"response": "organizer", "time": NEVER},
    "body": {"contentType": "html", "content": ""}, "location": {"displayName": "", "locationType": "default"},
    "locations": [], "attendees": [],
}  # fmt: skip
"""An event of which nothing was said but when it is (as Microsoft's examples of "Create event" answer)."""


def id_of(mailbox: Mailbox, seen: Seen, *, immutable: bool) -> str:
    """The id of an event, a series, or a part of one."""
    if seen.series is not None and seen.day is not None:
        return mailbox.occurrence_id(seen.series, seen.day, immutable=immutable)
    return mailbox.id_of(seen.entry, immutable=immutable)


def etag(mailbox: Mailbox, entry: Entry) -> str:
    """The weak etag of the event as it stands."""
    return f'W/"{change_key(mailbox, entry.change)}"'


def change_key(mailbox: Mailbox, change: int) -> str:
    return base64.b64encode(mailbox.token + b"\x00\x00" + change.to_bytes(6)).decode()


def event(mailbox: Mailbox, seen: Seen, prefer: Preferences, knobs: Knobs) -> Json:
    """Everything Graph answers of an event unless it is asked for less. Extended properties come by $expand only."""
    entry, series = seen.entry, seen.series
    key = id_of(mailbox, seen, immutable=prefer.immutable)
    said: Json = {
        "@odata.etag": etag(mailbox, entry),
        "id": key,
        "createdDateTime": said_instant(entry.created),
        "lastModifiedDateTime": said_instant(entry.modified),
        "changeKey": change_key(mailbox, entry.change),
        **entry.fields,
        "originalStartTimeZone": entry.start.zone,
        "originalEndTimeZone": entry.end.zone,
        "iCalUId": entry.uid,
        "isAllDay": entry.all_day,
        "seriesMasterId": None if series is None else mailbox.id_of(series, immutable=prefer.immutable),
        "transactionId": entry.transaction,
        "type": seen.kind,
        "webLink": f"https://outlook.office365.com/owa/?itemid={quote(key, safe='')}&exvsurl=1&path=/calendar/item",
        **times(seen, prefer, knobs),
        "recurrence": entry.recurrence if seen.kind == "seriesMaster" else None,
    }
    if seen.original is not None:
        said["originalStart"] = said_instant(seen.original)
    if prefer.text and isinstance(said["body"], dict):
        said["body"] = {"contentType": "text", "content": plain(said["body"]["content"])}
    if seen.kind == "seriesMaster" and knobs.cancelled_occurrences_always:
        said["cancelledOccurrences"] = cancelled(mailbox, entry, immutable=prefer.immutable)
    return {**said, **entry.odd}


def stub(mailbox: Mailbox, seen: Seen, prefer: Preferences, knobs: Knobs) -> Json:
    """An occurrence as delta tells of it: these seven members and no other."""
    series = seen.series or seen.entry
    return {
        "@odata.type": EVENT_TYPE,
        "@odata.etag": etag(mailbox, series),
        "id": id_of(mailbox, seen, immutable=prefer.immutable),
        "seriesMasterId": mailbox.id_of(series, immutable=prefer.immutable),
        "type": "occurrence",
        **times(seen, prefer, knobs),
    }


def removed(key: str) -> Json:
    """What delta says of an event that is not, or no longer, in its window."""
    return {"@odata.type": EVENT_TYPE, "id": key, "@removed": {"reason": "deleted"}}


def cancelled(mailbox: Mailbox, series: Entry, *, immutable: bool) -> list[str]:
    """The ids of a series' deleted occurrences."""
    return [mailbox.occurrence_id(series, day, immutable=immutable) for day in sorted(series.cancelled)]


def times(seen: Seen, prefer: Preferences, knobs: Knobs) -> Json:
    """Start and end in the zone asked for. All-day events are at midnight of their days."""

    def one(wall: Wall) -> Json:
        if seen.entry.all_day and knobs.all_day_floats:
            return said_clock(wall.clock, prefer.zone)
        return said_at(wall.instant, prefer.zone)

    return {"start": one(seen.start), "end": one(seen.end)}


def calendar(mailbox: Mailbox, folder: Folder) -> Json:
    """A calendar."""
    return {
        "id": mailbox.folder_id(folder), "name": folder.name, "color": "auto", "hexColor": "",
        "isDefaultCalendar": folder.default, "changeKey": change_key(mailbox, folder.change), "canShare": True,
        "canViewPrivateItems": True, "canEdit": folder.writable, "isTallyingResponses": folder.default,
        "isRemovable": not folder.default, "allowedOnlineMeetingProviders": ["teamsForBusiness"],
        "defaultOnlineMeetingProvider": "teamsForBusiness",
        "owner": {"name": mailbox.name, "address": mailbox.address},
    }  # fmt: skip


def user(mailbox: Mailbox) -> Json:
    """A user, with the properties that come without being asked for."""
    given, _, surname = mailbox.name.rpartition(" ")
    return {
        "id": mailbox.guid, "displayName": mailbox.name, "givenName": given or None, "surname": surname or None,
        "mail": mailbox.address, "userPrincipalName": mailbox.address, "businessPhones": [], "jobTitle": None,
        "mobilePhone": None, "officeLocation": None, "preferredLanguage": None,
    }  # fmt: skip


def html(content: str, kind: str) -> Json:
    """A body as Exchange keeps it: as HTML, whatever it was written as."""
    text = content if kind == "html" else escape(content, quote=False).replace("\n", "<br>\r\n")
    if text and "<html" not in text.lower():
        text = f"<html><head></head><body>{text}</body></html>"
    return {"contentType": "html", "content": text}


def plain(content: str) -> str:
    """HTML as text."""
    text = re.sub(
        r"<br\s*/?>(\r?\n)?",
        "\n",
        re.sub(r"<head>.*?</head>", "", content, flags=re.DOTALL),
        flags=re.IGNORECASE,
    )
    text = re.sub(r"<[^>]+>", "", text)
    for name, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(name, sign)
    return text


def preview(body: object) -> str:
    """The first 255 characters of a body."""
    return plain(body["content"])[:255] if isinstance(body, dict) else ""

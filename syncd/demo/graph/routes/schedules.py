"""Free/busy of several people at once (Graph: calendar: getSchedule)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from syncd.demo.graph.asking import Answer, Call
from syncd.demo.graph.instances import Seen, expanded, whole
from syncd.demo.graph.moments import parse_wall, said_at
from syncd.demo.graph.query import context
from syncd.demo.graph.refusal import Json, Refused
from syncd.demo.graph.routes.people import working_hours
from syncd.demo.graph.routes.table import USER, route

MOST_PEOPLE = 20
LONGEST = timedelta(days=42)
DIGITS = {"free": 0, "tentative": 1, "busy": 2, "oof": 3, "workingElsewhere": 4, "unknown": 0}
WEIGHT = {"free": 0, "unknown": 0, "workingElsewhere": 1, "tentative": 2, "busy": 3, "oof": 4}
"""Which counts where several overlap."""


@route("POST", f"{USER}/calendar/getSchedule", f"{USER}/calendars/{{calendar}}/getSchedule")
def get_schedule(call: Call) -> Answer:
    """For each of those asked for: a digit for each interval, and what they do; or why not."""
    said = call.fields()
    people, minutes = said.get("schedules"), _minutes(call, said)
    if not isinstance(people, list) or not 0 < len(people) <= MOST_PEOPLE:
        raise Refused(
            400, "ErrorInvalidParameter", f"Between 1 and {MOST_PEOPLE} schedules can be asked for."
        )
    start, end = (parse_wall(said.get(name), name).instant for name in ("startTime", "endTime"))
    if not timedelta(0) < end - start < LONGEST:
        raise Refused(
            400,
            "ErrorInvalidTimeInterval",
            "The time window must be less than 42 days, and begin before it ends.",
        )
    found = [_of(call, str(who), start, end, timedelta(minutes=minutes)) for who in people]
    return Answer(200, {"@odata.context": context(call), "value": found})


def _minutes(call: Call, said: Json) -> int:
    if "availabilityViewInterval" in said and said["availabilityViewInterval"] is None:
        if call.state.knobs.null_interval_fails:
            raise Refused(
                500, "ErrorInternalServerError", "An internal server error occurred. The operation failed."
            )
        return 30
    minutes = said.get("availabilityViewInterval", 30)
    if not isinstance(minutes, int) or not 5 <= minutes <= 1440:
        raise Refused(
            400, "ErrorInvalidMergedFreeBusyInterval", "The interval must be between 5 and 1440 minutes."
        )
    return minutes


def _of(call: Call, who: str, start: datetime, end: datetime, step: timedelta) -> Json:
    mailbox = call.state.found(who) if "@" in who else None  # by SMTP address, and by nothing else
    if mailbox is None or mailbox.access != "open":
        error = {"message": "The mailbox can't be resolved.", "responseCode": "ErrorMailRecipientNotFound"}
        return {"scheduleId": who, "error": error}
    events = expanded(whole(mailbox.default, mailbox), start, end, call.state.knobs)
    if too_many := _too_many(events, start, end, step, call.state.knobs.most_in_a_slot):
        return {"scheduleId": who, "error": too_many}
    return {
        "scheduleId": who,
        "availabilityView": _digits(events, start, end, step),
        "scheduleItems": [_item(call, seen) for seen in events],
        "workingHours": working_hours(mailbox),
    }


def _digits(events: list[Seen], start: datetime, end: datetime, step: timedelta) -> str:
    digits = ""
    for slot in _slots(events, start, end, step):
        digits += str(DIGITS[max(map(status, slot), key=WEIGHT.__getitem__, default="free")])
    return digits


def _too_many(events: list[Seen], start: datetime, end: datetime, step: timedelta, most: int) -> Json | None:
    """The error for somebody who has too much in a slot; None where nobody has."""
    if len(events) <= most or all(len(slot) <= most for slot in _slots(events, start, end, step)):
        return None
    said = f"The result set contains too many calendar entries. The allowed size = {most}; the actual size = {len(events)}."
    return {"message": said, "responseCode": "5006"}


def _slots(events: list[Seen], start: datetime, end: datetime, step: timedelta) -> Iterator[list[Seen]]:
    at = start
    while at < end:
        yield [seen for seen in events if seen.within(at, min(at + step, end))]
        at += step


def _item(call: Call, seen: Seen) -> Json:
    fields, private = seen.entry.fields, seen.entry.fields["sensitivity"] != "normal"
    said = {"isPrivate": private, "status": status(seen)}
    title = (
        {}
        if private
        else {"subject": fields["subject"], "location": (fields["location"] or {}).get("displayName")}
    )
    zone = call.prefer.zone
    return {
        **said,
        **title,
        "start": said_at(seen.start.instant, zone),
        "end": said_at(seen.end.instant, zone),
    }


def status(seen: Seen) -> str:
    """What an event makes of its time."""
    return "free" if seen.entry.fields["isCancelled"] else str(seen.entry.fields["showAs"])

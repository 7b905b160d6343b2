"""People and their mailboxes' settings (Graph: Get user, Get and Update mailboxSettings, supportedTimeZones, translateExchangeIds)."""

from tzlocal.windows_tz import win_tz

from syncd.demo.graph import forms
from syncd.demo.graph.asking import Answer, Call
from syncd.demo.graph.ids import CALENDAR, IMMUTABLE, NORMAL, name_of
from syncd.demo.graph.moments import zone_named
from syncd.demo.graph.query import Row, context, listed, one
from syncd.demo.graph.refusal import Json, Refused, not_found, not_valid
from syncd.demo.graph.routes.table import USER, route
from syncd.demo.graph.things import Mailbox

WEEK = ["monday", "tuesday", "wednesday", "thursday", "friday"]
FORMS = {"restid": NORMAL, "restimmutableentryid": IMMUTABLE}
MOST_IDS = 1000
CUSTOM: Json = {
    "@odata.type": "#microsoft.graph.customTimeZone", "bias": -60, "name": "Customized Time Zone",
    "standardOffset": {"time": "03:00:00.0000000", "dayOccurrence": 5, "dayOfWeek": "sunday", "month": 10, "year": 0},
    "daylightOffset": {
        "daylightBias": -60, "time": "02:00:00.0000000", "dayOccurrence": 5, "dayOfWeek": "sunday", "month": 3, "year": 0,
    },
}  # fmt: skip
"""A zone that has no name of its own, as Microsoft's example has one."""


@route("GET", USER)
def get_user(call: Call) -> Answer:
    """By object id or address."""
    return Answer(200, one(call, Row(None, forms.user(call.mailbox))))


@route("GET", "users")
def list_users(call: Call) -> Answer:
    """Everybody in the tenant."""
    rows = [Row(None, forms.user(mailbox)) for mailbox in call.state.mailboxes.values()]
    return Answer(200, listed(call, rows, default=100))


@route("GET", f"{USER}/mailboxSettings")
def get_settings(call: Call) -> Answer:
    """Zone, working hours and what else a mailbox is set to."""
    return Answer(200, {"@odata.context": context(call), **_settings(call.mailbox)})


@route("PATCH", f"{USER}/mailboxSettings")
def update_settings(call: Call) -> Answer:
    """A zone must be one that is known."""
    said = call.fields()
    zone = said.get("timeZone")
    if zone is not None:
        zone_named(str(zone), every_iana=call.state.knobs.every_iana_zone)
        call.mailbox.zone = str(zone)
    unknown = set(said) - set(_settings(call.mailbox))
    if unknown:
        raise not_valid(f"{min(unknown)} is no mailbox setting")
    call.mailbox.settings.update({key: value for key, value in said.items() if key != "timeZone"})
    return Answer(200, {"@odata.context": context(call), **_settings(call.mailbox)})


@route("GET", f"{USER}/mailboxSettings/timeZone")
def get_zone(call: Call) -> Answer:
    return Answer(200, {"@odata.context": context(call), "value": _settings(call.mailbox)["timeZone"]})


@route("GET", f"{USER}/mailboxSettings/workingHours")
def get_working_hours(call: Call) -> Answer:
    return Answer(200, {"@odata.context": context(call), **working_hours(call.mailbox)})


@route("GET", f"{USER}/outlook/supportedTimeZones")
def supported_zones(call: Call) -> Answer:
    """The names a mailbox can be set to."""
    zones = [{"alias": name, "displayName": f"(UTC) {place}"} for name, place in sorted(win_tz.items())]
    return Answer(200, {"@odata.context": context(call), "value": zones})


@route("POST", f"{USER}/translateExchangeIds")
def translate_ids(call: Call) -> Answer:
    """Ids from one form into the other, those not known with an error each."""
    said = call.fields()
    ids, target = said.get("inputIds"), FORMS.get(str(said.get("targetIdType")).lower())
    if not isinstance(ids, list) or len(ids) > MOST_IDS or target is None:
        raise Refused(
            400, "ErrorInvalidParameter", f"At most {MOST_IDS} ids, and restId or restImmutableEntryId."
        )
    return Answer(
        200, {"@odata.context": context(call), "value": [_translated(call, str(key), target) for key in ids]}
    )


def working_hours(mailbox: Mailbox) -> Json:
    """When somebody is usually there."""
    zone: Json = CUSTOM if mailbox.custom_zone else {"name": mailbox.zone}
    fresh = {
        "daysOfWeek": WEEK,
        "startTime": "08:00:00.0000000",
        "endTime": "17:00:00.0000000",
        "timeZone": zone,
    }
    return {**fresh, **mailbox.settings.get("workingHours", {})}


def _settings(mailbox: Mailbox) -> Json:
    return {
        "timeZone": "Customized Time Zone" if mailbox.custom_zone else mailbox.zone,
        "language": {"locale": "en-US", "displayName": "English (United States)"},
        "dateFormat": "MM/dd/yyyy", "timeFormat": "hh:mm tt", "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
        **mailbox.settings, "workingHours": working_hours(mailbox),
    }  # fmt: skip


def _translated(call: Call, key: str, target: bytes) -> Json:
    try:
        name = name_of(key)
        entry = call.mailbox.entries.get(name.number)
        if name.mailbox != call.mailbox.token or name.kind == CALENDAR or entry is None:
            raise not_found()
    except Refused as error:
        return {"sourceId": key, "errorDetails": {"code": error.code, "message": error.message}}
    immutable = target == IMMUTABLE
    if name.day:
        return {
            "sourceId": key,
            "targetId": call.mailbox.occurrence_id(entry, name.on_day, immutable=immutable),
        }
    return {"sourceId": key, "targetId": call.mailbox.id_of(entry, immutable=immutable)}

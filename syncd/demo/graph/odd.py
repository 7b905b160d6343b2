"""Events of kinds that clients do not expect, though real mailboxes hold them (closeio's parser; OGCS 2148; sample-ruby 195).

Each gives the event as it is written, and what Graph then answers instead of what it would make of it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from syncd.demo.graph.moments import said_at
from syncd.demo.graph.refusal import Json

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Made = tuple[Json, Json]


def _event(start: datetime, end: datetime) -> Json:
    return {"subject": "Odd", "start": said_at(start, "UTC"), "end": said_at(end, "UTC")}


def _custom_zone(start: datetime) -> Made:
    name = "tzone://Microsoft/Custom"
    return _event(start, start + HOUR), {"originalStartTimeZone": name, "originalEndTimeZone": name}


def _no_end(start: datetime) -> Made:
    end = {"dateTime": "9999-12-31T23:59:59.9999999", "timeZone": "UTC"}
    return {**_event(start, start), "end": end}, {"end": end}


def _nulls(start: datetime) -> Made:
    nothing: Json = dict.fromkeys(
        ("body", "bodyPreview", "organizer", "subject", "location", "responseStatus")
    )
    return _event(start, start + HOUR), nothing


def _stray_z(start: datetime) -> Made:
    plain = _event(start, start + HOUR)
    return plain, {
        name: {**plain[name], "dateTime": plain[name]["dateTime"] + "Z"} for name in ("start", "end")
    }


def _with(**fields: object) -> Callable[[datetime], Made]:
    return lambda start: ({**_event(start, start + HOUR), **fields}, {})


ODD: dict[str, Callable[[datetime], Made]] = {
    "custom-zone": _custom_zone,
    "no-end": _no_end,
    "nulls": _nulls,
    "stray-z": _stray_z,
    "empty-zone": lambda start: (
        _event(start, start + HOUR),
        {"originalStartTimeZone": "", "originalEndTimeZone": ""},
    ),
    "private": _with(sensitivity="private"),
    "elsewhere": _with(showAs="workingElsewhere"),
    "unknown": _with(showAs="unknown"),
    "zero-length": lambda start: (_event(start, start), {}),
    "multi-day": lambda start: (_event(start, start + 3 * DAY), {}),
    "in-the-gap": lambda _: (
        {
            "subject": "In the hour that was skipped",
            "start": {"dateTime": "2026-03-29T02:30:00", "timeZone": "W. Europe Standard Time"},
            "end": {"dateTime": "2026-03-29T03:30:00", "timeZone": "W. Europe Standard Time"},
        },
        {},
    ),
}
"""By name; each takes when it is to begin."""

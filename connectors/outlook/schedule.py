"""When Exchange itself takes a mailbox to be busy (Graph: calendar: getSchedule), for the default calendar.

Asked a month at a time, because Graph answers for less than 42 days; where it says that there is too much in a time slot
(5006, Microsoft: Get free/busy schedule), for half of that. Somebody it can't find is an error inside of a good answer.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from connectors.ical.zones import UTC_ZONE
from connectors.interface import (
    BusyInterval,
    FreeBusy,
    Garbled,
    NoAccess,
    OutcomeUnknown,
    Status,
    Unreachable,
)
from connectors.outlook.calendars import default_href, user_path
from connectors.outlook.client import Graph
from connectors.outlook.errors import CODE, GRANT
from connectors.outlook.events import Json
from connectors.outlook.pages import IN_UTC
from connectors.outlook.zones import read_time

AT_ONCE = timedelta(days=31)
SHORTEST = timedelta(days=1)
SLOT_MINUTES = 30
"""Of the digits, which nobody reads here; Graph fails where none is given (contrib issue 7208)."""

TOO_MUCH = "5006"

KINDS = {
    "free": Status.FREE, "tentative": Status.TENTATIVE, "busy": Status.BUSY, "oof": Status.OUT_OF_OFFICE,
    "workingelsewhere": Status.WORKING_ELSEWHERE,
}  # fmt: skip


class Whose(NamedTuple):
    """A mailbox: where it is, and what it is called in a question about it."""

    path: str
    address: str


def free_busy(graph: Graph, mailbox: str, calendar: str, start: datetime, end: datetime) -> FreeBusy | None:
    """The contract's `free_busy`; None for any calendar but the default one."""
    if calendar != default_href(mailbox):
        return None
    whose = Whose(user_path(mailbox), _address(graph, mailbox))
    found: dict[BusyInterval, None] = {}
    at = start
    while at < end:
        until = min(at + AT_ONCE, end)
        found |= dict.fromkeys(_between(graph, whose, at, until))
        at = until
    return FreeBusy(start, end, tuple(found))


def _address(graph: Graph, mailbox: str) -> str:
    """The SMTP address of a mailbox, which alone means it there: a login may be an object id. Its calendar's owner has it."""
    said = graph.get(f"{user_path(mailbox)}/calendar").json
    owner = said.get("owner") if isinstance(said, dict) else None
    address = owner.get("address") if isinstance(owner, dict) else None
    return address if isinstance(address, str) and address else mailbox


def _between(graph: Graph, whose: Whose, start: datetime, end: datetime) -> Iterator[BusyInterval]:
    said = _asked(graph, whose, start, end)
    error = said.get("error")
    if not isinstance(error, dict):
        yield from _intervals(said)
        return
    code = str(error.get("responseCode") or "")
    if code != TOO_MUCH or end - start <= SHORTEST:
        what = code if CODE.fullmatch(code) or code.isdigit() else "no reason is named"
        raise NoAccess(f"Graph can't say when this mailbox is busy ({what})", GRANT)
    middle = start + (end - start) / 2
    yield from _between(graph, whose, start, middle)
    yield from _between(graph, whose, middle, end)


def _asked(graph: Graph, whose: Whose, start: datetime, end: datetime) -> Json:
    body = {
        "schedules": [whose.address], "startTime": _moment(start), "endTime": _moment(end),
        "availabilityViewInterval": SLOT_MINUTES,
    }  # fmt: skip
    try:
        reply = graph.ask(f"{whose.path}/calendar/getSchedule", body, prefer=(IN_UTC,))
    except OutcomeUnknown as error:  # a POST, but nothing was to be done
        raise Unreachable(error.message, "is Graph slow? It can be asked again") from error
    said = reply.json.get("value") if isinstance(reply.json, dict) else None
    if not isinstance(said, list) or len(said) != 1 or not isinstance(said[0], dict):
        raise Garbled("Graph's answer about a mailbox's busy time makes no sense", "please report this line")
    return said[0]


def _intervals(said: Json) -> Iterator[BusyInterval]:
    items = said.get("scheduleItems")
    if not isinstance(items, list):
        raise Garbled("Graph does not say what a mailbox's busy time is made of", GRANT)
    for item in items:
        try:
            start, end = (read_time(item.get(name), UTC_ZONE).instant for name in ("start", "end"))
        except (AttributeError, ValueError) as error:
            raise Garbled("Graph names busy time that can't be read", "please report this line") from error
        kind = KINDS.get(str(item.get("status")).casefold(), Status.UNKNOWN)
        yield BusyInterval(start, end, kind, False, "")


def _moment(at: datetime) -> dict[str, str]:
    return {"dateTime": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"), "timeZone": UTC_ZONE.name}

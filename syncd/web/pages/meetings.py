"""Meetings: a list by day, with what each came to and a menu of what can be done; found by status, day, agent and words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from fastapi import Response

from store.model import MeetingStatus
from syncd.actions.finding import Found, Wanted, agents_of, find_meetings
from syncd.rules.timeline import day_in
from syncd.web.pages import menu, telling
from syncd.web.pages.doorway import Doorway
from syncd.web.pages.frame import Frame
from syncd.web.pages.visit import Visit

PAGE = 50
A_DAY = timedelta(days=1)
DEFAULT_VIEW, VIEWS = "coming", ("coming", "all")


@dataclass(frozen=True, slots=True)
class Row:
    """A meeting of the list."""

    found: Found
    choices: list[menu.Choice]
    owed: telling.Owed


def routes(door: Doorway) -> None:
    """GET /."""
    door.page("/", lambda visit: _show(door.frame, visit))


def _show(frame: Frame, visit: Visit) -> Response:
    view = visit.asked("view") if visit.asked("view") in VIEWS else DEFAULT_VIEW
    status = _status(visit.asked("status"))
    of = visit.caller.agent or visit.asked("agent") or None
    start, end = _window(visit, view)
    wanted = Wanted([status] if status else None, of, start, end, visit.asked("q"))
    found, more = find_meetings(visit.ctx, wanted, limit=PAGE, after=_cursor(visit.asked("after")))
    chosen = agents_of(visit.ctx, [of]).get(of) if of else None
    return frame.page(
        visit, "meetings.html", days=_by_day(visit, found), more=more, view=view, status=status, of=of, chosen=chosen,
        statuses=list(MeetingStatus), today=telling.day(visit.now, visit.zone), narrowed=_narrowed(visit),
    )  # fmt: skip


def _window(visit: Visit, view: str) -> tuple[datetime | None, datetime | None]:
    """A day if one was asked for, else from today's beginning, else everything there is."""
    if day := visit.day():
        found = day_in(day, visit.zone)
        return found.start, found.end
    today = day_in(telling.day(visit.now, visit.zone), visit.zone)
    return (today.start if view == "coming" else None), None


def _status(text: str) -> MeetingStatus | None:
    return next((one for one in MeetingStatus if one.value == text), None)


def _cursor(text: str) -> str:
    """A cursor as it was given out; one that somebody changed begins anew."""
    moment, bar, _ = text.partition("|")
    return text if bar and moment.removeprefix("-").isdecimal() and len(moment) < 18 else ""


def _narrowed(visit: Visit) -> bool:
    """Is something asked for that a meeting may not be?"""
    return any(visit.asked(name) for name in ("q", "status", "day", "agent"))


def _by_day(visit: Visit, found: Iterable[Found]) -> list[tuple[date, list[Row]]]:
    rows = (Row(one, menu.choices(visit, one.meeting), telling.owed(one.deliveries)) for one in found)
    return [
        (day, list(of_day))
        for day, of_day in groupby(rows, key=lambda row: telling.day(row.found.meeting.start, visit.zone))
    ]

"""One meeting: how it stands, its guests and link, what is owed because of it, and its story."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import Response

from store.model import Change
from syncd.actions.finding import agents_of
from syncd.actions.reach import own_story
from syncd.web.pages import menu, telling
from syncd.web.pages.doorway import Doorway
from syncd.web.pages.frame import Frame
from syncd.web.pages.visit import Visit


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the journal; `details` are (what, value)."""

    at: datetime
    by: str
    kind: str
    details: list[tuple[str, str]]
    unchanged: bool


def routes(door: Doorway) -> None:
    """GET /meeting."""
    door.page("/meeting", lambda visit: _show(door.frame, visit))


def _show(frame: Frame, visit: Visit) -> Response:
    found = own_story(visit.ctx, visit.caller, visit.asked("id"))
    meeting = found.meeting
    ids = {
        meeting.agent,
        *(one.agent for one in found.deliveries if one.agent),
        *(one.agent for one in meeting.overrides),
    }
    return frame.page(
        visit, "meeting.html", meeting=meeting, deliveries=[one for one in reversed(found.deliveries) if one.state != "superseded"],
        people=agents_of(visit.ctx, ids | {str(one.body.get("to")) for one in found.changes if one.kind == "assign"}),
        choices=menu.choices(visit, meeting), owed=telling.owed(found.deliveries),
        story=[_line(one, visit.zone) for one in reversed(found.changes)],
    )  # fmt: skip


def _line(change: Change, zone: str) -> Line:
    """What was asked for, without addresses. The first plan's times are not its news."""
    body = change.body
    said = {name: body.get(name) for name in ("reason", "to", "status")}
    if change.kind in ("plan", "reschedule"):
        said |= {name: _moment(body.get(name), zone) for name in ("start", "end")}
    if change.kind == "cancel":
        said["by"] = body.get("by")
    details = [(name, str(value)) for name, value in said.items() if value]
    return Line(change.at, change.by, change.kind, details, bool(change.detail.get("unchanged")))


def _moment(text: object, zone: str) -> str | None:
    return telling.moment(datetime.fromisoformat(text), zone) if isinstance(text, str) else None

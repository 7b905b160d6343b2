"""One meeting: how it stands, its guests and link, what came in its way, what is owed because of it, and its story."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Response

from store.model import Agent, Change, Deed, Delivery, Target
from syncd.actions.context import Context
from syncd.actions.finding import agents_of
from syncd.actions.look import Story
from syncd.actions.reach import own_story
from syncd.web.pages import menu, telling
from syncd.web.pages.doorway import Doorway
from syncd.web.pages.frame import Frame
from syncd.web.pages.visit import Visit


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the journal; `details` are (what, value), `done` what was written and mailed for it as (when, what)."""

    at: datetime
    by: str
    kind: str
    details: list[tuple[str, str]]
    unchanged: bool
    done: list[tuple[datetime, str]]


def routes(door: Doorway) -> None:
    """GET /meeting."""
    door.page("/meeting", lambda visit: _show(door.frame, visit))


def _show(frame: Frame, visit: Visit) -> Response:
    found = own_story(visit.ctx, visit.caller, visit.asked("id"))
    meeting, deliveries = found.meeting, latest(found.deliveries)
    people = _people(visit.ctx, found)
    story = [_line(frame.words, one, found.deeds, people, visit.zone) for one in reversed(found.changes)]
    return frame.page(
        visit, "meeting.html", meeting=meeting, deliveries=deliveries, people=people, choices=menu.choices(visit, meeting),
        owed=telling.owed(deliveries), story=story, conflicts=found.conflicts,
        instead=[agent for agent, _ in found.instead],
    )  # fmt: skip


def latest(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """How far each calendar and mailbox is, the newest first: what was delivered there before is the story's."""
    newest: dict[Target, Delivery] = {}
    for one in deliveries:
        if one.state != "superseded":
            newest[one.whom] = one
    return sorted(newest.values(), key=lambda one: one.id, reverse=True)


def _people(ctx: Context, found: Story) -> dict[str, Agent]:
    named = {str(one.body.get("to")) for one in found.changes if one.kind == "assign"}
    named |= {str(one.body.get("agent")) for one in found.changes if one.kind == "plan"}
    named |= {one.agent or "" for one in found.deliveries} | {one.agent or "" for one in found.deeds}
    return agents_of(ctx, {found.meeting.agent, *named, *(one.agent for one in found.meeting.overrides)})


def _line(
    words: Mapping[str, Any], change: Change, deeds: Iterable[Deed], people: Mapping[str, Agent], zone: str
) -> Line:
    """What was asked for, and what was done for it."""
    body, unchanged = change.body, bool(change.detail.get("unchanged"))
    said = {name: body.get(name) for name in ("reason", "to", "status")}
    if change.kind == "plan":
        said["agent"] = body.get("agent")
    if change.kind in ("plan", "reschedule"):
        said |= _times(body, zone)
    if change.kind == "cancel":
        said["by"] = body.get("by")
    if change.kind == "invite":
        guest = body.get("guest") or {}
        said |= {"guest": guest.get("name") or guest.get("email"), "replace": body.get("replace")}
    details = [(name, str(value)) for name, value in said.items() if value]
    made = [] if unchanged else [one for one in deeds if one.version == change.version]
    done = [(one.at, telling.deed(words, one, people, zone)) for one in made]
    return Line(change.at, change.by, change.kind, details, unchanged, done)


def _times(body: Mapping[str, Any], zone: str) -> dict[str, str]:
    """From when until when; a reschedule may say only from when."""
    start, end = (datetime.fromisoformat(body[name]) if body.get(name) else None for name in ("start", "end"))
    if start is None:
        return {}
    return {"start": telling.moment(start, zone)} if end is None else {"when": telling.span(start, end, zone)}

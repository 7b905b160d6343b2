"""Assign: who could take a meeting, with marks and reasons and everybody's day as a picture; a preview; and then it is done.

Whoever is *not available* can be chosen too. That is asked once, and kept: the question is decided in the same transaction as
the change, so that nobody is chosen over a mark which the page did not show.
"""

from dataclasses import replace

from fastapi import Response

from store.model import Meeting
from syncd.actions import changes, suggest
from syncd.actions.accept import Accepted, Scene, Wish, accept, preview
from syncd.actions.days import Drawn, people_days
from syncd.actions.dry_run import mails_of, writes_of
from syncd.actions.finding import agents_of, person
from syncd.actions.reach import own_meeting, own_wish
from syncd.errors import Refused, SyncdError
from syncd.problems import kind_of
from syncd.rules.meetings import hindrance
from syncd.rules.timeline import Day, day_in
from syncd.web.pages import drawing, telling
from syncd.web.pages.doorway import Doorway
from syncd.web.pages.frame import Frame, see
from syncd.web.pages.visit import Visit

STEP, MOST = 25, 200
"""So many people at first, and with each `more`; and at most."""


class NotConfirmed(Refused):
    """Somebody marked not available was chosen, and nobody has said that this is meant."""


def routes(door: Doorway) -> None:
    """GET and POST /meeting/assign; with `to` in the address, the preview."""
    door.page("/meeting/assign", lambda visit: _look(door.frame, visit))
    door.form("/meeting/assign", lambda visit: _assign(door.frame, visit))


def _look(frame: Frame, visit: Visit) -> Response:
    meeting = own_meeting(visit.ctx, visit.caller, visit.asked("id"))
    why_not = hindrance(meeting, "assign", now=visit.now)
    if why_not or not visit.asked("to"):
        return _choose(frame, visit, meeting, why_not or "")
    return _preview(frame, visit, meeting, visit.asked("to"))


# ---------------------------------------------------------------------------------------------------------------------
# Whom


def _choose(frame: Frame, visit: Visit, meeting: Meeting, why_not: str) -> Response:
    limit = max(STEP, min(visit.number("limit", STEP), MOST))
    found = suggest.candidates(visit.ctx, meeting.id, limit=limit, named=visit.asked("q"))
    days = _days(visit, meeting)
    lines = _pictures(visit, meeting, found, days)
    return frame.page(
        visit, "assign.html", meeting=meeting, found=found, whole=drawing.whole(days), lines=lines, why_not=why_not,
        holder=agents_of(visit.ctx, [meeting.agent]).get(meeting.agent), more=_more(limit, found.total),
        legend=drawing.legend(line.pieces for line in lines.values()),
    )  # fmt: skip


def _more(limit: int, total: int) -> int:
    """How many to show next; 0: there are no more."""
    return min(limit + STEP, MOST) if limit < min(total, MOST) else 0


def _days(visit: Visit, meeting: Meeting) -> tuple[Day, ...]:
    """The visitor's day in which the meeting lies: two where it lies across midnight."""
    first, last = (telling.day(moment, visit.zone) for moment in (meeting.start, meeting.end))
    days = [day_in(first, visit.zone)]
    if last != first and days[0].end < meeting.end:
        days.append(day_in(last, visit.zone))
    return tuple(days)


def _pictures(
    visit: Visit, meeting: Meeting, found: suggest.Candidates, days: tuple[Day, ...]
) -> dict[str, Drawn]:
    """Each agent's time through these days, without the meeting that is to be handed over."""
    people = [one.agent for one in found.page]
    picture = people_days(visit.ctx, people, days, about=meeting)
    return {line.agent.id: line for line in picture.lines}


# ---------------------------------------------------------------------------------------------------------------------
# What would follow


def _preview(
    frame: Frame, visit: Visit, meeting: Meeting, to: str, *, wrong: SyncdError | None = None
) -> Response:
    chosen = person(visit.ctx, to)
    would = preview(visit.ctx, own_wish(visit.caller, _wish(visit, meeting, to)))
    return frame.page(
        visit, "assign_preview.html", code=kind_of(wrong).status if wrong else 200, meeting=meeting, chosen=chosen,
        would=would, wrong=wrong, marked=_reasons(would), writes=writes_of(visit.ctx, would),
        mails=mails_of(visit.ctx, would), people=agents_of(visit.ctx, [meeting.agent, to]),
        discreet=not visit.operator and to != visit.caller.agent,
    )  # fmt: skip


def _reasons(would: Accepted) -> tuple[dict[str, object], ...]:
    """Why the chosen one is marked not available; empty without such a mark."""
    return tuple(reason for override in would.overrides for reason in override.reasons)


def _wish(visit: Visit, meeting: Meeting, to: str, version: int | None = None) -> Wish:
    return changes.assign(meeting.id, to, by=visit.caller.name, version=version)


# ---------------------------------------------------------------------------------------------------------------------
# It is done


def _assign(frame: Frame, visit: Visit) -> Response:
    meeting = own_meeting(visit.ctx, visit.caller, visit.filled("id"))
    to = visit.filled("to")
    wish = _wish(visit, meeting, to, visit.number("version", 0))
    try:
        accepted = accept(
            visit.ctx, own_wish(visit.caller, _asked_once(wish, visit.filled("anyway") == "yes"))
        )
    except SyncdError as wrong:
        if hindrance(meeting, "assign", now=visit.now):
            raise
        return _preview(frame, visit, meeting, to, wrong=wrong)
    path, query = ("/meeting", {"id": meeting.id}) if visit.operator else ("/", {})
    return see(path, **query, done="assign" if accepted.changed else "unchanged")


def _asked_once(wish: Wish, confirmed: bool) -> Wish:
    """The wish, which is refused over a mark unless that is confirmed."""

    def apply(scene: Scene) -> Meeting:
        before = scene.meeting(wish.meeting)
        after = wish.apply(scene)
        if len(after.overrides) > len(before.overrides) and not confirmed:
            raise NotConfirmed(
                "not available at that time", "say that it is meant all the same, or choose somebody else"
            )
        return after

    return replace(wish, apply=apply)

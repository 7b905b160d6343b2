"""Invite, reschedule, cancel: a form each, which asks for the same changes as the command line does.

What a rule forbids is told above the form, with everything in it as it was filled in. A form knows the version of the meeting
it was shown for: if somebody was faster, nothing is changed.
"""

from collections.abc import Callable
from typing import Literal

from fastapi import Response

from store.model import Guest, Meeting
from syncd.actions import changes
from syncd.actions.accept import Wish, accept
from syncd.actions.finding import person
from syncd.actions.reach import own_meeting, own_wish
from syncd.errors import Invalid, SyncdError, Unknown, WrongUse
from syncd.moments import moment
from syncd.problems import kind_of
from syncd.rules.meetings import OfferedChange, hindrance
from syncd.web.pages.booking import booking
from syncd.web.pages.doorway import Doorway
from syncd.web.pages.frame import Frame, see
from syncd.web.pages.visit import Visit

Reader = Callable[[Visit, Meeting], Wish]


def routes(door: Doorway) -> None:
    """GET and POST /meeting/invite, reschedule and cancel."""
    forms: tuple[tuple[OfferedChange, Reader], ...] = (
        ("invite", _invite), ("reschedule", _reschedule), ("cancel", _cancel),
    )  # fmt: skip
    for change, read in forms:
        _offer(door, change, read)


def _offer(door: Doorway, change: OfferedChange, read: Reader) -> None:
    door.page(f"/meeting/{change}", lambda visit: _ask(door.frame, visit, change))
    door.form(f"/meeting/{change}", lambda visit: _change(door.frame, visit, change, read))


def _ask(frame: Frame, visit: Visit, change: OfferedChange, *, wrong: SyncdError | None = None) -> Response:
    """The form, filled in as it was sent if it was."""
    meeting = own_meeting(visit.ctx, visit.caller, visit.asked("id") or visit.filled("id"))
    field = wrong.field if isinstance(wrong, Invalid) else ""
    why_not = hindrance(meeting, change, now=visit.now) or ""
    free = booking(visit, meeting, frame.words) if change == "reschedule" and not why_not else None
    return frame.page(
        visit, f"{change}.html", code=kind_of(wrong).status if wrong else 200, meeting=meeting, wrong=wrong,
        field=field, agent=_agent(visit, meeting), why_not=why_not, free=free,
    )  # fmt: skip


def _agent(visit: Visit, meeting: Meeting) -> object:
    """Whose meeting it is; None if nobody configured."""
    try:
        return person(visit.ctx, meeting.agent)
    except Unknown:
        return None


def _change(frame: Frame, visit: Visit, change: OfferedChange, read: Reader) -> Response:
    meeting = own_meeting(visit.ctx, visit.caller, visit.filled("id"))
    try:
        accepted = accept(visit.ctx, own_wish(visit.caller, read(visit, meeting)))
    except SyncdError as wrong:
        return _ask(frame, visit, change, wrong=wrong)
    return see("/meeting", id=meeting.id, done=change if accepted.changed else "unchanged")


def _invite(visit: Visit, meeting: Meeting) -> Wish:
    guest = Guest(visit.filled("name"), visit.filled("email"), visit.filled("language") or None)
    return changes.invite(meeting.id, guest, by=visit.caller.name, version=_version(visit))


def _reschedule(visit: Visit, meeting: Meeting) -> Wish:
    """Times are by the visitor's clocks. Without an end the length stays."""
    start = moment(visit.filled("start"), visit.zone, "start")
    end = moment(visit.filled("end"), visit.zone, "end") if visit.filled("end") else None
    reason, by = visit.filled("reason"), visit.caller.name
    return changes.reschedule(meeting.id, start, end, reason, by=by, version=_version(visit))


def _cancel(visit: Visit, meeting: Meeting) -> Wish:
    return changes.cancel(
        meeting.id,
        visit.filled("reason"),
        _who(visit.filled("by")),
        by=visit.caller.name,
        version=_version(visit),
    )


def _who(text: str) -> Literal["guest", "agent"]:
    match text:
        case "guest":
            return "guest"
        case "agent":
            return "agent"
    raise Invalid("say who calls it off: the guest or the agent", field="by")


def _version(visit: Visit) -> int:
    """The version that the form was made for."""
    number = visit.number("version", 0)
    if not number:
        raise WrongUse("the form does not say for which version of the meeting it was made", "open it anew")
    return number

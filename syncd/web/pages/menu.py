"""The menu of a meeting: what a visitor may do with it, and why not. What they reach at all is `actions.reach`."""

from dataclasses import dataclass

from store.model import Meeting
from syncd.rules.meetings import OfferedChange, hindrance
from syncd.web.pages.visit import Visit, address

OFFERED: tuple[OfferedChange, ...] = ("invite", "reschedule", "cancel", "assign")


@dataclass(frozen=True, slots=True)
class Choice:
    """A line of a meeting's menu. `why_not`: the word for why it can't be chosen; "": it can."""

    change: OfferedChange
    href: str
    why_not: str = ""


def choices(visit: Visit, meeting: Meeting) -> list[Choice]:
    """The menu of a meeting, in its order."""
    return [_choice(visit, meeting, change) for change in OFFERED]


def _choice(visit: Visit, meeting: Meeting, change: OfferedChange) -> Choice:
    href = address(f"/meeting/{change}", id=meeting.id)
    if not visit.writes:
        return Choice(change, href, "may_only_look")
    return Choice(change, href, hindrance(meeting, change, now=visit.now) or "")

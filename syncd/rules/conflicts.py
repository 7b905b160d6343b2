"""Late conflicts: what came into an agent's calendar beside a coming meeting, after the meeting was planned or assigned.

Pure. The same rules that mark an agent judge it. What stood there already when somebody planned, moved or assigned the
meeting is on record in its overrides, and not told as late. Other meetings and blocks are none: who makes them is shown the mark.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from store.model import Meeting
from syncd.rules.policy import Policy
from syncd.rules.walls import BusyPiece, Reason, walls_of


def late(meeting: Meeting, busy: Iterable[BusyPiece], policy: Policy) -> tuple[Reason, ...]:
    """The events that are in the meeting's way and were not when it was last decided, each for itself, soonest first."""
    walls = walls_of(busy, (), policy)
    found = {
        wall.reason(meeting.start, meeting.end) for wall in walls if wall.hits(meeting.start, meeting.end)
    }
    recorded = [
        one for override in meeting.overrides if override.agent == meeting.agent for one in override.reasons
    ]
    new = (one for one in found if not any(_covers(said, one) for said in recorded))
    return tuple(sorted(new, key=lambda one: (one.start, one.end, one.calendar or "", one.status or "")))


def _covers(recorded: dict[str, Any], reason: Reason) -> bool:
    """Is the event within what was recorded? That is told merged, and whether only its buffer was in the way is the same."""
    if recorded.get("calendar") != reason.calendar or not reason.start or not reason.end:
        return False
    start, end = (
        datetime.fromisoformat(recorded[name]) if recorded.get(name) else None for name in ("start", "end")
    )
    return start is not None and end is not None and start <= reason.start and reason.end <= end

"""What becomes of an event of ours that its agent moved, edited or deleted: nothing, put it back, or take it for a change.

Pure. `flag` tells a person and overwrites nothing; `restore` puts the event back as the meeting stands, but fights nobody
over it: after the third time it flags; `accept` takes a move for a reschedule and a deletion for a cancel, as far as the
rules of meetings let it. While anything is owed to that calendar, what is owed decides, not the drift.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from store.model import Copy, Meeting, MeetingStatus
from syncd.rules import meetings
from syncd.rules.refusal import Refused

Way = Literal["flag", "restore", "accept"]
What = Literal["moved", "edited", "deleted", "copied"]

MOST_RESTORES = 3
"""How often an event is put back by itself for one meeting and agent."""

REASON = "changed in the agent's calendar"
"""What guests are told when a move or a deletion is taken for a change."""


def way_out(
    policy: Way, copy: Copy, meeting: Meeting, copies: Iterable[Copy], *, owed: bool, now: datetime
) -> Way:
    """What is to be done by itself about this copy's drift; `flag` = nothing, a person is told.

    `copies`: all of the meeting's; `owed`: something is still owed to a calendar because of the meeting.
    """
    if owed or not copy.drift or meeting.agent != copy.agent:
        return "flag"
    match policy:
        case "restore" if restores(copies, copy.agent) < MOST_RESTORES and now < meeting.end:
            return "restore"
        case "accept" if _is_allowed(meeting, copy, now):
            return "accept"
        case _:
            return "flag"


def what(copy: Copy) -> What:
    """What became of the copy. One that is otherwise as it was written can have been duplicated."""
    return copy.drift or "copied"


def found_at(copy: Copy) -> datetime | None:
    """When that was first seen."""
    return copy.drift_at if copy.drift else min((one.found_at for one in copy.open_duplicates), default=None)


def theirs(copy: Copy) -> tuple[datetime, datetime] | None:
    """When the event now takes place, or its duplicate does; None: it was deleted."""
    if not copy.drift:
        return next(((one.start, one.end) for one in copy.open_duplicates), None)
    start, end = copy.found_start, copy.found_end
    return (start, end) if start and end else None


def changed(copy: Copy) -> tuple[str, ...]:
    """What of the event its agent changed, as far as is known: times, and the parts that `delivery.parts` tells apart."""
    if copy.drift not in ("moved", "edited"):
        return ()
    times = {"start": (copy.written_start, copy.found_start), "end": (copy.written_end, copy.found_end)}
    moved = tuple(name for name, (ours, theirs) in times.items() if ours != theirs)
    ours, theirs = copy.written_parts or {}, copy.found_parts or {}
    return (*moved, *(name for name in ours if name in theirs and ours[name] != theirs[name]))


def takes_time(copy: Copy, meeting: Meeting) -> bool:
    """Does the event of a meeting that is over, or cancelled, take its agent's time where it now stands?

    Its agent made something of it: moved it to another time, or gave time back to what was shown as cancelled.
    """
    if (copy.found_parts or {}).get("busy") == "no":
        return False
    return copy.drift == "moved" or meeting.status is MeetingStatus.CANCELLED


def restores(copies: Iterable[Copy], agent: str) -> int:
    """How often the meeting's event was put back into this agent's calendar by itself, in whatever generation."""
    return sum(copy.restored for copy in copies if copy.agent == agent)


def as_change(meeting: Meeting, copy: Copy, *, now: datetime) -> Meeting:
    """The meeting as it stands once the drift is accepted: rescheduled, cancelled, or (an edit) as it was.

    Raises `Refused` where the rules of meetings forbid it.
    """
    if copy.drift == "deleted":
        return meetings.cancel(meeting, REASON, "agent", now=now)
    if copy.drift == "moved" and copy.found_start and copy.found_end:
        return meetings.reschedule(meeting, copy.found_start, copy.found_end, REASON, now=now)
    return meeting


def _is_allowed(meeting: Meeting, copy: Copy, now: datetime) -> bool:
    try:
        as_change(meeting, copy, now=now)
    except Refused:
        return False
    return True

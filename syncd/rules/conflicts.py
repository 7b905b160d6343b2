"""Late conflicts: what came into an agent's calendar beside a coming meeting, after the meeting was planned or assigned.

Pure. The same rules that mark an agent judge it. What stood there already when somebody planned, moved or assigned the
meeting is on record in its overrides, and not told as late. Other meetings and blocks are none: who makes them is shown the mark.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from store.model import Meeting
from syncd.rules import availability
from syncd.rules.availability import BusyPiece, Mark, Reason
from syncd.rules.policy import Policy


def late(meeting: Meeting, busy: Iterable[BusyPiece], policy: Policy, *, now: datetime) -> tuple[Reason, ...]:
    """The events that are in the meeting's way and were not when it was last decided, soonest first."""
    verdict = availability.judge(
        meeting.start, meeting.end, busy=busy, obstacles=(), fresh=(), policy=policy, now=now,
        stale_after=timedelta.max, exclude=meeting.id,
    )  # fmt: skip
    if verdict.mark is not Mark.NOT_AVAILABLE:
        return ()
    recorded = [
        one for override in meeting.overrides if override.agent == meeting.agent for one in override.reasons
    ]
    known = {_event(one) for one in recorded}
    return tuple(one for one in verdict.reasons if (one.calendar, one.start, one.end) not in known)


def _event(recorded: dict[str, Any]) -> tuple[str | None, datetime | None, datetime | None]:
    """Which event a recorded reason means: that it stood there counts, and not whether only its buffer was in the way."""
    start, end = (
        datetime.fromisoformat(recorded[name]) if recorded.get(name) else None for name in ("start", "end")
    )
    return recorded.get("calendar"), start, end

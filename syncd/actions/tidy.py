"""What time itself changes: conversations nobody closed, and busy time that is over."""

from store import meetings
from store.model import Change, Meeting
from syncd import logs
from syncd.actions.context import Context
from syncd.rules.meetings import LIVE_GRACE, overdue


def close_overdue(ctx: Context) -> list[Meeting]:
    """Two hours after their planned end: live becomes completed, scheduled becomes missed. Returns those changed."""
    with ctx.store.reading() as tx:
        found = meetings.overdue(tx, ctx.clock() - LIVE_GRACE)
    return [closed for one in found if (closed := _close(ctx, one.id)) is not None]


def _close(ctx: Context, meeting_id: str) -> Meeting | None:
    now = ctx.clock()
    with ctx.store.writing() as tx:
        meetings.take_turn(tx, meeting_id)
        before = meetings.meeting(tx, meeting_id)
        after = overdue(before, now) if before is not None else None
        if after is None:
            return None
        meetings.update(tx, after)
        body = {"status": after.status.value}
        meetings.append(
            tx, Change(after.id, after.version, "status", now, "syncd", None, body, {"automatic": True})
        )
    logs.info("meeting_closed", meeting=after.id, status=after.status.value)
    return after

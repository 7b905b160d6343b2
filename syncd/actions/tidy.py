"""What time itself changes: conversations nobody closed, busy time that is over, and what is no longer kept."""

from datetime import timedelta

from store import meetings, retention
from store.model import Change, Meeting
from syncd import logs
from syncd.actions.context import Context
from syncd.actions.read import WINDOW_MARGIN
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


def forget(ctx: Context) -> int:
    """Drop busy time that is over, and meetings that ended longer ago than they are kept; returns how many of those."""
    now, config = ctx.clock(), ctx.config
    with ctx.store.writing() as tx:
        retention.drop_past_slots(tx, now - config.sync.window_past - WINDOW_MARGIN)
    gone = 0
    while config.store.keep_meetings > timedelta(0):
        with ctx.store.writing() as tx:
            found = retention.forget_meetings(tx, now - config.store.keep_meetings)
        gone += len(found)
        if not found:
            break
    if gone:
        logs.info("meetings_forgotten", meetings=gone)
    return gone

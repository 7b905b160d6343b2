"""Drift: events of ours that their agents moved, edited or deleted, and how that is settled, by a person or by policy.

The sync found and believed it (`actions.read`). Here it is listed, accepted (a move becomes a reschedule, a deletion a
cancel, with guests told as usual; an edit stays as it is until the next change), or restored (the event is owed anew).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from store import calendars, copies, deliveries, meetings
from store.database import Tx
from store.model import Copy, Meeting
from syncd import logs
from syncd.actions import changes
from syncd.actions.accept import Accepted, Scene, Wish, accept, preview
from syncd.actions.context import Context
from syncd.actions.named import existing
from syncd.actions.owing import owe
from syncd.errors import Refused, Unknown
from syncd.rules import drift as rule
from syncd.rules.delivery import Owed

State = Literal["open", "owed", "accepted", "restored"]


@dataclass(frozen=True, slots=True)
class Drift:
    """A copy that is not what was written. `state`: open, or owed: a delivery that is on its way will overwrite it.

    What is otherwise as it was written can have been duplicated (`copied`).
    """

    copy: Copy
    meeting: Meeting
    calendar: str
    policy: rule.Way
    state: State

    @property
    def what(self) -> rule.What:
        """What became of the copy."""
        return rule.what(self.copy)


def drift_list(ctx: Context) -> list[Drift]:
    """What drifted of scheduled and live meetings, in the order of its number."""
    with ctx.store.reading() as tx:
        found = {copy.id: copy for copy in (*copies.duplicated(tx), *copies.drifted(tx))}
        return [_drift(ctx, tx, found[number]) for number in sorted(found)]


def accept_drift(ctx: Context, number: int, *, by: str) -> Drift:
    """Take what the agent did for what is meant; a duplicate is let be. Raises `Unknown`, or `Refused` where the rules of
    meetings forbid it."""
    before = _open(ctx, number)
    if before.what == "copied":
        _settle(ctx, before, _let_be)
    elif before.what == "edited":
        _settle(ctx, before, _take_as_written)
    else:
        accept(ctx, _wish(before.copy, by))
    logs.info("drift_accepted", meeting=before.copy.meeting, agent=before.copy.agent, what=before.what, by=by)
    return replace(before, state="accepted")


def preview_drift(ctx: Context, number: int, *, by: str) -> Accepted:
    """What accepting it would do, with nothing saved (`--dry-run`). Raises as `accept_drift`."""
    before = _open(ctx, number)
    if before.what in ("edited", "copied"):
        return Accepted(before.meeting, changed=False)
    return preview(ctx, _wish(before.copy, by))


def restore_drift(ctx: Context, number: int, *, by: str) -> Drift:
    """Put the event back as the meeting stands. Raises `Unknown`, or `Refused` if a delivery is at it already."""
    before = _open(ctx, number)
    if before.what == "copied":
        raise Refused(
            f"drift {number} is a duplicate of our event: it is its agent's, and never touched",
            "have it deleted in the calendar, or accept it: it then goes on to block",
        )
    _settle(ctx, before, lambda tx, copy: _owe_again(ctx, tx, copy))
    logs.info(
        "drift_restored", meeting=before.copy.meeting, agent=before.copy.agent, what=before.copy.drift, by=by
    )
    return replace(before, state="restored")


def settle_drift(ctx: Context) -> int:
    """Do what the policy wants about each drift; how many were settled. What somebody else settles meanwhile is left."""
    way: dict[int, rule.Way] = {}
    with ctx.store.reading() as tx:
        for one in (_drift(ctx, tx, copy) for copy in copies.drifted(tx)):
            standing = copies.copies(tx, meeting=one.copy.meeting)
            way[one.copy.id] = rule.way_out(
                one.policy,
                one.copy,
                one.meeting,
                standing,
                owed=_is_owed(tx, one.copy.meeting),
                now=ctx.clock(),
            )
    return sum(_by_policy(ctx, number, chosen) for number, chosen in way.items() if chosen != "flag")


def _by_policy(ctx: Context, number: int, chosen: rule.Way) -> bool:
    try:
        before = _open(ctx, number)
        if chosen == "accept":
            accept_drift(ctx, number, by="policy")
            return True
        _settle(ctx, before, lambda tx, copy: _owe_again(ctx, tx, replace(copy, restored=copy.restored + 1)))
    except Refused as refused:
        logs.info("drift_left", drift=number, reason=refused.message)
        return False
    logs.info(
        "drift_restored",
        meeting=before.copy.meeting,
        agent=before.copy.agent,
        what=before.copy.drift,
        by="policy",
    )
    return True


# ---------------------------------------------------------------------------------------------------------------------


def _drift(ctx: Context, tx: Tx, copy: Copy) -> Drift:
    meeting = existing(meetings.meeting(tx, copy.meeting), copy.meeting)
    state: State = "owed" if _is_owed(tx, copy.meeting) else "open"
    return Drift(copy, meeting, _calendar(tx, copy), ctx.config.policy.agent_edits or "flag", state)


def _calendar(tx: Tx, copy: Copy) -> str:
    """The name under which the agent knows the calendar that the copy stands in."""
    for row in calendars.calendars(tx, agent=copy.agent):
        here = (row.account, row.login) == (copy.place.account, copy.place.login)
        if here and row.href and copy.href.startswith(row.href):
            return row.name
    return copy.place.calendar


def _is_owed(tx: Tx, meeting: str) -> bool:
    """Is anything still owed to a calendar because of the meeting? A mail that waits settles nothing there."""
    open_rows = deliveries.deliveries(tx, meeting=meeting, states=deliveries.OPEN)
    return any(row.target == "calendar" for row in open_rows)


def _open(ctx: Context, number: int) -> Drift:
    """The drift under this number, if nothing is on its way that will end it."""
    found = next((one for one in drift_list(ctx) if one.copy.id == number), None)
    if found is None:
        raise Unknown(f"there is no drift {number}", "syncd drift lists what there is")
    if found.state == "owed":
        raise Refused(
            f"drift {number}: a delivery of meeting {found.copy.meeting!r} is on its way and decides it",
            "look again once it is delivered (syncd deliveries)",
        )
    return found


def _settle(ctx: Context, before: Drift, save: Callable[[Tx, Copy], None]) -> None:
    """In the meeting's turn, and only if the copy still is as it was looked at."""
    with ctx.store.writing() as tx:
        meetings.take_turn(tx, before.copy.meeting)
        save(tx, _unchanged(tx, before.copy))


def _unchanged(tx: Tx, before: Copy) -> Copy:
    now = next((one for one in copies.copies(tx, meeting=before.meeting) if one.id == before.id), None)
    if now != before or _is_owed(tx, before.meeting):
        raise Refused(
            f"drift {before.id} was settled, or changed again, this very moment", "look again: syncd drift"
        )
    return before


def _take_as_written(tx: Tx, copy: Copy) -> None:
    copies.save_copy(
        tx, replace(copy, written=copy.found, written_parts=copy.found_parts, drift="", drift_at=None)
    )


def _let_be(tx: Tx, copy: Copy) -> None:
    duplicates = tuple(replace(one, accepted=True) for one in copy.duplicates)
    copies.save_copy(tx, replace(copy, duplicates=duplicates))


def _owe_again(ctx: Context, tx: Tx, copy: Copy) -> None:
    meeting = existing(meetings.meeting(tx, copy.meeting), copy.meeting)
    copies.save_copy(tx, copy)
    owe(tx, meeting, Owed(copy.agent, "put"), copy.place.calendar, ctx.clock())


def _wish(copy: Copy, by: str) -> Wish:
    """The change that the agent made in the calendar."""

    def apply(scene: Scene) -> Meeting:
        _unchanged(scene.tx, copy)
        after = rule.as_change(scene.meeting(copy.meeting), copy, now=scene.now)
        return after if copy.drift == "deleted" else changes.marked(scene, after, by)

    if copy.drift == "deleted":
        wish = changes.cancel(copy.meeting, rule.REASON, "agent", by=by)
    else:
        wish = changes.reschedule(copy.meeting, _moment(copy.found_start), copy.found_end, rule.REASON, by=by)
    return replace(wish, apply=apply)


def _moment(value: datetime | None) -> datetime:
    if value is None:
        raise Refused("it is not known to when the event was moved", "sync the calendar first: syncd sync")
    return value

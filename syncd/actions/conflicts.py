"""Late conflicts: found among all coming meetings with one query, judged by the rules of the marks, and told once.

Found anew whenever somebody looks; the store keeps only which were told, so that a restart tells none of them again.
"""

from collections.abc import Collection
from dataclasses import dataclass

from store import agents, calendars, conflicts, meetings
from store.conflicts import ToldConflict
from store.database import Tx
from store.model import Agent, Meeting
from syncd import logs
from syncd.actions.context import Context
from syncd.actions.itself import apart, without
from syncd.actions.knowledge import busy_pieces
from syncd.actions.policies import policies_of
from syncd.actions.suggest import candidates
from syncd.rules import conflicts as rule
from syncd.rules.availability import Mark
from syncd.rules.walls import Reason

MOST_INSTEAD = 3
"""So many agents are named who could take a meeting instead."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A coming meeting in whose way something came after it was planned or assigned."""

    meeting: Meeting
    reasons: tuple[Reason, ...]

    @property
    def told(self) -> set[ToldConflict]:
        """What is kept once it was told, for each event in the way."""
        meeting = self.meeting
        return {
            ToldConflict(meeting.id, meeting.agent, one.calendar or "", one.start, one.end)
            for one in self.reasons
            if one.start and one.end
        }


def late(ctx: Context, tx: Tx, *, only: Collection[str] | None = None) -> dict[str, Conflict]:
    """Meeting -> its late conflict, by start; of all coming meetings, or `only` of these."""
    policies, now = policies_of(ctx.config), ctx.clock()
    beside = conflicts.beside(tx, now, policies.widest_buffer(), only=only)
    if not beside:
        return {}
    concerned = meetings.by_ids(tx, beside)
    people = agents.by_id(tx, {one.agent for one in concerned})
    checked = {row.id: row for row in calendars.calendars(tx, agents=list(people)) if row.checked}
    found: dict[str, Conflict] = {}
    for meeting in concerned:
        if (agent := people.get(meeting.agent)) is not None:
            others = without(beside[meeting.id], apart(tx, meeting))
            busy = busy_pieces(agent, policies, checked, others)
            if reasons := rule.late(meeting, busy, policies.of_agent(agent)):
                found[meeting.id] = Conflict(meeting, reasons)
    return found


def instead(ctx: Context, meeting: Meeting) -> tuple[tuple[Agent, Mark], ...]:
    """The best who could take the meeting from its agent; nobody who is marked not available."""
    page = candidates(ctx, meeting.id, limit=MOST_INSTEAD + 1).page
    others = [(one.agent, one.verdict.mark) for one in page if not one.assigned]
    others = [one for one in others if one[1] is not Mark.NOT_AVAILABLE]
    return tuple(others[:MOST_INSTEAD])


def notice_conflicts(ctx: Context) -> int:
    """Tell of each late conflict once, in the log; how many were new."""
    with ctx.store.reading() as tx:
        there, before = late(ctx, tx), conflicts.told(tx)
    now = {one: conflict for conflict in there.values() for one in conflict.told}
    if now.keys() == before:
        return 0
    with ctx.store.writing() as tx:
        conflicts.take_turn(tx)
        before = conflicts.told(tx)
        new = sorted(now.keys() - before, key=lambda one: (one.meeting, one.start, one.calendar))
        conflicts.note(tx, new, ctx.clock())
        conflicts.forget(tx, before - now.keys())
    for one in new:
        hint = f"syncd candidates {one.meeting} shows who could take it"
        logs.warning("conflict_found", meeting=one.meeting, agent=one.agent, calendar=one.calendar, hint=hint)
    return len(new)

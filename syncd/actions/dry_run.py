"""What a change would write to calendars and mail to people, without doing it: from what it would owe, and what stands there.

An event that has no identity yet shows no UID: the identity is made when it is delivered (`rules.delivery`). Mails are
decided as they are when they are sent (`rules.notices`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from store import agents, calendars, copies, told
from store.database import Tx
from store.model import Agent, Copy, Meeting, Place
from syncd.actions.accept import Accepted
from syncd.actions.context import Context
from syncd.actions.deliver import MOST_STEPS
from syncd.actions.letters import letter_for
from syncd.actions.owing import is_ours_to_tell
from syncd.actions.post import wording_of
from syncd.mail.letter import Letter
from syncd.rules import delivery as rule
from syncd.rules import notices
from syncd.rules.delivery import Create, Done, Put, Remove, Wait
from syncd.shapes import Json, dry_run_json, event_json, moment


def dry_run(ctx: Context, accepted: Accepted) -> Json:
    """All of it, as JSON."""
    return dry_run_json(
        accepted.meeting, writes_of(ctx, accepted), mails_of(ctx, accepted), accepted.overrides
    )


def writes_of(ctx: Context, accepted: Accepted) -> list[Json]:
    """One {"do", "agent", "calendar", "event"} for each write, in the order of delivery: put comes before remove.

    The steps are those that delivering would take (`rules.delivery`), walked through on paper.
    """
    with ctx.store.reading() as tx:
        standing = copies.copies(tx, meeting=accepted.meeting.id)
        people = [(owed, agents.agent(tx, owed.agent)) for owed in accepted.owed]
        concerned = {accepted.meeting.agent, *(one.agent for one in standing)}
        concerned |= {one.agent for one in accepted.owed}
        where = calendars.places(tx, concerned)
    paper = Paper(ctx, accepted.meeting, where, {(one.agent, one.generation): one for one in standing})
    for owed, _ in people:
        if owed.kind == "remove":
            paper.leave(owed.agent)
    return [write for _, agent in people if agent is not None for write in paper.deliver(agent)]


@dataclass(frozen=True, slots=True)
class Paper:
    """The meeting's copies as they would stand: what is written here is written nowhere else."""

    ctx: Context
    meeting: Meeting
    places: Mapping[str, Place]
    copies: dict[tuple[str, int], Copy]

    def leave(self, agent: str) -> None:
        """As accepting the change marks them: they are not written again."""
        for copy in self.copies.values():
            if copy.agent == agent and copy.state in ("intended", "present"):
                self._note(replace(copy, state="leaving"))

    def deliver(self, agent: Agent) -> Iterator[Json]:
        """The writes that make this agent's calendar agree."""
        settings = self.ctx.config.meetings
        for _ in range(MOST_STEPS):
            step = rule.next_step(
                self.meeting, agent, places=self.places, copies=self.copies.values(), now=self.ctx.clock(),
                release_after=settings.release_after, private=settings.private, reminder=settings.reminder,
                keep_cancelled=settings.keep_cancelled,
            )  # fmt: skip
            match step:
                case Create(place, generation):
                    self._note(Copy(0, self.meeting.id, agent.id, generation, place, "", "", "intended"))
                case Put(copy):
                    yield from self._put(agent, copy)
                case Remove(copy):
                    yield from self._remove(copy)
                case Done() | Wait():
                    return

    def _put(self, agent: Agent, copy: Copy) -> Iterator[Json]:
        if copy.drift == "deleted":
            self._note(replace(copy, state="gone", drift=""))
            return
        settings = self.ctx.config.meetings
        event = rule.event_of(self.meeting, agent, copy, private=settings.private, reminder=settings.reminder)
        yield _write("put", agent.id, copy.place, event_json(event))
        self._note(replace(copy, state="present", written=rule.digest(event), drift=""))

    def _remove(self, copy: Copy) -> Iterator[Json]:
        """What was never written, or what its agent deleted, need not be taken away."""
        if copy.written and copy.drift != "deleted":
            event = {
                "uid": copy.uid, "start": moment(copy.written_start), "end": moment(copy.written_end),
            }  # fmt: skip
            yield _write("remove", copy.agent, copy.place, event)
        self._note(replace(copy, state="gone"))

    def _note(self, copy: Copy) -> None:
        self.copies[copy.agent, copy.generation] = copy


def _write(do: str, agent: str, place: Place, event: Json) -> Json:
    return {"do": do, "agent": agent, "calendar": place.calendar, "event": event}


def mails_of(ctx: Context, accepted: Accepted) -> list[Json]:
    """One {"kind", "to", "subject"} for each mail that would go out."""
    templates = ctx.config.mail.templates if ctx.config.mail is not None else ""
    with ctx.store.reading() as tx:
        letters = list(_letters(ctx, tx, accepted))
    return [
        {"kind": one.notice, "to": one.reader.email, "subject": wording_of(templates).say(one).subject}
        for one in letters
    ]


def _letters(ctx: Context, tx: Tx, accepted: Accepted) -> Iterator[Letter]:
    meeting, now = accepted.meeting, ctx.clock()
    known = {notices.mailbox_of(one): one for one in told.told_of(tx, meeting.id)}
    begun = {notices.mailbox_of(one): one for one in told.half_told_of(tx, meeting.id)}
    for owed in accepted.notices:
        before = known.get(owed.whom)
        half = begun.get(owed.whom)
        notice = notices.due_notice(owed.notice, meeting, owed.whom, before, now=now, half=half)
        if notice is not None and is_ours_to_tell(ctx.config, owed):
            letter = letter_for(tx, meeting, owed.whom, notice, before)
            if letter is not None:
                yield letter

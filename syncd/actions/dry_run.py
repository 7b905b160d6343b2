"""What a change would write to calendars and mail to people, without doing it: from what it would owe, and what stands there.

An event that has no identity yet shows no UID: the identity is made when it is delivered (`rules.delivery`). Mails are
decided as they are when they are sent (`rules.notices`).
"""

from collections.abc import Iterator, Sequence

from store import agents, copies, told
from store.database import Tx
from store.model import Copy, Meeting, Place
from syncd.actions.accept import Accepted
from syncd.actions.context import Context, places
from syncd.actions.letters import letter_for
from syncd.actions.owing import is_ours_to_tell
from syncd.actions.post import wording_of
from syncd.mail.letter import Letter
from syncd.rules import notices
from syncd.rules.delivery import STANDING, Owed, event_of
from syncd.shapes import Json, dry_run_json, event_json, moment


def dry_run(ctx: Context, accepted: Accepted) -> Json:
    """All of it, as JSON."""
    return dry_run_json(
        accepted.meeting, writes_of(ctx, accepted), mails_of(ctx, accepted), accepted.overrides
    )


def writes_of(ctx: Context, accepted: Accepted) -> list[Json]:
    """One {"do", "agent", "calendar", "event"} for each write, in the order of delivery: put comes before remove."""
    with ctx.store.reading() as tx:
        standing = [one for one in copies.copies(tx, meeting=accepted.meeting.id) if one.state in STANDING]
        events = {owed.agent: _event(ctx, accepted.meeting, owed, standing) for owed in accepted.owed}
        people = {owed.agent: agents.agent(tx, owed.agent) for owed in accepted.owed}
    writes: list[Json] = []
    for owed in accepted.owed:
        agent, copy = people[owed.agent], events[owed.agent]
        if owed.kind == "remove":
            writes += _removals(owed.agent, standing)
        elif agent is not None and copy is not None:
            settings = ctx.config.meetings
            event = event_of(
                accepted.meeting, agent, copy, private=settings.private, reminder=settings.reminder
            )
            writes.append(_write("put", owed.agent, copy.place, event_json(event)))
    return writes


def _event(ctx: Context, meeting: Meeting, owed: Owed, standing: Sequence[Copy]) -> Copy | None:
    """The copy that would be written: the one that stands there, else a new one without an identity."""
    place = places(ctx.config).get(owed.agent)
    for copy in standing:
        if copy.agent == owed.agent and copy.state != "leaving" and copy.place == place:
            return copy
    return Copy(0, meeting.id, owed.agent, 0, place, "", "", "intended") if place else None


def _removals(agent: str, standing: Sequence[Copy]) -> Iterator[Json]:
    for copy in standing:
        if copy.agent == agent:
            event = {
                "uid": copy.uid,
                "start": moment(copy.written_start),
                "end": moment(copy.written_end),
            }
            yield _write("remove", agent, copy.place, event)


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
    for owed in accepted.notices:
        before = known.get(owed.whom)
        notice = notices.due_notice(owed.notice, meeting, owed.whom, before, now=now)
        if notice is not None and is_ours_to_tell(ctx.config, owed):
            letter = letter_for(tx, meeting, owed.whom, notice, before)
            if letter is not None:
                yield letter

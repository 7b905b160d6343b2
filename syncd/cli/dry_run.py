"""What a change would write to calendars, without writing: from what it would owe and from the copies that stand there.

An event that has no identity yet shows no UID: the identity is made when it is delivered (`rules.delivery`).
"""

from collections.abc import Iterator, Sequence

from store import agents, copies
from store.model import Copy, Meeting, Place
from syncd.actions.accept import Accepted
from syncd.actions.context import Context, places
from syncd.rules.delivery import STANDING, Owed, event_of
from syncd.shapes import Json, event_json, moment


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

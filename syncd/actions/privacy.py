"""What syncd keeps of an agent: told to whoever asks for it, and taken out for one who is no longer configured."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from store import (
    agents,
    blocks,
    calendars,
    conflicts,
    copies,
    deeds,
    deliveries,
    meetings,
    privacy,
    slots,
    subscriptions,
    tokens,
    told,
)
from store.conflicts import ToldConflict
from store.database import Tx
from store.model import (
    Agent,
    Calendar,
    Change,
    Copy,
    Deed,
    Delivery,
    Login,
    MadeBlock,
    Meeting,
    MeetingStatus,
    Slot,
    Token,
    Told,
)
from store.privacy import Erased, KnownObject, Renaming
from store.subscriptions import Subscription
from syncd import logs
from syncd.actions.context import Context
from syncd.errors import Refused, Unknown

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Calendars:
    """What is kept of an agent's calendars, and of how they are read."""

    logins: tuple[Login, ...]
    subscriptions: tuple[Subscription, ...]
    calendars: tuple[Calendar, ...]
    objects: tuple[KnownObject, ...]
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """An agent's part in meetings: the meetings that name them, and what of their story is theirs.

    `changes`: the lines that name them, that they made, or because of which something was done for them.
    """

    meetings: tuple[Meeting, ...]
    changes: tuple[Change, ...]
    deeds: tuple[Deed, ...]
    copies: tuple[Copy, ...]
    deliveries: tuple[Delivery, ...]
    told: tuple[Told, ...]
    half_told: tuple[Told, ...]
    conflicts: tuple[ToldConflict, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """Everything that is kept of an agent; `blocks`: those that hit nobody else, and those they made."""

    agent: Agent
    tokens: tuple[Token, ...]
    blocks: tuple[MadeBlock, ...]
    calendars: Calendars
    part: Part


def kept_of(ctx: Context, agent_id: str) -> Kept:
    """All of it, also of an agent who is no longer configured. Raises `Unknown`."""
    with ctx.store.reading() as tx:
        agent = _known(agents.agent(tx, agent_id), agent_id)
        signed = privacy.signatures(tx, agent_id)
        return Kept(
            agent,
            tuple(one for one in tokens.tokens(tx) if one.agent == agent_id),
            tuple(
                one for one in blocks.blocks(tx) if one.scope == f"agent:{agent_id}" or one.made_by in signed
            ),
            _calendars_of(tx, agent_id),
            _part_of(tx, agent_id, signed),
        )


def _calendars_of(tx: Tx, agent: str) -> Calendars:
    return Calendars(
        tuple(calendars.logins(tx, agents=[agent])),
        tuple(subscriptions.subscriptions(tx, agents=[agent])),
        tuple(calendars.calendars(tx, agent=agent)),
        tuple(privacy.objects_of(tx, agent)),
        tuple(slots.overlapping(tx, _FIRST, _LAST, [agent])),
    )


def _part_of(tx: Tx, agent: str, signed: Collection[str]) -> Part:
    names = privacy.meetings_of(tx, agent)
    found = (meetings.meeting(tx, name) for name in names)
    done = [one for name in names for one in deeds.deeds(tx, name) if one.agent == agent]
    because = {(one.meeting, one.version) for one in done}
    return Part(
        tuple(one for one in found if one),
        tuple(
            line for name in names for line in meetings.changes(tx, name)
            if line.by in signed or (name, line.version) in because or _names(line, agent)
        ),
        tuple(done),
        copies.copies(tx, agent=agent),
        tuple(one for name in names for one in deliveries.deliveries(tx, meeting=name) if one.agent == agent),
        tuple(one for name in names for one in told.told_of(tx, name) if _is_told(one, agent)),
        tuple(one for name in names for one in told.half_told_of(tx, name) if _is_told(one, agent)),
        tuple(sorted((one for one in conflicts.told(tx) if one.agent == agent), key=lambda one: (one.start, one.meeting))),
    )  # fmt: skip


def _is_told(one: Told, agent: str) -> bool:
    return (one.role, one.who) == ("agent", agent)


def erase(ctx: Context, agent_id: str, *, really: bool) -> Erased:
    """Take the agent's name, addresses and calendars out of all that is kept; without `really` only say of how much.

    Raises `Unknown`, or `Refused` while the agent is configured or has meetings that are not over.
    """
    try:
        with ctx.store.writing() as tx:
            agent = _known(agents.agent(tx, agent_id), agent_id)
            _require_gone(agent)
            coming = meetings.meetings(
                tx, status=(MeetingStatus.SCHEDULED, MeetingStatus.LIVE), agent=agent_id
            )
            if coming:
                names = ", ".join(repr(one.id) for one in coming[:5])
                raise Refused(
                    f"agent {agent_id!r} still has meetings: {names}",
                    "assign them to somebody else, or cancel them",
                )
            done = privacy.erase(tx, agent_id)
            if not really:
                raise _OnlyAsked(done)
    except _OnlyAsked as asked:
        return asked.found
    logs.info("agent_erased", agent=done.called)
    return done


class _OnlyAsked(Exception):
    """Ends the transaction without a trace."""

    def __init__(self, found: Erased) -> None:
        super().__init__()
        self.found = found


def _known(agent: Agent | None, agent_id: str) -> Agent:
    if agent is None:
        raise Unknown(
            f"nothing is kept of an agent {agent_id!r}", "syncd agents lists those who are configured"
        )
    return agent


def _require_gone(agent: Agent) -> None:
    if agent.removed_at is None and agent.provisioned_by is not None:
        raise Refused(
            f"agent {agent.id!r} was provisioned by {agent.provisioned_by}",
            f"take the agent away first: DELETE /v1/agents/{agent.id}",
        )
    if agent.removed_at is None:
        raise Refused(
            f"agent {agent.id!r} is in the configuration, so what is erased would come back",
            "take the agent out of it, and let the store follow: syncd sync",
        )


def _names(line: Change, agent: str) -> bool:
    """Does this line of the journal name the agent?"""
    said = [line.body, line.detail]
    return bool(privacy.renamed(said, Renaming(agent, "")) != said)


def without_guests(body: dict[str, Any]) -> dict[str, Any]:
    """A line of the journal without the guests: who they are is theirs."""
    return {name: value for name, value in body.items() if name not in ("guests", "guest", "replace")}

"""Finding meetings and people among many: by words, by day, by status; a page at a time.

Words are looked for in what a person would remember: the title, the guests, the agent, the meeting's id. Each database would
compare letters in a way of its own, so that is done here, on batches of what the store has already narrowed down.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from store import agents, deliveries, meetings
from store.database import Tx
from store.model import Agent, Delivery, Meeting, MeetingStatus
from syncd.actions.context import Context
from syncd.actions.named import known_agent
from syncd.actions.suggest import is_named

BATCH = 500


@dataclass(frozen=True, slots=True)
class Found:
    """A meeting with its agent, and what is, or was, owed because of it. None: an agent nobody knows any more."""

    meeting: Meeting
    agent: Agent | None
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which meetings: of these statuses and this agent, overlapping [start, end), with all of these words in them."""

    statuses: Collection[MeetingStatus] | None = None
    agent: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    words: str = ""


def find_meetings(
    ctx: Context, wanted: Wanted, *, limit: int = 50, after: str = ""
) -> tuple[list[Found], str | None]:
    """A page by start, and the cursor of the next one (None: that was the last). A cursor that is none begins anew."""
    with ctx.store.reading() as tx:
        matching = _matching(tx, wanted, after)
        page = [pair for pair, _ in zip(matching, range(limit), strict=False)]
        more = next(matching, None) is not None
        owed: dict[str, list[Delivery]] = {one.id: [] for one, _ in page}
        for delivery in deliveries.of_meetings(tx, list(owed)):
            owed[delivery.meeting].append(delivery)
        found = [Found(one, agent, tuple(owed[one.id])) for one, agent in page]
    return found, meetings.cursor(page[-1][0]) if more and page else None


def people(ctx: Context, words: str = "", *, limit: int = 50) -> tuple[list[Agent], int]:
    """The first of everyone configured in whose name or id the words stand, by name, and how many they are."""
    with ctx.store.reading() as tx:
        found = [one for one in agents.agents(tx) if is_named(one, words)]
    return found[:limit], len(found)


def agents_of(ctx: Context, ids: Collection[str]) -> dict[str, Agent]:
    """Those of these agents that there are or were, by id."""
    with ctx.store.reading() as tx:
        return agents.by_id(tx, ids)


def titles_of(ctx: Context, ids: Collection[str]) -> dict[str, str]:
    """Meeting -> its title, of those that there are."""
    with ctx.store.reading() as tx:
        return {one.id: one.title for one in meetings.by_ids(tx, ids)}


def person(ctx: Context, agent_id: str) -> Agent:
    """One agent. Raises `Unknown`."""
    with ctx.store.reading() as tx:
        return known_agent(tx, agent_id)


def _matching(tx: Tx, wanted: Wanted, after: str) -> Iterator[tuple[Meeting, Agent | None]]:
    words = wanted.words.casefold().split()
    for batch in _batches(tx, wanted, after or None):
        known = agents.by_id(tx, {one.agent for one in batch})
        for one in batch:
            agent = known.get(one.agent)
            text = _text(one, agent) if words else ""
            if all(word in text for word in words):
                yield one, agent


def _batches(tx: Tx, wanted: Wanted, after: str | None) -> Iterator[Sequence[Meeting]]:
    while True:
        batch = meetings.meetings(
            tx, status=wanted.statuses, agent=wanted.agent, start=wanted.start, end=wanted.end, limit=BATCH,
            after=after,
        )  # fmt: skip
        yield batch
        if len(batch) < BATCH:
            return
        after = meetings.cursor(batch[-1])


def _text(meeting: Meeting, agent: Agent | None) -> str:
    guests = (part for guest in meeting.guests for part in (guest.name, guest.email))
    parts = (
        meeting.id,
        meeting.title,
        meeting.agent,
        agent.name if agent else "",
        meeting.group or "",
        *guests,
    )
    return "\n".join(parts).casefold()

"""Letters: what one person is told, put together from the store. For sending, for a preview, and for --dry-run alike."""

from store import agents
from store.database import Tx
from store.model import Agent, Guest, Meeting, Notice, Target, Told
from syncd.config.times import is_zone
from syncd.mail.letter import Letter, Reader
from syncd.rules.guests import identity


def letter_for(tx: Tx, meeting: Meeting, whom: Target, notice: Notice, told: Told | None) -> Letter | None:
    """The letter; None if there is nobody (any more) to read it, or nobody configured who holds the meeting."""
    holder = agents.agent(tx, meeting.agent)
    reader = _agent(tx, whom.agent) if whom.agent is not None else _guest(meeting, whom, holder)
    return None if holder is None or reader is None else Letter(notice, reader, meeting, holder, told)


def _agent(tx: Tx, agent_id: str) -> Reader | None:
    agent = agents.agent(tx, agent_id)
    if agent is None or agent.removed_at is not None:
        return None
    return Reader("agent", agent.name, agent.email, agent.language, agent.timezone)


def _guest(meeting: Meeting, whom: Target, holder: Agent | None) -> Reader | None:
    found = [guest for guest in meeting.guests if identity(guest) == whom.guest]
    return as_reader(found[0], holder) if found and holder is not None else None


def as_reader(guest: Guest, holder: Agent) -> Reader:
    """A guest, who without a language or zone of their own is told in those of the agent they meet."""
    zone = guest.timezone if guest.timezone and is_zone(guest.timezone) else holder.timezone
    return Reader("guest", guest.name, guest.email, guest.language or holder.language, zone)

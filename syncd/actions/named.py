"""What somebody names by its id: it is there, or the answer is `Unknown` with the command that lists what there is."""

from store import agents, meetings
from store.database import Tx
from store.model import Agent, Meeting
from syncd.actions.context import Context
from syncd.errors import Unknown


def known_agent(tx: Tx, agent_id: str) -> Agent:
    """An agent there is, configured or provisioned. Raises `Unknown`, also for one who is gone."""
    agent = agents.agent(tx, agent_id)
    if agent is None or agent.removed_at is not None:
        raise no_agent(agent_id)
    return agent


def zone_of(ctx: Context, agent: str | None) -> str:
    """The zone in which this agent's times are read and shown; without one, or one unknown here, the top-level zone."""
    configured = ctx.config.agent(agent or "")
    if configured is not None or agent is None:
        return configured.timezone if configured is not None else ctx.config.timezone
    with ctx.store.reading() as tx:
        found = agents.agent(tx, agent)
    return found.timezone if found is not None else ctx.config.timezone


def no_agent(agent_id: str) -> Unknown:
    """What is said of an agent nobody knows."""
    return Unknown(f"there is no agent {agent_id!r}", "syncd agents lists them")


def known_meeting(tx: Tx, meeting_id: str) -> Meeting:
    """A planned meeting, whatever became of it. Raises `Unknown`."""
    return existing(meetings.meeting(tx, meeting_id), meeting_id)


def existing(meeting: Meeting | None, meeting_id: str) -> Meeting:
    """The meeting that was looked up under this id. Raises `Unknown` if there was none."""
    if meeting is None:
        raise Unknown(f"there is no meeting {meeting_id!r}", "syncd meeting list shows those there are")
    return meeting

"""What a caller reaches: an operator everything, an agent what is their own: their meetings, calendar and blocks.

What lies beyond is not there: it is answered with the words for what is unknown, so that nobody learns by asking what others
have. Of others an agent sees that they could not take a meeting, and when, but not what else they have then.
"""

from dataclasses import replace
from typing import Any

from store.model import Meeting
from syncd.actions.accept import Wish
from syncd.actions.blocking import Listed, block_list, unknown_block
from syncd.actions.context import Context
from syncd.actions.look import Story, story
from syncd.actions.named import existing, known_meeting, no_agent
from syncd.actions.tokens import Caller
from syncd.errors import NotPermitted
from syncd.shapes import Json

TELLING = frozenset({"title", "meeting", "calendar"})
"""What a reason says beside its kind and times."""


def as_operator(caller: Caller) -> None:
    """Raises `NotPermitted` for a token that is bound to an agent."""
    if caller.agent is not None:
        raise NotPermitted(f"this token is bound to agent {caller.agent!r}, and this is for operators")


def own_agent(caller: Caller, agent: str) -> None:
    """Raises `Unknown` for another agent than the caller's."""
    if caller.agent not in (None, agent):
        raise no_agent(agent)


def own_wish(caller: Caller, wish: Wish) -> Wish:
    """The change as this caller may have it accepted."""
    return replace(wish, only_of=caller.agent)


def own_meeting(ctx: Context, caller: Caller, meeting: str) -> Meeting:
    """A meeting without its story, for who only asks something about it. Raises `Unknown`."""
    with ctx.store.reading() as tx:
        found = known_meeting(tx, meeting)
    return _reached(caller, found)


def not_anothers(ctx: Context, caller: Caller, meeting: str) -> None:
    """Raises `Unknown` for another agent's meeting. An operator is not asked about: the question itself shows if there is one."""
    if caller.agent is not None:
        own_meeting(ctx, caller, meeting)


def own_story(ctx: Context, caller: Caller, meeting: str) -> Story:
    """A meeting with its story. Raises `Unknown`."""
    found = story(ctx, meeting)
    _reached(caller, found.meeting)
    return found


def _reached(caller: Caller, meeting: Meeting) -> Meeting:
    return existing(meeting if caller.agent in (None, meeting.agent) else None, meeting.id)


def own_scope(caller: Caller, scope: str) -> None:
    """Raises `NotPermitted` where a block would hit others than the caller."""
    if caller.agent is not None and scope != f"agent:{caller.agent}":
        raise NotPermitted(f"this token blocks the time of agent {caller.agent!r} only")


def own_blocks(ctx: Context, caller: Caller) -> list[Listed]:
    """The blocks that this caller sees and may take away."""
    found = block_list(ctx)
    return [one for one in found if caller.agent is None or one.block.scope == f"agent:{caller.agent}"]


def own_block(ctx: Context, caller: Caller, number: str) -> None:
    """Raises `Unknown` for a block that is not the caller's."""
    if all(one.block.id != number for one in own_blocks(ctx, caller)):
        raise unknown_block(number)


def discreet(caller: Caller, answer: Json) -> Json:
    """An answer with what the caller may know of why others are not available: kinds and times."""
    return answer if caller.agent is None else _discreet(answer, caller.agent)


def _discreet(value: Any, own: str) -> Any:  # noqa: ANN401  # JSON
    if isinstance(value, list):
        return [_discreet(one, own) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _discreet(one, own) for name, one in value.items()}
    if "reasons" in kept and kept.get("agent") != own:
        kept["reasons"] = [_silent(reason) for reason in kept["reasons"]]
    return kept


def _silent(reason: Json) -> Json:
    return {name: value for name, value in reason.items() if name not in TELLING}

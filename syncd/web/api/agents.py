"""/v1/agents: who there is, what is known of their time, and why they are (not) available."""

from fastapi import APIRouter, Response

from syncd.actions import look
from syncd.actions.answers import explanation_json
from syncd.actions.reach import own_agent
from syncd.actions.suggest import explain
from syncd.shapes import agent_json, busy_json, items
from syncd.web.answers import answer
from syncd.web.api import shapes
from syncd.web.api.asking import AskedNothing, AskedPage, AskedSpan, Id
from syncd.web.api.callers import Ctx, Reader
from syncd.web.api.told import told

router = APIRouter(prefix="/v1/agents", tags=["agents"])


@router.get("", responses=told(shapes.AgentPage))
def list_agents(ctx: Ctx, caller: Reader, page: AskedPage) -> Response:
    """Everyone, by name; with a token that is bound to an agent only this one."""
    if caller.agent is not None:
        return answer(items([agent_json(look.one_agent(ctx, caller.agent))]))
    found, cursor = look.list_agents(ctx, limit=page.limit, after=page.after)
    return answer(items((agent_json(one) for one in found), cursor))


@router.get("/{id}", responses=told(shapes.Agent, 404))
def get_agent(ctx: Ctx, caller: Reader, agent: Id, query: AskedNothing) -> Response:
    """One agent, as configured."""
    del query
    own_agent(caller, agent)
    return answer(agent_json(look.one_agent(ctx, agent)))


@router.get("/{id}/busy", responses=told(shapes.Busy, 404))
def get_busy(ctx: Ctx, caller: Reader, agent: Id, span: AskedSpan) -> Response:
    """What is known of an agent's time: calendars, blocks and meetings. Overlapping slots stay apart; each comes whole."""
    own_agent(caller, agent)
    return answer(busy_json(agent, span.start, span.end, look.busy(ctx, agent, span.start, span.end)))


@router.get("/{id}/explain", responses=told(shapes.Explanation, 404))
def explain_agent(ctx: Ctx, caller: Reader, agent: Id, span: AskedSpan) -> Response:
    """Why an agent is, or is not, available, and when next free for as long."""
    own_agent(caller, agent)
    return answer(explanation_json(explain(ctx, agent, span.start, span.end)))

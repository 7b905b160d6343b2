"""/v1/agents: who there is, what is known of their time, and why they are (not) available; and those made here."""

from http import HTTPStatus

from fastapi import APIRouter, Response

from store.model import Agent
from syncd.actions import look
from syncd.actions.answers import explanation_json
from syncd.actions.context import Context
from syncd.actions.provisioning import provision, withdraw
from syncd.actions.reach import own_agent
from syncd.actions.suggest import explain
from syncd.shapes import Json, agent_json, busy_json, items
from syncd.web.answers import answer
from syncd.web.api import shapes
from syncd.web.api.asking import AskedNothing, AskedPage, AskedSpan, Id
from syncd.web.api.bodies import AgentBody
from syncd.web.api.callers import Admin, Ctx, Reader
from syncd.web.api.told import CHANGING, told

router = APIRouter(prefix="/v1/agents", tags=["agents"])


@router.get("", responses=told(shapes.AgentPage))
def list_agents(ctx: Ctx, caller: Reader, page: AskedPage) -> Response:
    """Everyone, by name; with a token that is bound to an agent only this one."""
    if caller.agent is not None:
        return answer(items([_one(ctx, look.one_agent(ctx, caller.agent))]))
    found, cursor = look.list_agents(ctx, limit=page.limit, after=page.after)
    logins = look.logins_of(ctx, [one.id for one in found])
    return answer(items((agent_json(one, logins[one.id]) for one in found), cursor))


@router.get("/{id}", responses=told(shapes.Agent, 404))
def get_agent(ctx: Ctx, caller: Reader, agent: Id, query: AskedNothing) -> Response:
    """One agent, as configured or provisioned."""
    del query
    own_agent(caller, agent)
    return answer(_one(ctx, look.one_agent(ctx, agent)))


@router.put("/{id}", responses=told(shapes.Agent, *CHANGING, fine=(200, 201)))
def provision_agent(ctx: Ctx, caller: Admin, agent: Id, body: AgentBody, query: AskedNothing) -> Response:
    """Make an agent, or make them what the body says; the same again changes nothing. Not for those of the configuration."""
    del query
    kept = provision(ctx, agent, body.model_dump(exclude_none=True), by=caller.name)
    status = HTTPStatus.CREATED if kept.made else HTTPStatus.OK
    return answer(_one(ctx, kept.agent), status)


@router.delete("/{id}", responses=told(shapes.Withdrawn, *CHANGING))
def withdraw_agent(ctx: Ctx, caller: Admin, agent: Id, query: AskedNothing) -> Response:
    """Take a provisioned agent away. Answers the agent as they were, and the coming meetings that are left without one."""
    del query
    was = _one(ctx, look.one_agent(ctx, agent))
    return answer({**was, "orphaned_meetings": list(withdraw(ctx, agent, by=caller.name).orphaned)})


def _one(ctx: Context, agent: Agent) -> Json:
    return agent_json(agent, look.logins_of(ctx, [agent.id])[agent.id])


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

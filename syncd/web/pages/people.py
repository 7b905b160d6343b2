"""Availability: people to find, and for each of them the week as a picture, the blocks that hit them, and their calendars."""

from datetime import date, datetime, timedelta

from fastapi import Response

from store.model import Agent
from syncd.actions.blocking import Listed, add_block, block_list, remove_block
from syncd.actions.days import agent_week
from syncd.actions.finding import people, person
from syncd.actions.reach import own_agent, own_block, own_scope
from syncd.actions.status import status
from syncd.errors import SyncdError, Unknown
from syncd.moments import moment
from syncd.problems import kind_of
from syncd.rules.blocks import applies, expand
from syncd.rules.timeline import Day
from syncd.web.pages import drawing, telling
from syncd.web.pages.doorway import Doorway
from syncd.web.pages.frame import Frame, see
from syncd.web.pages.visit import Visit

PAGE = 50
A_WEEK = timedelta(days=7)
REPEATS = ("", "daily", "weekly", "monthly", "yearly")


def routes(door: Doorway) -> None:
    """GET /people and /person; POST /person/block and /person/unblock."""
    door.page("/people", lambda visit: _list(door.frame, visit))
    door.page("/person", lambda visit: _show(door.frame, visit))
    door.form("/person/block", lambda visit: _block(door.frame, visit))
    door.form("/person/unblock", lambda visit: _unblock(door.frame, visit))


def _list(frame: Frame, visit: Visit) -> Response:
    if visit.caller.agent is not None:
        return see("/person", id=visit.caller.agent)
    found, total = people(visit.ctx, visit.asked("q"), limit=PAGE)
    return frame.page(visit, "people.html", found=found, total=total, groups=visit.ctx.config.groups)


def _show(frame: Frame, visit: Visit, *, wrong: SyncdError | None = None) -> Response:
    agent = _own(visit, visit.asked("id") or visit.filled("id"))
    picture = agent_week(visit.ctx, agent.id, visit.day())
    (line,), days = picture.lines, picture.days
    return frame.page(
        visit, "person.html", code=kind_of(wrong).status if wrong else 200, agent=agent, days=days,
        pieces=line.pieces, known=line.known, as_of=picture.as_of, legend=drawing.legend([line.pieces]),
        earlier=days[0].date - A_WEEK, later=days[0].date + A_WEEK, today=telling.day(visit.now, agent.timezone),
        blocks=_blocks(visit, agent, days), scopes=_scopes(visit, agent), repeats=REPEATS, wrong=wrong, groups=visit.ctx.config.groups,
        field=getattr(wrong, "field", ""), calendars=status(visit.ctx, agent=agent.id).calendars,
        suggested=_suggested(visit, agent, days),
    )  # fmt: skip


def _own(visit: Visit, agent_id: str) -> Agent:
    """A person whom the visitor may look at. Raises `Unknown`."""
    own_agent(visit.caller, agent_id)
    return person(visit.ctx, agent_id)


def _suggested(visit: Visit, agent: Agent, days: tuple[Day, ...]) -> tuple[datetime, datetime]:
    """What the form begins with: the next full hour, or noon of the week that is shown."""
    now = telling.local(visit.now, agent.timezone)
    if days[0].start <= visit.now < days[-1].end:
        start = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    else:
        start = telling.local(days[0].start, agent.timezone).replace(hour=12)
    return start, start + timedelta(hours=1)


# ---------------------------------------------------------------------------------------------------------------------
# Blocks


def _blocks(visit: Visit, agent: Agent, days: tuple[Day, ...]) -> list[tuple[Listed, bool, bool]]:
    """What hits this agent: (block, does it in this week, may the visitor take it away)."""
    start, end = days[0].start, days[-1].end
    scopes = dict(_scopes(visit, agent))
    return [
        (one, bool(expand(one.block, start, end)), one.by is not None and one.block.scope in scopes)
        for one in block_list(visit.ctx)
        if applies(one.block, agent.id, agent.groups)
    ]


def _scopes(visit: Visit, agent: Agent) -> list[tuple[str, str]]:
    """(scope, name) that the visitor may block for: an agent for themselves, an operator also for groups and everybody."""
    if not visit.writes:
        return []
    groups = visit.ctx.config.groups
    wider = [
        *((f"group:{name}", groups[name].name) for name in agent.groups if name in groups),
        ("company", ""),
    ]
    return [(f"agent:{agent.id}", agent.name), *(wider if visit.operator else [])]


def _block(frame: Frame, visit: Visit) -> Response:
    agent = _own(visit, visit.filled("id"))
    zone, until = agent.timezone, visit.filled("until")
    try:
        scope = _scope(visit, agent)
        start, end = (moment(visit.filled(name), zone, name) for name in ("start", "end"))
        last = moment(until, zone, "until", days=True) + timedelta(days=1, seconds=-1) if until else None
        add_block(
            visit.ctx, scope, visit.filled("title") or "Blocked", start, end, zone,
            repeat=visit.filled("repeat") or None, until=last, by=visit.caller.name,
        )  # fmt: skip
    except SyncdError as wrong:
        return _show(frame, visit, wrong=wrong)
    return see("/person", id=agent.id, day=_week_of(start, zone), done="block")


def _week_of(start: datetime, zone: str) -> str:
    found: date = telling.day(start, zone)
    return found.isoformat()


def _scope(visit: Visit, agent: Agent) -> str:
    scope = visit.filled("scope")
    own_scope(visit.caller, scope)
    if scope not in dict(_scopes(visit, agent)):
        raise Unknown("there is nobody of that name to block for here")
    return scope


def _unblock(frame: Frame, visit: Visit) -> Response:
    agent = _own(visit, visit.filled("id"))
    try:
        own_block(visit.ctx, visit.caller, visit.filled("block"))
        remove_block(visit.ctx, visit.filled("block"), by=visit.caller.name)
    except SyncdError as wrong:
        return _show(frame, visit, wrong=wrong)
    return see("/person", id=agent.id, day=visit.filled("day"), done="unblock")

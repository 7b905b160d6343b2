"""/v1/meetings: looked at, with their candidates and their journal. Their changes are in `changes`."""

import time
from concurrent.futures import Executor
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from syncd.actions.answers import candidates_answer, free_times_answer, journal_json, story_json
from syncd.actions.free import Wanted, free_times
from syncd.actions.look import Story, list_meetings
from syncd.actions.reach import discreet, not_anothers, own_agent, own_meeting, own_story
from syncd.actions.refresh import fresh_candidates
from syncd.actions.suggest import candidates
from syncd.actions.tokens import Caller
from syncd.shapes import items
from syncd.web.answers import answer
from syncd.web.api import shapes
from syncd.web.api.asking import AskedNothing, CandidatesPage, Id, MeetingsPage, SlotsQuestion
from syncd.web.api.callers import Ctx, Reader
from syncd.web.api.told import told

router = APIRouter(prefix="/v1/meetings", tags=["meetings"])


@router.get("", responses=told(shapes.MeetingPage, 404))
def find_meetings(ctx: Ctx, caller: Reader, page: Annotated[MeetingsPage, Query()]) -> Response:
    """Meetings by their start; with a token that is bound to an agent only this one's."""
    if page.agent is not None:
        own_agent(caller, page.agent)
    found, cursor = list_meetings(
        ctx, statuses=page.status or None, agent=caller.agent or page.agent, start=page.from_, end=page.to,
        limit=page.limit, after=page.after,
    )  # fmt: skip
    return answer(items((discreet(caller, story_json(one)) for one in found), cursor))


@router.get("/{id}", responses=told(shapes.Meeting, 404, etag=True))
def get_meeting(ctx: Ctx, caller: Reader, meeting: Id, query: AskedNothing) -> Response:
    """A meeting as it stands, with what is, or was, owed because of it."""
    del query
    return sent(caller, own_story(ctx, caller, meeting))


@router.get("/{id}/candidates", responses=told(shapes.Candidates, 404))
def find_candidates(
    request: Request,
    ctx: Ctx,
    caller: Reader,
    meeting: Id,
    page: Annotated[CandidatesPage, Query()],
) -> Response:
    """Who could take it: the available first, then the unknown, then those not available, each with why."""
    not_anothers(ctx, caller, meeting)
    began = time.monotonic()
    if page.max_age is None:
        found = candidates(ctx, meeting, limit=page.limit)
    else:
        readers: Executor = request.app.state.readers
        found, _ = fresh_candidates(ctx, meeting, readers, max_age=page.max_age, limit=page.limit)
    ctx.meter.ranked(time.monotonic() - began)
    return answer(discreet(caller, candidates_answer(found)))


@router.get("/{id}/slots", responses=told(shapes.FreeTimes, 404, 409))
def find_slots(ctx: Ctx, caller: Reader, meeting: Id, asked: Annotated[SlotsQuestion, Query()]) -> Response:
    """When it could take place instead: only times that are known to be free."""
    own_meeting(ctx, caller, meeting)
    for agent in asked.agent:
        own_agent(caller, agent)
    wanted = Wanted(asked.from_, asked.to, asked.step, asked.notice, tuple(asked.agent), asked.together)
    return answer(discreet(caller, free_times_answer(free_times(ctx, meeting, wanted))))


@router.get("/{id}/changes", responses=told(shapes.ChangePage, 404))
def list_changes(ctx: Ctx, caller: Reader, meeting: Id, query: AskedNothing) -> Response:
    """The journal of a meeting, oldest line first."""
    del query
    found = own_story(ctx, caller, meeting)
    return answer(discreet(caller, items(journal_json(found))))


def sent(caller: Caller, found: Story) -> Response:
    """A meeting with its version as ETag."""
    return answer(discreet(caller, story_json(found)), ETag=f'"{found.meeting.version}"')

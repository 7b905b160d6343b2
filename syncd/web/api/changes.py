"""The changes of a meeting: plan, invite, reschedule, cancel, assign, status. Each returns when it is accepted: kept, and owed.

All of them take an Idempotency-Key, an If-Match, and `?dry_run=true`. Who asked stands in the journal by the token's name.
"""

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from store.model import Guest, Meeting, MeetingStatus
from syncd.actions import changes
from syncd.actions.accept import Wish, accept, preview
from syncd.actions.dry_run import dry_run
from syncd.actions.look import story
from syncd.actions.reach import discreet, own_wish
from syncd.web.answers import answer
from syncd.web.api import shapes
from syncd.web.api.asking import AskedHow, Id, Key, Version
from syncd.web.api.bodies import (
    AssignBody,
    CancelBody,
    GuestBody,
    InviteBody,
    PlanBody,
    RescheduleBody,
    StatusBody,
)
from syncd.web.api.callers import Ctx, Writer
from syncd.web.api.meetings import sent
from syncd.web.api.told import CHANGING, told

router = APIRouter(prefix="/v1/meetings", tags=["changes"])
CHANGED = told(shapes.Meeting | shapes.DryRun, *CHANGING, 412, etag=True)
PLANNED = told(shapes.Meeting | shapes.DryRun, *CHANGING, 412, fine=(200, 201), etag=True)


@dataclass(frozen=True)
class Asking:
    """Who asks for a change, and how: what all of them have."""

    ctx: Ctx
    caller: Writer
    how: AskedHow
    version: Version
    key: Key = None

    @property
    def by(self) -> str:
        """What the journal keeps."""
        return self.caller.name


Asked = Annotated[Asking, Depends()]


@router.put("/{id}", responses=PLANNED)
def plan_meeting(meeting: Id, body: PlanBody, asked: Asked) -> Response:
    """Plan a conversation, or the same plan again, which changes nothing. A plan that differs is refused."""
    wanted = Meeting(
        meeting, 1, MeetingStatus.SCHEDULED, body.agent, body.start, body.end, body.title, body.link, body.agent_link,
        body.group, tuple(_guest(one) for one in body.guests),
    )  # fmt: skip
    return _change(asked, changes.plan(wanted, by=asked.by, key=asked.key))


@router.post("/{id}/guests", responses=CHANGED)
def invite_guest(meeting: Id, body: InviteBody, asked: Asked) -> Response:
    """Invite a further guest; the same address again is the same guest."""
    return _change(
        asked, changes.invite(meeting, _guest(body), by=asked.by, key=asked.key, instead_of=body.replace)
    )


@router.post("/{id}/reschedule", responses=CHANGED)
def reschedule_meeting(meeting: Id, body: RescheduleBody, asked: Asked) -> Response:
    """Move it to another time."""
    return _change(
        asked, changes.reschedule(meeting, body.start, body.end, body.reason, by=asked.by, key=asked.key)
    )


@router.post("/{id}/cancel", responses=CHANGED)
def cancel_meeting(meeting: Id, body: CancelBody, asked: Asked) -> Response:
    """Call it off."""
    return _change(asked, changes.cancel(meeting, body.reason, body.by, by=asked.by, key=asked.key))


@router.post("/{id}/assign", responses=CHANGED)
def assign_meeting(meeting: Id, body: AssignBody, asked: Asked) -> Response:
    """Hand it over, also to somebody who is marked not available: that is recorded."""
    return _change(asked, changes.assign(meeting, body.to, by=asked.by, key=asked.key))


@router.post("/{id}/status", responses=CHANGED)
def tell_status(meeting: Id, body: StatusBody, asked: Asked) -> Response:
    """Tell what became of it. Live starts when the agent enters; an ending is final."""
    status = MeetingStatus(body.status)
    return _change(asked, changes.set_status(meeting, status, by=asked.by, key=asked.key))


def _guest(body: GuestBody) -> Guest:
    return Guest(body.name, body.email, body.language, body.timezone)


def _change(asked: Asking, wish: Wish) -> Response:
    wish = replace(own_wish(asked.caller, wish), version=asked.version)
    if asked.how.dry_run:
        return answer(discreet(asked.caller, dry_run(asked.ctx, preview(asked.ctx, wish))))
    accepted = accept(asked.ctx, wish)
    found = sent(asked.caller, story(asked.ctx, wish.meeting))
    if accepted.changed and accepted.meeting.version == 1:
        found.status_code = HTTPStatus.CREATED
    return found

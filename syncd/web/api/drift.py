"""/v1/drift: events of ours that are not what was written, and how an operator settles each."""

from fastapi import APIRouter, Response

from syncd.actions.answers import drifted_json
from syncd.actions.drifting import accept_drift, drift_list, restore_drift
from syncd.web.answers import answer
from syncd.web.api import shapes
from syncd.web.api.asking import AskedNothing, AskedPage, Number
from syncd.web.api.callers import Ctx, ReadingOperator, WritingOperator
from syncd.web.api.paging import page_of
from syncd.web.api.told import told

router = APIRouter(prefix="/v1/drift", tags=["drift"])


@router.get("", responses=told(shapes.DriftPage))
def list_drift(ctx: Ctx, caller: ReadingOperator, page: AskedPage) -> Response:
    """What drifted and is not settled yet."""
    del caller
    return answer(page_of([drifted_json(one) for one in drift_list(ctx)], page))


@router.post("/{id}/accept", name="accept_drift", responses=told(shapes.Drift, 404, 409))
def accept(ctx: Ctx, caller: WritingOperator, drift: Number, query: AskedNothing) -> Response:
    """Take what the agent did for what is meant: a move reschedules, a deletion cancels, an edit stays."""
    del query
    return answer(drifted_json(accept_drift(ctx, drift, by=caller.name)))


@router.post("/{id}/restore", name="restore_drift", responses=told(shapes.Drift, 404, 409))
def restore(ctx: Ctx, caller: WritingOperator, drift: Number, query: AskedNothing) -> Response:
    """Put the event back as the meeting stands."""
    del query
    return answer(drifted_json(restore_drift(ctx, drift, by=caller.name)))

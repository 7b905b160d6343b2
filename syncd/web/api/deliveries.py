"""/v1/deliveries: what is still owed to calendars and mailboxes. For operators; a meeting has its own with it."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from syncd.actions import owed
from syncd.errors import Invalid
from syncd.shapes import delivery_json, items
from syncd.web.answers import answer
from syncd.web.api import shapes
from syncd.web.api.asking import AskedNothing, DeliveriesPage, Number
from syncd.web.api.callers import Ctx, ReadingOperator, WritingOperator
from syncd.web.api.told import told

router = APIRouter(prefix="/v1/deliveries", tags=["deliveries"])


@router.get("", responses=told(shapes.DeliveryPage))
def list_deliveries(ctx: Ctx, caller: ReadingOperator, page: Annotated[DeliveriesPage, Query()]) -> Response:
    """What is pending or failed, or in the states asked for."""
    del caller
    after = _number(page.after) if page.after is not None else None
    found, cursor = owed.list_deliveries(ctx, states=page.state, limit=page.limit, after=after)
    return answer(items((delivery_json(one) for one in found), None if cursor is None else str(cursor)))


@router.post("/{id}/retry", responses=told(shapes.Delivery, 404, 409))
def retry_delivery(ctx: Ctx, caller: WritingOperator, delivery: Number, query: AskedNothing) -> Response:
    """Try it now instead of at its next turn."""
    del query
    return answer(delivery_json(owed.retry(ctx, delivery, by=caller.name)))


def _number(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise Invalid(
            "this cursor was not given out here", "take the `next` of a page as it is", field="query.after"
        )
    return int(cursor)

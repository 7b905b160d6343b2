"""/v1/blocks: availability taken away by hand. An agent's token sees, makes and removes this agent's own."""

from http import HTTPStatus

from fastapi import APIRouter, Response

from syncd.actions.answers import listed_json
from syncd.actions.blocking import add_block, remove_block, zone_of_scope
from syncd.actions.reach import own_block, own_blocks, own_scope
from syncd.web.answers import answer
from syncd.web.api import shapes
from syncd.web.api.asking import AskedNothing, AskedPage, Id
from syncd.web.api.bodies import BlockBody
from syncd.web.api.callers import Ctx, Reader, Writer
from syncd.web.api.paging import page_of
from syncd.web.api.told import CHANGING, told

router = APIRouter(prefix="/v1/blocks", tags=["blocks"])


@router.get("", responses=told(shapes.BlockPage))
def list_blocks(ctx: Ctx, caller: Reader, page: AskedPage) -> Response:
    """All blocks: the configuration's, then those made by command or here."""
    found = [listed_json(one) for one in own_blocks(ctx, caller)]
    return answer(page_of(found, page))


@router.post("", status_code=201, name="add_block", responses=told(shapes.Block, *CHANGING, fine=(201,)))
def add(ctx: Ctx, caller: Writer, body: BlockBody, query: AskedNothing) -> Response:
    """Block a time; marks follow at once."""
    del query
    own_scope(caller, body.scope)
    zone = body.timezone or zone_of_scope(ctx, body.scope)
    made = add_block(
        ctx,
        body.scope,
        body.title,
        body.start,
        body.end,
        zone,
        repeat=body.repeat,
        until=body.until,
        count=body.count,
        exceptions=body.except_,
        by=caller.name,
    )
    return answer(listed_json(made), HTTPStatus.CREATED)


@router.delete("/{id}", name="remove_block", responses=told(shapes.Block, *CHANGING))
def remove(ctx: Ctx, caller: Writer, block: Id, query: AskedNothing) -> Response:
    """Take a block away, with all its repetitions. Answers the block as it was."""
    del query
    own_block(ctx, caller, block)
    return answer(listed_json(remove_block(ctx, block, by=caller.name)))

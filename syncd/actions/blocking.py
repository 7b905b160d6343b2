"""Blocks made, listed and taken away: what is blocked is marked at once, for marks are computed and never stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from store import blocks
from store.model import MadeBlock
from syncd import logs
from syncd.actions.context import Context
from syncd.actions.knowledge import standing
from syncd.actions.named import known_agent, zone_of
from syncd.actions.standing import as_rule
from syncd.config.people import BlockConfig
from syncd.errors import Invalid, Refused, Unknown
from syncd.rules.blocks import Block
from syncd.rules.text import clean


@dataclass(frozen=True, slots=True)
class Listed:
    """A block and who made it; None: it stands in the configuration."""

    block: Block
    by: str | None


def zone_of_scope(ctx: Context, scope: str) -> str:
    """Whose clocks a block follows that names no zone: the agent's, else the top level's."""
    kind, _, name = scope.partition(":")
    return zone_of(ctx, name if kind == "agent" else None)


def block_list(ctx: Context) -> list[Listed]:
    """All blocks: the configuration's in its order, then those made by command."""
    with ctx.store.reading() as tx:
        by = {str(one.id): one.made_by for one in blocks.blocks(tx)}
        return [Listed(block, by.get(block.id)) for block in standing(tx, ctx.config)]


def add_block(
    ctx: Context, scope: str, title: str, start: datetime, end: datetime, timezone: str, *, repeat: str | None,
    until: datetime | None, count: int | None = None, exceptions: Sequence[str] = (), by: str,
) -> Listed:  # fmt: skip
    """Make a block by the rules of [[blocks]]. Raises `Refused` naming what is wrong, `Unknown` for a group or an agent."""
    try:
        checked = BlockConfig.model_validate({
            "scope": scope, "title": clean(title), "start": start, "end": end, "timezone": timezone, "repeat": repeat,
            "until": until, "count": count, "except": tuple(exceptions),
        })  # fmt: skip
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or str(first.get("ctx", {}).get("key", ("",))[0])
        raise Invalid(f"{where}: {first['msg']}" if where else first["msg"], field=where) from None
    block = MadeBlock(
        0, checked.scope, checked.title, checked.start, checked.end, checked.timezone, checked.repeat, checked.until, by,
        ctx.clock(), checked.count, checked.exceptions,
    )  # fmt: skip
    with ctx.store.writing() as tx:
        kind, _, name = block.scope.partition(":")
        if kind == "agent":
            known_agent(tx, name)
        elif kind == "group" and name not in ctx.config.groups:
            raise Unknown(f"there is no group {name!r}", "groups are configured as [groups.NAME]")
        made = blocks.add(tx, block)
    logs.info("block_added", block=made.id, scope=made.scope, by=by)
    return _listed(made)


def remove_block(ctx: Context, number: str, *, by: str) -> Listed:
    """Take a block away; returns it as it was. Raises `Unknown`, or `Refused` for one of the configuration."""
    found = next((one for one in block_list(ctx) if one.block.id == number), None)
    if found is None:
        raise unknown_block(number)
    if found.by is None:
        raise Refused(f"block {number!r} stands in the configuration", "take it out of [[blocks]] there")
    with ctx.store.writing() as tx:
        if not blocks.remove(tx, int(number)):
            raise unknown_block(number)
    logs.info("block_removed", block=number, scope=found.block.scope, by=by)
    return found


def unknown_block(number: str) -> Unknown:
    """What is said of a block that is not there."""
    return Unknown(f"there is no block {number!r}", "syncd block list shows those there are")


def _listed(one: MadeBlock) -> Listed:
    return Listed(as_rule(str(one.id), one), one.made_by)

"""The window moves every day: recurring objects are expanded again from their reduced form, without fetching anything."""

from datetime import datetime
from functools import partial

from connectors.ical import read_object
from store import calendars
from store.model import Agent, Calendar, StoredObject
from syncd.actions.context import Context
from syncd.rules.reconcile import Round, stored


def rolled(
    ctx: Context, row: Calendar, agent: Agent, found: Round, start: datetime, end: datetime
) -> tuple[StoredObject, ...]:
    """The calendar's recurring objects that this round did not bring, expanded over the new window."""
    brought = {obj.href for obj in found.upserts} | set(found.gone)
    read = partial(
        read_object,
        start=start, end=end, zone=agent.timezone, addresses=agent.addresses, limits=ctx.config.limits.caps(),
    )  # fmt: skip
    with ctx.store.reading() as tx:
        reduced = calendars.reduced(tx, row.id)
    return tuple(stored(read(href, etag, data)) for href, etag, _uid, data in reduced if href not in brought)

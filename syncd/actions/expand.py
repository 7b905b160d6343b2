"""The window moves every day: recurring objects are expanded again from their reduced form, without fetching anything."""

from datetime import datetime

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
    with ctx.store.reading() as tx:
        reduced = calendars.reduced(tx, row.id)
    return tuple(
        stored(
            read_object(
                href, etag, data, zone=agent.timezone, start=start, end=end, addresses=agent.addresses
            )
        )
        for href, etag, _uid, data in reduced
        if href not in brought
    )

"""What is owed: looked at, tried again, given up by a person, or waited for."""

import time
from collections.abc import Collection
from concurrent.futures import Executor
from datetime import timedelta

from store import calendars, deliveries, due
from store.model import Delivery, DeliveryState
from syncd import logs
from syncd.actions.context import Context
from syncd.actions.post import sends_mail
from syncd.actions.work import run_deliveries
from syncd.errors import Refused, Unknown

LOOK_EVERY = 0.1
"""Seconds between two looks at deliveries that another process is working on."""

OPEN: tuple[DeliveryState, ...] = ("pending", "failed")

MOST = 1000
"""So many deliveries to one agent, or mails, are claimed at a time."""


def list_deliveries(
    ctx: Context,
    *,
    states: Collection[DeliveryState] | None = None,
    limit: int = 100,
    after: int | None = None,
) -> tuple[list[Delivery], int | None]:
    """A page of deliveries by id, and the id to go on after (None: that was the last page)."""
    with ctx.store.reading() as tx:
        found = deliveries.deliveries(tx, states=states, limit=limit + 1, after=after)
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def retry(ctx: Context, delivery_id: int, *, by: str | None = None) -> Delivery:
    """Try it now instead of at its next turn; `Refused` if nothing is owed under this number."""
    with ctx.store.writing() as tx:
        if not deliveries.retry(tx, delivery_id, ctx.clock()):
            raise _not_open(deliveries.delivery(tx, delivery_id), delivery_id)
        owed = deliveries.delivery(tx, delivery_id)
    logs.info("delivery_retried", delivery=delivery_id, by=by)
    return _known(owed, delivery_id)


def abandon(ctx: Context, delivery_id: int, *, by: str | None = None) -> Delivery:
    """A person decides that it is owed no more; `Refused` if nothing is owed under this number."""
    with ctx.store.writing() as tx:
        if not deliveries.abandon(tx, delivery_id):
            raise _not_open(deliveries.delivery(tx, delivery_id), delivery_id)
        owed = deliveries.delivery(tx, delivery_id)
    logs.warning("delivery_abandoned", delivery=delivery_id, by=by)
    return _known(owed, delivery_id)


def wait(ctx: Context, meeting: str, patience: timedelta, pool: Executor) -> bool:
    """Until nothing is owed for the meeting; False when patience ran out first.

    Delivers itself what no daemon is working on: the lease decides, so both may be at it. What takes a secret that only
    the service sees is left to the service.
    """
    until = time.monotonic() + patience.total_seconds()
    while True:
        with ctx.store.reading() as tx:
            owed = deliveries.deliveries(tx, meeting=meeting, states=OPEN)
        if not owed:
            return True
        if run_deliveries(ctx, claim(ctx, {one.agent for one in owed if one.agent}, meeting=meeting), pool):
            continue
        if time.monotonic() >= until:
            return False
        time.sleep(LOOK_EVERY)


def claim(
    ctx: Context, agents: Collection[str], *, meeting: str | None = None, mails_of: str | None = None,
    even_if_early: bool = False,
) -> list[Delivery]:  # fmt: skip
    """Claim what is owed to these agents' calendars and to mailboxes (of one agent, or of everyone), if it can be done from here."""
    claimed: list[Delivery] = []
    now = ctx.clock()
    with ctx.store.writing() as tx:
        where = calendars.places(tx, agents)
        for agent in sorted(agents):
            if ctx.signs_in(agent, where[agent].account if agent in where else None):
                claimed += due.claim_deliveries(
                    tx,
                    now,
                    meeting=meeting,
                    agent=agent,
                    target="calendar",
                    even_if_early=even_if_early,
                    limit=MOST,
                )
        if sends_mail(ctx.config):
            claimed += due.claim_deliveries(
                tx,
                now,
                meeting=meeting,
                agent=mails_of,
                target="mail",
                even_if_early=even_if_early,
                limit=MOST,
            )
    return claimed


def _not_open(owed: Delivery | None, delivery_id: int) -> Refused:
    if owed is None:
        return Unknown(f"there is no delivery {delivery_id}", "syncd deliveries lists them")
    return Refused(f"delivery {delivery_id} is {owed.state}: nothing is owed any more")


def _known(owed: Delivery | None, delivery_id: int) -> Delivery:
    if owed is None:
        raise Unknown(f"there is no delivery {delivery_id}", "syncd deliveries lists them")
    return owed

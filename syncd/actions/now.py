"""One pass now (`syncd sync`): every calendar and whatever is owed, with or without a running daemon."""

import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

from store import agents, calendars, due
from store.model import Delivery, Login
from syncd.actions.context import Context
from syncd.actions.sync import Round
from syncd.actions.work import run_deliveries, run_logins
from syncd.errors import Refused

LOOK_EVERY = 0.2
"""Seconds between two looks at logins that another process is just reading."""

PATIENCE = 60.0
"""Seconds to wait for another process to let go of a login."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one pass came to. `busy` are logins that another process held all the time."""

    rounds: tuple[Round, ...]
    delivered: tuple[Delivery, ...]
    busy: tuple[Login, ...] = ()

    @property
    def failed(self) -> tuple[str, ...]:
        """What could not be read or delivered, as `agent: what`."""
        read = [f"{one.login.agent}: {what}" for one in self.rounds for what in one.failed]
        owed = [
            f"{one.agent}: {one.meeting}"
            for one in self.delivered
            if one.state in ("pending", "failed") and one.error
        ]
        return (*read, *owed, *(f"{one.agent}: {one.account}/{one.login}" for one in self.busy))


def sync_now(
    ctx: Context, pool: Executor, *, agent: str | None = None, full: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> SyncReport:  # fmt: skip
    """Read all logins (of one agent) now, and deliver what is owed; `progress` is told (done, of how many).

    `full` lists everything and fetches it anew. Raises `Refused` for an unknown agent.
    """
    wanted = _wanted(ctx, agent)
    with ctx.store.writing() as tx:
        owed = due.claim_deliveries(tx, ctx.clock(), agent=agent, even_if_early=True, limit=1000)
    delivered = run_deliveries(ctx, owed, pool)
    rounds: list[Round] = []

    def done(one: Round) -> None:
        rounds.append(one)
        progress(len(rounds), len(wanted))

    progress(0, len(wanted))
    until = time.monotonic() + PATIENCE
    left = {login.id: login for login in wanted}
    while left and time.monotonic() < until:
        claimed = _claim(ctx, agent, set(left))
        run_logins(ctx, claimed, pool, full=full, done=done)
        for login in claimed:
            left.pop(login.id, None)
        if left and not claimed:
            time.sleep(LOOK_EVERY)
    return SyncReport(tuple(rounds), tuple(delivered), tuple(left.values()))


def _wanted(ctx: Context, agent: str | None) -> list[Login]:
    with ctx.store.reading() as tx:
        if agent is None:
            return calendars.logins(tx)
        found = agents.agent(tx, agent)
        if found is None or found.removed_at is not None:
            raise Refused(f"there is no agent {agent!r}", "syncd agents lists them")
        return calendars.logins(tx, agents=[agent])


def _claim(ctx: Context, agent: str | None, left: set[int]) -> list[Login]:
    """Claim what is still to be read; a login already read in this pass is not read twice."""
    with ctx.store.writing() as tx:
        return due.claim_logins(tx, ctx.clock(), agent=agent, even_if_early=True, only=left)

"""One pass now (`syncd sync`): every calendar and whatever is owed, with or without a running daemon."""

import time
from collections.abc import Callable, Collection
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime

from store import calendars, due
from store.model import Delivery, Login
from syncd.actions.conflicts import notice_conflicts
from syncd.actions.context import Context
from syncd.actions.drifting import settle_drift
from syncd.actions.named import known_agent
from syncd.actions.owed import claim
from syncd.actions.sync import Round
from syncd.actions.work import run_deliveries, run_logins

LOOK_EVERY = 0.2
"""Seconds between two looks at logins that another process is just reading."""

PATIENCE = 60.0
"""Seconds to wait for another process to let go of a login; what we read ourselves may take as long as it takes."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one pass came to. `busy` are logins that another process did not let go of, or did not read, in time."""

    rounds: tuple[Round, ...]
    delivered: tuple[Delivery, ...]
    busy: tuple[Login, ...] = ()

    @property
    def failed(self) -> tuple[str, ...]:
        """What could not be read or delivered, as `agent: what`."""
        read = [f"{one.login.agent}: {what}" for one in self.rounds for what in one.failed]
        tried = [one for one in self.delivered if one.state in ("pending", "failed") and one.error]
        owed = [f"{one.agent or 'a guest'}: {one.meeting}" for one in tried]
        return (*read, *owed, *(f"{one.agent}: {one.account}/{one.login}" for one in self.busy))


def sync_now(
    ctx: Context, pool: Executor, *, agent: str | None = None, full: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> SyncReport:  # fmt: skip
    """Read all logins (of one agent) now, and deliver what is owed; `progress` is told (done, of how many).

    `full` lists everything and fetches it anew. What takes a secret that only the service sees is made due for the
    service, and waited for. Raises `Unknown` for an unknown agent.
    """
    wanted = wanted_logins(ctx, agent)
    owed = claim(ctx, {login.agent for login in wanted}, mails_of=agent, even_if_early=True)
    delivered = run_deliveries(ctx, owed, pool)
    rounds: list[Round] = []

    def done(one: Round) -> None:
        rounds.append(one)
        progress(len(rounds), len(wanted))

    progress(0, len(wanted))
    busy = read_now(ctx, pool, wanted, full=full, done=done)
    notice_conflicts(ctx)
    if settle_drift(ctx):
        owed = claim(ctx, {login.agent for login in wanted}, mails_of=agent)
        delivered += run_deliveries(ctx, owed, pool)
    return SyncReport(tuple(rounds), tuple(delivered), busy)


def read_now(
    ctx: Context, pool: Executor, wanted: Collection[Login], *, full: bool = False,
    done: Callable[[Round], None] = lambda _round: None,
) -> tuple[Login, ...]:  # fmt: skip
    """Read these logins, each once; returns those that another process did not let go of, or did not read, in time."""
    left = {login.id: login for login in wanted if ctx.signs_in(login.agent, login.account)}
    served = [login for login in wanted if login.id not in left]
    began = hand_over(ctx, served)
    _read_all(ctx, pool, left, full=full, done=done)
    return (*left.values(), *_unserved(ctx, served, began))


def _read_all(
    ctx: Context, pool: Executor, left: dict[int, Login], *, full: bool, done: Callable[[Round], None]
) -> None:
    """Read these logins, each once; what another process holds is waited for, and is still in `left` if that is in vain."""
    progress_at = time.monotonic()
    while left:
        with ctx.store.writing() as tx:
            claimed = due.claim_logins(tx, ctx.clock(), even_if_early=True, only=set(left))
        run_logins(ctx, claimed, pool, full=full, done=done)
        for login in claimed:
            left.pop(login.id, None)
        if claimed:
            progress_at = time.monotonic()
        elif left and time.monotonic() - progress_at >= PATIENCE:
            return
        elif left:
            time.sleep(LOOK_EVERY)


def wanted_logins(ctx: Context, agent: str | None) -> list[Login]:
    """All logins, or those of one agent. Raises `Unknown` for an unknown agent."""
    with ctx.store.reading() as tx:
        if agent is None:
            return calendars.logins(tx)
        return calendars.logins(tx, agents=[known_agent(tx, agent).id])


def hand_over(ctx: Context, served: Collection[Login]) -> datetime:
    """Make these logins due for the service; returns since when they are."""
    now = ctx.clock()
    if served:
        with ctx.store.writing() as tx:
            for login in served:
                due.make_login_due(tx, login.id, now)
    return now


def _unserved(ctx: Context, served: Collection[Login], began: datetime) -> list[Login]:
    """Those the service has not read in time: perhaps it does not run."""
    until = time.monotonic() + PATIENCE
    while served and time.monotonic() < until:
        with ctx.store.reading() as tx:
            seen = {one.id: one.seen_at for one in calendars.logins(tx)}
        served = [one for one in served if (at := seen.get(one.id)) is None or at < began]
        if served:
            time.sleep(LOOK_EVERY)
    return list(served)

"""Candidates no older than asked for (`--max-age`): what was seen longer ago is read now, side by side, within a deadline.

What is not read in time counts as stale: a blocking overlap by what was last known still means *not available*, otherwise
*unknown*. The reading that is late goes on beside the answer, and helps the next one.
"""

import time
from collections.abc import Collection
from concurrent.futures import Executor, Future
from datetime import datetime, timedelta
from threading import Thread

from store import calendars, due
from store.model import Login
from syncd.actions.context import Context
from syncd.actions.now import LOOK_EVERY, hand_over
from syncd.actions.suggest import Candidates, candidates
from syncd.actions.work import run_logins

DEADLINE = timedelta(seconds=5)


def fresh_candidates(
    ctx: Context, meeting_id: str, pool: Executor, *, max_age: timedelta, within: timedelta = DEADLINE, limit: int = 50
) -> tuple[Candidates, bool]:  # fmt: skip
    """The page that `candidates` gives, its calendars read anew where they were seen longer ago than `max_age`.

    False: something is still being read in the pool; whoever ends the process need not wait for it.
    """
    since = ctx.clock() - max_age
    page = candidates(ctx, meeting_id, limit=limit).page
    names = [one.agent.id for one in page]
    done = read_since(ctx, pool, names, since, within=within)
    return candidates(ctx, meeting_id, limit=limit, only=names, seen_since=since), done


def read_since(
    ctx: Context, pool: Executor, agents: Collection[str], since: datetime, *, within: timedelta
) -> bool:
    """Read what these agents' checked calendars have become since then. False: not all was read in time, it goes on."""
    until = time.monotonic() + within.total_seconds()
    future: Future[None] = Future()

    def run() -> None:
        try:
            _read(ctx, pool, agents, since, until)
        except BaseException as error:  # noqa: BLE001  # the boundary of a thread: whoever waits is told
            future.set_exception(error)
        else:
            future.set_result(None)

    Thread(target=run, name="refresh", daemon=True).start()
    try:
        future.result(max(0.0, until - time.monotonic()))
    except TimeoutError:
        return False
    return True


def _read(ctx: Context, pool: Executor, agents: Collection[str], since: datetime, until: float) -> None:
    """Each login that is behind is read once: by us, by the service if only that has its secret, or by who is just at it."""
    old = _behind(ctx, agents, since)
    hand_over(ctx, [login for login in old if not ctx.signs_in(login.agent, login.account)])
    tried = set[int]()
    while old:
        ours = (login for login in old if ctx.signs_in(login.agent, login.account))
        mine = {login.id for login in ours if login.id not in tried}
        claimed = _claim(ctx, mine)
        tried |= {login.id for login in claimed}
        run_logins(ctx, claimed, pool, save_every=1)
        if not claimed and time.monotonic() >= until:
            return
        if not claimed:
            time.sleep(LOOK_EVERY)
        old = [login for login in _behind(ctx, agents, since) if login.id not in tried]


def _claim(ctx: Context, mine: Collection[int]) -> list[Login]:
    """Those of these logins that nobody else is just reading, all at once."""
    if not mine:
        return []
    with ctx.store.writing() as tx:
        return due.claim_logins(tx, ctx.clock(), only=mine, even_if_early=True, limit=len(mine))


def _behind(ctx: Context, agents: Collection[str], since: datetime) -> list[Login]:
    """The logins of these agents of which a checked calendar was not seen since then.

    Not those that failed and are to be left alone for a while: a server that asked for peace has it.
    """
    now = ctx.clock()
    with ctx.store.reading() as tx:
        rows = [row for row in calendars.calendars(tx, agents=agents) if row.checked]
        logins = calendars.logins(tx, agents=agents)
    seen = {row.login_id for row in rows}
    late = {row.login_id for row in rows if row.seen_at is None or row.seen_at < since}
    unlisted = {
        login.id for login in logins if login.id not in seen and login.check != () and login.seen_at is None
    }
    return [
        login for login in logins
        if login.id in late | unlisted and (not login.failures or login.due_at <= now)
    ]  # fmt: skip

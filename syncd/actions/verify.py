"""Our busy times against the servers' own answers (`syncd verify`), for all checked calendars.

What changed is read first, as ever, so that only true differences are left. Where one stays unexplained, something may have
happened in between: the calendar is read and compared once more, with `repair` after everything in it was fetched anew.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import replace
from itertools import count

from store import calendars
from store.model import Login
from syncd.actions.comparison import Compared, compare_login
from syncd.actions.context import Context
from syncd.actions.now import read_now, wanted_logins

Progress = Callable[[int, int], None]


def verify(
    ctx: Context, pool: Executor, *, agent: str | None = None, repair: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> tuple[Compared, ...]:  # fmt: skip
    """Compare all checked calendars (of one agent). `progress` is told (done, of how many): each login is read and
    compared.

    Raises `Unknown` for an unknown agent.
    """
    wanted = wanted_logins(ctx, agent)
    steps, read = 2 * len(wanted), count(1)
    progress(0, steps)
    read_now(ctx, pool, wanted, done=lambda _round: progress(next(read), steps))
    found: list[Compared] = []
    for number, compared in enumerate(_compared(ctx, pool, wanted), len(wanted) + 1):
        found += compared
        progress(number, steps)
    still = {one.calendar_id: one for one in found if one.state == "differs"}
    if not still:
        return tuple(found)
    if repair:
        with ctx.store.writing() as tx:
            calendars.relist(tx, list(still), ctx.clock())
    second = list({one.login.id: one.login for one in still.values()}.values())
    read_now(ctx, pool, second)
    again = {one.calendar_id: one for login in _compared(ctx, pool, second) for one in login}
    anew = still.keys() - _waiting(ctx, second) if repair else set()
    return tuple(
        replace(again.get(one.calendar_id, one), relisted=one.calendar_id in anew)
        if one.calendar_id in still
        else one
        for one in found
    )


def _waiting(ctx: Context, logins: Iterable[Login]) -> set[int]:
    """The calendars in which everything is still to be fetched anew: the reading failed, or the brake holds it."""
    with ctx.store.reading() as tx:
        rows = calendars.calendars(tx, logins=[login.id for login in logins])
    return {row.id for row in rows if row.relist_at is not None}


def _compared(ctx: Context, pool: Executor, logins: Iterable[Login]) -> Iterator[tuple[Compared, ...]]:
    """What came of each login's calendars, in the order of the logins."""
    asked = [pool.submit(compare_login, ctx, login) for login in logins]
    return (one.result() for one in asked)

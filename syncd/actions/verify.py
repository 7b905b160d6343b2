"""Our busy times against the servers' own answers (`syncd verify`), for all checked calendars.

What changed is read first, as ever, so that only true differences are left. Where one stays unexplained, something may have
happened in between: the calendar is read and compared once more, with `repair` after everything in it was fetched anew.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import replace

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
    """Compare all checked calendars (of one agent). `progress` is told (done, of how many) logins.

    Raises `Unknown` for an unknown agent.
    """
    wanted = wanted_logins(ctx, agent)
    read_now(ctx, pool, wanted)
    found = _compared(ctx, pool, wanted, progress)
    still = {one.calendar_id: one for one in found if one.state == "differs"}
    if not still:
        return found
    if repair:
        with ctx.store.writing() as tx:
            calendars.relist(tx, list(still), ctx.clock())
    second = list({one.login.id: one.login for one in still.values()}.values())
    read_now(ctx, pool, second)
    again = {one.calendar_id: one for one in _compared(ctx, pool, second, progress)}
    return tuple(
        replace(again.get(one.calendar_id, one), relisted=repair) if one.calendar_id in still else one
        for one in found
    )


def _compared(
    ctx: Context, pool: Executor, logins: Iterable[Login], progress: Progress
) -> tuple[Compared, ...]:
    logins = list(logins)
    found: list[Compared] = []
    progress(0, len(logins))
    results = [pool.submit(compare_login, ctx, login) for login in logins]
    for number, one in enumerate(results, 1):
        found += one.result()
        progress(number, len(logins))
    return tuple(found)

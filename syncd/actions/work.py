"""Running due work: the one function that runs shards, the same for one node's threads and for an engine of many.

A double delivery of a shard is a no-op: what is leased or not due any more is not claimed. A lease is short and renewed
while the work goes on, so what a killed worker held is taken over within seconds. Rounds without changes are saved
together, because a commit for each unchanged calendar would be the real cost of idling.
"""

import time
import traceback
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Executor, Future
from queue import Empty, SimpleQueue
from typing import TypeVar

from store import calendars, due
from store.errors import Fenced, StoreError
from store.model import Delivery, DeliveryTarget, Login
from syncd import logs
from syncd.actions.context import Context
from syncd.actions.deliver import deliver, delivery_failed
from syncd.actions.post import post
from syncd.actions.prepare import Prepared, prepare
from syncd.actions.sync import Round, login_failed, sync_login
from syncd.errors import SyncdError
from syncd.meter import Pass

Result = TypeVar("Result")

SAVE_EVERY = 64
"""Rounds without changes are saved at the latest when so many have gathered."""

RENEW_EVERY = due.LEASE.total_seconds() / 3
"""Seconds between two renewals of the leases of work that still goes on."""


class Defect(SyncdError):
    """Something went wrong that syncd has no word for: a defect. One piece of work fails, the others go on."""


def run_shards(ctx: Context, shards: Collection[int], pool: Executor) -> int:
    """Claim what is due in these shards and work it off in the pool; returns how many pieces of work that was.

    Deliveries go first: a person waits for them. Raises `StoreError` when the store itself fails.
    """
    return run_due_deliveries(ctx, shards, pool) + run_due_logins(ctx, shards, pool)


def run_due_deliveries(
    ctx: Context, shards: Collection[int], pool: Executor, target: DeliveryTarget | None = None,
    *, but_not: Collection[str] = (), begun: Callable[[], None] = lambda: None,
) -> int:  # fmt: skip
    """Claim and work off the deliveries that are due in these shards: to calendars, to mailboxes, or (None) to both.

    `but_not`: accounts whose calendars are left alone, as enough is already waiting for them. `begun` is called once all that was
    claimed is in the pool.
    """
    with ctx.store.writing() as tx:
        owed = due.claim_deliveries(tx, ctx.clock(), shards=shards, target=target, but_not=but_not)
    run_deliveries(ctx, owed, pool, begun=begun)
    return len(owed)


def run_due_logins(
    ctx: Context, shards: Collection[int], pool: Executor,
    *, but_not: Collection[str] = (), begun: Callable[[], None] = lambda: None,
) -> int:  # fmt: skip
    """Claim and sync the logins that are due in these shards, except those at the accounts in `but_not`; `begun` as above."""
    with ctx.store.writing() as tx:
        logins = due.claim_logins(tx, ctx.clock(), shards=shards, but_not=but_not)
    run_logins(ctx, logins, pool, begun=begun)
    return len(logins)


def account_of(_ctx: Context, piece: Prepared | Login | Delivery, *told: object) -> str:
    """The account whose server a piece of work asks; "" for a mail, or where there is none any more.

    Takes what is submitted to a pool: with a delivery that is its account.
    """
    if isinstance(piece, Delivery):
        return str(told[0])
    return piece.account if isinstance(piece, Login) else piece.login.account


def _accounts(ctx: Context, owed: Collection[Delivery]) -> dict[int, str]:
    """The accounts of deliveries to calendars, by their ids."""
    to_calendars = {one.id: one.agent for one in owed if one.target == "calendar" and one.agent}
    with ctx.store.reading() as tx:
        where = calendars.places(tx, set(to_calendars.values()))
    return {delivery: where[agent].account for delivery, agent in to_calendars.items() if agent in where}


def run_deliveries(
    ctx: Context, owed: Collection[Delivery], pool: Executor, *, begun: Callable[[], None] = lambda: None
) -> list[Delivery]:
    """Work off claimed deliveries; what somebody else took over is left to them."""
    accounts = _accounts(ctx, owed)
    futures = {pool.submit(_one_delivery, ctx, one, accounts.get(one.id, "")): one for one in owed}
    begun()
    results: list[Delivery] = []

    def renew(running: Iterable[Delivery]) -> None:
        with ctx.store.writing() as tx:
            due.renew(tx, ctx.clock(), deliveries=[(one.whom, one.epoch) for one in running])

    _work_off(futures, renew, results.append)
    return results


def run_logins(
    ctx: Context, logins: Collection[Login], pool: Executor, *, full: bool = False,
    done: Callable[[Round], None] = lambda _round: None, save_every: int = SAVE_EVERY,
    begun: Callable[[], None] = lambda: None,
) -> list[Round]:  # fmt: skip
    """Sync claimed logins; `done` is told of each as it ends (for a progress bar).

    `save_every` 1: somebody waits for what is read, so none waits until the slowest is in.
    """
    futures = {pool.submit(_one_login, ctx, one, full): one.login for one in prepare(ctx, logins)}
    begun()
    rounds: list[Round] = []
    unsaved: list[Round] = []

    def save() -> None:
        save_unchanged(ctx, unsaved)
        unsaved.clear()

    def renew(running: Iterable[Login]) -> None:
        save()  # what is done does not wait for what a slow server still has to say
        with ctx.store.writing() as tx:
            due.renew(tx, ctx.clock(), logins=[(one.id, one.epoch) for one in running])

    def ended(one: Round) -> None:
        rounds.append(one)
        if one.unchanged:
            unsaved.append(one)
        if len(unsaved) >= save_every:
            save()
        done(one)

    try:
        _work_off(futures, renew, ended)
    finally:
        save()
    return rounds


def save_unchanged(ctx: Context, rounds: Collection[Round]) -> None:
    """One transaction for all rounds in which nothing changed."""
    unchanged = [one.unchanged for one in rounds if one.unchanged]
    if unchanged:
        ctx.store.save(lambda tx: due.save_unchanged(tx, unchanged))


Claim = TypeVar("Claim")


def _work_off(
    futures: dict[Future[Result | None], Claim],
    renew: Callable[[Iterable[Claim]], None],
    ended: Callable[[Result], None],
) -> None:
    """Hand each result on as it comes, and keep the leases of what still runs."""
    finished: SimpleQueue[Future[Result | None]] = SimpleQueue()
    for future in futures:
        future.add_done_callback(finished.put)
    renewed = time.monotonic()
    while futures:
        ended_one = _next(finished)
        if ended_one is not None:
            del futures[ended_one]
            result = ended_one.result()
            if result is not None:
                ended(result)
        if time.monotonic() - renewed >= RENEW_EVERY:
            renew(futures.values())
            renewed = time.monotonic()


def _next(finished: "SimpleQueue[Future[Result | None]]") -> Future[Result | None] | None:
    """What ends next; None when it is time to renew."""
    try:
        return finished.get(timeout=RENEW_EVERY)
    except Empty:
        return None


def _one_login(ctx: Context, prepared: Prepared, full: bool) -> Round | None:
    login, began = prepared.login, time.monotonic()
    found = _looked_at(ctx, prepared, full)
    result: Pass = "fenced" if found is None else "failed" if found.failed else "ok"
    lag = (ctx.clock() - login.seen_at).total_seconds() if login.seen_at and result == "ok" else None
    ctx.meter.passed(login.kind, result, time.monotonic() - began, lag)
    return found


def _looked_at(ctx: Context, prepared: Prepared, full: bool) -> Round | None:
    login = prepared.login
    try:
        return sync_login(ctx, prepared, full=full)
    except Fenced as fenced:
        logs.info("fenced", agent=login.agent, account=login.account, detail=fenced)
        return None
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001  # the boundary: one login's defect must not stop the others
        return login_failed(ctx, login, as_defect(error))


def _one_delivery(ctx: Context, owed: Delivery, _account: str) -> Delivery | None:
    found = _tried(ctx, owed)
    ctx.meter.delivered(owed.target, owed.kind, "fenced" if found is None else _result(found))
    return found


def _result(found: Delivery) -> str:
    """What became of a try: its state, but `retry` and `waiting` are two kinds of pending."""
    return found.state if found.state != "pending" else "retry" if found.error else "waiting"


def _tried(ctx: Context, owed: Delivery) -> Delivery | None:
    try:
        return post(ctx, owed) if owed.target == "mail" else deliver(ctx, owed)
    except Fenced as fenced:
        logs.info("fenced", meeting=owed.meeting, agent=owed.agent, detail=fenced)
        return None
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001  # the boundary: one delivery's defect must not stop the others
        return delivery_failed(ctx, owed, as_defect(error))


def as_defect(error: Exception) -> Defect:
    """Log what has no word of its own: the error's type and place, never its text: that could hold what a stranger wrote."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{last.filename.rpartition('/')[2]}:{last.lineno}"
    logs.error("defect", error=type(error).__name__, where=where)
    return Defect(f"a defect in syncd: {type(error).__name__} at {where}", "please report this line")

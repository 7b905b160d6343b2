"""Who runs due work: threads of this process, or later an engine over many nodes. The only seam between one and many.

The clock says which shards have something due; the executor sees to it that `actions.work` runs them. Submitting a shard
twice does no harm: what is leased is not claimed again.
"""

from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from threading import BoundedSemaphore, Lock
from typing import Protocol

from store.errors import StoreError
from syncd import logs
from syncd.actions.context import Context
from syncd.actions.work import account_of, run_due_deliveries, run_due_logins
from syncd.threads import ThreadsByAccount

BATCHES = 4
"""How many batches of one kind run at once for each account: one that waits for a slow server leaves room for others."""

READERS, WRITERS, MAILERS = 16, 8, 4
"""Threads that read an account's calendars, that write to them, and that hand over mails. None waits for another's server."""


class Executor(Protocol):
    """Runs shards. `submit` returns at once; `stop` ends within about `seconds` and says whether all work had ended."""

    def submit(self, shards: Collection[int]) -> None:
        """See to it that what is due in these shards is worked off."""
        ...

    def sweep(self) -> None:
        """Clear away what dead workers left behind."""
        ...

    def stop(self, seconds: float) -> bool:
        """Take no more work, and wait a while for what is under way."""
        ...


def by_account(name: str, threads: int = READERS) -> ThreadsByAccount:
    """So many threads for each account."""
    return ThreadsByAccount(name, threads, account_of)


Run = Callable[[Collection[int], ThreadsByAccount, Callable[[], None]], int]
"""Claims what is due in the shards, puts it into the pool, says that it has begun, and waits for the end."""


class Lane:
    """Batches of one kind of work: at most `batches` at a time, further ones are left to the next tick.

    One claims after the other, so that each sees for which accounts work is waiting already.
    """

    def __init__(self, name: str, run: Run, threads: int, batches: int) -> None:
        self.name = name
        self._run = run
        self._claiming = Lock()
        self._room = BoundedSemaphore(batches)
        self._batches = ThreadPoolExecutor(batches, thread_name_prefix=f"{name}-batch")
        self._pool = by_account(name, threads)
        self._running: set[Future[None]] = set()

    def under_way(self) -> int:
        """How many of its pieces of work are begun or wait for a thread."""
        return self._pool.under_way()

    def submit(self, shards: Collection[int]) -> None:
        """Start a batch if there is room for one."""
        if not self._room.acquire(blocking=False):
            return
        future = self._batches.submit(self._batch, shards)
        self._running.add(future)
        future.add_done_callback(self._running.discard)

    def _batch(self, shards: Collection[int]) -> None:
        try:
            with ExitStack() as claiming:
                claiming.enter_context(self._claiming)
                self._run(shards, self._pool, claiming.close)
        except StoreError as error:
            logs.error("store_failed", error=error.message, hint=error.hint)
        finally:
            self._room.release()

    def close(self) -> set[Future[None]]:
        """Start no more batches; returns those under way."""
        self._batches.shutdown(wait=False, cancel_futures=True)
        return set(self._running)

    def end(self, *, at_once: bool) -> None:
        """Let the threads go; `at_once`: also those that still wait for a server."""
        self._pool.shutdown(wait=not at_once, cancel_futures=True)


class LocalExecutor:
    """One process: three lanes of threads, so that polling never stands in the way of a delivery, nor mail of a calendar.

    In each lane every account has its own, and is left alone while work of it is waiting: no server delays another's logins.
    """

    def __init__(self, ctx: Context) -> None:
        batches = BATCHES * max(1, len(ctx.config.accounts))

        def write(shards: Collection[int], pool: ThreadsByAccount, begun: Callable[[], None]) -> int:
            return run_due_deliveries(ctx, shards, pool, "calendar", but_not=pool.crowded(), begun=begun)

        def mail(shards: Collection[int], pool: ThreadsByAccount, begun: Callable[[], None]) -> int:
            return run_due_deliveries(ctx, shards, pool, "mail", begun=begun)

        def read(shards: Collection[int], pool: ThreadsByAccount, begun: Callable[[], None]) -> int:
            return run_due_logins(ctx, shards, pool, but_not=pool.crowded(), begun=begun)

        self._lanes = (
            Lane("deliver", write, WRITERS, batches),
            Lane("mail", mail, MAILERS, BATCHES),
            Lane("read", read, READERS, batches),
        )
        for lane in self._lanes:
            ctx.meter.working(lane.name, lane.under_way)

    def submit(self, shards: Collection[int]) -> None:
        """Deliveries first: a person waits for them."""
        for lane in self._lanes:
            lane.submit(shards)

    def sweep(self) -> None:
        """Nothing to do: a lease that is not renewed ends by itself."""

    def stop(self, seconds: float) -> bool:
        """Close all lanes, then wait for what is under way in any of them."""
        under_way = {batch for lane in self._lanes for batch in lane.close()}
        _, unfinished = wait(under_way, timeout=seconds)
        for lane in self._lanes:
            lane.end(at_once=bool(unfinished))
        return not unfinished

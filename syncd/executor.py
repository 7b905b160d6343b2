"""Who runs due work: threads of this process, or later an engine over many nodes. The only seam between one and many.

The clock says which shards have something due; the executor sees to it that `actions.work` runs them. Submitting a shard
twice does no harm: what is leased is not claimed again.
"""

from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import BoundedSemaphore
from typing import Protocol

from store.errors import StoreError
from syncd import logs
from syncd.actions.context import Context
from syncd.actions.work import run_due_deliveries, run_due_logins

BATCHES = 4
"""How many batches of one kind run at once: a batch that waits for a slow server leaves room for others."""

READERS, WRITERS, MAILERS = 16, 8, 4
"""Threads that read calendars, that write to them, and that hand over mails. Apart: none of the three waits for another."""


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


class Lane:
    """Batches of one kind of work: at most `BATCHES` at a time, further ones are left to the next tick."""

    def __init__(
        self, name: str, run: Callable[[Collection[int], ThreadPoolExecutor], int], threads: int
    ) -> None:
        self._run = run
        self._room = BoundedSemaphore(BATCHES)
        self._batches = ThreadPoolExecutor(BATCHES, thread_name_prefix=f"{name}-batch")
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._running: set[Future[None]] = set()

    def submit(self, shards: Collection[int]) -> None:
        """Start a batch if there is room for one."""
        if not self._room.acquire(blocking=False):
            return
        future = self._batches.submit(self._batch, shards)
        self._running.add(future)
        future.add_done_callback(self._running.discard)

    def _batch(self, shards: Collection[int]) -> None:
        try:
            self._run(shards, self._pool)
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
    """One process: three lanes of threads, so that polling never stands in the way of a delivery, nor mail of a calendar."""

    def __init__(self, ctx: Context) -> None:
        self._lanes = (
            Lane("deliver", lambda shards, pool: run_due_deliveries(ctx, shards, pool, "calendar"), WRITERS),
            Lane("mail", lambda shards, pool: run_due_deliveries(ctx, shards, pool, "mail"), MAILERS),
            Lane("read", lambda shards, pool: run_due_logins(ctx, shards, pool), READERS),
        )

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

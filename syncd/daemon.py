"""The daemon: a clock that feeds what is due to the executor, until SIGTERM.

APScheduler has a handful of jobs and never one per calendar: what is due stands in the store. Ready is said once the
store is migrated and the clock runs; on SIGTERM it ends within seconds, and may: whatever is cut off is safe to repeat.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

from apscheduler.schedulers.background import BackgroundScheduler

from store import due
from store.errors import StoreError
from syncd import __version__, logs, systemd
from syncd.actions.context import Context
from syncd.actions.follow import follow
from syncd.actions.tidy import close_overdue
from syncd.executor import Executor, LocalExecutor

FEED_SECONDS, TIDY_SECONDS = 0.5, 30
GRACE_SECONDS = 5.0
"""How long work under way may take to end after SIGTERM."""


class Daemon:
    """The clock and the executor of one process."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.executor: Executor = LocalExecutor(ctx)
        self.clock = BackgroundScheduler(timezone="UTC")

    def start(self) -> None:
        """Migrate, follow the configuration, start the clock. Raises `StoreError` when the store can't be used."""
        self.ctx.store.migrate()
        follow(self.ctx)
        self._every(FEED_SECONDS, self.feed)
        self._every(TIDY_SECONDS, self.tidy)
        self.clock.start()
        logs.info("started", version=__version__, agents=len(self.ctx.config.agents), pid=os.getpid())

    def _every(self, seconds: float, job: Callable[[], None]) -> None:
        self.clock.add_job(
            job, "interval", seconds=seconds, max_instances=1, coalesce=True, misfire_grace_time=None
        )

    def feed(self) -> None:
        """Hand every shard with something due to the executor."""
        try:
            with self.ctx.store.reading() as tx:
                shards = due.due_shards(tx, self.ctx.clock())
        except StoreError as error:
            logs.error("store_failed", error=error.message, hint=error.hint)
            return
        if shards:
            self.executor.submit(shards)

    def tidy(self) -> None:
        """What time itself changes, and what dead workers left."""
        try:
            close_overdue(self.ctx)
            self.executor.sweep()
        except StoreError as error:
            logs.error("store_failed", error=error.message, hint=error.hint)

    def stop(self) -> bool:
        """Stop the clock, wait a little for what is under way; True if all of it ended."""
        self.clock.shutdown(wait=False)
        ended = self.executor.stop(GRACE_SECONDS)
        logs.info(
            "stopped", unfinished=None if ended else "yes, it is taken up again within 10 s of the next start"
        )
        return ended


def run(ctx: Context) -> int:
    """Run until SIGTERM or SIGINT. Returns the exit code."""
    stop = threading.Event()

    def asked_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, asked_to_stop)
    daemon = Daemon(ctx)
    daemon.start()
    systemd.ready(f"serving {len(ctx.config.agents)} agents")
    stop.wait()
    systemd.stopping()
    if not daemon.stop():
        _leave_at_once()
    ctx.close()
    return 0


def _leave_at_once() -> None:
    """A thread still waits for a server. Ending under it is as safe as kill -9: every step can be repeated."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)

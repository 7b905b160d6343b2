"""The daemon: a clock that feeds what is due to the executor, the HTTP interface and the page, until SIGTERM.

APScheduler has a handful of jobs and never one per calendar: what is due stands in the store. Ready is said once the
store is migrated and the clock runs; on SIGTERM it ends within seconds, and may: whatever is cut off is safe to repeat.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from types import FrameType
from typing import TYPE_CHECKING

from apscheduler.schedulers.background import BackgroundScheduler

from store import agents, due
from store.errors import StoreError
from syncd import __version__, logs, systemd
from syncd.actions.conflicts import notice_conflicts
from syncd.actions.context import Context, utc_now
from syncd.actions.drifting import settle_drift
from syncd.actions.follow import follow
from syncd.actions.offtime import running_out
from syncd.actions.post import remind
from syncd.actions.push import push_url
from syncd.actions.tidy import close_overdue, forget
from syncd.executor import Executor, LocalExecutor
from syncd.garbage import collect_seldom
from syncd.meter import Meter

if TYPE_CHECKING:
    from syncd.web.server import WebServer

FEED_SECONDS, SUBSCRIBE_SECONDS, TIDY_SECONDS, FORGET_SECONDS = 0.5, 5, 30, 3600
GRACE_SECONDS = 5.0
"""How long work under way may take to end after SIGTERM."""

WEB_GRACE_SECONDS = 2.0
"""Likewise for requests that came in; what is cut off is sent again."""

LOOK_SECONDS = 1.0
"""A signal can come right before the wait for it begins and then does not end it; it is noticed at the next look.

Python runs a handler between two instructions of the main thread, never during a call that blocks (module signal).
"""


class Daemon:
    """The clock, the executor and, unless it listens nowhere, the web server of one process.

    `visitor`: the token as which the page lets in whoever asks from this machine itself (the demo).
    """

    def __init__(self, ctx: Context, visitor: int | None = None) -> None:
        self.ctx = replace(ctx, meter=_meter()) if ctx.config.http.listen else ctx
        self.visitor = visitor
        self.executor: Executor = LocalExecutor(self.ctx)
        self.clock = BackgroundScheduler(timezone="UTC")
        self.web: WebServer | None = None
        self._subscribing = threading.Lock()
        self._noted = set[str]()

    def start(self) -> None:
        """Migrate, follow the configuration, listen, start the clock.

        Raises `StoreError` when the store can't be used, `CantListen` when the address is taken.
        """
        self.ctx.store.migrate()
        follow(self.ctx)
        self._know_everybody()
        if self.ctx.config.http.listen:
            self._listen()
        if push_url(self.ctx.config):
            self._every(SUBSCRIBE_SECONDS, self.subscribe, first=utc_now())
        self._every(FEED_SECONDS, self.feed)
        self._every(TIDY_SECONDS, self.tidy)
        self._every(FORGET_SECONDS, self.forget, first=utc_now())
        self.clock.start()
        logs.info("started", version=__version__, agents=self.agents(), pid=os.getpid())

    def agents(self) -> int:
        """How many there are, configured or provisioned."""
        with self.ctx.store.reading() as tx:
            return agents.count(tx)

    def _know_everybody(self) -> None:
        """Now, so that the first question does not wait for it, and so that it is there to stay when `collect_seldom` freezes."""
        with self.ctx.store.reading() as tx:
            self.ctx.shelf.directory_in(tx, self.ctx.config)

    def _listen(self) -> None:
        # Imported here because FastAPI costs start-up time, and only a daemon that listens needs it.
        from syncd.web.app import serve

        self.web = serve(self.ctx, self.visitor)
        logs.info("listening", address=self.web.address, push=push_url(self.ctx.config) or None)

    def _every(self, seconds: float, job: Callable[[], None], first: datetime | None = None) -> None:
        """Have the clock call `job`: first at `first`, or after so many seconds."""
        start = {"next_run_time": first} if first else {}
        self.clock.add_job(
            job, "interval", seconds=seconds, max_instances=1, coalesce=True, misfire_grace_time=None, **start
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

    def subscribe(self) -> None:
        """Have calendar servers tell us of changes."""
        # Imported here because msal costs start-up time, and only a daemon that can be reached needs it.
        from syncd.actions.subscribe import subscribe

        try:
            with self._subscribing:
                subscribe(self.ctx)
        except StoreError as error:
            logs.error("store_failed", error=error.message, hint=error.hint)

    def tidy(self) -> None:
        """What time itself changes, and what dead workers left."""
        try:
            close_overdue(self.ctx)
            remind(self.ctx)
            settle_drift(self.ctx)
            notice_conflicts(self.ctx)
            self.executor.sweep()
        except StoreError as error:
            logs.error("store_failed", error=error.message, hint=error.hint)

    def forget(self) -> None:
        """What is no longer kept; and what will soon be missing."""
        for note in set(running_out(self.ctx.config, self.ctx.clock())) - self._noted:
            logs.warning("holidays_run_out", note=note)
            self._noted.add(note)
        try:
            forget(self.ctx)
        except StoreError as error:
            logs.error("store_failed", error=error.message, hint=error.hint)

    def stop(self) -> bool:
        """Stop the clock, wait a little for what is under way; True if all of it ended."""
        self.clock.shutdown(wait=False)
        if self.web is not None:
            self.web.stop(WEB_GRACE_SECONDS)
        ended = self._subscribing.acquire(timeout=GRACE_SECONDS)
        ended = self.executor.stop(GRACE_SECONDS) and ended
        logs.info(
            "stopped", unfinished=None if ended else "yes, it is taken up again within 10 s of the next start"
        )
        return ended


def _meter() -> Meter:
    # Imported here because only a daemon that listens can be asked for its figures.
    from syncd.web.counting import Counting

    return Counting()


def run(ctx: Context) -> int:
    """Run until SIGTERM or SIGINT. Returns the exit code."""
    stop = threading.Event()

    def asked_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, asked_to_stop)
    daemon = Daemon(ctx)
    daemon.start()
    collect_seldom()
    systemd.ready(f"serving {daemon.agents()} agents")
    while not stop.wait(LOOK_SECONDS):
        pass
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

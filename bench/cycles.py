"""What the benchmarks of idle cycles share: a clock that makes everything due again, and a cycle as the daemon runs it."""

import math
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from store import due
from store.database import open_store
from syncd import config
from syncd.actions.context import Context, utc_now
from syncd.actions.follow import follow
from syncd.actions.work import run_due_logins
from syncd.garbage import collect_seldom

CLAIM = 64
"""How many logins one claim takes at most (store.due)."""

STEP = timedelta(minutes=2)


@dataclass
class Clock:
    """The time in a benchmark."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        """For `Context.clock`."""
        return self.now


def begun(path: Path, clock: Callable[[], datetime] = utc_now) -> Context:
    """What a start of the daemon leaves behind: the configuration at `path`, and a new store that follows it."""
    loaded = config.load(path)
    ctx = Context(loaded, open_store(loaded.store.url), clock=clock)
    ctx.store.migrate()
    follow(ctx)
    collect_seldom()
    return ctx


def cycle(ctx: Context, pool: Executor, clock: Clock) -> None:
    """Claim by claim, until nothing is due any more."""
    clock.now += STEP
    while run_due_logins(ctx, range(due.SHARDS), pool):
        pass


def commits_of(logins: int) -> int:
    """The commits that a cycle without changes may take: a claim and a saving a batch, and the last look."""
    return 2 * math.ceil(logins / CLAIM) + 1

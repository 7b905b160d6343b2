"""Threads for each account, so that one whose server is slow or dead never keeps another waiting.

One pool for all would end with every thread in it waiting for the same server, however few connections that one is allowed.
"""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


class ThreadsByAccount(Executor):
    """Runs each piece of work on the threads of its account, which are made at first use.

    `account_of` gets the arguments that are submitted.
    """

    def __init__(self, name: str, threads: int, account_of: Callable[..., str]) -> None:
        self._name, self._threads, self._account_of = name, threads, account_of
        self._lock = threading.Lock()
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._under_way: Counter[str] = Counter()
        self._ended = False

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:  # noqa: ANN401  # as Executor has it
        """Run it as soon as one of its account's threads is free."""
        account = self._account_of(*args, **kwargs)
        with self._lock:
            future = self._of(account).submit(fn, *args, **kwargs)
            self._under_way[account] += 1
        future.add_done_callback(lambda _future: self._done(account))
        return future

    def _of(self, account: str) -> ThreadPoolExecutor:
        if self._ended:
            raise RuntimeError("the threads were let go")  # as any Executor does
        if account not in self._pools:
            self._pools[account] = ThreadPoolExecutor(self._threads, f"{self._name}-{account}")
        return self._pools[account]

    def crowded(self) -> frozenset[str]:
        """The accounts of which work is waiting for a thread: to bring more of it would make nothing quicker."""
        with self._lock:
            return frozenset(name for name, count in self._under_way.items() if count > self._threads)

    def under_way(self) -> int:
        """How many pieces of work are begun or wait for a thread, of all accounts."""
        with self._lock:
            return self._under_way.total()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let all threads go."""
        with self._lock:
            self._ended, pools = True, list(self._pools.values())
        for pool in pools:
            pool.shutdown(wait=wait, cancel_futures=cancel_futures)

    def _done(self, account: str) -> None:
        with self._lock:
            self._under_way[account] -= 1

"""Threads for one command: waited for when it ends well, left behind when it is broken off or has waited long enough."""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import NoReturn


def threads(count: int) -> AbstractContextManager[Executor]:
    """So many, for work of any kind."""
    return ending_with(ThreadPoolExecutor(count))


@contextmanager
def ending_with(pool: Executor) -> Iterator[Executor]:
    """The pool. On Ctrl-C nobody waits for a server that does not answer; `leave` then ends the process under it."""
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def leave(code: int) -> NoReturn:
    """End the process under threads that still wait for a server: as safe as kill -9, for each step can be repeated."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(BrokenPipeError):
            stream.flush()
    os._exit(code)

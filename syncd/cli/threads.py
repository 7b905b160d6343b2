"""Threads for one command: waited for when it ends well, left behind when it is broken off or has waited long enough."""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import NoReturn


@contextmanager
def threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """A pool. On Ctrl-C nobody waits for a server that does not answer; `ending` then ends the process under it."""
    pool = ThreadPoolExecutor(count)
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

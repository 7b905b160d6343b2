"""Kill points from outside: a fault that kills at the n-th request, and a daemon that is killed at its n-th commit.

Nothing in the product knows of these. The fault is one of the proxy's (`faults`), between the daemon and a real calendar
server; the daemon is the real one, started in a process whose database commits are counted from the outside.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Literal

from faults import Exchange, Fault

When = Literal["before", "after"]

DAEMON = """
import os, signal, sys, threading
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect

number, when, of, arguments = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]
commit, seen, lock, said = DefaultDialect.do_commit, 0, threading.Lock(), threading.local()

@event.listens_for(Engine, "before_cursor_execute")
def noted(link, cursor, statement, *more):
    if statement.startswith(("INSERT", "UPDATE", "DELETE")):
        said.all = getattr(said, "all", "") + statement

def counted(self, connection):
    global seen
    what, said.all = getattr(said, "all", ""), ""
    if threading.current_thread() is threading.main_thread() or not what or of not in what:
        return commit(self, connection)  # starting up, when no work is under way yet; or nothing was written
    with lock:
        seen += 1
        mine = seen == number
    if mine and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    commit(self, connection)
    if mine:
        os.kill(os.getpid(), signal.SIGKILL)

DefaultDialect.do_commit = counted
from syncd.__main__ import main
sys.argv = ["syncd", *arguments]
sys.exit(main())
"""


DEAF = """
import signal, sys, threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
from syncd.__main__ import main
sys.exit(main())
"""
"""syncd, with SIGTERM reaching another thread: so it never ends a call that blocks the main one.

What otherwise happens by chance, when a signal comes in the instant before such a call.
"""


def start_daemon(
    config: Path, log: Path, *, commit: int = 0, when: When = "before", of: str = ""
) -> subprocess.Popen[bytes]:
    """`syncd run`; killed at its `commit`-th commit outside the main thread, 0 = never.

    Only commits of something written count; `of`: with such a statement.
    """
    command = [sys.executable, "-c", DAEMON, str(commit), when, of, "run", "--config", str(config)]
    with log.open("ab") as out:
        return subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)


def end(process: subprocess.Popen[bytes]) -> int:
    """SIGTERM if it still runs, and its exit code."""
    if process.poll() is None:
        process.terminate()
    return process.wait(timeout=30)


def killing(victim: int, when: When) -> Fault:
    """kill -9 of that process, before or after the request it made is passed on; it gets no answer."""

    async def play(exchange: Exchange) -> None:
        if when == "after":
            await exchange.forward()
        os.kill(victim, signal.SIGKILL)

    return Fault(f"kill -9 {when}", play)

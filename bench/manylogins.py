"""10,000 logins in one process: the memory they take, and what a cycle without changes costs, on a simulated CalDAV server.

The server is a process of its own that answers every login alike: a home with one calendar, one event in it, and marks that
never change. So is syncd here, so that nothing but its own memory is measured.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import simulated
from bench.cycles import Clock, begun, commits_of, cycle
from bench.figures import Figure
from syncd.actions.now import sync_now
from syncd.executor import READERS

LOGINS = 10_000
MIB = 2**20

HEAD = """
[store]
url = "sqlite:///{folder}/syncd.db"
[accounts.lab]
kind = "caldav"
url = "{url}"
"""

AGENT = """
[[agents]]
id = "agent{number}"
name = "Agent {number}"
email = "agent{number}@example.com"
[[agents.calendars]]
account = "lab"
login = "agent{number}"
password = {{ file = "{folder}/secret" }}
"""


def measure() -> Iterator[Figure]:
    """The memory, and the counts."""
    with tempfile.TemporaryDirectory(prefix="syncd-bench-") as folder:
        asked = [
            sys.executable,
            "-c",
            "import sys; from bench.manylogins import run; run(sys.argv[1])",
            folder,
        ]
        said = json.loads(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)
    name, where = f"{LOGINS} logins", "on a simulated server"
    yield Figure(
        f"{name}: memory", said["memory"], 300, "MiB", f"resident after a first sync and a cycle, {where}"
    )
    yield Figure(f"{name}, idle cycle: requests", said["requests"], LOGINS, "requests", where)
    yield Figure(f"{name}, idle cycle: commits", said["commits"], commits_of(LOGINS), "commits", where)


def run(folder: str) -> None:
    """A first sync and an idle cycle; prints what they cost, as JSON."""
    with simulated.running(1) as url:
        said = _measured(Path(folder), url)
    print(json.dumps(said))


def _measured(folder: Path, url: str) -> dict[str, float]:
    (folder / "secret").touch(0o600)
    (folder / "secret").write_text("bench")
    path = folder / "config.toml"
    agents = (AGENT.format(number=number, folder=folder) for number in range(LOGINS))
    path.write_text(HEAD.format(folder=folder, url=url) + "".join(agents))
    clock = Clock()
    with begun(path, clock) as ctx, ThreadPoolExecutor(READERS) as pool:
        report = sync_now(ctx, pool)
        if report.failed:
            raise RuntimeError(report.failed[0])
        cycle(ctx, pool, clock)
        requests, commits = ctx.connections.requests, ctx.store.commits
        cycle(ctx, pool, clock)
        return {
            "memory": _resident() / MIB,
            "requests": ctx.connections.requests - requests,
            "commits": ctx.store.commits - commits,
        }


def _resident() -> int:
    """Bytes (proc(5): statm)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")

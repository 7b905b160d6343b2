"""The first sync of one very large calendar: how far memory rises, against that of a small one, on a simulated CalDAV server.

A process of its own each, so that nothing but the sync is measured.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import simulated
from bench.cycles import begun
from bench.figures import Figure
from bench.firstsync import CONFIG, SECRET
from syncd.actions.now import sync_now

SMALL, LARGE = 100, 20_000
MIB = 1024
"""In the measure of proc(5), kB."""


def measure() -> Iterator[Figure]:
    """How much more the large one takes. Its texts have 40 MB."""
    small, large = _peak(SMALL), _peak(LARGE)
    yield Figure(
        f"first sync of {LARGE} events of 2 kB: peak memory beyond that of {SMALL}", (large - small) / MIB, 64, "MiB",
        f"{large / MIB:.0f} against {small / MIB:.0f} MiB",
    )  # fmt: skip


def _peak(events: int) -> int:
    run = "import sys; from bench.largecalendar import run; run(*sys.argv[1:])"
    with tempfile.TemporaryDirectory(prefix="syncd-bench-") as folder, simulated.running(events) as url:
        asked = [sys.executable, "-c", run, folder, url]
        return int(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)


def run(folder: str, url: str) -> None:
    """A first sync; prints the most memory that was resident, in kB."""
    (Path(folder) / "secret").touch(0o600)
    (Path(folder) / "secret").write_text(SECRET)
    path = Path(folder) / "config.toml"
    path.write_text(CONFIG.format(folder=folder, url=url, name="store"))
    with begun(path) as ctx, ThreadPoolExecutor(1) as pool:
        report = sync_now(ctx, pool)
        if report.failed:
            raise RuntimeError(report.failed[0])
    lines = Path("/proc/self/status").read_text().splitlines()
    print(next(line.split()[1] for line in lines if line.startswith("VmHWM")))

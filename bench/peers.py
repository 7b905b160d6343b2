"""Peers that are programs of their own: measured where they are installed, and said to be missing elsewhere.

`vdirsyncer` is a command. libical is a library in C: a small program around it (`libical.c`) is compiled for the occasion.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

SETTINGS = """
[general]
status_path = "{folder}/status/"
[pair p]
a = "here"
b = "there"
collections = [{names}]
[storage here]
type = "filesystem"
path = "{folder}/events/"
fileext = ".ics"
[storage there]
type = "caldav"
url = "{url}"
username = "{login}"
password = "{secret}"
"""


def installed() -> bool:
    """Is it there? Says so if not."""
    if shutil.which("vdirsyncer"):
        return True
    print("vdirsyncer is not installed, and not compared", file=sys.stderr)
    return False


def vdirsyncer(
    folder: Path, url: str, login: str, secret: str, calendars: Collection[str]
) -> Callable[[str], None]:
    """Run one of its commands on these calendars; what it knows and brings is kept in `folder`."""
    settings = folder / "vdirsyncer"
    names = ", ".join(f'"{name}"' for name in calendars)
    settings.write_text(SETTINGS.format(folder=folder, names=names, url=url, login=login, secret=secret))

    def run(command: str) -> None:
        words = ["vdirsyncer", "-c", str(settings), command]
        subprocess.run(words, input=b"y\n" * 99, check=True, capture_output=True)

    return run


Counting = Callable[[list[bytes]], tuple[int, float]]
"""From calendar texts to the occurrences found in them, and the seconds of CPU that took."""


@contextmanager
def libical(zone: str, start: datetime, end: datetime) -> Iterator[Counting | None]:
    """libical, counting the occurrences in a window for somebody in that zone; None, and says so, where it can't be built."""
    with TemporaryDirectory(prefix="syncd-bench-") as folder:
        program, texts = Path(folder) / "libical", Path(folder) / "texts"
        source = Path(__file__).with_name("libical.c")
        compiler = shutil.which("cc") or shutil.which("gcc")
        command = [compiler or "cc", "-O2", "-o", str(program), str(source), "-lical"]
        if not compiler or subprocess.run(command, check=False, capture_output=True).returncode:
            print("not measured, libical-dev (or a C compiler) is not installed", file=sys.stderr)
            yield None
            return
        words = [str(program), zone, f"{start.timestamp():.0f}", f"{end.timestamp():.0f}"]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:

            def count(these: list[bytes]) -> tuple[int, float]:
                assert running.stdin
                assert running.stdout
                texts.write_bytes(b"".join(len(text).to_bytes(4, "little") + text for text in these))
                print(texts, file=running.stdin, flush=True)
                found, seconds = running.stdout.readline().split()
                return int(found), float(seconds)

            yield count

"""`vdirsyncer`, the peer that is a command of its own: measured where it is installed, and said to be missing elsewhere."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Collection
from pathlib import Path

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

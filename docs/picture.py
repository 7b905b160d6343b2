"""Takes the picture of the terminal in the README: `syncd demo --once`, run for real, drawn by Rich as SVG.

`python docs/picture.py` runs the demo behind a pseudo-terminal (pty(7)), so that it colours as it does for a person, keeps
the steps named below whole, and writes docs/images/demo.svg. Nothing in the picture is typed by hand. If the demo fails,
the old picture stays.
"""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

PICTURE = Path(__file__).resolve().parent / "images" / "demo.svg"
COLUMNS, ROWS = 132, 60
SHOWN = (3, 4, 5)
"""The steps in the picture: who is available and why, a handover, and a change that an agent makes."""

STEP = re.compile(r"Step (\d+) of \d+: ")


def demo() -> str:
    """What `syncd demo --once` prints on a terminal. Raises CalledProcessError if not every step was verified."""
    command = [sys.executable, "-m", "syncd", "demo", "--once"]
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    surroundings = {**os.environ, "TERM": "xterm-256color", "PYTHON_COLORS": "0"}
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=surroundings) as process:  # noqa: S603  # our own command
        os.close(theirs)
        said = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, said)
    return said.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    """The next piece; nothing once the other end is closed (Linux then reports an error instead)."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def excerpt(said: str) -> list[Text]:
    """The title, the steps of the picture, and the last line; "..." where steps are left out."""
    lines = Text.from_ansi(said.strip("\n")).split("\n", allow_blank=True)
    kept, step, left_out = [], 0, False
    for number, line in enumerate(lines):
        begins = STEP.match(line.plain)
        step = int(begins[1]) if begins else step
        last = number == len(lines) - 1
        if step == 0 or step in SHOWN or last:
            kept += [Text("..."), Text()] if left_out else []
            kept.append(line)
            left_out = False
        else:
            left_out = True
    return kept


def drawn(lines: list[Text]) -> str:
    """The lines as SVG, without the fonts that Rich would have a reader's browser fetch from elsewhere."""
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True, highlight=False)
    console.print(Text("$ syncd demo --once", "bold"))
    for line in lines:
        console.print(line, soft_wrap=True)
    svg = console.export_svg(title="syncd demo --once", unique_id="syncd")
    return re.sub(r"@font-face\s*\{.*?\}\s*", "", svg, flags=re.DOTALL) + "\n"


if __name__ == "__main__":
    PICTURE.write_text(drawn(excerpt(demo())), encoding="utf-8")

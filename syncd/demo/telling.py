"""How the demo tells its story: numbered steps, what was verified in each, and a table (Rich; plain when piped)."""

import sys
from collections.abc import Iterable, Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPED_WIDTH = 200
"""Columns when no terminal sets them: nothing the demo says is longer."""

STYLES = {"available": "green", "not available": "red", "unknown": "yellow"}


class Teller:
    """Writes to stdout, line by line."""

    def __init__(self) -> None:
        self.terminal = sys.stdout.isatty()
        self.console = Console(
            width=None if self.terminal else PIPED_WIDTH, highlight=False, markup=False, emoji=False
        )

    def title(self, text: str) -> None:
        """What this is."""
        self._line(text, "bold")

    def step(self, number: int, of: int, title: str) -> None:
        """A step begins."""
        self._line(f"\nStep {number} of {of}: {title}", "bold")

    def say(self, text: str = "") -> None:
        """Something to know."""
        self._line(f"  {text}" if text else "")

    def verified(self, text: str) -> None:
        """Something was checked and is so."""
        line = Text("  verified: ", "green")
        self.console.print(line.append(text, "default"), soft_wrap=True)

    def failed(self, text: str) -> None:
        """The demo ends here."""
        self._line(text, "bold red")

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Columns under a head."""
        lines = list(rows)
        if self.terminal:
            self.console.print(_drawn(head, lines))
        else:
            for line in _plain([head, *lines]):
                self.say(line)

    def _line(self, text: str, style: str = "") -> None:
        self.console.print(Text(text, style), soft_wrap=True)


def _drawn(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    drawn = Table(*head, box=SIMPLE_HEAD, header_style="bold")
    for row in rows:
        drawn.add_row(*(Text(cell, STYLES.get(cell, "")) for cell in row))
    return drawn


def _plain(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns two spaces apart, with none at the end of a line."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()

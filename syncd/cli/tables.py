"""Tables and lines for people: coloured on a terminal; plain, stable and never cut short when piped.

Every cell is cleaned before it is shown: a calendar's name comes from a server, and must not steer anybody's terminal.
"""

import sys
from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from syncd.rules.text import clean

WIDE = 10_000
"""Columns when nobody's terminal limits them: nothing is folded or cut."""

COLOURS = {
    "ok": "green", "available": "green", "delivered": "green", "syncing": "cyan", "scheduled": "cyan", "live": "cyan",
    "pending": "yellow", "unknown": "yellow", "stale": "yellow", "held": "yellow", "never-seen": "yellow",
    "tentative": "yellow", "warning": "yellow", "missed": "yellow", "not-tried": "yellow", "not available": "red",
    "failing": "red", "no-access": "red", "failed": "red", "error": "red", "cancelled": "red",
}  # fmt: skip
"""Words whose colour helps to find them."""


def console() -> Console:
    """stdout as it is at this moment."""
    piped = not sys.stdout.isatty()
    return Console(file=sys.stdout, width=WIDE if piped else None, highlight=False, markup=False, emoji=False)


def say(*lines: str) -> None:
    """Lines on stdout, cleaned."""
    out = console()
    for line in lines:
        out.print(_styled(line), soft_wrap=True)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str) -> None:
    """A table on stdout, or the sentence `empty` if it has no rows."""
    lines = [[clean(cell) for cell in row] for row in rows]
    if not lines:
        say(empty)
    elif sys.stdout.isatty():
        console().print(_drawn(head, lines))
    else:
        say(*_plain([list(head), *lines]))


def _drawn(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    drawn = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0))
    for title in head:
        drawn.add_column(title, overflow="fold")
    for row in rows:
        drawn.add_row(*(_styled(cell) for cell in row))
    return drawn


def _plain(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Columns parted by two spaces at least, with none at the end of a line."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _styled(text: str) -> Text:
    return Text(_tidy(text), style=COLOURS.get(text.strip(), ""))


def _tidy(text: str) -> str:
    """Cleaned, with the spaces that line things up."""
    indent = len(text) - len(text.lstrip(" "))
    return " " * indent + clean(text)

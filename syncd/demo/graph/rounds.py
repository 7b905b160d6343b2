"""Delta rounds under way: what each still has to tell, page by page."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import date

from syncd.demo.graph.instances import Seen
from syncd.demo.graph.things import Entry

MOST = 500
"""Rounds kept open at once; those begun before are forgotten, and their links dead."""


@dataclass(frozen=True, slots=True)
class Gone:
    """An event, a whole series, or an occurrence of it that is to be told as removed."""

    entry: Entry
    day: date | None = None
    version: int = 0


Item = Seen | Gone


@dataclass(slots=True)
class Round:
    """A round under way: its pages, and up to where in the journal it reaches."""

    pages: list[list[Item]]
    upto: int


class Rounds:
    """The rounds of all mailboxes, by number."""

    def __init__(self) -> None:
        self._open: OrderedDict[int, Round] = OrderedDict()
        self._made = 0

    def number(self) -> int:
        """The number of the next round."""
        return self._made + 1

    def begin(self, begun: Round) -> int:
        """Keep a round; returns its number."""
        self._made += 1
        self._open[self._made] = begun
        while len(self._open) > MOST:
            self._open.popitem(last=False)
        return self._made

    def get(self, number: int) -> Round | None:
        """A round, None if it was forgotten."""
        return self._open.get(number)

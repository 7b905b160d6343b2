"""Gathering what was wrong with a text while it is read, up to a cap, so that reading can go on."""

import re
from collections import deque
from typing import Literal

from connectors.interface import Problem


class Findings:
    """Problems in the order found. Beyond the cap they are only counted: a hostile text can't flood a log."""

    __slots__ = ("_allowed", "_found", "_lately", "_left_out", "_lines", "_starts", "_text")

    def __init__(self, allowed: int) -> None:
        self._allowed = allowed
        self._found: list[Problem] = []
        self._left_out = 0
        self._lately: deque[tuple[str, int, str, str]] = deque(maxlen=8)
        self._text = ""
        self._lines: re.Pattern[str] | None = None
        self._starts: list[int] | None = None

    def number_by(self, lines: re.Pattern[str], text: str) -> None:
        """From now on a `line` of -1 is the first match of `lines` in this text, and so on: few lines are ever told."""
        self._lines, self._text, self._starts = lines, text, None

    def line_of(self, line: int) -> int:
        """The 1-based line that a component or property has as its `line`; 0 where it is not known."""
        if line >= 0 or not self._lines:
            return line
        if self._starts is None:
            self._starts = [match.start() for match in self._lines.finditer(self._text)]
        return self._text.count("\n", 0, self._starts[~line] + 1)

    def add(self, uid: str, line: int, message: str, level: Literal["error", "warning"] = "error") -> None:
        """Note a problem; the same one at the same line is noted once."""
        said = (uid, line, message, level)
        if said in self._lately:
            return
        if len(self._found) < self._allowed:
            self._lately.append(said)
            self._found.append(Problem(uid, self.line_of(line), message, level))
        else:
            self._left_out += 1

    def all(self) -> tuple[Problem, ...]:
        """Return the problems, with a last one telling how many more there were."""
        if not self._left_out:
            return tuple(self._found)
        return (*self._found, Problem("", 0, f"{self._left_out} more problems are not listed"))

"""Gathering what was wrong with a text while it is read, up to a cap, so that reading can go on."""

from typing import Literal

from connectors.interface import Problem


class Findings:
    """Problems in the order found. Beyond the cap they are only counted: a hostile text can't flood a log."""

    __slots__ = ("_allowed", "_found", "_left_out")

    def __init__(self, allowed: int) -> None:
        self._allowed = allowed
        self._found: list[Problem] = []
        self._left_out = 0

    def add(self, uid: str, line: int, message: str, level: Literal["error", "warning"] = "error") -> None:
        """Note a problem; the same one at the same line is noted once."""
        problem = Problem(uid, line, message, level)
        if problem in self._found[-8:]:
            return
        if len(self._found) < self._allowed:
            self._found.append(problem)
        else:
            self._left_out += 1

    def all(self) -> tuple[Problem, ...]:
        """Return the problems, with a last one telling how many more there were."""
        if not self._left_out:
            return tuple(self._found)
        return (*self._found, Problem("", 0, f"{self._left_out} more problems are not listed"))

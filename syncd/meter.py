"""What is counted while work is done. This one counts nothing, as in a command; the daemon has one that does (`syncd.web.counting`).

Neither an agent nor a guest is ever told to it: its figures leave the machine.
"""

from collections.abc import Callable
from typing import Literal

Pass = Literal["ok", "failed", "fenced"]


class Meter:
    """Told of what happens; each call is cheap, and may come from many threads."""

    def passed(self, kind: str, result: Pass, seconds: float, lag: float | None) -> None:
        """A login of this kind was looked at; `lag`: how old what was known had become (seconds), where it was known."""

    def delivered(self, target: str, kind: str, result: str) -> None:
        """A delivery to a calendar or a mailbox was tried; what became of it."""

    def working(self, lane: str, under_way: Callable[[], int]) -> None:
        """A lane of the executor is there; `under_way` says at any time how many pieces of its work are begun or wait for a thread."""

    def notified(self, genuine: int, forged: int) -> None:
        """Calendar servers, or whoever knows the address, told of changes."""

    def ranked(self, seconds: float) -> None:
        """Candidates were asked for."""

    def answered(self, method: str, path: str, status: int, seconds: float) -> None:
        """A request over HTTP was answered; `path` is the route's, never the one that was asked for."""

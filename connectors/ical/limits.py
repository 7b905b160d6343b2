"""How much of a calendar object is looked at before the reader gives up: counts and bytes, never a clock.

A stranger's invitation is untrusted input (RFC 5545 section 7). Counting steps instead of seconds makes every reading
repeatable: the same text gives the same answer on a slow machine and on a fast one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps of the reader; the configuration can set each (`[limits]`). What goes beyond one is reported as a problem; what was read until then still counts.

    Refusing the whole text: `bytes`, `lines` (physical ones). Refusing the rest of it: `properties`, `components`.
    Refusing a single thing: `line` (bytes of an unfolded property that matters), `nesting` (components inside each
    other), `overrides`, `exceptions` (EXDATE values), `extras` (RDATE values) and `rules` (RRULE and EXRULE) of one
    object, `zones` (VTIMEZONEs that have to be understood in one text), `observances` (parts of one VTIMEZONE),
    `zone_steps` (changes of the clock and candidates for them, of one VTIMEZONE).
    Cutting short: `occurrences` of one object in one window (one more stands for the rest, as unknown) and
    `all_occurrences` (of a whole text, beyond which each object has one, and one for the rest), `rule_steps`
    (periods, days and candidates looked at while expanding one object) and `all_steps` (the same for a whole text),
    `problems` reported for one text.
    """

    bytes: int = 10 * 1024 * 1024
    lines: int = 500_000
    line: int = 1024 * 1024
    properties: int = 200_000
    components: int = 40_000
    nesting: int = 8
    overrides: int = 10_000
    exceptions: int = 50_000
    extras: int = 20_000
    rules: int = 100
    zones: int = 100
    observances: int = 500
    zone_steps: int = 10_000
    occurrences: int = 2_000
    all_occurrences: int = 200_000
    rule_steps: int = 300_000
    all_steps: int = 3_000_000
    problems: int = 100


DEFAULTS = Limits()


class StepsSpent(ValueError):
    """A rule needs more steps than it is given."""


class Steps:
    """A budget that a rule's expansion spends; raises `StepsSpent` when nothing is left."""

    __slots__ = ("left",)

    def __init__(self, allowed: int) -> None:
        self.left = allowed

    def spend(self, steps: int = 1) -> None:
        """Take `steps` from the budget."""
        self.left -= steps
        if self.left < 0:
            raise StepsSpent("the rule needs too many steps to expand")

    def paid(self, turns: range) -> Iterable[int]:
        """Return turns that cost a step each, paid at once; if there is not enough left, they are paid one by one."""
        if len(turns) > self.left:
            return self.paid_singly(turns)
        self.left -= len(turns)
        return turns

    def paid_singly(self, turns: Iterable[int]) -> Iterator[int]:
        """Yield turns that cost a step each, paid when its turn has come."""
        for turn in turns:
            self.spend()
            yield turn

"""A figure: what was measured, the gate it has to keep, and what is only information."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` must be at most `limit`, or `at_least` it. `unit`: x for ratios, else what is counted."""

    name: str
    value: float
    limit: float
    unit: str
    information: str = ""
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Is the gate kept?"""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self) -> str:
        sign = "met " if self.met else "MISSED"
        value = f"{self.value:.2f}" if self.unit == "x" else f"{self.value:.0f}"
        limit = f"{self.limit:.2f}" if self.unit == "x" else f"{self.limit:.0f}"
        gate = f"at {'least' if self.at_least else 'most'} {limit}"
        return f"{sign} {self.name}: {value} {self.unit} ({gate}); {self.information}".rstrip("; ")


def paired(ours: Callable[[], None], bare: Callable[[], None], rounds: int) -> tuple[float, float, float]:
    """Run both in turn; the median of the pairwise ratios, and the median milliseconds of each.

    In turn, because the machine's speed drifts; who goes first changes, because the first may pay for the second.
    """
    pairs: list[tuple[float, float]] = []
    for number in range(rounds):
        if number % 2:
            second = _seconds(bare)
            pairs.append((_seconds(ours), second))
        else:
            first = _seconds(ours)
            pairs.append((first, _seconds(bare)))
    ratio = median(one / other for one, other in pairs)
    return ratio, 1000 * median(one for one, _ in pairs), 1000 * median(other for _, other in pairs)


def _seconds(run: Callable[[], None]) -> float:
    began = perf_counter()
    run()
    return perf_counter() - began

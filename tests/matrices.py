"""A matrix of faults: each thing that happens, and each request that it leads to, with each thing that can go wrong.

A row is something that happens, with the requests that syncd makes of it; the fault strikes the last of them, once or
until the server is healed. Whatever the row and the fault, the end is the same (`ordeals`).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from faults import Fault
from ordeals import IMPATIENT, MOST_TRIES, PATIENT, Ordeal, at

from syncd.rules import retry


@dataclass(frozen=True, slots=True)
class Row:
    """Something that happens (`act`), and the requests that syncd then makes for agent `of`; the last one is struck."""

    name: str
    act: Callable[[Ordeal], None]
    asks: tuple[str, ...]
    of: str = "anna"

    @property
    def struck(self) -> str:
        return self.asks[-1]


def program(ordeal: Ordeal, row: Row, fault: Fault, *, stays: bool) -> None:
    """Let the fault strike the row's last request, once or until healed."""
    ground, times = ordeal.ground, None if stays else 1
    login = ordeal.logins[row.of]
    if fault.door != "open":
        ordeal.proxy.program(fault, lambda one: ground.concerns(one, login), number=len(row.asks))
        return
    ordeal.proxy.program(
        fault,
        lambda one: ground.concerns(one, login) and ground.kind_of(one) == row.struck,
        number=row.asks.count(row.struck),
        times=times,
    )


def endure(ordeal: Ordeal, row: Row, fault: Fault, *, stays: bool) -> None:
    """Let it happen, let it fail, heal; then two cycles must be enough."""
    row.act(ordeal)
    program(ordeal, row, fault, stays=stays)
    with ordeal.limited(IMPATIENT if fault.waits else PATIENT):
        for _ in range(MOST_TRIES):
            ordeal.cycle()
            if ordeal.proxy.hits:
                break
        assert ordeal.proxy.hits, f"no {row.struck} was made"
        if fault.asks:
            assert ordeal.put_off(row.of) >= min(fault.asks, retry.LONGEST)
        if stays:
            ordeal.cycle()
    ordeal.proxy.heal()
    ordeal.cycle()
    ordeal.cycle()
    ordeal.check()
    ordeal.check_rest()


def begin(ordeal: Ordeal, agents: Collection[str] = ("anna", "ben")) -> None:
    """Two agents whose calendars are known, with a meeting of anna's, and meetings of nobody's to ask about."""
    ordeal.join(*agents)
    for hour in (6, 7, 8, 9):
        ordeal.enter("anna", at(hour), at(hour + 1))
    ordeal.enter("ben", at(14), at(15))
    for name, hour in (("known", 9), ("new", 11)):
        ordeal.plan(name, "nobody", at(hour))
    ordeal.plan("talk", "anna", at(14))
    ordeal.cycle()
    ordeal.proxy.onlooker = ordeal.look
    ordeal.proxy.forget()

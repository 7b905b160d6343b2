"""A matrix of faults: each thing that happens, and each request that it leads to, with each thing that can go wrong.

A row is something that happens, with the requests that syncd makes of it; the fault strikes the last of them, once or
until the server is healed. Whatever the row and the fault, the end is the same (`ordeals`).
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import pytest
from _pytest.mark.structures import ParameterSet
from faults import Fault
from ordeals import IMPATIENT, MOST_TRIES, PATIENT, Ordeal, at

from syncd.rules import retry

Case = tuple["Row", Fault, bool]


@dataclass(frozen=True, slots=True)
class Row:
    """Something that happens (`act`), and the requests that syncd then makes for agent `of`; the last one is struck.

    `often`: with every fault, once and lasting; other rows, whose requests are of a kind that stands in one of these, with
    every third fault. `with_ben`: with a second agent, whose calendar is known too.
    """

    name: str
    act: Callable[[Ordeal], None]
    asks: tuple[str, ...]
    of: str = "anna"
    often: bool = False
    with_ben: bool = False

    @property
    def struck(self) -> str:
        return self.asks[-1]


def matrix(
    rows: Sequence[Row], faults: Sequence[Fault], always: Collection[str], *, every: int = 1
) -> list[ParameterSet]:
    """Cases of (row, fault, whether it stays). Short are those that are named in `always` because they were once found to
    end wrong, and a turn at one row for each fault (or each `every`-th) that is not among these; all others are long."""
    known = {_name(*one): one for one in _every_case(rows, faults)}
    short = {name: known[name] for name in always}
    had = {fault.name for _, fault, _ in short.values()}
    for number, fault in enumerate([fault for fault in faults if fault.name not in had][::every]):
        turn = (rows[number % len(rows)], fault, fault.door != "open")
        short[_name(*turn)] = turn
    long = {_name(*one): one for number, row in enumerate(rows) for one in _cases_of(row, number, faults)}
    return [
        pytest.param(*one, id=name, marks=() if name in short else pytest.mark.long)
        for name, one in (short | long).items()
    ]


def _cases_of(row: Row, number: int, faults: Sequence[Fault]) -> list[Case]:
    if row.often:
        return _every_case([row], faults)
    thirds = [fault for i, fault in enumerate(faults) if (i + number) % 3 == 0]
    return [(row, fault, fault.door != "open" or i % 2 == 1) for i, fault in enumerate(thirds)]


def _every_case(rows: Iterable[Row], faults: Iterable[Fault]) -> list[Case]:
    """Nobody can pass a shut door once: such faults only last."""
    return [
        (row, fault, stays)
        for row, fault, stays in product(rows, faults, (False, True))
        if stays or fault.door == "open"
    ]


def _name(row: Row, fault: Fault, stays: bool) -> str:
    return f"{row.name}: {fault.name}{', lasting' if stays else ''}"


def program(ordeal: Ordeal, row: Row, fault: Fault, *, stays: bool) -> None:
    """Let the fault strike the row's last request, once or until healed."""
    ground, times = ordeal.ground, None if stays else 1
    login = ordeal.logins[row.of]
    if fault.door != "open":
        before = 0 if row.asks[0] in ground.preamble else len(ground.preamble)
        ordeal.proxy.program(fault, lambda one: ground.concerns(one, login), number=before + len(row.asks))
        return
    ordeal.proxy.program(
        fault,
        lambda one: ground.concerns(one, login) and ground.kind_of(one) == row.struck,
        number=row.asks.count(row.struck),
        times=times,
    )


def asked(ordeal: Ordeal, row: Row) -> None:
    """Let it happen, with nothing wrong: are the requests those that the row names?"""
    begin(ordeal, row)
    row.act(ordeal)
    ordeal.proxy.forget()
    ground, login = ordeal.ground, ordeal.logins[row.of]
    with ordeal.limited(PATIENT):
        ordeal.cycle()
        seen = tuple(ground.kind_of(one) for one in ordeal.proxy.seen if ground.concerns(one, login))
    named = row.asks if row.asks[0] in ground.preamble else (*ground.preamble, *row.asks)
    assert seen[: len(named)] == named, f"{named} expected, and there came {seen}"
    ordeal.check()


def endure(ordeal: Ordeal, row: Row, fault: Fault, *, stays: bool) -> None:
    """Let it happen, let it fail, heal; then two cycles must be enough."""
    begin(ordeal, row)
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
    rested = ordeal.rests()
    ordeal.check()
    assert rested or ordeal.rests(), "it does not come to rest"


def begin(ordeal: Ordeal, row: Row) -> None:
    """Agents whose calendars are known, with a meeting of anna's, and meetings of nobody's to ask about."""
    ordeal.join("anna", *(["ben"] if row.with_ben else []))
    for hour in (6, 7, 8, 9):
        ordeal.enter("anna", at(hour), at(hour + 1))
    if row.with_ben:
        ordeal.enter("ben", at(14), at(15))
    for name, hour in (("known", 9), ("new", 11)):
        ordeal.plan(name, "nobody", at(hour))
    ordeal.plan("talk", "anna", at(14))
    ordeal.cycle()
    ordeal.proxy.onlooker = ordeal.glance
    ordeal.proxy.forget()

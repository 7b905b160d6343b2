"""Days as pictures (SVG 2): where each piece lies, in percent of the width, so that a picture is as wide as its place is.

The template draws rectangles of classes; colours are the style sheet's, and what has a hatch can be told without colour.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncd.rules.timeline import Day, Piece, State
from syncd.web.pages import telling

LABEL_EVERY = 3
HATCHED = {
    State.TENTATIVE: "wide",
    State.UNREADABLE: "wide",
    State.UNKNOWN: "thin",
    State.WORKING_ELSEWHERE: "thin",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle: from `x`, `width` wide. `hatch`: which lines lie over it, if any; `says` is shown on pointing at it."""

    x: str
    width: str
    kind: str
    hatch: str
    says: str


@dataclass(frozen=True, slots=True)
class Mark:
    """An hour of the scale."""

    x: str
    label: str


def bars(pieces: Iterable[Piece], day: Day, *, discreet: bool = False) -> list[Bar]:
    """The pieces within a day, without what is free. `discreet`: without the names of what is there."""
    shown = (
        one for one in pieces if one.state is not State.FREE and one.start < day.end and day.start < one.end
    )
    return [_bar(one, day, discreet) for one in shown]


def slot(start: datetime, end: datetime, day: Day) -> Bar | None:
    """Where a meeting lies in the day; None if it does not."""
    if start >= day.end or end <= day.start:
        return None
    return Bar(*_place(start, end, day), "slot", "", telling.hours(start, end, day.zone))


def marks(day: Day) -> list[Mark]:
    """Every third hour, where the clocks of the day show it."""
    return [
        Mark(_percent(moment - day.start, day), f"{hour:02}")
        for moment, hour in day.hours
        if hour % LABEL_EVERY == 0 and hour
    ]


def now(moment: datetime, day: Day) -> str | None:
    """Where the present moment is; None on another day."""
    return _percent(moment - day.start, day) if day.start <= moment < day.end else None


def legend(lines: Iterable[Sequence[Piece]]) -> list[tuple[State, bool]]:
    """What occurs in these lines, the foremost first: (state, does it block)."""
    there = {(one.rank, one.state, one.blocks) for pieces in lines for one in pieces}
    return [(state, blocks) for _, state, blocks in sorted(there)]


def kind(state: State, blocks: bool) -> str:
    """The class of the style sheet; what does not block is paler."""
    pale = not blocks and state not in (State.FREE, State.UNKNOWN)
    return f"{state.value.replace('_', '-')}{' pale' if pale else ''}"


def hatch(state: State) -> str:
    """Which lines lie over it."""
    return HATCHED.get(state, "")


def whole(days: Sequence[Day]) -> Day:
    """Several days as one stretch."""
    return Day(days[0].date, days[0].zone, days[0].start, days[-1].end)


def _bar(piece: Piece, day: Day, discreet: bool) -> Bar:
    names = "" if discreet else ", ".join(piece.names)
    times = telling.hours(max(piece.start, day.start), min(piece.end, day.end), day.zone)
    says = f"{times} {SAID[piece.state]}{f': {names}' if names else ''}"
    return Bar(
        *_place(piece.start, piece.end, day), kind(piece.state, piece.blocks), hatch(piece.state), says
    )


def _place(start: datetime, end: datetime, day: Day) -> tuple[str, str]:
    first, last = max(start, day.start), min(end, day.end)
    return _percent(first - day.start, day), _percent(last - first, day)


def _percent(part: timedelta, day: Day) -> str:
    return f"{part / (day.end - day.start) * 100:.3f}%"


SAID = {
    State.MEETING: "meeting", State.BLOCK: "blocked", State.OUT_OF_OFFICE: "out of office", State.BUSY: "busy",
    State.TENTATIVE: "tentative", State.UNREADABLE: "an event that could only be read in part",
    State.WORKING_ELSEWHERE: "working elsewhere", State.OFF_WORK: "outside working hours",
    State.BUFFER: "too close to what is before or after", State.UNKNOWN: "not known", State.FREE: "free",
}  # fmt: skip
"""What a state is called."""

"""Working hours in a configuration: lines such as "mon-fri 09:00-17:30", days and times of the clock."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from syncd.config.wording import near, wrong

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_LINE = re.compile(r"(\S.*?)\s+(\d\d):(\d\d)\s*-\s*(\d\d):(\d\d)", re.ASCII)
_EXAMPLE = 'expected days and times such as "mon-fri 09:00-17:30", "sat,sun 10:00-12:00" or "fri 22:00-06:00"'


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """On these days (0 is Monday) from `opens` until `closes`, told from midnight; beyond 24 h it is the next day."""

    days: tuple[int, ...]
    opens: timedelta
    closes: timedelta


def working_time(value: object) -> WorkingTime:
    """One line: days, then two times. The second one not after the first is on the next day."""
    if isinstance(value, WorkingTime):
        return value
    parts = _LINE.fullmatch(value.strip()) if isinstance(value, str) else None
    if parts is None:
        raise wrong(_EXAMPLE)
    opens, closes = _clock(parts[2], parts[3]), _clock(parts[4], parts[5])
    if opens == closes or opens == timedelta(days=1):
        raise wrong('expected two different times; a whole day is "00:00-24:00"')
    return WorkingTime(_days(parts[1]), opens, closes if closes > opens else closes + timedelta(days=1))


def _clock(hour: str, minute: str) -> timedelta:
    time = timedelta(hours=int(hour), minutes=int(minute))
    if int(minute) > 59 or time > timedelta(days=1):
        raise wrong('expected times of the clock, from "00:00" to "24:00"')
    return time


def _days(text: str) -> tuple[int, ...]:
    """`mon-fri`, `sat`, `mon,wed-thu`; a range may cross the end of the week."""
    found = set[int]()
    for part in text.lower().split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        begins, ends = _day(first), _day(last) if dash else _day(first)
        found |= {(begins + n) % 7 for n in range((ends - begins) % 7 + 1)}
    return tuple(sorted(found))


def _day(word: str) -> int:
    if word not in DAYS:
        raise wrong(f"expected days out of {', '.join(DAYS)}{near(word, DAYS)}")
    return DAYS.index(word)


def _some(lines: tuple[WorkingTime, ...]) -> tuple[WorkingTime, ...]:
    if not lines:
        raise wrong('expected at least one line; "mon-sun 00:00-24:00" is at any time')
    return lines


WorkingHours = Annotated[
    tuple[Annotated[WorkingTime, BeforeValidator(working_time)], ...], AfterValidator(_some)
]

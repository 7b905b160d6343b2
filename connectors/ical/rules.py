"""Reading a recurrence rule (RFC 5545 section 3.3.10, RFC 7529): the text becomes a `Rule`, or is refused with a reason.

Reading is strict where a guess could hide busy time, and lenient where every calendar program is: case, empty parts
such as a trailing semicolon, X- parts, and parts that RFC 5545 forbids for a frequency (taken as filters).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from typing import Literal

LONG = 200

FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY")
_IN_DAYS = frozenset(FREQUENCIES[:4])
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

_WEEKDAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,12}", re.ASCII)
_UNTIL = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z)?)?", re.ASCII)


class RuleRefused(ValueError):
    """The rule is not understood, or means something this reader does not do."""


@dataclass(frozen=True, slots=True)
class Until:
    """The last moment a rule may reach, inclusive: a whole day, a wall-clock time, or a time in UTC."""

    at: datetime
    kind: Literal["date", "local", "utc"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A recurrence rule as written. Weekdays are 0 (Monday) to 6, each with its ordinal (0: every one)."""

    frequency: str
    interval: int = 1
    count: int | None = None
    until: Until | None = None
    weekdays: tuple[tuple[int, int], ...] = ()
    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    year_days: tuple[int, ...] = ()
    weeks: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    seconds: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()
    week_start: int = 0
    skip: Literal["OMIT", "BACKWARD", "FORWARD"] = "OMIT"
    by_days: bool = field(init=False, compare=False)
    """Whether it names days only: every instance then has the time of day of the first, and no two share a day."""

    def __post_init__(self) -> None:
        by_days = self.frequency in _IN_DAYS and not (self.hours or self.minutes or self.seconds)
        object.__setattr__(self, "by_days", by_days)


def parse_rule(text: str) -> Rule:
    """Read an RRULE value such as `FREQ=WEEKLY;BYDAY=MO,WE`. Raises `RuleRefused` saying which part is wrong."""
    return _remembered(text) if len(text) < LONG else _parsed(text)


def _parsed(text: str) -> Rule:
    fields: dict[str, object] = {}
    for name, value in _parts(text):
        if name in _READERS:
            field, reader = _READERS[name]
            fields[field] = reader(name, value)
        elif name == "RSCALE":
            _gregorian(value)
        elif not name.startswith("X-"):
            raise RuleRefused("the rule has a part that RFC 5545 does not know")
    if "frequency" not in fields:
        raise RuleRefused("the rule has no FREQ")
    return Rule(**fields)  # type: ignore[arg-type]  # each reader returns the type of the field beside it


_remembered = lru_cache(maxsize=1024)(_parsed)
"""Most series share a few rules. Long texts are not kept, or strangers would decide how much is."""


def _parts(text: str) -> list[tuple[str, str]]:
    pairs: dict[str, str] = {}
    for part in text.strip().upper().split(";"):
        name, equals, value = part.strip().partition("=")
        if not part.strip():
            continue
        if not equals or not value:
            raise RuleRefused("the rule has a part without a value")
        if name in pairs:
            raise RuleRefused(
                f"the rule has {name} twice" if name in _READERS else "the rule has a part twice"
            )
        pairs[name] = value.strip()
    return list(pairs.items())


def _gregorian(value: str) -> None:
    if value != "GREGORIAN":
        raise RuleRefused("RSCALE: only the Gregorian calendar is understood (RFC 7529)")


def _frequency(_: str, value: str) -> str:
    if value not in FREQUENCIES:
        raise RuleRefused("FREQ is not one of " + ", ".join(FREQUENCIES))
    return value


def _integer(name: str, text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise RuleRefused(f"{name} is not a number")
    return int(text)


def _positive(name: str, value: str) -> int:
    number = _integer(name, value)
    if number < 1:
        raise RuleRefused(f"{name} must be 1 or more")
    return number


def _until(name: str, value: str) -> Until:
    match = _UNTIL.fullmatch(value)
    if not match:
        raise RuleRefused(f"{name} is neither a date nor a date with a time")
    year, month, day, hour, minute, second, zulu = match.groups()
    try:
        clock = time(int(hour or 0), int(minute or 0), min(int(second or 0), 59))
        at = datetime.combine(date(int(year), int(month), int(day)), clock)
    except ValueError as impossible:
        raise RuleRefused(f"{name} is a day or time that does not exist") from impossible
    return Until(at, "date" if hour is None else "utc" if zulu else "local")


def _weekday_list(name: str, value: str) -> tuple[tuple[int, int], ...]:
    found = set()
    for text in set(value.split(",")):
        match = _WEEKDAY.fullmatch(text.strip())
        nth = int(match[1] or 0) if match else 0
        if not match or abs(nth) > 53 or (match[1] and nth == 0):
            raise RuleRefused(f"{name} holds something that is not a weekday")
        found.add((nth, WEEKDAYS.index(match[2])))
    return tuple(sorted(found))


def _numbers(low: int, high: int, *, negative: bool) -> Callable[[str, str], tuple[int, ...]]:
    def read(name: str, value: str) -> tuple[int, ...]:
        numbers = {_integer(name, text.strip()) for text in set(value.split(","))}
        for number in numbers:
            if not low <= (abs(number) if negative else number) <= high:
                raise RuleRefused(f"{name} holds a number outside {low} to {high}")
        return tuple(sorted(numbers))

    return read


def _seconds(name: str, value: str) -> tuple[int, ...]:
    # A leap second is read as the second before it (RFC 5545 section 3.3.10).
    numbers = _numbers(0, 60, negative=False)(name, value)
    return tuple(sorted({min(number, 59) for number in numbers}))


def _week_start(name: str, value: str) -> int:
    if value not in WEEKDAYS:
        raise RuleRefused(f"{name} is not a weekday")
    return WEEKDAYS.index(value)


def _skip(name: str, value: str) -> str:
    if value not in {"OMIT", "BACKWARD", "FORWARD"}:
        raise RuleRefused(f"{name} is none of OMIT, BACKWARD, FORWARD (RFC 7529)")
    return value


_READERS: dict[str, tuple[str, Callable[[str, str], object]]] = {
    "FREQ": ("frequency", _frequency),
    "INTERVAL": ("interval", _positive),
    "COUNT": ("count", _positive),
    "UNTIL": ("until", _until),
    "BYDAY": ("weekdays", _weekday_list),
    "BYMONTH": ("months", _numbers(1, 12, negative=False)),
    "BYMONTHDAY": ("month_days", _numbers(1, 31, negative=True)),
    "BYYEARDAY": ("year_days", _numbers(1, 366, negative=True)),
    "BYWEEKNO": ("weeks", _numbers(1, 53, negative=True)),
    "BYHOUR": ("hours", _numbers(0, 23, negative=False)),
    "BYMINUTE": ("minutes", _numbers(0, 59, negative=False)),
    "BYSECOND": ("seconds", _seconds),
    "BYSETPOS": ("positions", _numbers(1, 366, negative=True)),
    "WKST": ("week_start", _week_start),
    "SKIP": ("skip", _skip),
}

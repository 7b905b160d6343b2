"""Times in a configuration: durations, zones (IANA), moments (RFC 3339), repetitions (RFC 5545 section 3.3.10)."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator

from connectors.ical import occurrences
from syncd.config.wording import near, wrong

LONGEST = timedelta(days=3660)
_DURATION = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?")


def duration(value: object) -> timedelta:
    """`60s`, `10m`, `2h30m`, `1d` as a length of time (a plain number would not say which unit is meant)."""
    if isinstance(value, timedelta):
        return value
    parts = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if parts is None or not value:
        raise wrong('expected a duration such as "60s", "10m", "2h30m" or "1d"')
    days, hours, minutes, seconds = (int(part or 0) for part in parts.groups())
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if length > LONGEST:
        raise wrong(f"expected a duration of at most {LONGEST.days}d")
    return length


@lru_cache(maxsize=1024)
def is_zone(name: str) -> bool:
    """Whether the IANA database has this name."""
    try:
        ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        # ValueError: no such form; KeyError: not found; OSError: a folder of zones, such as "Europe".
        return False
    return True


def zone(name: str) -> str:
    """The name of a time zone in the IANA database."""
    if not is_zone(name):
        raise wrong(
            f'{name!r} is no time zone; expected an IANA name such as "Europe/Amsterdam"'
            + near(name, available_timezones())
        )
    return name


def moment(value: object, timezone: str, *, last: bool = False) -> datetime:
    """A point in time, in aware UTC; without an offset it is read in `timezone`.

    A date alone is its first moment there, or with `last` its last second.
    """
    try:
        found = _parsed(value)
        if isinstance(found, date) and not isinstance(found, datetime):
            found = datetime.combine(found, time(23, 59, 59) if last else time())
        return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(timezone))).astimezone(UTC)
    except (ValueError, TypeError, OverflowError) as error:
        raise wrong(
            'expected a time such as "2026-01-31T19:00" or "2026-01-31T19:00:00+01:00", or a date'
        ) from error


def _parsed(value: object) -> date | datetime:
    if isinstance(value, date):  # TOML has dates and times of its own; a datetime is a date, too
        return value
    if not isinstance(value, str):
        raise TypeError
    return date.fromisoformat(value) if len(value) <= len("2026-01-31") else datetime.fromisoformat(value)


def day(value: object) -> date:
    """A date, as TOML has it or as text."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        with suppress(ValueError):
            return date.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise wrong('expected a date such as "2026-12-25"')


REPEATS = ("daily", "weekly", "monthly", "yearly")
_RULE_PARTS = [
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "BYDAY",
    "BYMONTHDAY",
    "BYYEARDAY",
    "BYWEEKNO",
    "BYMONTH",
    "BYHOUR",
    "BYMINUTE",
    "BYSECOND",
    "BYSETPOS",
    "WKST",
]
_FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY")
_A_YEAR = timedelta(days=366)
_MOST_A_YEAR = 366 * 24
"""Begins of a block: each question of who is available goes through those around its time."""


def repeat(value: str) -> str:
    """`daily`, `weekly`, `monthly`, `yearly`, or the value of an RRULE (RFC 5545 section 3.3.10).

    One that begins more often than once an hour, all in all, is refused.
    """
    if value.lower() in REPEATS:
        return value.lower()
    if "=" not in value:
        raise wrong(
            'expected "daily", "weekly", "monthly", "yearly" or an RRULE such as "FREQ=WEEKLY;BYDAY=MO,FR"'
            + near(value, REPEATS)
        )
    rule = value.upper().removeprefix("RRULE:")
    parts = dict(part.partition("=")[::2] for part in rule.split(";") if part)
    if strange := [name for name in parts if name not in _RULE_PARTS]:
        raise wrong(f"an RRULE has no part {strange[0]!r}{near(strange[0], _RULE_PARTS)}")
    if parts.get("FREQ") not in _FREQUENCIES:
        raise wrong(f"expected FREQ={', '.join(_FREQUENCIES[:-1])} or {_FREQUENCIES[-1]} in an RRULE")
    _expand_once(rule)
    return rule


def _expand_once(rule: str) -> None:
    """Refuse here what would fail whenever somebody asks who is available: by the same code that expands it then.

    Its pace is looked at without an UNTIL, over a year that has every day there is.
    """
    first = datetime(2028, 1, 1, tzinfo=UTC)
    paced = ";".join(part for part in rule.split(";") if not part.startswith("UNTIL="))
    try:
        for one in (rule, paced):
            begins = occurrences(one, first, start=first, end=first + _A_YEAR)
            often = sum(1 for _ in islice(begins, _MOST_A_YEAR + 1)) > _MOST_A_YEAR
    except ValueError as error:
        raise wrong(f"no RRULE that can be expanded: {error}") from error
    if often:
        raise wrong("expected an RRULE that begins once an hour at most")


Duration = Annotated[timedelta, BeforeValidator(duration)]
Day = Annotated[date, BeforeValidator(day)]
Zone = Annotated[str, AfterValidator(zone)]
Repeat = Annotated[str, AfterValidator(repeat)]

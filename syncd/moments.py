"""From words on the command line, or in a form, to values: times (RFC 3339), lengths of time, guests; and from times back to words.

A time without an offset is meant in a zone: the agent's, else the top-level one. Where that zone's clocks skip it, it is
refused; where they show it twice, the first is taken (RFC 5545 section 3.3.5 decides alike for the second case).
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from store.model import Guest
from syncd.config.times import duration
from syncd.errors import WrongUse
from syncd.rules.guests import is_address
from syncd.rules.meetings import FIRST_YEAR, LAST_YEAR

MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?", re.IGNORECASE)
DAY = re.compile(r"\d{4}-\d\d-\d\d")
GUEST = re.compile(r"\s*(?:(?P<name>[^<>]*?)\s*<\s*(?P<inside>[^<>]+?)\s*>|(?P<bare>[^<>]+?))\s*")
EXAMPLE = "write it like 2026-03-02T10:00, 2026-03-02T10:00:00+01:00 or 2026-03-02T09:00:00Z"


def moment(text: str, zone: str, name: str, *, days: bool = False, last: bool = False) -> datetime:
    """The moment meant, in UTC; `days`: a date alone is its first moment, or with `last` its last second.

    Raises `WrongUse` naming `name`.
    """
    text = text.strip()
    try:
        local = _read(text, days)
    except ValueError:
        raise WrongUse(f"{name}: {text!r} is not a time", EXAMPLE) from None
    if not FIRST_YEAR <= local.year <= LAST_YEAR:
        years = f"years from {FIRST_YEAR} to {LAST_YEAR} are taken"
        raise WrongUse(f"{name}: {local.year} must be a slip", years)
    if days and DAY.fullmatch(text):  # where the clocks skip midnight, the day begins later
        return datetime.combine(local, time(23, 59, 59) if last else time(), ZoneInfo(zone)).astimezone(UTC)
    return local.astimezone(UTC) if local.tzinfo else _in_zone(local, zone, name)


def _read(text: str, days: bool) -> datetime:
    if days and DAY.fullmatch(text):
        return datetime.combine(date.fromisoformat(text), time())
    if not MOMENT.fullmatch(text):
        raise ValueError
    return datetime.fromisoformat(text.upper())


def _in_zone(local: datetime, zone: str, name: str) -> datetime:
    found = local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
    if found.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local:
        raise WrongUse(
            f"{name}: {local.isoformat()} does not exist in {zone}: the clocks are set forward over it",
            "name a time that exists, or one with an offset, such as 2026-03-02T10:00:00+01:00",
        )
    return found


def window(
    start: str | None, end: str | None, zone: str, *, now: datetime, length: timedelta
) -> tuple[datetime, datetime]:
    """[start, end) as asked for; by default from now on for `length`. Raises `WrongUse`."""
    first = moment(start, zone, "--from", days=True) if start is not None else now.replace(microsecond=0)
    last = moment(end, zone, "--to", days=True) if end is not None else first + length
    if last <= first:
        raise WrongUse("--to is not after --from", "the end is the first moment that is no longer meant")
    return first, last


def patience(text: str) -> timedelta:
    """A length of time, written as in the configuration. Raises `WrongUse`."""
    try:
        return duration(text)
    except ValueError:
        raise WrongUse(f"{text!r} is not a length of time", 'write it like "30s", "10m" or "2h30m"') from None


def guest(text: str) -> Guest:
    """`Name <mail>` or `mail`. Raises `WrongUse`, which repeats no address."""
    found = GUEST.fullmatch(text)
    address = (found["inside"] or found["bare"]) if found else ""
    if found is None or not is_address(address):
        raise WrongUse(
            "--guest is not a mail address", 'write it like "Eva Jansen <eva@example.org>", in quotes'
        )
    return Guest((found["name"] or "").strip('"').strip(), address)


# ---------------------------------------------------------------------------------------------------------------------


def shown(value: datetime | None, zone: str, *, never: str = "-") -> str:
    """A moment as a person reads it, in this zone, to the minute: `Mon 2026-03-02 10:00`."""
    return f"{value.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M}" if value else never


def span(start: datetime, end: datetime, zone: str) -> str:
    """An interval as a person reads it: `Mon 2026-03-02 10:00-11:00`, with the second day if it is another one."""
    first, last = start.astimezone(ZoneInfo(zone)), end.astimezone(ZoneInfo(zone))
    until = f"{last:%H:%M}" if first.date() == last.date() else shown(end, zone)
    return (
        f"{shown(start, zone)}-{until}" if len(until) == len("10:00") else f"{shown(start, zone)} - {until}"
    )


def ago(value: datetime | None, now: datetime) -> str:
    """How long ago, in the one unit that matters."""
    if value is None:
        return "never"
    seconds = max(0, round((now - value).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"

"""Blocks: availability taken away by hand, for the company, a group or an agent; once or repeating.

A repeating block keeps its local time: 19:00 stays 19:00 in the block's zone on both sides of a change of the clocks,
and the night until 08:00 ends at 08:00. Repeats are rules of RFC 5545 section 3.3.10; `daily`, `weekly`, `monthly` and
`yearly` stand for the rule with nothing but that frequency (so a 31st is skipped in shorter months). Local times that
the clocks skip or show twice are read as section 3.3.5 says: by the offset before the gap, and the first of two.
Exceptions are days: what would begin on one of them, by the block's own clocks, does not take place.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from connectors.ical import occurrences

_SHIFT = timedelta(days=2)
"""More than clocks and calendars were ever shifted: how much further than its length to look for a block's start."""

_WORDS = ("daily", "weekly", "monthly", "yearly")
_A_SECOND = timedelta(seconds=1)
_SEVERAL = re.compile("COUNT=|BYHOUR=|BYMINUTE=|BYSECOND=|FREQ=(HOUR|MINUTE|SECOND)LY", re.IGNORECASE)
"""In rules that may name several times a day, or that count themselves."""


@dataclass(frozen=True, slots=True)
class Block:
    """[start, end) is the first time; `repeat`: a word or an RRULE value, None = once. `until`: the last start, at most.

    `scope`: "company", "group:G" or "agent:A". `timezone`: the IANA zone whose clocks the repeats follow. `count`: how often
    it begins at most, the first time and exceptions included. `exceptions`: the days on which it does not begin.
    """

    id: str
    scope: str
    title: str
    start: datetime
    end: datetime
    timezone: str
    repeat: str | None
    until: datetime | None
    count: int | None = None
    exceptions: frozenset[date] = frozenset()


def applies(block: Block, agent_id: str, groups: Collection[str]) -> bool:
    """Does the block hit this agent, a member of these groups?"""
    kind, _, name = block.scope.partition(":")
    match kind:
        case "company":
            return True
        case "group":
            return name in groups
        case "agent":
            return name == agent_id
        case _:
            raise ValueError(
                f"block {block.id}: the scope {block.scope!r} is not company, group:G or agent:A"
            )


def scopes_of(groups: Iterable[str], agent_id: str | None = None) -> tuple[str, ...]:
    """The scopes of all blocks that hit the members of these groups, and this agent."""
    own = () if agent_id is None else (f"agent:{agent_id}",)
    return ("company", *(f"group:{group}" for group in dict.fromkeys(groups)), *own)


def expand(block: Block, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Every time the block takes place that overlaps [start, end): whole, in UTC, by start.

    The first one always counts, also where the rule does not name it. Raises `ValueError` if its repeat is not a rule that can be expanded.
    """
    if block.end <= block.start:
        return []
    spans = {(block.start.astimezone(UTC), block.end.astimezone(UTC))}
    if block.repeat is not None:
        spans |= set(_repeats(block, block.repeat, start, end))
    return sorted(
        span for span in spans
        if span[0] < end and start < span[1] and (block.until is None or span[0] <= block.until)
        and not (block.exceptions and span[0].astimezone(ZoneInfo(block.timezone)).date() in block.exceptions)
    )  # fmt: skip


def rule_of(repeat: str) -> str:
    """The RRULE value a block's `repeat` means."""
    value = repeat.strip()
    return f"FREQ={value.upper()}" if value.lower() in _WORDS else value.removeprefix("RRULE:")


def _repeats(
    block: Block, repeat: str, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    first = block.start.astimezone(ZoneInfo(block.timezone))
    length = _wall(block.end, first) - _wall(block.start, first)
    if length <= timedelta(0):
        length = block.end - block.start
    try:
        rule, most = _limited(block, rule_of(repeat), first)
        earliest = max(start - length - _SHIFT, block.start) if most is None else block.start
        latest = end if block.until is None else min(end, block.until + timedelta(seconds=1))
        if latest <= earliest:
            return
        starts = occurrences(rule, first, start=earliest, end=latest)
        for begins in islice((one for one in starts if one != block.start), most):
            yield begins, _end(begins, first, length)
    except ValueError as refused:
        raise ValueError(f"block {block.id} ({block.title}): {refused}") from refused


def _limited(block: Block, rule: str, first: datetime) -> tuple[str, int | None]:
    """The rule, and how often the block begins after its first time; None where the rule itself says so.

    By a COUNT a rule of days is not walked through from its first time on. One that names several times a day is: of
    these the clocks may show two at once. The first time is counted also where the rule, and so its COUNT, has it not.
    """
    if block.count is None:
        return rule, None
    if _SEVERAL.search(rule):
        return rule, block.count - 1
    second = block.start.replace(microsecond=0)
    named = next(occurrences(rule, first, start=second, end=second + _A_SECOND), None) is not None
    left = block.count if named else block.count - 1
    return (f"{rule};COUNT={left}", None) if left else (rule, 0)


def _end(begins: datetime, first: datetime, length: timedelta) -> datetime:
    """When an occurrence ends: its length later by the wall clock, on which it begins at the block's own time of day.

    An occurrence whose own time the clocks skip begins later, but ends when it always does.
    """
    shown = _wall(begins, first)
    nominal = datetime.combine(shown.date(), first.time())
    wall = nominal if _utc(nominal, first) == begins else shown
    ends = _utc(wall + length, first)
    return ends if ends > begins else begins + length


def _wall(moment: datetime, first: datetime) -> datetime:
    """What the clocks of the block's zone show."""
    return moment.astimezone(first.tzinfo).replace(tzinfo=None, fold=0)


def _utc(wall: datetime, first: datetime) -> datetime:
    return wall.replace(tzinfo=first.tzinfo).astimezone(UTC)

"""The times at which a meeting could take place instead, by day, as the reschedule form offers them.

Only what is known to be free for its agent is offered; choosing a time fills in the form, and the field for any other time stays.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from store.model import Meeting
from syncd.actions.free import FreeTimes, Wanted, free_times
from syncd.rules.timeline import week_in
from syncd.web.pages import telling
from syncd.web.pages.visit import Visit, address

A_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Time:
    """A free time: what it is called, where it is chosen, and whether it is the one that the form now has."""

    label: str
    href: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Booking:
    """A week's free times by day, by the visitor's clocks; `doubts` say of what nothing is known."""

    days: tuple[tuple[str, tuple[Time, ...]], ...]
    doubts: tuple[str, ...]
    earlier: str
    later: str


def booking(visit: Visit, meeting: Meeting, words: Mapping[str, Any]) -> Booking:
    """The week that the address asks for; else the one that begins today."""
    today = telling.day(visit.now, visit.zone)
    first = max(visit.day("from") or today, today)
    days = week_in(first, visit.zone)
    found = free_times(visit.ctx, meeting.id, Wanted(days[0].start, days[-1].end))
    return Booking(
        tuple(_days(visit, meeting, found, first, today)),
        tuple(dict.fromkeys(
            telling.reason(words, reason, visit.zone) for _, reasons in found.unsure for reason in reasons
        )),
        _week(meeting, max(first - A_WEEK, today)) if first > today else "",
        _week(meeting, first + A_WEEK),
    )  # fmt: skip


def _days(
    visit: Visit, meeting: Meeting, found: FreeTimes, first: date, today: date
) -> Iterator[tuple[str, tuple[Time, ...]]]:
    """Where clocks are set back, an hour comes twice, and the field can only mean the first: the second is not offered."""
    told = [telling.field(one.start, visit.zone) for one in found.times if _is_first(one.start, visit.zone)]
    for day, times in groupby(told, key=lambda text: text[:10]):
        name = telling.day_name(date.fromisoformat(day), today)
        yield name, tuple(_time(visit, meeting, text, first) for text in times)


def _is_first(start: datetime, zone: str) -> bool:
    return not telling.local(start, zone).fold


def _time(visit: Visit, meeting: Meeting, text: str, first: date) -> Time:
    href = address("/meeting/reschedule", **{"id": meeting.id, "from": first.isoformat(), "start": text})
    return Time(datetime.fromisoformat(text).strftime("%H:%M"), href, visit.asked("start") == text)


def _week(meeting: Meeting, first: date) -> str:
    return address("/meeting/reschedule", **{"id": meeting.id, "from": first.isoformat()})

"""Time off by the configuration: outside working hours, and on public holidays, by the clocks of each agent's zone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from store.model import Agent
from syncd.actions.policies import Policies
from syncd.config import Config, HolidayFile
from syncd.rules import hours
from syncd.rules.holidays import holidays, runs_out
from syncd.rules.hours import Hours
from syncd.rules.walls import Obstacle

Key = tuple[tuple[Hours, ...], str, tuple[tuple[HolidayFile, str], ...], str]


def running_out(config: Config, now: datetime) -> Iterator[str]:
    """A sentence for each file of holidays that has none for next year: without a newer one those would be working days."""
    named = [("holidays", config.holidays)]
    named += [(f"groups.{name}.holidays", group.holidays) for name, group in config.groups.items()]
    for key, file in named:
        if file is not None and runs_out(file.data, config.timezone, now):
            yield f"{key}: {file.path} has no holidays later than two months ahead; get a newer file"


class OffTime:
    """The time off in [start, end): computed once for all who share hours, holidays and zone."""

    def __init__(self, policies: Policies, start: datetime, end: datetime) -> None:
        self._policies, self._start, self._end = policies, start, end
        self._found: dict[Key, list[Obstacle]] = {}

    def of(self, agent: Agent) -> list[Obstacle]:
        """When this agent is off, and by which line."""
        key = (*self._policies.hours_of(agent), self._policies.holidays_of(agent), agent.timezone)
        if key not in self._found:
            self._found[key] = [*self._off_work(key), *self._holidays(key)]
        return self._found[key]

    def _off_work(self, key: Key) -> Iterator[Obstacle]:
        lines, said, _, timezone = key
        for start, end in _closed(lines, timezone, *_days(self._start, self._end)) if lines else ():
            if start < self._end and self._start < end:
                yield Obstacle(start, end, "working-hours", "", None, said)

    def _holidays(self, key: Key) -> Iterator[Obstacle]:
        *_, files, timezone = key
        for file, said in files:
            for start, end, title in holidays(file.data, timezone, self._start, self._end):
                yield Obstacle(start, end, "block", title, None, said)


def _days(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The whole days (UTC) around a time: most questions are about the same few."""
    midnight = [
        moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) for moment in (start, end)
    ]
    return midnight[0], midnight[1] + timedelta(days=1)


@lru_cache(maxsize=1024)
def _closed(
    lines: tuple[Hours, ...], timezone: str, start: datetime, end: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    return tuple(hours.closed(lines, timezone, start, end))

"""How many meetings agents have on a day and in a week, so that who has fewer is asked first.

Days and weeks (from Monday) are those of the top-level zone, the same for everybody.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from store import meetings
from store.around import beginning
from store.database import Tx
from store.model import Agent
from syncd.actions.directory import Directory

MANY = 2000
"""From so many agents on it is quicker to count for everybody."""


def loads(tx: Tx, agents: Collection[Agent], start: datetime, end: datetime) -> dict[str, int]:
    """Agent -> how many meetings of theirs start in [start, end), cancelled ones left out; who has none is absent."""
    return meetings.counts(tx, [agent.id for agent in agents], start, end)


def loads_at(
    tx: Tx, directory: Directory, places: Collection[int], start: datetime, end: datetime
) -> Sequence[int]:
    """Likewise, for each place of the directory; 0 at those that are not asked for."""
    found = [0] * len(directory.people)
    if len(places) > MANY:
        counted: Mapping[str, int] = Counter(beginning(tx, start, end))
    else:
        counted = meetings.counts(tx, [directory.people[place].id for place in places], start, end)
    for agent, count in counted.items():
        place = directory.by_id.get(agent)
        if place is not None:
            found[place] = count
    return found


def day_of(moment: datetime, timezone: str) -> tuple[datetime, datetime]:
    """The day in which a moment lies, by the zone's clocks, in UTC."""
    return _days(moment, timezone, before=0, length=1)


def week_of(moment: datetime, timezone: str) -> tuple[datetime, datetime]:
    """The week in which a moment lies, from Monday, by the zone's clocks, in UTC."""
    return _days(moment, timezone, before=moment.astimezone(ZoneInfo(timezone)).weekday(), length=7)


def _days(moment: datetime, timezone: str, *, before: int, length: int) -> tuple[datetime, datetime]:
    zone = ZoneInfo(timezone)
    first = moment.astimezone(zone).date() - timedelta(days=before)
    start, end = (datetime.combine(day, time(), zone) for day in (first, first + timedelta(days=length)))
    return start.astimezone(UTC), end.astimezone(UTC)

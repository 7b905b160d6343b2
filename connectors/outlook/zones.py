"""Graph's times: a wall clock without offset and the name of a zone (resource type dateTimeTimeZone), read and written.

Names are Windows' ("W. Europe Standard Time"), IANA's or UTC; calendars hold others too ("tzone://Microsoft/Custom", ""),
and some servers put an offset into the wall clock. Windows names are written, since every tenant takes them: they come
from CLDR's table, which tzlocal carries.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from tzlocal.windows_tz import tz_win

from connectors.ical.zones import UTC_ZONE, Zone, known_zone, named_zone

_WALL = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?)? ?(Z|[+-]\d\d:?\d\d)?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Time:
    """A dateTimeTimeZone as read: the instant, its date on the calendar's wall, and whether its zone was guessed."""

    instant: datetime
    day: date
    midnight: bool
    guessed: bool


def owner_zone(name: str) -> Zone:
    """The zone of a calendar's owner. Raises `ValueError` for a name that means no zone."""
    zone = known_zone(name)
    if zone is None:
        raise ValueError(f"the owner's zone is no known time zone: {name}")
    return zone


def read_time(said: object, owner: Zone) -> Time:
    """Read a dateTimeTimeZone; where its zone says nothing, the owner's counts. Raises `ValueError` for no time at all.

    An offset inside the wall clock wins over the zone's name, since it leaves nothing to guess.
    """
    if not isinstance(said, Mapping):
        raise ValueError("it is missing")
    wall, offset = _wall(said.get("dateTime"))
    midnight = (wall.hour, wall.minute, wall.second, wall.microsecond) == (0, 0, 0, 0)
    if offset is not None:
        return Time(Zone("", offset).to_utc(wall), wall.date(), midnight, guessed=False)
    name = said.get("timeZone")
    zone = known_zone(name) if isinstance(name, str) else None
    return Time((zone or owner).to_utc(wall), wall.date(), midnight, guessed=zone is None)


def start_of(day: date, owner: Zone) -> datetime:
    """When a day begins for the owner, in UTC."""
    return owner.to_utc(datetime(day.year, day.month, day.day))  # noqa: DTZ001 - a wall clock, read in the zone


def zone_name(said: object) -> str:
    """The IANA name of a zone as Graph names it (originalStartTimeZone); "UTC" where it means nothing."""
    zone = known_zone(said) if isinstance(said, str) else None
    return zone.name if zone and zone.name else UTC_ZONE.name


def windows_name(zone: str) -> str:
    """The Windows name of an IANA zone; "UTC" where there is none."""
    return tz_win.get(zone, UTC_ZONE.name)


def written(start: datetime, end: datetime, zone: str) -> tuple[dict[str, str], dict[str, str]]:
    """Start and end as dateTimeTimeZone in the agent's zone (IANA).

    In UTC where a wall clock can't name one of the two instants (a repeated hour), or where the Windows zone's clock does
    not show what the agent's own does. Raises `ValueError` for a zone that does not exist, or a time without zone.
    """
    agents = named_zone(zone)
    if agents is None:
        raise ValueError(f"no such time zone: {zone}")
    if start.tzinfo is None or end.tzinfo is None:
        raise ValueError("a time to be written has no zone")
    name = windows_name(zone)
    servers = known_zone(name) or UTC_ZONE
    plain = all(_agree(instant, agents, servers) for instant in (start, end))
    clock, said = (agents, name) if plain else (UTC_ZONE, UTC_ZONE.name)
    first, last = ({"dateTime": _text(clock.to_wall(instant)), "timeZone": said} for instant in (start, end))
    return first, last


def _agree(instant: datetime, agents: Zone, servers: Zone) -> bool:
    wall, exact = agents.to_wall(instant), instant.astimezone(UTC)
    return agents.to_utc(wall) == exact == servers.to_utc(wall)


def _text(wall: datetime) -> str:
    return wall.replace(microsecond=0).isoformat(timespec="seconds")


def _wall(said: object) -> tuple[datetime, timezone | None]:
    match = _WALL.fullmatch(said.strip()) if isinstance(said, str) else None
    if match is None:
        raise ValueError("it is no date with a time")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    fraction = int((match[7] or "0")[:6].ljust(6, "0"))
    wall = datetime(year, month, day, hour, minute, min(second, 59), fraction)  # noqa: DTZ001 - a wall clock
    return wall, _offset(match[8])


def _offset(said: str | None) -> timezone | None:
    if not said or said in "Zz":
        return UTC if said else None
    length = timedelta(hours=int(said[1:3]), minutes=int(said[-2:]))
    return timezone(-length if said[0] == "-" else length)

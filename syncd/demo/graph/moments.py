"""Times as Graph says them: a wall clock and the name of a zone (resource type dateTimeTimeZone).

Names are Windows' own (CLDR's table, as tzlocal carries it), a few IANA names, and UTC. Nothing here is shared with the
connector, so that one can be wrong without the other.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import win_tz

from syncd.demo.graph.refusal import Json, Refused, not_valid

UTC_NAMES = {"utc", "tzone://microsoft/utc"}
WINDOWS = {name.casefold(): place for name, place in win_tz.items()}
MAIN_PLACES = frozenset(win_tz.values())
"""The IANA names Windows' zones stand for; Graph documents about as many."""

DIGITS = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,7}))?(Z|[+-]\d\d:?\d\d)?\Z")
NEVER = "0001-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Wall:
    """A wall clock, naive, in a zone by the name it was given with."""

    clock: datetime
    zone: str

    @property
    def instant(self) -> datetime:
        """The aware UTC time. A time that a clock change skips is read with the offset from before it."""
        try:
            return self.clock.replace(tzinfo=zone_named(self.zone)).astimezone(UTC)
        except OverflowError:
            return self.clock.replace(tzinfo=UTC)  # the years 1 and 9999 occur

    def at(self, clock: datetime) -> "Wall":
        """Another time on the same wall."""
        return Wall(clock, self.zone)


def zone_named(name: str, *, every_iana: bool = True) -> ZoneInfo:
    """The zone of a name. Raises Refused as Graph does for one it does not know."""
    if name.casefold() in UTC_NAMES:
        return ZoneInfo("UTC")
    place = WINDOWS.get(name.casefold())
    if place is not None:
        return ZoneInfo(place)
    if name in MAIN_PLACES or every_iana:
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            pass
    raise Refused(
        400,
        "TimeZoneNotSupportedException",
        f"A valid TimeZone value must be specified. The following TimeZone value is not supported: '{name}'.",
    )


def parse_wall(said: object, what: str, *, every_iana: bool = False) -> Wall:
    """A dateTimeTimeZone. An offset inside `dateTime` is dropped, as wall clock and zone say it all already."""
    if not isinstance(said, dict) or not isinstance(said.get("dateTime"), str):
        raise not_valid(f"{what} needs dateTime and timeZone")
    zone = said.get("timeZone") or "UTC"
    zone_named(zone, every_iana=every_iana)
    return Wall(_naive(said["dateTime"], what), zone)


def _naive(text: str, what: str) -> datetime:
    found = DIGITS.match(text if "T" in text else f"{text}T00:00:00")
    if found is None:
        raise not_valid(f"{what}: {text!r} is not a time")
    try:
        return datetime.fromisoformat(found[1]) + timedelta(
            microseconds=int((found[2] or "0").ljust(7, "0")[:6])
        )
    except ValueError as error:
        raise not_valid(f"{what}: {text!r} is not a time") from error


def parse_instant(text: str, what: str) -> datetime:
    """ISO 8601 of a query: the offset in it decides, none is UTC. Raises Refused, also for a "+" read as a blank."""
    found = DIGITS.match(text if "T" in text else f"{text}T00:00:00")
    if found is None:
        raise Refused(400, "ErrorInvalidParameter", f"The value '{text}' of parameter '{what}' is invalid.")
    offset = "+00:00" if found[3] in (None, "Z") else found[3]
    return datetime.fromisoformat(found[1] + offset).astimezone(UTC)


def said_at(instant: datetime, zone: str) -> Json:
    """An instant as Graph answers it, in the zone that was asked for."""
    try:
        local = instant.astimezone(zone_named(zone))
    except OverflowError:
        local = instant
    return said_clock(local.replace(tzinfo=None), zone)


def said_clock(clock: datetime, zone: str) -> Json:
    """A wall clock with its seven digits."""
    return {
        "dateTime": f"{clock:%Y-%m-%dT%H:%M:%S}.{clock.microsecond:06}0".replace(" ", "0"),
        "timeZone": zone,
    }


def said_instant(instant: datetime) -> str:
    """A DateTimeOffset, in UTC."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{instant.microsecond:06}0Z"


def midnight(day: date) -> datetime:
    return datetime.combine(day, time())

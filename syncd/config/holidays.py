"""Public holidays in a configuration: an iCalendar file (RFC 5545) beside it, read once, when the configuration is.

A file that can't be read whole is refused with its lines: a holiday left out in silence would be a working day.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, ValidationInfo

from connectors.ical import read
from connectors.interface import Status
from syncd.config.values import beside
from syncd.config.wording import wrong

LARGEST = 1024 * 1024
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_TOLD = 5


@dataclass(frozen=True, slots=True)
class HolidayFile:
    """The file as it was when the configuration was read."""

    path: str
    data: bytes = field(repr=False)


def holiday_file(value: object, info: ValidationInfo) -> HolidayFile:
    """The file of this name, with at least one event and none that can't be read."""
    if isinstance(value, HolidayFile):
        return value
    if not isinstance(value, str) or not value:
        raise wrong('expected a text in quotes ("..."): the name of an iCalendar file')
    path = beside(value, info)
    found = HolidayFile(path, _content(path))
    reading = read(found.data, zone="UTC", start=_FIRST, end=_LAST)
    problems = [one for one in reading.problems if one.level == "error"]
    if problems:
        told = "; ".join(
            f"line {one.line}: {one.message}" if one.line else one.message for one in problems[:_TOLD]
        )
        more = f"; and {len(problems) - _TOLD} more" if len(problems) > _TOLD else ""
        raise wrong(f"{path}: {told}{more}")
    if not any(one.status is not Status.CANCELLED for one in reading.intervals):
        raise wrong(f"{path}: there is no event in it between {_FIRST.year} and {_LAST.year}")
    return found


def _content(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise wrong(f"{path} can't be read: {error.strerror}") from error
    if len(data) > LARGEST:
        raise wrong(f"{path} is larger than {LARGEST} bytes")
    return data


Holidays = Annotated[HolidayFile, BeforeValidator(holiday_file)]

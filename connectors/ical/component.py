"""The pieces of an iCalendar text: components, and of their properties those that matter (RFC 5545 sections 3.1 and 3.2)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

WHOLE = frozenset({"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE"})
"""Components that stand directly inside a calendar: one of them inside another means that an END is missing."""

MARKER = "X-SYNCD-MARKER"
"""The property by which our own appointments are recognised."""

SPOKEN = frozenset({"SUMMARY", "DESCRIPTION", "LOCATION", "URL", "CONFERENCE"})
"""Kept for our own events only, and of no meaning for anybody's time."""

OURS = SPOKEN | {"CLASS", "TRIGGER", MARKER}
"""What is read of our own events only."""

TIMES = frozenset(
    {
        *("UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"),
        *("STATUS", "TRANSP", "SEQUENCE", "DTSTAMP", "ORGANIZER", "ATTENDEE", "FREEBUSY"),
        *("TZID", "TZOFFSETFROM", "TZOFFSETTO", "X-WR-TIMEZONE"),
        *("X-MICROSOFT-CDO-BUSYSTATUS", "X-MICROSOFT-CDO-INTENDEDSTATUS", "X-MICROSOFT-CDO-ALLDAYEVENT"),
        "X-SYNCD-FLAWED",
    }
)
"""What says when somebody is busy, and how."""

KEPT = TIMES | OURS

LONG = 200

_PARAMETER = re.compile(r';([A-Za-z0-9_-]+)=("[^"]*"(?:,"[^"]*")*|[^";:]*)')
NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})
_new = tuple.__new__
_ZONED = frozenset({"DTSTART", "DTEND", "RDATE", "EXDATE", "RECURRENCE-ID"})


class Property(NamedTuple):
    """A content line: upper-case name, parameters (names upper-case, quotes removed), raw value, line (`Findings.line_of`)."""

    name: str
    parameters: Mapping[str, str]
    value: str
    line: int


@dataclass(slots=True)
class Component:
    """A component with the properties kept of it. `torn`: its END is missing, so it may be incomplete.

    `source` is what it was made of, where that is a short VTIMEZONE that others may share.
    """

    kind: str
    line: int
    properties: dict[str, list[Property]] = field(default_factory=dict)
    parts: list["Component"] = field(default_factory=list)
    torn: bool = False
    source: str = ""

    def first(self, name: str) -> Property | None:
        """Return the first property of that name, or None."""
        found = self.properties.get(name)
        return found[0] if found else None

    def text(self, name: str) -> str:
        """Return the value of the first property of that name, stripped, or an empty text."""
        found = self.properties.get(name)
        return found[0].value.strip() if found else ""

    def texts(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return what `text` gives for each of these names."""
        found = self.properties
        return tuple([found[name][0].value.strip() if name in found else "" for name in names])

    @property
    def uid(self) -> str:
        """The UID without unprintable characters, cut to a length that is safe to store and to log."""
        text = self.text("UID")[:500]
        return text if text.isprintable() else "".join(filter(str.isprintable, text))


def read_property(name: str, rest: str, line: int) -> Property:
    """Read what follows a property's name, from its `;` or `:` on; a repeated parameter keeps its first value."""
    if rest[0] == ":":
        return Property(name, NO_PARAMETERS, rest[1:], line)
    head, _, value = rest.partition(":")
    if len(head) < LONG and '"' not in head:
        return short_property(name, head, value, line)
    return _quoted_property(name, rest, line)


def short_property(name: str, head: str, value: str, line: int) -> Property:
    """A property with parameters that are neither long nor quoted, cut from its value at the first colon."""
    if ":" in value and name in _ZONED:
        return _quoted_property(name, f"{head}:{value}", line)
    return _new(Property, (name, _remembered(head)[0], value, line))


def _quoted_property(name: str, rest: str, line: int) -> Property:
    parameters, at = _parameters(rest)
    _, _, value = rest[at:].partition(":")
    if name in _ZONED and ":" in value and "TZID" in parameters:
        # Some programs forget the quotes around a TZID with a colon; a time itself never holds one.
        zone, _, value = value.rpartition(":")
        parameters = {**parameters, "TZID": f"{parameters['TZID']}:{zone}"}
    return Property(name, parameters, value, line)


def _parameters(rest: str) -> tuple[Mapping[str, str], int]:
    """The parameters at the beginning of a text, and where they end."""
    parameters: dict[str, str] = {}
    at = 0
    while match := _PARAMETER.match(rest, at):
        parameters.setdefault(match[1].upper(), match[2].replace('"', ""))
        at = match.end()
    return parameters, at


_remembered = lru_cache(maxsize=4096)(_parameters)
"""`;TZID=Europe/Amsterdam` stands in a thousand lines. Long texts are not kept, or strangers would decide how much is."""

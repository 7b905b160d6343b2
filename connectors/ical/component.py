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

_FOLD = re.compile(r"\r*\n[ \t]")
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


Line = tuple[str, str]
"""A content line: its name in capitals, and what follows it from the `;` or `:` on, perhaps folded."""

ELSEWHERE: Line = ("\n", "")
"""Stands for a line of another component."""


@dataclass(slots=True)
class Component:
    """A component with its content lines, which are understood when somebody asks. `said`: the first line of each name.

    `line` and `numbers` are where it begins and its lines stand (`Findings.line_of`); without the latter they follow the
    former. `torn`: its END is missing, so it may be incomplete. `source` is what it was made of, where that is a short
    VTIMEZONE that others may share.
    """

    kind: str
    line: int
    lines: list[Line] = field(default_factory=list)
    parts: list["Component"] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)
    torn: bool = False
    source: str = ""
    numbers: list[int] | None = None

    def add(self, name: str, rest: str, line: int) -> None:
        """Append a content line that stands at this line."""
        self.lines.append((name, rest))
        self.said.setdefault(name, rest)
        if self.numbers is not None:
            self.numbers.append(line)

    def every(self, name: str) -> list[Property]:
        """Return the properties of that name."""
        if name not in self.said:
            return []
        if len(self.said) == len(self.lines):
            return [self._property(self.lines.index((name, self.said[name])))]
        return [self._property(at) for at, (written, _) in enumerate(self.lines) if written == name]

    def first(self, name: str) -> Property | None:
        """Return the first property of that name, or None."""
        if name not in self.said:
            return None
        return self._property(self.lines.index((name, self.said[name])))

    def _property(self, at: int) -> Property:
        return read_property(*self.lines[at], self.numbers[at] if self.numbers else self.line - 1 - at)

    def text(self, name: str) -> str:
        """Return the value of the first property of that name, stripped, or an empty text."""
        return value_of(name, self.said[name]) if name in self.said else ""

    @property
    def uid(self) -> str:
        """The UID without unprintable characters, cut to a length that is safe to store and to log."""
        rest = self.said.get("UID")
        text = value_of("UID", rest)[:500] if rest else ""
        return text if text.isprintable() else "".join(filter(str.isprintable, text))


def value_of(name: str, rest: str) -> str:
    """The value of a content line, stripped; `rest` is what follows its name."""
    if "\n" in rest:
        rest = unfolded(rest)
    return rest[1:].strip() if rest[0] == ":" else read_property(name, rest, 0).value.strip()


def unfolded(rest: str) -> str:
    """A content line, or the end of one, as one line."""
    return (_FOLD.sub("", rest) if "\n" in rest else rest).rstrip("\r")


def read_property(name: str, rest: str, line: int) -> Property:
    """Read a content line behind its name; a repeated parameter keeps its first value."""
    rest = unfolded(rest)
    if rest[0] == ":":
        return _new(Property, (name, NO_PARAMETERS, rest[1:], line))
    head, _, value = rest.partition(":")
    if len(head) >= LONG or '"' in head or (":" in value and name in _ZONED):
        return _quoted_property(name, rest, line)
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

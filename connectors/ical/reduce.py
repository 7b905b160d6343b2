"""What must be kept of a calendar object so that it can be expanded again later: times, rules and kinds, nothing else.

No title, no place, no person but the owner's own answer; zones under their IANA name where they have one. Reading the
reduced text gives the same intervals as reading the original (tested over windows).
"""

import re
from collections.abc import Collection, Iterator

from connectors.ical.component import Component, Property
from connectors.ical.meaning import own_answers
from connectors.ical.wellformed import definition
from connectors.ical.zones import Ladder, known_zone

_WHEN = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID", "FREEBUSY")
_WHAT = ("STATUS", "TRANSP", "SEQUENCE", "DTSTAMP", "X-MICROSOFT-CDO-BUSYSTATUS", "X-MICROSOFT-CDO-INTENDEDSTATUS", "X-MICROSOFT-CDO-ALLDAYEVENT")  # fmt: skip
_ZONE = ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE")
_PLAIN = re.compile(r"[A-Za-z0-9=;,:+/ -]*", re.ASCII)
_UNREADABLE = "UNREADABLE"


class Reduction:
    """The reduced form of one calendar, built from the components that were readable."""

    def __init__(self, calendar: Component, ladder: Ladder, addresses: Collection[str]) -> None:
        self._calendar = calendar
        self._ladder = ladder
        self._addresses = addresses
        self._zones: dict[str, tuple[str, Component]] = {}

    def lines(self, parts: Collection[Component]) -> Iterator[str]:
        """Yield the content lines of the calendar with these parts."""
        body = [line for part in parts for line in self._part(part)]
        yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//syncd//reduced//EN")
        floating = self._calendar.text("X-WR-TIMEZONE")
        if floating:
            zone = known_zone(floating)
            yield f"X-WR-TIMEZONE:{zone.name if zone else 'unknown'}"
        for name, decided in self._zones.values():
            yield from _definition(name, decided)
        yield from body
        yield "END:VCALENDAR"

    def _part(self, part: Component) -> Iterator[str]:
        yield f"BEGIN:{part.kind}"
        yield f"UID:{part.uid}"
        for name in filter(part.said.__contains__, (*_WHAT, *_WHEN)):
            for line in part.every(name):
                yield f"{name}{self._parameters(line)}:{_value(line)}"
        for address, answer in own_answers(part, self._addresses):
            yield f"ATTENDEE;PARTSTAT={_plain(answer)}:mailto:{_printable(address)}"
        if part.torn or part.first("X-SYNCD-FLAWED"):
            yield "X-SYNCD-FLAWED:TRUE"
        yield f"END:{part.kind}"

    def _parameters(self, line: Property) -> str:
        if not line.parameters:
            return ""
        kept = [
            f";{name}={_plain(line.parameters[name])}"
            for name in ("VALUE", "RANGE", "FBTYPE")
            if name in line.parameters
        ]
        tzid = line.parameters.get("TZID", "").strip()
        return "".join(kept) + (f";TZID={self._zone(tzid)}" if tzid else "")

    def _zone(self, tzid: str) -> str:
        named = known_zone(tzid)
        if named:
            return named.name
        decided = self._ladder.definition(tzid)
        if decided is None:
            return f'"{tzid}"' if _PLAIN.fullmatch(tzid) and len(tzid) < 20 else "unknown"
        return self._zones.setdefault(tzid, (f"own-{len(self._zones) + 1}", decided))[0]


def _definition(name: str, zone: Component) -> Iterator[str]:
    yield "BEGIN:VTIMEZONE"
    yield f"TZID:{name}"
    for part in definition(zone).parts:
        if part.kind in {"STANDARD", "DAYLIGHT"}:
            yield f"BEGIN:{part.kind}"
            for prop in _ZONE:
                yield from (f"{prop}:{_value(line)}" for line in part.every(prop))
            yield f"END:{part.kind}"
    yield "END:VTIMEZONE"


def _value(line: Property) -> str:
    """The value, as far as it is plain: one odd piece of a list or a rule never takes the others with it."""
    if line.name in {"RDATE", "EXDATE", "FREEBUSY"}:
        return ",".join(_plain(piece.strip()) for piece in line.value.split(","))
    if line.name in {"RRULE", "EXRULE"}:
        parts = [part.strip() for part in line.value.split(";")]
        return ";".join(_plain(part) for part in parts if not part.upper().startswith("X-"))
    return _plain(line.value.strip())


def _plain(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else _UNREADABLE


def _printable(value: str) -> str:
    return "".join(character for character in value if character.isprintable())

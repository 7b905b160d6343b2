"""Scanning text as nearly all calendars write it, at the speed of regular expressions (RFC 5545 section 3.1).

Whatever is out of the ordinary (another encoding, a name in small letters, a blank or broken line, a missing END, too much
of something) is not judged here but left to `text`, which reads everything and reports what is wrong. Of the same text
both make the same components (tested).
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from connectors.ical.component import (
    KEPT,
    MARKER,
    NO_PARAMETERS,
    TIMES,
    WHOLE,
    Component,
    Property,
    read_property,
)
from connectors.ical.findings import Findings
from connectors.ical.limits import Limits

LONG = 20_000
"""Zone definitions longer than this are not remembered, or strangers would decide how much is."""

_ODD = re.compile(r"\n(?![A-Z0-9-]++[;:]|[ \t]|\n*+\Z)")
"""A line that is neither a content line nor the continuation of one."""

_LONE_RETURN = re.compile(rb"\r(?!\n)")

_FOLD = re.compile(r"\n[ \t]")

_SKIPPED = r"BEGIN:VALARM\n(?:(?!END:|BEGIN:).*+\n)*+END:VALARM(?=\n)"
_ZONE = r"BEGIN:VTIMEZONE(\n(?:(?!END:VTIMEZONE).*+\n)*+)END:VTIMEZONE(?=\n)"


def _lines(names: Iterable[str], pieces: str = _ZONE) -> re.Pattern[str]:
    """The lines with these names; a VTIMEZONE is taken as one piece."""
    wanted = "|".join(re.escape(name) for name in sorted(names))
    value = r".*+(?:\n[ \t].*+)*+"
    return re.compile(rf"\n(?:{pieces}|(BEGIN|END|{wanted})(?::({value})|(;{value})))")


_ANY = _lines(KEPT)
_FOREIGN = _lines(TIMES, f"{_SKIPPED}|{_ZONE}")
"""Alarms are left out: a reminder matters to our own events only."""


def components(data: bytes, limits: Limits, findings: Findings) -> list[Component] | None:
    """Return the calendars of an ordinary text, or None for any other. What only our own events need is read of these.

    Their lines are numbers of matches, which `findings` looks up when a line is told.
    """
    if (
        len(data) > limits.line
        or _too_many(data, b"\n", limits.properties)
        or _too_many(data, b"BEGIN:", limits.components)
        or _LONE_RETURN.search(data)
    ):
        return None
    try:
        text = "\n" + data.replace(b"\r", b"").decode()
    except UnicodeDecodeError:
        return None
    if _ODD.search(text) or text.startswith(("\n ", "\n\t")):
        return None
    lines = _ANY if MARKER in text else _FOREIGN
    findings.number_by(lines, text)
    return _tree(lines.findall(text), limits.nesting)


def _too_many(data: bytes, sign: bytes, most: int) -> bool:
    return len(data) >= most and data.count(sign) >= most


def _tree(matches: list[tuple[str, str, str, str]], nesting: int) -> list[Component] | None:
    root = here = Component("", 0)
    above: list[Component] = []
    line = 0
    for zone, name, value, rest in matches:
        line -= 1
        if name == "BEGIN":
            kind = _KINDS.get(value) or _kind(value)
            if not _stands_well(kind, len(above), nesting):
                return None
            above.append(here)
            here = Component(kind, line)
            above[-1].parts.append(here)
        elif name == "END":
            if not above or (_KINDS.get(value) or _kind(value)) != here.kind:
                return None
            here = above.pop()
        elif name:
            found = _property(name, value, rest, line)
            here.properties.setdefault(name, []).append(found)
        elif zone:
            part = _defined(zone, line, len(above), nesting)
            if part is None:
                return None
            here.parts.append(part)
    return None if above else root.parts


def _property(name: str, value: str, rest: str, line: int) -> Property:
    if rest:
        return read_property(name, _FOLD.sub("", rest) if "\n" in rest else rest, line)
    said = _FOLD.sub("", value) if "\n" in value else value
    return tuple.__new__(Property, (name, NO_PARAMETERS, said, line))


_KINDS = {kind: kind for kind in (*WHOLE, "VCALENDAR", "VALARM", "STANDARD", "DAYLIGHT")}


def _kind(value: str) -> str:
    return value.strip().upper() if value.isascii() and len(value) < 64 and "\n" not in value else ""


def _stands_well(kind: str, depth: int, nesting: int) -> bool:
    """A calendar at the top, events and the like directly in it, everything else within one of these."""
    if kind == "VCALENDAR":
        return depth == 0
    return depth == 1 if kind in WHOLE else 0 < depth < nesting and kind != ""


def _defined(text: str, line: int, depth: int, nesting: int) -> Component | None:
    if depth != 1 or len(text) >= LONG:
        return None
    part = _zone(text, nesting)
    return part and Component("VTIMEZONE", line, part.properties, part.parts, source=text)


@lru_cache(maxsize=512)
def _zone(text: str, nesting: int) -> Component | None:
    """The VTIMEZONE with this text between its BEGIN and END; the lines of its properties are of no account."""
    whole = f"\nBEGIN:VCALENDAR\nBEGIN:_ZONE{text}END:_ZONE\nEND:VCALENDAR"
    tree = _tree(_FOREIGN.findall(whole), nesting)
    return tree[0].parts[0] if tree else None

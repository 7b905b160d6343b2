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

_ODD = re.compile(r"\n(?![A-Z0-9-]++[;:]|[ \t]|[\r\n]*+\Z)")
"""A line that is neither a content line nor the continuation of one."""

_LONE_RETURN = re.compile(r"\r(?!\n)")

_FOLD = re.compile(r"\r?\n[ \t]")


_SKIPPED = r"BEGIN:VALARM\r?\n(?:(?!END:|BEGIN:)[^\n]*+\n)*+END:VALARM(?=\r?\n)"
_ZONE = r"BEGIN:VTIMEZONE\r?(\n(?:(?!END:VTIMEZONE)[^\n]*+\n)*+)END:VTIMEZONE(?=\r?\n)"


def _lines(names: Iterable[str], pieces: str = _ZONE) -> re.Pattern[str]:
    """The lines with these names; a VTIMEZONE is taken as one piece."""
    wanted = "|".join(re.escape(name) for name in sorted(names))
    value = r"[^\r\n]*+(?:\r?\n[ \t][^\r\n]*+)*+"
    return re.compile(rf"\n(?:{pieces}|(BEGIN|END|{wanted})(?::({value})|(;{value})))")


_ANY = _lines(KEPT)
_FOREIGN = _lines(TIMES, f"{_SKIPPED}|{_ZONE}")
"""Alarms are left out: a reminder matters to our own events only."""


def components(data: bytes, limits: Limits, findings: Findings) -> list[Component] | None:
    """Return the calendars of an ordinary text, or None for any other. What only our own events need is read of these.

    Their lines are places in the text, which `findings` counts when a line is told.
    """
    if (
        len(data) > limits.line
        or _too_many(data, b"\n", limits.properties)
        or _too_many(data, b"BEGIN:", limits.components)
    ):
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    text = "\n" + text
    if _ODD.search(text) or _LONE_RETURN.search(text) or text.startswith(("\n ", "\n\t")):
        return None
    findings.count_in(text)
    return _tree(text, _ANY if MARKER in text else _FOREIGN, limits.nesting)


def _too_many(data: bytes, sign: bytes, most: int) -> bool:
    return len(data) >= most and data.count(sign) >= most


def _tree(text: str, lines: re.Pattern[str], nesting: int) -> list[Component] | None:
    root = here = Component("", 0)
    above: list[Component] = []
    for match in lines.finditer(text):
        line = ~match.start()
        zone, name, value, rest = match.groups()
        if name is None:
            if zone is None:
                continue
            part = _defined(zone, line, len(above), nesting)
            if part is None:
                return None
            here.parts.append(part)
        elif name == "BEGIN":
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
        else:
            said = rest if value is None else value
            if "\n" in said:
                said = _FOLD.sub("", said)
            found = (
                read_property(name, said, line)
                if value is None
                else Property(name, NO_PARAMETERS, said, line)
            )
            here.properties.setdefault(name, []).append(found)
    return None if above else root.parts


_KINDS = {kind: kind for kind in (*WHOLE, "VCALENDAR", "VALARM", "STANDARD", "DAYLIGHT")}


def _kind(value: str | None) -> str:
    return (
        value.strip().upper() if value and value.isascii() and len(value) < 64 and "\n" not in value else ""
    )


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
    tree = _tree(f"\nBEGIN:VCALENDAR\nBEGIN:_ZONE{text}END:_ZONE\nEND:VCALENDAR", _FOREIGN, nesting)
    return tree[0].parts[0] if tree else None

"""Scanning text as nearly all calendars write it, at the speed of regular expressions (RFC 5545 section 3.1).

Whatever is out of the ordinary (another encoding, a name in small letters, a blank or broken line, a missing END, too much
of something) is not judged here but left to `text`, which reads everything and reports what is wrong. Of the same text
both make the same components (tested).
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from connectors.ical.component import KEPT, MARKER, TIMES, WHOLE, Component, read_property
from connectors.ical.limits import Limits

LONG = 20_000
"""Zone definitions longer than this are not remembered, or strangers would decide how much is."""

_ODD = re.compile(r"\n(?![A-Z0-9-]++[;:]|[ \t]|[\r\n]*+\Z)")
"""A line that is neither a content line nor the continuation of one."""

_FOLD = re.compile(r"\r?\n[ \t]")


_SKIPPED = r"BEGIN:VALARM\r?\n(?:(?!END:|BEGIN:)[^\n]*+\n)*+END:VALARM(?=\r?\n)"
_ZONE = r"BEGIN:VTIMEZONE\r?(\n(?:(?!END:VTIMEZONE)[^\n]*+\n)*+)END:VTIMEZONE(?=\r?\n)"


def _lines(names: Iterable[str], pieces: str = _ZONE) -> re.Pattern[str]:
    """The lines with these names; a VTIMEZONE is taken as one piece."""
    wanted = "|".join(re.escape(name) for name in sorted(names))
    return re.compile(rf"\n(?:{pieces}|(BEGIN|END|{wanted})([;:][^\r\n]*+(?:\r?\n[ \t][^\r\n]*+)*+))")


_ANY = _lines(KEPT)
_FOREIGN = _lines(TIMES, f"{_SKIPPED}|{_ZONE}")
"""Alarms are left out: a reminder matters to our own events only."""


def components(data: bytes, limits: Limits) -> list[Component] | None:
    """Return the calendars of an ordinary text, or None for any other. What only our own events need is read of these."""
    if (
        len(data) > limits.line
        or data.count(b"\n") >= limits.properties
        or data.count(b"BEGIN:") > limits.components
    ):
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    text = "\n" + text
    if _ODD.search(text) or text.count("\r") != text.count("\r\n") or text.startswith(("\n ", "\n\t")):
        return None
    return _tree(text, _ANY if MARKER in text else _FOREIGN, limits.nesting)


def _tree(text: str, lines: re.Pattern[str], nesting: int) -> list[Component] | None:
    root = here = Component("", 0)
    above: list[Component] = []
    number = counted = 0
    for match in lines.finditer(text):
        begins = match.start() + 1
        number, counted = number + text.count("\n", counted, begins), begins
        zone, name, rest = match.groups()
        if name is None and zone is None:
            continue
        if name is None:
            part = _zone(zone, nesting) if len(above) == 1 and len(zone) < LONG else None
            if part is None:
                return None
            here.parts.append(Component("VTIMEZONE", number, part.properties, part.parts))
        elif name == "BEGIN":
            kind = _KINDS.get(rest) or _kind(rest)
            if not _stands_well(kind, len(above), nesting):
                return None
            above.append(here)
            here = Component(kind, number)
            above[-1].parts.append(here)
        elif name == "END":
            if not above or (_KINDS.get(rest) or _kind(rest)) != here.kind:
                return None
            here = above.pop()
        else:
            found = read_property(name, _FOLD.sub("", rest) if "\n" in rest else rest, number)
            if name in here.properties:
                here.properties[name].append(found)
            else:
                here.properties[name] = [found]
    return None if above else root.parts


_KINDS = {f":{kind}": kind for kind in (*WHOLE, "VCALENDAR", "VALARM", "STANDARD", "DAYLIGHT")}


def _kind(rest: str) -> str:
    return rest[1:].strip().upper() if rest.isascii() and len(rest) < 64 and "\n" not in rest else ""


def _stands_well(kind: str, depth: int, nesting: int) -> bool:
    """A calendar at the top, events and the like directly in it, everything else within one of these."""
    if kind == "VCALENDAR":
        return depth == 0
    return depth == 1 if kind in WHOLE else 0 < depth < nesting and kind != ""


@lru_cache(maxsize=512)
def _zone(text: str, nesting: int) -> Component | None:
    """The VTIMEZONE with this text between its BEGIN and END; the lines of its properties are of no account."""
    tree = _tree(f"\nBEGIN:VCALENDAR\nBEGIN:_ZONE{text}END:_ZONE\nEND:VCALENDAR", _FOREIGN, nesting)
    return tree[0].parts[0] if tree else None

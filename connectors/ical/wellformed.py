"""Scanning text as nearly all calendars write it, at the speed of regular expressions (RFC 5545 section 3.1).

Whatever is out of the ordinary (another encoding, a name in small letters, a blank or broken line, a missing END, too much
of something) is not judged here but left to `text`, which reads everything and reports what is wrong. Of the same text
both make the same components (tested).
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from connectors.ical.component import (
    KEPT,
    MARKER,
    NO_PARAMETERS,
    TIMES,
    WHOLE,
    Component,
    Property,
    read_property,
    short_property,
)
from connectors.ical.findings import Findings
from connectors.ical.limits import Limits

LONG = 20_000
"""Zone definitions longer than this are not remembered, or strangers would decide how much is."""

_new = tuple.__new__

_FOLD = re.compile(r"\r*\n[ \t]")

_LATE = r"\r*+\n[ \t][;:]"
"""What follows a name that is folded off from its parameters and value, as old Mozilla programs write all of them."""
_LINE = rf"[A-Z0-9-]++(?:[;:]|{_LATE})|[ \t]"
_END = r"\r*(?=\n(?![ \t]))"
_SKIPPED = rf"BEGIN:VALARM{_END}\n(?:(?!(?:END|BEGIN)(?:[;:]|{_LATE}))(?:{_LINE}).*+\n)*+END:VALARM{_END}"
_ZONE = rf"BEGIN:VTIMEZONE({_END}\n(?:(?!END:VTIMEZONE).*+\n)*+)END:VTIMEZONE{_END}"
_ODD = rf"(?!{_LINE}|\r*+(?:\n(?![ \t])|\Z))([\s\S])"
"""A line that is neither a content line nor the continuation of one, nor blank."""


def _lines(names: Iterable[str], pieces: str = _ZONE) -> re.Pattern[str]:
    """The lines with these names: a plain value, or short parameters and a value, or whatever else. A VTIMEZONE is one piece."""
    by_letter = groupby(sorted(("BEGIN", "END", *names)), itemgetter(0))
    wanted = "|".join(
        f"{letter}(?:{'|'.join(re.escape(name[1:]) for name in these)})" for letter, these in by_letter
    )
    value = r"(.*+)(?!\n[ \t])"
    short = r'(;[^":\n]{0,190}+)'
    other = rf"((?:[;:]|{_LATE}).*+(?:\n[ \t].*+)*+)"
    return re.compile(rf"\n(?:{pieces}|({wanted})(?::{value}|{short}:{value}|{other})|{_ODD})")


_ANY = _lines(KEPT)
_FOREIGN = _lines(TIMES, f"{_SKIPPED}|{_ZONE}")
"""Alarms are left out: a reminder matters to our own events only."""


class _OutOfTheOrdinary(ValueError):
    """The text is better read by `text`."""


def components(data: bytes, limits: Limits, findings: Findings) -> list[Component] | None:
    """Return the calendars of an ordinary text, or None for any other. What only our own events need is read of these.

    Their lines are numbers of matches, which `findings` looks up when a line is told.
    """
    if (
        len(data) > limits.line
        or _too_many(data, b"\n", limits.properties)
        or _too_many(data, b"BEGIN:", limits.components)
    ):
        return None
    try:
        text = "\n" + data.decode()
    except UnicodeDecodeError:
        return None
    if text.startswith(("\n ", "\n\t")):
        return None
    lines = _ANY if MARKER in text else _FOREIGN
    findings.number_by(lines, text)
    try:
        return _tree(lines.findall(text), limits.nesting)
    except _OutOfTheOrdinary:
        return None


def _too_many(data: bytes, sign: bytes, most: int) -> bool:
    return len(data) >= most and data.count(sign) >= most


def _tree(matches: list[tuple[str, str, str, str, str, str, str]], nesting: int) -> list[Component]:
    root = here = Component("", 0)
    properties = here.properties
    above: list[Component] = []
    line = 0
    for zone, name, plain, parameters, value, rest, odd in matches:
        line -= 1
        if name == "BEGIN":
            above.append(here)
            here = _begun(plain, line, above, nesting)
            properties = here.properties
        elif name == "END":
            here = _ended(plain, here, above)
            properties = here.properties
        elif name:
            if rest:
                found = read_property(name, _FOLD.sub("", rest).rstrip("\r"), line)
            elif parameters:
                found = short_property(name, parameters, value.rstrip("\r"), line)
            else:
                found = _new(Property, (name, NO_PARAMETERS, plain.rstrip("\r"), line))
            if name in properties:
                properties[name].append(found)
            else:
                properties[name] = [found]
        elif zone or odd:
            here.parts.append(_defined(zone, line, len(above), nesting))
    if above:
        raise _OutOfTheOrdinary
    return root.parts


def _begun(written: str, line: int, above: list[Component], nesting: int) -> Component:
    """A calendar stands at the top, events and the like directly in it, everything else within one of these."""
    kind, depth = _KINDS.get(written) or _kind(written), len(above) - 1
    if not (
        depth == 0 if kind == "VCALENDAR" else depth == 1 if kind in WHOLE else 0 < depth < nesting and kind
    ):
        raise _OutOfTheOrdinary
    part = Component(kind, line, {}, [])
    above[-1].parts.append(part)
    return part


def _ended(written: str, here: Component, above: list[Component]) -> Component:
    if not above or (_KINDS.get(written) or _kind(written)) != here.kind:
        raise _OutOfTheOrdinary
    return above.pop()


_KINDS = {
    f"{kind}{ending}": kind
    for kind in (*WHOLE, "VCALENDAR", "VALARM", "STANDARD", "DAYLIGHT")
    for ending in ("", "\r")
}


def _kind(value: str) -> str:
    return value.strip().upper() if value.isascii() and len(value) < 64 and "\n" not in value else ""


def _defined(text: str, line: int, depth: int, nesting: int) -> Component:
    if not text or depth != 1 or len(text) >= LONG:
        raise _OutOfTheOrdinary
    part = _zone(text, nesting)
    return Component("VTIMEZONE", line, part.properties, part.parts, source=text)


@lru_cache(maxsize=64)
def _zone(text: str, nesting: int) -> Component:
    """The VTIMEZONE with this text between its BEGIN and END; the lines of its properties are of no account."""
    whole = f"\nBEGIN:VCALENDAR\nBEGIN:_ZONE{text}END:_ZONE\nEND:VCALENDAR"
    return _tree(_FOREIGN.findall(whole), nesting)[0].parts[0]

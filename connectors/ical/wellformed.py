"""Scanning text as nearly all calendars write it, at the speed of regular expressions (RFC 5545 section 3.1).

The text is cut where components begin and end; what stands between becomes pairs of a name and what follows it, which nobody
looks into before somebody asks. Whatever is out of the ordinary (another encoding, a name in small letters, a broken line, a
missing END, too much of something) is not judged here but left to `text`, which reads everything and reports what is wrong.
Of the same text both make the same components (tested).
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from connectors.ical.component import ELSEWHERE, KEPT, MARKER, TIMES, WHOLE, Component
from connectors.ical.findings import Findings
from connectors.ical.limits import Limits

LONG = 20_000
"""Zone definitions longer than this are not remembered, or strangers would decide how much is."""

_LATE = r"\r*+\n[ \t][;:]"
"""What follows a name that is folded off from its parameters and value, as old Mozilla programs write all of them."""
_REST = rf"[;:].*+(?:\n[ \t].*+)*+|{_LATE}.*+(?:\n[ \t].*+)*+"
_LINE = rf"[A-Z0-9-]++(?:[;:]|{_LATE})|[ \t]"
_END = r"\r*+(?=\n(?![ \t])|\Z)"


def _leaf(kind: str) -> str:
    """A component without others in it, and without anything out of the ordinary."""
    return rf"\nBEGIN:{kind}{_END}{_PROPERTIES}\nEND:{kind}{_END}"


_PROPERTIES = rf"(?:\n(?!(?:BEGIN|END)\b)(?:{_LINE}).*+)*+"
_ZONE = rf"BEGIN:VTIMEZONE({_END}{_PROPERTIES}(?:{_leaf('STANDARD')}|{_leaf('DAYLIGHT')})*+)\nEND:VTIMEZONE{_END}"


class _Ways:
    """How a text is cut: `marks`, where components begin and end; `lines`, the properties between; `all`, in one."""

    def __init__(self, names: Iterable[str], skipped: str = "") -> None:
        by_letter = groupby(sorted(names), itemgetter(0))
        wanted = "|".join(
            f"{letter}(?:{'|'.join(re.escape(name[1:]) for name in these)})" for letter, these in by_letter
        )
        marks = rf"\n{_ZONE}|{skipped}\n(BEGIN|END)({_REST})"
        lines = rf"({wanted})({_REST})"
        odd = rf"(?!{_LINE}|\r*+(?:\n(?![ \t])|\Z))"
        self.marks = re.compile(marks).split
        self.lines = re.compile(rf"\n(?:{lines}|{odd})").findall
        """A line that is neither a content line nor the continuation of one, nor blank, has no name."""
        self.all = re.compile(rf"{marks}|\n{lines}")


_ANY = _Ways(KEPT)
_FOREIGN = _Ways(TIMES, f"{_leaf('VALARM')}|")
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
    if data[:1] in {b" ", b"\t"}:
        return None
    try:
        text = "\n" + data.decode().rstrip("\r\n")
        ways = _ANY if MARKER in text else _FOREIGN
        findings.number_by(ways.all, text)
        return _tree(text, ways, limits.nesting)
    except (UnicodeDecodeError, _OutOfTheOrdinary):
        return None


def _too_many(data: bytes, sign: bytes, most: int) -> bool:
    return len(data) >= most and data.count(sign) >= most


def _tree(text: str, ways: _Ways, nesting: int) -> list[Component]:
    """The components of a text; the lines of each follow that of its BEGIN."""
    first, *pieces = ways.marks(text)
    root = here = Component("", 0, ways.lines(first))
    above: list[Component] = []
    number = -1 - len(root.lines)
    for zone, way, value, rest in zip(pieces[::4], pieces[1::4], pieces[2::4], pieces[3::4], strict=True):
        lines = ways.lines(rest) if rest else []
        if way == "BEGIN":
            above.append(here)
            here = _begun(value, number, lines, above, nesting)
        else:
            if way:
                here = _ended(value, here, above)
            elif zone is not None:
                here.parts.append(_defined(zone, number, len(above), nesting))
            if lines:
                here.lines += [ELSEWHERE] * (here.line - number - len(here.lines)) + lines
        number -= 1 + len(lines)
    _close(root)
    if above:
        raise _OutOfTheOrdinary
    return root.parts


def _close(here: Component) -> None:
    """All its lines are there."""
    here.said = said = dict(here.lines)
    if "" in said:
        raise _OutOfTheOrdinary
    if len(said) != len(here.lines):
        here.said = dict(reversed(here.lines))


def _begun(
    written: str, number: int, lines: list[tuple[str, str]], above: list[Component], nesting: int
) -> Component:
    """A calendar stands at the top, events and the like directly in it, everything else within one of these."""
    kind, depth = _KINDS.get(written) or _kind(written), len(above) - 1
    if not (
        depth == 0 if kind == "VCALENDAR" else depth == 1 if kind in WHOLE else 0 < depth < nesting and kind
    ):
        raise _OutOfTheOrdinary
    part = Component(kind, number, lines, [], {})
    above[-1].parts.append(part)
    return part


def _ended(written: str, here: Component, above: list[Component]) -> Component:
    if not above or (_KINDS.get(written) or _kind(written)) != here.kind:
        raise _OutOfTheOrdinary
    _close(here)
    return above.pop()


_KINDS = {
    f":{kind}{ending}": kind
    for kind in (*WHOLE, "VCALENDAR", "VALARM", "STANDARD", "DAYLIGHT")
    for ending in ("", "\r")
}


def _kind(rest: str) -> str:
    plain = rest[0] == ":" and rest.isascii() and len(rest) < 64 and "\n" not in rest
    return rest[1:].strip().upper() if plain else ""


def _defined(text: str, number: int, depth: int, nesting: int) -> Component:
    if depth != 1 or len(text) >= LONG or nesting < 3:
        raise _OutOfTheOrdinary
    return Component("VTIMEZONE", number, source=text)


def definition(part: Component) -> Component:
    """A VTIMEZONE with what it says: of an ordinary text that is read only now."""
    return _zone(part.source) if part.source else part


@lru_cache(maxsize=64)
def _zone(text: str) -> Component:
    """The VTIMEZONE with this text between its BEGIN and END; the lines of its properties are of no account."""
    whole = f"\nBEGIN:VCALENDAR\nBEGIN:_ZONE{text}\nEND:_ZONE\nEND:VCALENDAR"
    return _tree(whole, _FOREIGN, 3)[0].parts[0]

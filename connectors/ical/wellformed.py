"""Scanning text as nearly all calendars write it, at the speed of regular expressions (RFC 5545 section 3.1).

The text is cut where components begin and end; what stands between becomes pairs of a name and what follows it, which nobody
looks into before somebody asks. Whatever is out of the ordinary (another encoding, a name in small letters, a broken line, a
missing END, too much of something) is not judged here but left to `text`, which reads everything and reports what is wrong.
Of the same text both make the same components (tested).
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import compress, count, groupby
from operator import itemgetter

from connectors.ical.component import ELSEWHERE, KEPT, MARKER, TIMES, WHOLE, Component
from connectors.ical.findings import Findings
from connectors.ical.limits import Limits

LONG = 20_000
"""Zone definitions longer than this are not remembered, or strangers would decide how much is."""

_LATE = r"\r*+\n[ \t][;:]"
"""What follows a name that is folded off from its parameters and value, as old Mozilla programs write all of them."""
_LINE = rf"[A-Z0-9-]++(?:[;:]|{_LATE})|[ \t]"
_END = r"\r*+(?=\n(?![ \t])|\Z)"


_PROPERTIES = rf"(?:\n(?!(?:BEGIN|END)\b)(?:{_LINE}).*+)*+"


def _leaf(kind: str) -> str:
    """The rest of a component after `BEGIN:`, without others in it, and without anything out of the ordinary."""
    return rf"{kind}{_END}{_PROPERTIES}\nEND:{kind}{_END}"


_ZONE = rf"VTIMEZONE{_END}{_PROPERTIES}(?:\nBEGIN:(?:{_leaf('STANDARD')}|{_leaf('DAYLIGHT')}))*+\nEND:VTIMEZONE{_END}"


def _lines(names: Iterable[str], pieces: str) -> re.Pattern[str]:
    """The lines with these names, each with what follows the name; components like the `pieces` are one line.

    A line that is neither a content line nor the continuation of one, nor blank, has no name.
    """
    by_letter = groupby(sorted(("BEGIN", "END", *names)), itemgetter(0))
    wanted = "|".join(
        f"{letter}(?:{'|'.join(re.escape(name[1:]) for name in these)})" for letter, these in by_letter
    )
    rest = rf":V(?<=\nBEGIN:V)(?:{pieces})|[;:].*+(?:\n[ \t].*+)*+|{_LATE}.*+(?:\n[ \t].*+)*+"
    odd = rf"(?!{_LINE}|\r*+(?:\n(?![ \t])|\Z))"
    return re.compile(rf"\n(?:({wanted})({rest})|{odd})")


_ANY = _lines(KEPT, _ZONE[1:])
_FOREIGN = _lines(TIMES, f"{_ZONE[1:]}|{_leaf('VALARM')[1:]}")
"""Alarms are left out: a reminder matters to our own events only."""


_MARKS = frozenset({"BEGIN", "END", ""})


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
        lines = _ANY if MARKER in text else _FOREIGN
        findings.number_by(lines, text)
        return _tree(lines.findall(text), limits.nesting)
    except (UnicodeDecodeError, _OutOfTheOrdinary):
        return None


def _too_many(data: bytes, sign: bytes, most: int) -> bool:
    return len(data) >= most and data.count(sign) >= most


def _tree(lines: list[tuple[str, str]], nesting: int) -> list[Component]:
    """The components that these lines make."""
    marks = compress(count(), map(_MARKS.__contains__, map(itemgetter(0), lines)))
    root = here = Component("", 0)
    above: list[Component] = []
    since = 0
    for at in marks:
        if since == -here.line:
            here.lines = lines[since:at]
        elif since < at:
            here.lines += [ELSEWHERE] * (since + here.line - len(here.lines)) + lines[since:at]
        since = at + 1
        name, rest = lines[at]
        if name == "END":
            here = _ended(rest, here, above)
        elif not name:
            raise _OutOfTheOrdinary
        elif "\n" not in rest:
            above.append(here)
            here = _begun(rest, ~at, above, nesting)
        elif "\nEND:VTIMEZONE" in rest:
            here.parts.append(_defined(rest, ~at, len(above), nesting))
        elif "\nEND:VALARM" not in rest:
            raise _OutOfTheOrdinary
    if above:
        raise _OutOfTheOrdinary
    return root.parts


def _begun(written: str, number: int, above: list[Component], nesting: int) -> Component:
    """A calendar stands at the top, events and the like directly in it, everything else within one of these."""
    kind, depth = _KINDS.get(written) or _kind(written), len(above) - 1
    if not (
        depth == 0 if kind == "VCALENDAR" else depth == 1 if kind in WHOLE else 0 < depth < nesting and kind
    ):
        raise _OutOfTheOrdinary
    part = Component(kind, number, [], [], {})
    above[-1].parts.append(part)
    return part


def _ended(written: str, here: Component, above: list[Component]) -> Component:
    if not above or (_KINDS.get(written) or _kind(written)) != here.kind:
        raise _OutOfTheOrdinary
    here.said = dict(here.lines)
    if len(here.said) != len(here.lines):
        here.said = dict(reversed(here.lines))
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
    """The VTIMEZONE with this text after its BEGIN; the lines of its properties are of no account."""
    within, _, _ = text.removeprefix(":VTIMEZONE").rpartition("\nEND:VTIMEZONE")
    whole = f"\nBEGIN:VCALENDAR\nBEGIN:_ZONE{within}\nEND:_ZONE\nEND:VCALENDAR"
    return _tree(_FOREIGN.findall(whole), 3)[0].parts[0]

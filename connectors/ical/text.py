"""Scanning iCalendar text (RFC 5545 section 3.1): bytes become components with the properties that matter.

One pass over the lines: unfold, split off the name, keep only what busy time and our own events need. Broken structure
is repaired where its meaning is plain (a missing END before the next event, bare line feeds, a byte order mark), and
reported with its line. The caps of `limits` are checked before anything is kept. Ordinary text is scanned by `wellformed`.
"""

import re
from collections.abc import Iterator

from connectors.ical import wellformed
from connectors.ical.component import KEPT, SPOKEN, WHOLE, Component
from connectors.ical.findings import Findings
from connectors.ical.limits import Limits

_NAME = re.compile(rb"([A-Za-z0-9-]+)[ \t]*([;:])")


class TooMuch(ValueError):
    """The rest of a text is not read because it has more of something than the limits allow."""


def scan(data: bytes, limits: Limits, findings: Findings) -> list[Component]:
    """Return the calendars (VCALENDAR components) of a text. Never raises: what is wrong goes into `findings`."""
    data = plain(data, findings)
    if len(data) > limits.bytes or (len(data) > limits.lines and data.count(b"\n") > limits.lines):
        findings.add(
            "", 0, f"the text is larger than {limits.bytes} bytes or {limits.lines} lines and is not read"
        )
        return []
    ordinary = wellformed.components(data, limits, findings)
    return ordinary or scan_leniently(data, limits, findings)


def scan_leniently(data: bytes, limits: Limits, findings: Findings) -> list[Component]:
    """As `scan`, of any text that is not too large: line by line, judging each."""
    tree = _Tree(limits, findings)
    try:
        for number, line in _unfolded(data):
            tree.take(number, line)
    except TooMuch as limit:
        findings.add("", tree.line, f"{limit}; the rest is not read")
    tree.close_all()
    if not tree.calendars:
        findings.add("", 0, "this is not iCalendar text: nothing begins with BEGIN:VCALENDAR")
    return tree.calendars


def plain(data: bytes, findings: Findings) -> bytes:
    """Undo what editors and mail programs do to a text as a whole: UTF-16, a byte order mark, NULs, old Mac lines."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        data = data.decode("utf-16", "replace").encode()
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\0" in data:
        findings.add("", data[: data.index(b"\0")].count(b"\n") + 1, "the text holds NUL bytes", "warning")
        data = data.replace(b"\0", b"")
    return data if b"\n" in data else data.replace(b"\r", b"\n")


def _unfolded(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield logical lines with the number of the physical line they begin on (RFC 5545 section 3.1)."""
    begun, pieces = 1, [b""]
    for number, line in enumerate(map(_without_return, data.split(b"\n")), 1):
        if line[:1] in {b" ", b"\t"}:
            pieces.append(line[1:])
            continue
        yield begun, b"".join(pieces)
        begun, pieces = number, [line]
    yield begun, b"".join(pieces)


def _without_return(line: bytes) -> bytes:
    return line.rstrip(b"\r")


class _Tree:
    """The components under construction: a stack of those still open, outermost first."""

    def __init__(self, limits: Limits, findings: Findings) -> None:
        self.calendars: list[Component] = []
        self.line = 0
        self._limits = limits
        self._findings = findings
        self._open: list[Component] = []
        self._too_deep = 0
        self._properties = 0
        self._components = 0

    def take(self, number: int, line: bytes) -> None:
        self.line = number
        match = _NAME.match(line)
        if not match:
            if line.strip():
                self._note("a line is neither a property nor the continuation of one", "warning")
            return
        name = match[1].upper()
        if name == b"BEGIN":
            self._begin(_word(line[match.end() :]))
        elif name == b"END":
            self._end(_word(line[match.end() :]))
        else:
            self._keep(name.decode("ascii"), line[match.start(2) :])

    def close_all(self) -> None:
        """End of the text: whatever is still open lacks its END."""
        self._too_deep = 0
        self._close_down_to(0)

    def _note(self, message: str, level: str = "error") -> None:
        uid = next((part.uid for part in self._open if part.uid), "")
        self._findings.add(uid, self.line, message, "warning" if level == "warning" else "error")

    def _begin(self, kind: str) -> None:
        if kind == "VCALENDAR":
            self._close_down_to(0)
        elif kind in WHOLE:
            self._stand_in_calendar()
        elif len(self._open) >= self._limits.nesting or self._too_deep:
            if not self._too_deep:
                self._note(f"components are nested deeper than {self._limits.nesting}", "warning")
            self._too_deep += 1
            return
        self._push(Component(kind, self.line, numbers=[]))

    def _stand_in_calendar(self) -> None:
        self._too_deep = 0
        if not self._open:
            self._note("a component stands outside of BEGIN:VCALENDAR", "warning")
            self._push(Component("VCALENDAR", self.line, numbers=[]))
        elif self._open[0].kind == "VCALENDAR":
            self._close_down_to(1)

    def _push(self, part: Component) -> None:
        self._components += 1
        if self._components > self._limits.components:
            raise TooMuch(f"more than {self._limits.components} components")
        if part.kind == "VCALENDAR":
            self.calendars.append(part)
        elif self._open:
            self._open[-1].parts.append(part)
        self._open.append(part)

    def _close_down_to(self, depth: int) -> None:
        for part in self._open[depth:]:
            part.torn = True
            self._findings.add(part.uid, part.line, f"{_known(part.kind)} has no END")
        del self._open[depth:]

    def _end(self, kind: str) -> None:
        if self._too_deep:
            self._too_deep -= 1
            return
        for depth in range(len(self._open) - 1, -1, -1):
            if self._open[depth].kind == kind:
                self._close_down_to(depth + 1)
                del self._open[depth:]
                return
        self._note("an END has no BEGIN", "error" if kind in WHOLE else "warning")

    def _keep(self, name: str, rest: bytes) -> None:
        self._properties += 1
        if self._properties > self._limits.properties:
            raise TooMuch(f"more than {self._limits.properties} properties")
        if name not in KEPT or not self._open or self._too_deep:
            return
        if len(rest) > self._limits.line:
            if name not in SPOKEN:
                self._note(f"{name} is longer than {self._limits.line} bytes and is left out")
                self._open[-1].torn = True
            return
        self._open[-1].add(name, self._decoded(rest), self.line)

    def _decoded(self, raw: bytes) -> str:
        try:
            return raw.decode()
        except UnicodeDecodeError:
            self._note("a line is not UTF-8 and is read as Windows-1252", "warning")
            return raw.decode("cp1252", "replace")


def _word(raw: bytes) -> str:
    return raw.strip()[:64].decode("ascii", "replace").upper()


def _known(kind: str) -> str:
    return kind if kind in WHOLE or kind in {"VCALENDAR", "VALARM", "STANDARD", "DAYLIGHT"} else "a component"

"""A whole calendar as one text (what a GET of a collection gives, and an exported file), taken apart into its objects.

An object is everything with the same UID, together with the properties of its calendar (one may name the zone of floating
times) and the time zones defined there (RFC 4791 section 4.1). The text is cut between its lines; what stands in them is not
looked at here, but for the UID.
"""

import hashlib
import re
from collections.abc import Iterator

from connectors.caldav.addresses import own_href

BEGIN, END = b"BEGIN:VCALENDAR", b"END:VCALENDAR"
ZONE = b"BEGIN:VTIMEZONE"
OUTERMOST = (ZONE, *(b"BEGIN:" + kind for kind in (b"VEVENT", b"VTODO", b"VJOURNAL", b"VFREEBUSY")))
"""What stands right inside of a calendar, and nowhere else (RFC 5545 section 3.6)."""

PLAIN = re.compile(r"[A-Za-z0-9@._-]{1,200}")
"""UIDs that name an object as they are; ours are of this kind, and so get the address that we give them."""


def is_calendar(data: bytes) -> bool:
    """Is it iCalendar, and whole (RFC 5545 section 3.4)? Cut short, it would read as a calendar with fewer events."""
    text = data.lstrip(b"\xef\xbb\xbf \t\r\n").upper()
    return text.startswith(BEGIN) and text.rstrip().endswith(END)


def split(data: bytes, url: str) -> Iterator[tuple[str, bytes]]:
    """(address, text) of each object. The address of an object of ours is its own; others get one that no one asks for."""
    objects: dict[str, list[bytes]] = {}
    for head, blocks in _calendars(data):
        zones = [line for block in blocks if _kind(block) == ZONE for line in block]
        parts: dict[str, list[bytes]] = {}
        for block in blocks:
            if _kind(block) != ZONE:
                parts.setdefault(_uid(block), []).extend(block)
        for uid, lines in parts.items():
            objects.setdefault(uid, []).extend((BEGIN, *head, *zones, *lines, END))
    for uid, lines in objects.items():
        yield _address(url, uid, lines), b"\r\n".join(lines) + b"\r\n"


def _calendars(data: bytes) -> Iterator[tuple[list[bytes], list[list[bytes]]]]:
    """Each VCALENDAR (a text may hold several): its own properties, and the components right inside of it, as their lines.

    A component that lacks its end ends where the next one of a calendar begins, which can't stand inside of another: so it
    takes nothing along but itself.
    """
    head: list[bytes] = []
    blocks: list[list[bytes]] = []
    depth = 0
    for line in data.removeprefix(b"\xef\xbb\xbf").splitlines():
        word = line.strip().upper()
        if word in (BEGIN, END):
            if word == END:
                yield head, blocks
            head, blocks, depth = [], [], 0
        elif word in OUTERMOST:
            blocks.append([line])
            depth = 1
        elif depth:
            blocks[-1].append(line)
            depth += word.startswith(b"BEGIN:") - word.startswith(b"END:")
        elif word.startswith(b"BEGIN:"):  # of a kind nobody knows
            blocks.append([line])
            depth = 1
        else:
            head.append(line)


def _kind(block: list[bytes]) -> bytes:
    return block[0].strip().upper()


def _uid(block: list[bytes]) -> str:
    """The UID, with the lines that continue it (RFC 5545 section 3.1); "" where there is none."""
    for number, line in enumerate(block):
        if line.upper().startswith((b"UID:", b"UID;")):
            more = []
            for further in block[number + 1 :]:
                if not further.startswith((b" ", b"\t")):
                    break
                more.append(further[1:])
            return (line + b"".join(more)).partition(b":")[2].decode(errors="replace").strip()
    return ""


def _address(url: str, uid: str, lines: list[bytes]) -> str:
    if PLAIN.fullmatch(uid):
        return own_href(url, uid)
    return own_href(url, hashlib.sha256(uid.encode() or b"\n".join(lines)).hexdigest())

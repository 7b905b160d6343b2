"""A whole calendar as one text (what a GET of a collection gives, and an exported file), taken apart into its objects.

An object is everything with the same UID, together with all time zones that the text defines (RFC 4791 section 4.1). The
text is cut between its lines; what stands in them is not looked at here, but for the UID.
"""

import hashlib
import re
from collections.abc import Iterator

from connectors.caldav.addresses import own_href

BEGIN, END = b"BEGIN:VCALENDAR", b"END:VCALENDAR"
PLAIN = re.compile(r"[A-Za-z0-9@._-]{1,200}")
"""UIDs that name an object as they are; ours are of this kind, and so get the address that we give them."""


def is_calendar(data: bytes) -> bool:
    """Is it iCalendar, and whole (RFC 5545 section 3.4)? Cut short, it would read as a calendar with fewer events."""
    text = data.lstrip(b"\xef\xbb\xbf \t\r\n").upper()
    return text.startswith(BEGIN) and text.rstrip().endswith(END)


def split(data: bytes, url: str) -> Iterator[tuple[str, bytes]]:
    """(address, text) of each object. The address of an object of ours is its own; others get one that no one asks for."""
    head, zones, parts = [b"VERSION:2.0"], list[list[bytes]](), dict[str, list[list[bytes]]]()
    for block in _blocks(data):
        if block[0].upper() == b"BEGIN:VTIMEZONE":
            zones.append(block)
        else:
            parts.setdefault(_uid(block), []).append(block)
    for uid, blocks in parts.items():
        lines = [BEGIN, *head, *(line for block in (*zones, *blocks) for line in block), END]
        yield _address(url, uid, blocks), b"\r\n".join(lines) + b"\r\n"


def _blocks(data: bytes) -> Iterator[list[bytes]]:
    """The components right inside of VCALENDAR, each as its lines."""
    block: list[bytes] = []
    depth = 0
    for line in data.lstrip(b"\xef\xbb\xbf").splitlines():
        word = line.strip().upper()
        if word.startswith(b"BEGIN:") and word != BEGIN:
            depth += 1
        if depth:
            block.append(line)
        if word.startswith(b"END:") and word != END:
            depth = max(0, depth - 1)
            if not depth and block:
                yield block
                block = []


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


def _address(url: str, uid: str, blocks: list[list[bytes]]) -> str:
    if PLAIN.fullmatch(uid):
        return own_href(url, uid)
    named = uid.encode() or b"\n".join(line for block in blocks for line in block)
    return own_href(url, hashlib.sha256(named).hexdigest())

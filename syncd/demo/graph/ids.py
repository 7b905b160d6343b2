"""Ids of events and calendars: long, case-sensitive, to be treated as opaque (Graph: "Get immutable identifiers").

An event has two: the normal one, which changes when it is moved, and the immutable one. An occurrence's derives from its
series and its date. They carry what they name and a seal, so that one altered is known as malformed and one outdated as
not found.
"""

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass, replace
from datetime import date

from syncd.demo.graph.refusal import Refused

NORMAL, IMMUTABLE, CALENDAR = b"\x00\x03\x24\x00", b"\x00\x09\x00\x2e", b"\x00\x03\x24\x01"
"""First bytes: they make ids begin with AAMk, AAkA and AAMk, as Exchange's do."""

LAYOUT = struct.Struct(">16sQIII")
SEAL = 43
"""Bytes, chosen so that ids end in "=", as Exchange's do: a client must encode it in paths."""


@dataclass(frozen=True, slots=True)
class Name:
    """What an id names: the thing's number in its mailbox (16 bytes), how often it was moved, and of a series, the day and version."""

    mailbox: bytes
    number: int
    moves: int = 0
    day: int = 0
    version: int = 0
    kind: bytes = NORMAL

    def on(self, day: date, version: int) -> "Name":
        """The occurrence of that day."""
        return replace(self, day=day.toordinal(), version=version)

    @property
    def is_normal(self) -> bool:
        return self.kind == NORMAL

    @property
    def on_day(self) -> date:
        """The day of the occurrence it names."""
        return date.fromordinal(self.day)

    @property
    def text(self) -> str:
        """The id. Immutable ids know nothing of moves."""
        moves = 0 if self.kind == IMMUTABLE else self.moves
        packed = self.kind + LAYOUT.pack(self.mailbox, self.number, moves, self.day, self.version)
        return base64.urlsafe_b64encode(packed + _seal(packed)).decode()


def name_of(text: str) -> Name:
    """Read an id back. Raises Refused (ErrorInvalidIdMalformed)."""
    try:
        raw = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise Refused(400, "ErrorInvalidIdMalformed") from error
    packed, seal = raw[:-SEAL], raw[-SEAL:]
    if (
        len(packed) != 4 + LAYOUT.size
        or seal != _seal(packed)
        or base64.urlsafe_b64encode(raw).decode() != text
    ):
        raise Refused(400, "ErrorInvalidIdMalformed")
    mailbox, number, moves, day, version = LAYOUT.unpack(packed[4:])
    return Name(mailbox, number, moves, day, version, packed[:4])


def _seal(packed: bytes) -> bytes:
    return hashlib.blake2b(packed, digest_size=SEAL, key=b"fake graph").digest()

"""A mail as a value: who reads it, what it tells, of which meeting. Everything a template may show comes from here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid5

from store.model import Agent, Meeting, Notice, Told
from syncd.rules.delivery import filled
from syncd.rules.guests import identity

NAMESPACE = UUID("1b0a6a2c-53d7-5d0e-8f53-3f0f3b7a1f4e")
"""Names what guests' calendars and mailboxes know a meeting by (RFC 9562 version 5); must never change."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads it. `zone`: the IANA zone that times are told in; `language`: a tag (RFC 5646)."""

    role: Literal["guest", "agent"]
    name: str
    email: str
    language: str
    zone: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What one person is told of a meeting. `agent` holds it; `told`: what the reader was told last, None: nothing.

    `corrects`: the version that an outdated mail told after the right one had arrived.
    """

    notice: Notice
    reader: Reader
    meeting: Meeting
    agent: Agent
    told: Told | None = None
    corrects: int | None = None

    @property
    def link(self) -> str:
        """The way into the conversation: an agent's own, or the guest's, filled in for who reads it."""
        meeting = self.meeting
        if self.reader.role == "agent":
            return filled(meeting.agent_link or meeting.link, self.agent, meeting.guests)
        readers = tuple(guest for guest in meeting.guests if identity(guest) == identity_of(self.reader))
        return filled(meeting.link, self.agent, readers)

    @property
    def number(self) -> UUID:
        """The same for every try to tell this, and different for everything else: what a Message-ID is made of."""
        parts = (
            self.meeting.id,
            str(self.meeting.version),
            self.reader.role,
            identity_of(self.reader),
            self.notice,
            *([f"corrects {self.corrects}"] if self.corrects is not None else []),
        )
        return uuid5(NAMESPACE, "\n".join(parts))

    @property
    def before(self) -> tuple[datetime, datetime] | None:
        """The time that no longer holds, if the reader knew another one."""
        if self.told is None or (self.told.start, self.told.end) == (self.meeting.start, self.meeting.end):
            return None
        return self.told.start, self.told.end


def identity_of(reader: Reader) -> str:
    """What makes this reader this reader: the address without case."""
    return reader.email.casefold()


def uid_of(meeting: str) -> str:
    """The UID under which guests' own calendars hold the meeting (RFC 5546 section 2.1.4): never that of an agent's copy."""
    return str(uuid5(NAMESPACE, meeting))

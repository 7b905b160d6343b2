"""What people in an office were mailed: each mail looked at when it arrives, and what their own calendars make of all of them.

Which meeting, version and notice a mail tells of follows from its Message-ID. A guest's calendar does as RFC 5546 says: the
highest SEQUENCE of a UID counts, REQUEST puts the event there, CANCEL takes it away.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Literal, get_args

from icalendar import Event
from mailboxes import event_of, text_of

from store.model import Meeting, Notice
from syncd.mail.letter import Letter, Reader
from syncd.rules.notices import OVER

ORGANIZER = "mailto:meetings@example.com"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A mail, and the meeting as it stood when the mail arrived (`late`: it moved on while the mail was under way)."""

    role: Literal["guest", "agent"]
    whom: str
    version: int
    notice: Notice
    meeting: Meeting
    at: datetime
    late: bool
    mail: EmailMessage

    @property
    def about(self) -> tuple[str, str, str]:
        """Which reader of which meeting it is for."""
        return (self.meeting.id, self.role, self.whom)


def numbers(
    meeting: Meeting, whom: str
) -> Iterator[tuple[str, tuple[Literal["guest", "agent"], int, Notice]]]:
    """The Message-IDs of all that this address can have been told of a meeting so far."""
    for role in ("guest", "agent"):
        for version in range(1, meeting.version + 1):
            for notice in get_args(Notice):
                reader = Reader(role, "", whom, "", "")  # type: ignore[arg-type]  # one of the two
                letter = Letter(notice, reader, _at(meeting, version), None)  # type: ignore[arg-type]  # who holds it is no part of it
                for corrects in (None, *range(max(1, version - 4), version)):
                    number = replace(letter, corrects=corrects).number
                    yield f"<{number}@example.com>", (role, version, notice)  # type: ignore[misc]  # a tuple is read as its parts


def _at(meeting: Meeting, version: int) -> Meeting:
    return replace(meeting, version=version)


@dataclass
class Post:
    """All that arrived in an office, in order."""

    arrived: list[Arrived] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    """Of no meeting there is."""

    def takes(
        self, mail: EmailMessage, whom: str, meetings: list[Meeting], now: datetime, *, late: bool
    ) -> None:
        """A mail arrives; `late`: somebody acted in the very moment before it was handed over."""
        number = str(mail["Message-ID"])
        for meeting in meetings:
            known = dict(numbers(meeting, whom))
            if number in known:
                role, version, notice = known[number]
                self.arrived.append(Arrived(role, whom, version, notice, meeting, now, late, mail))
                return
        self.strange.append(f"{whom}: {mail['Subject']}")

    def to(self, meeting: str, role: str, whom: str) -> list[Arrived]:
        """What one reader was told of one meeting."""
        return [one for one in self.arrived if one.about == (meeting, role, whom)]

    def check(self) -> None:
        """Nothing outdated went out, nothing twice, nothing to somebody it does not concern."""
        assert self.strange == []
        said: dict[str, tuple[str, str]] = {}
        for one in self.arrived:
            content = (str(one.mail["Subject"]), text_of(one.mail))
            assert said.setdefault(str(one.mail["Message-ID"]), content) == content
            assert one.late or one.version == one.meeting.version, f"outdated: {one}"
            assert one.late or _concerns(one), f"of no concern: {one}"
            assert one.at < one.meeting.end or one.late
            if one.notice == "starts-soon":
                assert one.late or timedelta(0) < one.meeting.start - one.at <= timedelta(hours=1)

    def reminders(self) -> list[tuple[object, ...]]:
        """(reader, start) of each reminder, the same one sent again left out."""
        found = {str(one.mail["Message-ID"]): one for one in self.arrived if one.notice == "starts-soon"}
        return [(*one.about, one.meeting.start) for one in found.values() if not one.late]


def _concerns(one: Arrived) -> bool:
    if one.role == "guest":
        return one.whom in {guest.email for guest in one.meeting.guests}
    holds = one.whom == f"{one.meeting.agent}@example.com"
    return one.notice == "cancelled" or holds != (one.notice == "handed-over")


def expects(mails: list[Arrived]) -> bool:
    """Does this reader, by the last mail, expect the meeting to take place?"""
    return bool(mails) and mails[-1].notice not in OVER


def own_calendar(mails: list[Arrived], guest: str) -> tuple[str, Event] | None:
    """What the guest's calendar holds of the meeting: the method that counts, and its event."""
    standing: tuple[str, Event] | None = None
    for method, event in (event_of(one.mail) for one in mails if one.notice != "starts-soon"):
        assert str(event["ORGANIZER"]) == ORGANIZER
        assert str(event["ATTENDEE"]) == f"mailto:{guest}"
        if standing is not None:
            (before, old), known = standing, (standing[1]["SEQUENCE"], event["SEQUENCE"])
            assert old["UID"] == event["UID"]
            if known[0] == known[1]:
                assert (before, old.decoded("DTSTART")) == (method, event.decoded("DTSTART")), (
                    "one SEQUENCE, two times"
                )
            if known[1] < known[0]:
                continue
        standing = (method, event)
    return standing


def is_told(mail: EmailMessage, start: datetime) -> bool:
    """Does the mail name this time, as the reader's zone has it? What held before stands in a line of its own."""
    lines = text_of(mail).splitlines()
    when = lines[[line.startswith("About ") for line in lines].index(True) + 1]
    hour, minute = int(f"{start:%I}"), f"{start:%M}"
    return re.search(rf"\b({hour}|{start:%H}):{minute}\b", when) is not None

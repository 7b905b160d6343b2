"""The calendar attachment of a guest's mail (iTIP, RFC 5546; in mail RFC 6047): so that it stands in their own calendar.

One UID for the meeting, whose SEQUENCE is its version: later mails update what earlier ones put there, and a CANCEL removes
it. The organizer is `[mail].from`; the only attendee is the reader, so guests do not see each other's addresses.
"""

from datetime import datetime
from email.headerregistry import Address
from typing import Literal

from icalendar import Calendar, Event, vCalAddress, vText

from syncd.mail.letter import Letter, uid_of
from syncd.rules.text import clean

Method = Literal["REQUEST", "CANCEL"]

PRODID = "-//syncd//mail//EN"


def method_of(letter: Letter) -> Method | None:
    """How the reader's calendar is to take it; None: nothing is attached (agents, and reminders)."""
    if letter.reader.role == "agent" or letter.notice == "starts-soon":
        return None
    return "CANCEL" if letter.notice == "cancelled" else "REQUEST"


def invitation(letter: Letter, method: Method, text: str, sender: Address, *, now: datetime) -> bytes:
    """An iCalendar object with this method. `text`: its description; `now`: its DTSTAMP."""
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(_event(letter, method, text, sender, now))
    return bytes(calendar.to_ical())


def _event(letter: Letter, method: Method, text: str, sender: Address, now: datetime) -> Event:
    meeting, event = letter.meeting, Event()
    event.add("uid", uid_of(meeting.id))
    event.add("sequence", meeting.version)
    event.add("dtstamp", now)
    event.add("dtstart", meeting.start)
    event.add("dtend", meeting.end)
    event.add("summary", clean(meeting.title))
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    event.add("transp", "OPAQUE")
    event.add("organizer", _person(sender.addr_spec, sender.display_name))
    event.add("attendee", _attendee(letter))
    if text:
        event.add("description", text)
    if letter.link and method == "REQUEST":  # what is over has no way in
        event.add("location", clean(letter.link))
    return event


def _attendee(letter: Letter) -> vCalAddress:
    """Answers are not read, so none is asked for."""
    person = _person(letter.reader.email, letter.reader.name)
    person.params["PARTSTAT"] = vText("NEEDS-ACTION")
    person.params["RSVP"] = vText("FALSE")
    return person


def _person(address: str, name: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{address}")
    if name:
        person.params["CN"] = vText(clean(name).replace('"', "'"))
    return person

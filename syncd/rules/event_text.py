"""What an agent reads in the event of a meeting, in their own language (RFC 5646): its title, and the lines of its text. Pure.

Who reads none of the languages here reads English. What people wrote themselves stays as they wrote it.
"""

from dataclasses import dataclass

from store.model import Meeting, MeetingStatus
from syncd.rules import drift


@dataclass(frozen=True, slots=True)
class Words:
    """`cancelled` stands before the title of a cancelled meeting's event: not every client shows that it is cancelled.

    `in_calendar` is said where a change was made in the agent's own calendar.
    """

    cancelled: str
    guest: str
    link: str
    reason: str
    in_calendar: str
    kept: str


ENGLISH = Words(
    "Cancelled", "Guest", "Link", "Reason of the change", drift.REASON,
    "Meeting {}, kept up to date by the meeting platform.",
)  # fmt: skip
WORDS = {
    "en": ENGLISH,
    "nl": Words(
        "Geannuleerd", "Gast", "Link", "Reden van de wijziging", "gewijzigd in de agenda van de medewerker",
        "Gesprek {}, bijgehouden door het gespreksplatform.",
    ),
    "de": Words(
        "Abgesagt", "Gast", "Link", "Grund der Änderung", "im Kalender des Gastgebers geändert",
        "Gespräch {}, von der Gesprächsplattform auf dem Laufenden gehalten.",
    ),
}  # fmt: skip


def title(meeting: Meeting, language: str) -> str:
    """The event's title."""
    if meeting.status is MeetingStatus.CANCELLED:
        return f"{_words(language).cancelled}: {meeting.title}"
    return meeting.title


def text(meeting: Meeting, link: str, language: str) -> str:
    """The event's text: guests, link, reason of the last change, and whose event it is."""
    words = _words(language)
    guests = [f"{guest.name} <{guest.email}>" if guest.name else guest.email for guest in meeting.guests]
    lines = [f"{words.guest}: {guest}" for guest in guests]
    lines += [f"{words.link}: {link}"] if link else []
    lines += [f"{words.reason}: {_reason(meeting.reason, words)}"] if meeting.reason else []
    return "\n".join([*lines, words.kept.format(meeting.id)])


def _reason(reason: str, words: Words) -> str:
    return words.in_calendar if reason == drift.REASON else reason


def _words(language: str) -> Words:
    return WORDS.get(language.partition("-")[0].lower(), ENGLISH)

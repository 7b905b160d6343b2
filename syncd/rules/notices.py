"""Who is to be told what of a meeting: when a change is accepted, and again at the moment a mail would go out.

What is owed says only that somebody has to be told something. What it is, is decided when the mail is sent, from the
meeting as it then stands and from what this person was told last: so nothing outdated goes out, two quick changes make one
mail, and who never heard of a meeting does not hear of its end.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from store.model import Guest, Meeting, MeetingStatus, Notice, Target, Told
from syncd.rules.guests import identity

REMIND_BEFORE = timedelta(hours=1)
"""How long before the start a reminder goes out."""

NO_REMINDER_WITHIN = timedelta(hours=3)
"""Who was told of this time so shortly before the start, or later, needs no reminder."""

OVER: tuple[Notice, ...] = ("cancelled", "handed-over")
"""After these a person does not expect the meeting any more."""

_ENDED = (MeetingStatus.COMPLETED, MeetingStatus.MISSED, MeetingStatus.FAILED)


@dataclass(frozen=True, slots=True)
class OwedNotice:
    """Somebody has to be told: `notice` is what, as things stand when the change is accepted."""

    whom: Target
    notice: Notice


def owed(before: Meeting | None, after: Meeting) -> tuple[OwedNotice, ...]:
    """Whom this change concerns, each once: the agent, the agent before, the guests in their order.

    A status that the platform tells (live, completed, missed, failed) concerns nobody's mailbox.
    """
    if before is None:
        return tuple(_everyone(after, "planned"))
    if after.status is MeetingStatus.CANCELLED:
        return tuple(_everyone(after, "cancelled")) if before.status is not after.status else ()
    return tuple(OwedNotice(whom, notice) for whom, notice in dict(_changed(before, after)).items())


def _everyone(meeting: Meeting, notice: Notice) -> Iterator[OwedNotice]:
    yield OwedNotice(agent_of(meeting, meeting.agent), notice)
    yield from (OwedNotice(guest_of(meeting, guest), notice) for guest in meeting.guests)


def _changed(before: Meeting, after: Meeting) -> Iterator[tuple[Target, Notice]]:
    """The later of two notices to one person counts: an agent who takes over need not be told that the time was moved."""
    known = {identity(guest) for guest in before.guests}
    new = [guest for guest in after.guests if identity(guest) not in known]
    if new:
        yield agent_of(after, after.agent), "invited"
    if (before.start, before.end) != (after.start, after.end):
        yield from ((one.whom, one.notice) for one in _everyone(after, "rescheduled"))
    if before.agent != after.agent:
        yield agent_of(after, after.agent), "assigned"
        yield agent_of(after, before.agent), "handed-over"
        yield from ((guest_of(after, guest), "assigned") for guest in after.guests)
    yield from ((guest_of(after, guest), "invited") for guest in new)


def agent_of(meeting: Meeting, agent: str) -> Target:
    """An agent's mailbox."""
    return Target(meeting.id, "mail", agent)


def guest_of(meeting: Meeting, guest: Guest) -> Target:
    """A guest's mailbox: by the address that makes them this guest."""
    return Target(meeting.id, "mail", guest=identity(guest))


# ---------------------------------------------------------------------------------------------------------------------
# When a mail would go out


def due_notice(
    owed: Notice,
    meeting: Meeting,
    whom: Target,
    told: Told | None,
    *,
    now: datetime,
    half: Told | None = None,
) -> Notice | None:
    """What this person is to be told now; None: nothing, because they know or because it is too late to matter.

    `told`: what they were told last, None: they never heard of the meeting. `half`: what a mail was to tell of which nobody
    knows whether it went out: they may know it, so its end is told, too; they may not, so it is told again, as is an end.
    """
    if meeting.status in _ENDED or meeting.end <= now:
        return None
    expects = half is not None or (told is not None and told.notice not in OVER)
    if meeting.status is MeetingStatus.CANCELLED:
        return "cancelled" if expects else None
    if not concerns(meeting, whom):
        return "handed-over" if expects and whom.agent is not None else None
    if half is not None and half.notice != "starts-soon":
        return _once_more(owed, meeting, whom, half)
    if told is None or told.notice in OVER:
        return _first(owed, meeting, whom)
    if (told.start, told.end) != (meeting.start, meeting.end):
        return "rescheduled"
    return _again(owed, meeting, whom, told, now)


def concerns(meeting: Meeting, whom: Target) -> bool:
    """Is this the meeting's agent, or one of its guests?"""
    if whom.agent is not None:
        return whom.agent == meeting.agent
    return whom.guest in {identity(guest) for guest in meeting.guests}


def _first(owed: Notice, meeting: Meeting, whom: Target) -> Notice:
    if whom.agent is not None:
        return "assigned" if meeting.assigned_at is not None else "planned"
    return "invited" if owed == "invited" else "planned"


def _once_more(owed: Notice, meeting: Meeting, whom: Target, half: Told) -> Notice:
    """To somebody who may or may not have got the last mail."""
    if half.notice in OVER:
        return _first(owed, meeting, whom)
    if (half.start, half.end) != (meeting.start, meeting.end):
        return "rescheduled"
    return half.notice


def _again(owed: Notice, meeting: Meeting, whom: Target, told: Told, now: datetime) -> Notice | None:
    """To somebody who expects the meeting at this very time."""
    if owed == "assigned" and whom.guest is not None and told.agent != meeting.agent:
        return "assigned"
    if owed == "invited" and whom.agent is not None and told.version < meeting.version:
        return "invited"
    if owed == "starts-soon" and meeting.status is MeetingStatus.SCHEDULED and now < meeting.start:
        return "starts-soon"
    return None


def as_told(meeting: Meeting, whom: Target, notice: Notice, before: Told | None, *, now: datetime) -> Told:
    """What is remembered once this notice was given.

    Who knew of this start keeps since when, and a reminder of it stays given, whatever else they are told meanwhile.
    """
    knew = before is not None and before.start == meeting.start and before.notice not in OVER
    at, reminded = (before.at, before.reminded) if before is not None and knew else (now, None)
    role: Literal["agent", "guest"] = "guest" if whom.agent is None else "agent"
    return Told(
        meeting.id, role, whom.agent or whom.guest or "", meeting.version, notice, meeting.agent, meeting.start,
        meeting.end, at, reminded,
    )  # fmt: skip


def mailbox_of(told: Told) -> Target:
    """Whose mailbox this was told to."""
    if told.role == "agent":
        return Target(told.meeting, "mail", told.who)
    return Target(told.meeting, "mail", guest=told.who)


def wants_reminder(told: Told) -> bool:
    """Was this person told of the meeting long enough before its start, and do they expect it?"""
    return told.notice not in OVER and told.start - told.at >= NO_REMINDER_WITHIN

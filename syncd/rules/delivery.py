"""From a meeting as it stands, and where its copies stand, to the next step that makes one agent's calendar agree.

Pure: the steps are carried out by `actions.deliver`, which asks again after each. Put comes before remove; a copy that is
to go is never written again, so that who gets a meeting back (A -> B -> A) gets a new generation with a new UID, and
neither a trash bin nor a late write of an earlier try can bite.
"""

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import quote

from connectors.interface import Event
from store.model import Agent, Copy, Guest, Meeting, MeetingStatus, Place
from syncd.rules import event_text

NAMESPACE = uuid.UUID("6f0a2c1e-5d0b-5c39-9a4e-2f3b1d7c8e90")
"""Names our UIDs (RFC 9562 version 5); must never change, or copies written earlier are no longer found."""

STANDING = ("intended", "present", "leaving")
"""States of a copy that does, or may, exist on the server."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What an accepted change owes to one agent's calendar, as things stand when it is accepted."""

    agent: str
    kind: Literal["put", "remove"]


@dataclass(frozen=True, slots=True)
class Done:
    """The agent's calendar agrees with the meeting."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do yet: the new agent's copy is not verified. After `until` the old one goes all the same."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Create:
    """Store a new copy's identity, before anything is written."""

    place: Place
    generation: int


@dataclass(frozen=True, slots=True)
class Put:
    """Write this copy as the meeting stands, and verify it."""

    copy: Copy


@dataclass(frozen=True, slots=True)
class Remove:
    """Take this copy away and verify that it is gone."""

    copy: Copy


Step = Done | Wait | Create | Put | Remove


def uid_of(meeting: str, agent: str, generation: int, marker: str) -> str:
    """The UID of a copy: [0-9a-f-] only, fit for an href; the random marker in it makes it unguessable beforehand."""
    return str(uuid.uuid5(NAMESPACE, "\n".join((meeting, agent, str(generation), marker))))


def owed(
    before: Meeting | None, after: Meeting, places: Mapping[str, Place], copies: Iterable[Copy], *,
    keep_cancelled: bool = False,
) -> tuple[Owed, ...]:  # fmt: skip
    """One entry for each agent whose calendar shows, or may show, the meeting otherwise than it now is."""
    if before is not None and _shown(before) == _shown(after):
        return ()
    copies, place = tuple(copies), places.get(after.agent)
    mine = [copy for copy in copies if copy.agent == after.agent]
    stays = after.status is not MeetingStatus.CANCELLED or (keep_cancelled and _to_keep(mine, place))
    shown = after.agent if place is not None and stays else None
    involved = {copy.agent for copy in copies if copy.state in STANDING}
    involved |= {one.agent for one in (before, after) if one is not None and one.agent in places}
    leaving = tuple(Owed(agent, "remove") for agent in sorted(involved - {shown}))
    return (Owed(shown, "put"), *leaving) if shown is not None else leaving


def _shown(meeting: Meeting) -> tuple[object, ...]:
    """All that an agent's event shows of a meeting: if it is equal, nothing is owed to any calendar."""
    return (
        meeting.agent, meeting.start, meeting.end, meeting.title, meeting.link, meeting.agent_link, meeting.guests,
        meeting.reason, meeting.status is MeetingStatus.CANCELLED,
    )  # fmt: skip


def next_step(
    meeting: Meeting, agent: Agent, *, places: Mapping[str, Place], copies: Iterable[Copy], now: datetime,
    release_after: timedelta, private: bool, reminder: timedelta, keep_cancelled: bool = False,
) -> Step:  # fmt: skip
    """The next step for one agent's calendar. `places`: agent -> where meetings are shown now; absent = nowhere."""
    copies, place = tuple(copies), places.get(agent.id)
    mine = sorted((copy for copy in copies if copy.agent == agent.id), key=lambda copy: copy.generation)
    standing = [copy for copy in mine if copy.state in STANDING]
    cancelled = meeting.status is MeetingStatus.CANCELLED and not (keep_cancelled and _to_keep(mine, place))
    if place is None or meeting.agent != agent.id or cancelled:
        return _leave(meeting, agent, standing, _awaited(meeting, places, copies), now, release_after)
    current = next(
        (copy for copy in reversed(standing) if copy.state != "leaving" and copy.place == place), None
    )
    if current is None:
        return Create(place, max((copy.generation for copy in mine), default=0) + 1)
    if not _as_wanted(current, event_of(meeting, agent, current, private=private, reminder=reminder)):
        return Put(current)
    outdated = next((copy for copy in standing if copy is not current), None)
    return Remove(outdated) if outdated else Done()


def _to_keep(mine: Iterable[Copy], place: Place | None) -> bool:
    """Does an event stand there that a cancelled meeting can keep? None is made for it."""
    return any(copy.state == "present" and copy.place == place and copy.drift != "deleted" for copy in mine)


def _as_wanted(copy: Copy, event: Event) -> bool:
    return copy.state == "present" and copy.written == digest(event) and not copy.drift


def _awaited(meeting: Meeting, places: Mapping[str, Place], copies: tuple[Copy, ...]) -> bool:
    """Is another agent's copy expected that has not been verified yet?"""
    if meeting.status is MeetingStatus.CANCELLED or meeting.agent not in places:
        return False
    return not any(copy.agent == meeting.agent and copy.state == "present" for copy in copies)


def _leave(
    meeting: Meeting,
    agent: Agent,
    standing: list[Copy],
    awaited: bool,
    now: datetime,
    release_after: timedelta,
) -> Step:
    """The agent's copies go; after an assign only once the new agent's copy is verified, or its server took too long."""
    if not standing:
        return Done()
    until = meeting.assigned_at + release_after if meeting.assigned_at is not None else now
    if meeting.agent != agent.id and awaited and now < until:
        return Wait(until)
    return Remove(standing[0])


def event_of(meeting: Meeting, agent: Agent, copy: Copy, *, private: bool, reminder: timedelta) -> Event:
    """The meeting as it is to stand in the agent's calendar: no attendees; guests in the text, the link as location.

    A cancelled one stands there as cancelled: its title says so, it takes no time, and nothing rings.
    """
    link = filled(meeting.agent_link or meeting.link, agent, meeting.guests)
    cancelled = meeting.status is MeetingStatus.CANCELLED
    return Event(
        uid=copy.uid,
        marker=copy.marker,
        start=meeting.start,
        end=meeting.end,
        zone=agent.timezone,
        title=event_text.title(meeting, agent.language),
        text=event_text.text(meeting, link, agent.language),
        link=link,
        private=private,
        reminder=timedelta(0) if cancelled else reminder,
        free=cancelled,
    )


def filled(link: str, agent: Agent, guests: tuple[Guest, ...]) -> str:
    """`{agent}` becomes the agent's id and `{guest}` the first guest's address, both percent-encoded."""
    guest = guests[0].email if guests else ""
    return link.replace("{agent}", quote(agent.id, safe="")).replace("{guest}", quote(guest, safe=""))


def agrees(event: Event, found: Event | None) -> bool:
    """Does the server hold what we want to write? White space and the zone's spelling don't count."""
    return found is not None and _essence(event) == _essence(found)


def digest(event: Event) -> str:
    """A fingerprint of what an event says, equal for whatever `agrees`."""
    return hashlib.sha256("\x1f".join(_essence(event)).encode()).hexdigest()


def parts(event: Event) -> dict[str, str]:
    """Fingerprints of what an event says besides its times, part by part: which of them differ can be told, and no more."""
    words = {"title": event.title, "text": event.text, "location": event.link}
    return {
        **{name: hashlib.sha256(" ".join(said.split()).encode()).hexdigest()[:12] for name, said in words.items()},
        "private": _yes(event.private), "reminder": str(int(event.reminder.total_seconds())),
        "busy": _yes(not event.free), "repeats": _yes(event.repeats),
    }  # fmt: skip


def _yes(said: bool) -> str:
    return "yes" if said else "no"


def _essence(event: Event) -> tuple[str, ...]:
    return (
        event.uid, event.marker, event.start.isoformat(), event.end.isoformat(),
        " ".join(event.title.split()), " ".join(event.text.split()), event.link.strip(),
        str(event.private), str(event.reminder.total_seconds()), *(["repeats"] if event.repeats else []),
        *(["free"] if event.free else []),
    )  # fmt: skip

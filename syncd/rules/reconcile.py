"""What a calendar server told, held against what is known: what to save, what is gone, what became of our own copies.

Pure. Foreign events are never more than intervals. *Ours* is only what a stored copy names: its calendar, UID and random
marker, and without organizer; everything else blocks, whatever marks it carries. A calendar that suddenly loses most of
its events is not believed at once (the mass-change brake).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from connectors.interface import NEVER_STORED, CalendarObject, Changes, Event
from store.model import Calendar, Copy, Duplicate, StoredObject
from syncd.rules import naming
from syncd.rules.delivery import digest, parts

FEW, MANY = 5, 20
"""From this many known objects on, a calendar that turns empty, or loses over half, is held."""

Drift = Literal["", "moved", "edited", "deleted", "copied"]


@dataclass(frozen=True, slots=True)
class Round:
    """What one reading of one calendar comes to.

    `unread`: known objects of which nothing could be read this time; what is known of their time stays.
    `copies`: our copies with what was seen of them; `stray`: copies that stand there although they are to be gone.
    `copied`: copies whose mark foreign events carry too, as when somebody duplicates one, with these: all take their time.
    `incomplete`: an object was listed and could not be fetched, so the old token is kept and it is asked for again.
    `held`: fingerprint of the removals that the brake holds (then `gone` is empty and the old token is kept).
    """

    upserts: tuple[StoredObject, ...]
    unread: tuple[StoredObject, ...]
    gone: tuple[str, ...]
    copies: tuple[Copy, ...]
    stray: tuple[Copy, ...]
    copied: tuple[tuple[Copy, Duplicate], ...]
    held: str | None
    incomplete: bool


NOTHING = Round((), (), (), (), (), (), None, False)
"""Nothing changed."""


def reconcile(
    changes: Changes, known: Mapping[str, str], copies: Sequence[Copy], *, calendar: Calendar, held: str | None,
    now: datetime,
) -> Round:  # fmt: skip
    """Decide what to save. `known`: href -> etag in the store before asking; `held`: what the brake holds since last time."""
    gone = _gone(changes, known)
    digest_of_gone = _brake(gone, known, changes, held)
    here = [copy for copy in copies if stands_in(copy, calendar)]
    owners = _owners(changes, known, here)
    saved = [stored(obj, owners.get(obj.href)) for obj in changes.upserts]
    unread = tuple(one for one in saved if one.problem and not one.intervals and one.href in known)
    seen = [_seen(owners[obj.href], obj, now) for obj in changes.upserts if obj.href in owners]
    deleted = (
        [] if digest_of_gone else [_deleted(copy, now) for copy in here if _vanished(copy, changes, seen)]
    )
    return Round(
        upserts=tuple(one for one in saved if one not in unread),
        unread=unread,
        gone=() if digest_of_gone else gone,
        copies=tuple(copy for copy in (*seen, *deleted) if copy.state in ("intended", "present")),
        stray=tuple(copy for copy in seen if copy.state in ("leaving", "gone")),
        copied=_copied(changes, owners, copies, now),
        held=digest_of_gone,
        incomplete=any(one.problem and not one.etag for one in saved),
    )


def _gone(changes: Changes, known: Mapping[str, str]) -> tuple[str, ...]:
    """Known hrefs that are there no more: named as removed, or absent from a full listing."""
    listed = {obj.href for obj in changes.upserts} | set(changes.unchanged)
    missing = set(known) - listed if changes.complete else set(changes.gone) & set(known) - listed
    return tuple(sorted(missing))


def _brake(gone: Sequence[str], known: Mapping[str, str], changes: Changes, held: str | None) -> str | None:
    """The fingerprint under which these removals are held, None if they are to be applied."""
    turns_empty = len(known) >= FEW and len(gone) == len(known)
    loses_most = len(known) >= MANY and len(gone) * 2 > len(known)
    if not (turns_empty or loses_most):
        return None
    fingerprint = hashlib.sha256("\n".join(gone).encode()).hexdigest()
    return None if changes.complete and held == fingerprint else fingerprint


def stands_in(copy: Copy, calendar: Calendar) -> bool:
    """Is this the calendar the copy was written to?"""
    if (copy.place.account, copy.place.login) != (calendar.account, calendar.login):
        return False
    if copy.href and calendar.href:
        return copy.href.startswith(calendar.href)
    wanted = copy.place.calendar
    return wanted == calendar.wanted or naming.named(wanted, href=calendar.href, name=calendar.name)


def _owners(changes: Changes, known: Mapping[str, str], copies: Iterable[Copy]) -> dict[str, Copy]:
    """Href -> the copy of ours that this object is. A second object with the same marks is somebody's copy: foreign."""
    owners: dict[str, Copy] = {}
    listed = {obj.href for obj in changes.upserts} | (set(known) - set(_gone(changes, known)))
    for copy in copies:
        matching = [obj.href for obj in changes.upserts if is_ours(copy, obj.event, organizer=obj.organizer)]
        if copy.href in matching:
            owners[copy.href] = copy
        elif matching and copy.href not in listed:
            owners[min(matching)] = copy
    return owners


def _copied(
    changes: Changes, owners: Mapping[str, Copy], copies: Iterable[Copy], now: datetime
) -> tuple[tuple[Copy, Duplicate], ...]:
    """The copies that were duplicated: an event that is none of them, here or in any calendar, carries their mark."""
    marked = {copy.marker: copy for copy in copies if copy.state == "present"}
    return tuple(
        (marked[obj.event.marker], Duplicate(obj.href, now, obj.event.start, obj.event.end))
        for obj in changes.upserts
        if obj.event is not None and obj.href not in owners and obj.event.marker in marked
    )


def is_ours(copy: Copy, event: Event | None, *, organizer: bool) -> bool:
    """Does what was found carry this copy's UID and its random marker, and no organizer?"""
    return event is not None and (event.uid, event.marker) == (copy.uid, copy.marker) and not organizer


def stored(obj: CalendarObject, copy: Copy | None = None) -> StoredObject:
    """The object as it is saved: kinds that can never block are left out, and so are intervals without length.

    A copy of ours takes no time besides its meeting's, unless its agent made a series of it.
    """
    intervals = tuple(
        (item.start, item.end, item.status.value, item.all_day)
        for item in obj.intervals
        if item.status not in NEVER_STORED and item.start < item.end
    )
    errors = [problem.message for problem in obj.problems if problem.level == "error"]
    repeats = obj.event is not None and obj.event.repeats
    if copy is not None and not repeats:
        return StoredObject(obj.href, obj.etag, obj.uid, copy_id=copy.id)
    return StoredObject(obj.href, obj.etag, obj.uid, intervals, obj.reduced, "; ".join(errors[:3]))


def _seen(copy: Copy, obj: CalendarObject, now: datetime) -> Copy:
    """The copy with what stands in the calendar, and how that differs from what was written last."""
    event = obj.event
    if event is None:
        return copy
    what: Drift = ""
    if copy.state == "present" and (event.start, event.end) != (copy.written_start, copy.written_end):
        what = "moved"
    elif copy.state == "present" and _says_otherwise(copy, event):
        what = "edited"
    found = replace(
        copy, href=obj.href, etag=obj.etag, found_start=event.start, found_end=event.end, found=digest(event),
        found_parts=parts(event),
    )  # fmt: skip
    return _drifted(found, what, now)


def _says_otherwise(copy: Copy, event: Event) -> bool:
    """Than the server held once it was written: what the server made of it then was no edit, and is none when read again."""
    if copy.written_parts is None:
        return digest(event) != copy.written
    return parts(event) != copy.written_parts


def _vanished(copy: Copy, changes: Changes, seen: Iterable[Copy]) -> bool:
    """A verified copy that the server no longer lists. To be believed only after a direct read."""
    if copy.state != "present" or not copy.href or any(one.id == copy.id for one in seen):
        return False
    return copy.href not in changes.unchanged if changes.complete else copy.href in changes.gone


def _deleted(copy: Copy, now: datetime) -> Copy:
    return _drifted(
        replace(copy, found_start=None, found_end=None, found="", found_parts=None), "deleted", now
    )


def _drifted(copy: Copy, what: Drift, now: datetime) -> Copy:
    """The copy with its drift; the moment it was first noticed stays."""
    if what == copy.drift:
        return copy
    return replace(copy, drift=what, drift_at=now if what else None)

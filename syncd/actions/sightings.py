"""What a reading saw of our own events: saved in the transaction of the calendar that was read, and told when that is done.

Not before: a transaction may be done twice (`Store.save`), or not at all.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from store import copies, deliveries, meetings
from store.database import Tx
from store.model import Calendar, Copy, Duplicate
from syncd import logs
from syncd.actions.owing import owe
from syncd.rules import reconcile
from syncd.rules.delivery import Owed


class Sightings:
    """Of one calendar, read once."""

    def __init__(self, row: Calendar, now: datetime) -> None:
        self._row, self._now = row, now
        self._news: list[Callable[[], None]] = []

    def save(self, tx: Tx, standing: Sequence[Copy], found: reconcile.Round) -> None:
        """Note what was seen, beside the copies that stood in this login's calendars when it was read."""
        self._news.clear()
        self._copies(tx, standing, found)
        self._duplicates(tx, standing, found)

    def tell(self) -> None:
        """Log what changed, once it is saved."""
        for say in self._news:
            say()

    def _copies(self, tx: Tx, standing: Sequence[Copy], found: reconcile.Round) -> None:
        """Save what was seen of our copies, unless a delivery changed them meanwhile or is still owed: then it speaks."""
        before = {copy.id: copy for copy in standing}
        for copy in sorted((*found.copies, *found.stray), key=lambda copy: copy.meeting):
            meetings.take_turn(tx, copy.meeting)
            stored = next((one for one in copies.copies(tx, meeting=copy.meeting) if one.id == copy.id), None)
            owed = deliveries.deliveries(tx, meeting=copy.meeting, states=("pending", "failed"))
            if (
                stored is None
                or stored != before.get(copy.id)
                or any(row.agent == copy.agent for row in owed)
            ):
                continue
            if stored.state in ("gone", "leaving"):
                self._owe_removal(tx, copy)
                continue
            copies.save_copy(tx, copy)
            if copy.drift and copy.drift != stored.drift and _is_coming(tx, copy):
                self._note_drift(copy)

    def _note_drift(self, copy: Copy) -> None:
        fields = {"meeting": copy.meeting, "agent": copy.agent, "what": copy.drift}
        self._news.append(lambda: logs.warning("drift_found", **fields))

    def _duplicates(self, tx: Tx, standing: Sequence[Copy], found: reconcile.Round) -> None:
        """Keep what carries the mark of one of our copies, until it is gone."""
        new: dict[int, dict[str, Duplicate]] = {}
        for copy, duplicate in found.copied:
            new.setdefault(copy.id, {})[duplicate.href] = duplicate
        concerned = [
            copy
            for copy in standing
            if copy.id in new or any(one.href in found.gone for one in copy.duplicates)
        ]
        for copy in sorted(concerned, key=lambda copy: copy.meeting):
            meetings.take_turn(tx, copy.meeting)
            stored = next((one for one in copies.copies(tx, meeting=copy.meeting) if one.id == copy.id), None)
            if stored is not None and stored.state == "present":
                self._note_duplicates(tx, stored, new.get(copy.id, {}), found.gone)

    def _note_duplicates(
        self, tx: Tx, copy: Copy, new: Mapping[str, Duplicate], gone: Collection[str]
    ) -> None:
        """What was seen before keeps since when, and whether it was accepted; what is new is told."""
        kept = {one.href: one for one in copy.duplicates if one.href not in gone}
        found = {
            href: replace(kept.get(href, one), start=one.start, end=one.end) for href, one in new.items()
        }
        copies.save_copy(tx, replace(copy, duplicates=tuple((kept | found).values())))
        if new.keys() - kept.keys() and _is_coming(tx, copy):
            hint = "both take their time; delete the one that is not wanted in the calendar"
            fields = {"meeting": copy.meeting, "agent": copy.agent, "calendar": self._row.name, "hint": hint}
            self._news.append(lambda: logs.warning("event_copied", **fields))

    def _owe_removal(self, tx: Tx, copy: Copy) -> None:
        """A copy that was to be gone stands there: a write of a killed worker arrived late. It goes now."""
        meeting = meetings.meeting(tx, copy.meeting)
        if meeting is None:
            return
        copies.save_copy(tx, replace(copy, state="leaving", drift="", drift_at=None))
        owe(tx, meeting, Owed(copy.agent, "remove"), copy.place.calendar, self._now)
        fields = {"meeting": copy.meeting, "agent": copy.agent, "generation": copy.generation}
        self._news.append(lambda: logs.warning("stray_copy_found", **fields))


def _is_coming(tx: Tx, copy: Copy) -> bool:
    """Does it still matter what becomes of this copy? Of a meeting that is over, or cancelled, nothing drifts."""
    meeting = meetings.meeting(tx, copy.meeting)
    return meeting is not None and meeting.status in meetings.COMING

"""What a delta round tells of a calendar's window (Graph: event: delta, on calendarView).

The first round tells of everything in it. A further one tells of what the mailbox's journal names since: what is in the
window as it now stands, a series always whole, and the rest as removed.
"""

from datetime import datetime

from syncd.demo.graph.asking import Call
from syncd.demo.graph.instances import in_window, itself, parts, whole
from syncd.demo.graph.rounds import Gone, Item
from syncd.demo.graph.things import Change, Entry


class Composer:
    """What a round tells of one calendar's window, in groups that stay on one page."""

    def __init__(self, call: Call, start: datetime, end: datetime) -> None:
        self._knobs, self._immutable = call.state.knobs, call.prefer.immutable
        self._mailbox, self._folder = call.mailbox, call.folder
        self._start, self._end = start, end

    def everything(self) -> list[list[Item]]:
        """All of the window."""
        return [self._group(entry) for entry in whole(self._folder, self._mailbox) if self._holds(entry)]

    def since(self, seq: int, upto: int) -> list[list[Item]]:
        """What the journal names after `seq`."""
        changes: dict[int, list[Change]] = {}
        for change in self._mailbox.journal[max(seq, 0) : upto]:
            if change.folder == self._folder.number:
                changes.setdefault(change.number, []).append(change)
        groups = [self._changed(number, found) for number, found in changes.items()]
        return [group for group in groups if group] + self._replayed(set(changes))

    def _holds(self, entry: Entry) -> bool:
        return in_window(entry, self._start, self._end, self._knobs)

    def _group(self, entry: Entry) -> list[Item]:
        """An event; or a series: its master, then all its parts in the window."""
        if not entry.is_series:
            return [itself(entry)]
        master: list[Item] = [] if self._knobs.master_missing else [itself(entry)]
        return [*master, *parts(entry, self._start, self._end, self._knobs)]

    def _changed(self, number: int, changes: list[Change]) -> list[Item]:
        entry = self._mailbox.entries.get(number)
        left = [change.gone for change in changes if change.gone is not None]
        if entry is None or entry.folder is not self._folder:
            return self._left(left[-1], changes) if left else []
        if left and self._knobs.moved_back_is_lost and self._immutable:
            return [Gone(entry)]
        before: list[Item] = [] if self._immutable else [Gone(gone) for gone in left]
        if self._holds(entry):
            return [*before, *self._group(entry), *self._deleted_parts(entry, changes)]
        return before + ([Gone(entry)] if self._tells(changes) else [])

    def _tells(self, changes: list[Change]) -> bool:
        """Is a change of something that is not in the window told? Always, or only if it was."""
        if self._knobs.out_of_window_removed:
            return True
        spans = [change.span for change in changes if change.span is not None]
        return any(start < self._end and end > self._start for start, end in spans)

    def _left(self, gone: Entry, changes: list[Change]) -> list[Item]:
        if not self._tells(changes):
            return []
        listed: list[Item] = []
        if gone.is_series and self._knobs.removed_series_whole:
            inside = parts(gone, self._start, self._end, self._knobs)
            listed = [Gone(gone, seen.day, gone.version) for seen in inside]
        return [Gone(gone), *listed]

    def _deleted_parts(self, entry: Entry, changes: list[Change]) -> list[Item]:
        if not self._knobs.deleted_occurrence_removed:
            return []
        return [
            Gone(entry, one.day, one.version)
            for one in changes
            if one.day is not None and one.version == entry.version
        ]

    def _replayed(self, changed: set[int]) -> list[list[Item]]:
        rest = [
            one
            for one in whole(self._folder, self._mailbox)
            if one.number not in changed and self._holds(one)
        ]
        return [self._group(entry) for entry in rest[: self._knobs.replays]]

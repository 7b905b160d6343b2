"""The fake Graph as tests and the demo hold it: what an agent does in Outlook, what an administrator does, and what is true.

Everything done here is done as through Graph itself, so clients see it the same way. Mailboxes are named by address or
object id, events by either form of their id. What it must do is written in Microsoft's pages; `knobs` names the source of
each behaviour, and nothing here was ever held against a live tenant.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from syncd.demo.graph import forms
from syncd.demo.graph.bell import Lifecycle
from syncd.demo.graph.faults import Fault
from syncd.demo.graph.instances import Seen, expanded, itself, whole
from syncd.demo.graph.knobs import Knobs
from syncd.demo.graph.outlook import Outlook
from syncd.demo.graph.prefer import Preferences
from syncd.demo.graph.refusal import Json
from syncd.demo.graph.things import Mailbox

IMMUTABLE = Preferences(immutable=True)


@dataclass(frozen=True, slots=True)
class Truth:
    """What really stands in a calendar: [start, end) in aware UTC (all-day: midnight UTC of its days), and of what kind."""

    start: datetime
    end: datetime
    show_as: str
    all_day: bool
    cancelled: bool
    response: str
    id: str
    series: str | None


class FakeGraph(Outlook):
    """The whole of it: what somebody does, what is true, and what goes wrong."""

    def busy(self, mailbox: str, start: datetime, end: datetime, calendar: str = "") -> list[Truth]:
        """Everything in a calendar's window as it stands, free and cancelled ones too, whatever the knobs hide."""
        with self.state.lock:
            box = self._box(mailbox)
            folder = self._folder(mailbox, calendar) if calendar else box.default
            return [_truth(box, seen) for seen in expanded(whole(folder, box), start, end, self.knobs)]

    def events(self, mailbox: str) -> list[Json]:
        """All events and series of a mailbox as Graph would tell them, extended properties included."""
        with self.state.lock:
            box = self._box(mailbox)
            return [
                {**forms.event(box, itself(one), IMMUTABLE, self.knobs), "extended": dict(one.extended)}
                for one in whole(None, box)
            ]

    def event(self, mailbox: str, event: str) -> Json:
        """One event, series or part. Raises Refused if it is not there."""
        with self.state.lock:
            return forms.event(self._box(mailbox), self._seen(mailbox, event), IMMUTABLE, self.knobs)

    def kill_tokens(self, mailbox: str = "") -> None:
        """Delta links of a mailbox, or of all, mean nothing any more."""
        with self.state.lock:
            for box in [self._box(mailbox)] if mailbox else self.state.mailboxes.values():
                box.generation += 1

    def migrate(self, mailbox: str) -> None:
        """The mailbox is moved to another server: its delta links die, its normal ids and calendars' ids change."""
        with self.state.lock:
            box = self._box(mailbox)
            self.kill_tokens(mailbox)
            for entry in box.entries.values():
                entry.moves += 1
            for folder in box.folders.values():
                folder.turn += 1

    def expire_sign_ins(self) -> None:
        """Access tokens given so far count no more."""
        self.app.tokens.kill()

    def throttle(self, mailbox: str) -> None:
        """The mailbox refuses everything for as long as `knobs.retry_after`."""
        self.app.throttle.quieten(self._box(mailbox).guid)

    def holding(self, mailbox: str) -> AbstractContextManager[None]:
        """Requests for the mailbox stay under way as long as this lasts."""
        return self.app.throttle.holding(self._box(mailbox).guid)

    def most_at_once(self, mailbox: str) -> int:
        """How many requests for the mailbox were under way at most."""
        return self.app.throttle.most(self._box(mailbox).guid)

    def fail(self, kind: str, *, method: str = "", path: str = "", times: int = 1) -> Fault:
        """Program a fault (`faults.KINDS` names them) for the next requests of that method and path (a pattern)."""
        return self.app.faults.add(kind, method=method, path=path, times=times)

    def heal(self) -> None:
        """No fault strikes any more, every knob is at its default."""
        self.app.faults.heal()
        self.state.knobs = Knobs()

    def lifecycle(self, mailbox: str, event: Lifecycle) -> None:
        """Send a lifecycle notification to the mailbox's subscribers."""
        with self.state.lock:
            for one in list(self.state.subscriptions.values()):
                if one.mailbox is self._box(mailbox):
                    self.bell.lifecycle(one, event)


def _truth(box: Mailbox, seen: Seen) -> Truth:
    fields = seen.entry.fields
    return Truth(
        seen.start.instant, seen.end.instant, fields["showAs"], seen.entry.all_day, fields["isCancelled"],
        fields["responseStatus"]["response"], forms.id_of(box, seen, immutable=True),
        None if seen.series is None else box.id_of(seen.series, immutable=True),
    )  # fmt: skip

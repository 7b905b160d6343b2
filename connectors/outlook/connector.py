"""The Outlook connector: one mailbox through Microsoft Graph v1.0, behind the contract of `connectors.interface`.

Graph tells of no revisions, so the calendars are listed daily and each is asked every cycle: one request where nothing
changed. It sends occurrences, not rules, so no object has a reduced form.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import ClassVar

from connectors.account import Account, Connections
from connectors.interface import Calendar, Changes, Event, Found, FreeBusy, Identity, Listing
from connectors.outlook import calendars, reading, schedule, writes
from connectors.outlook.client import Graph

MEMO = "graph"
"""There is nothing to learn about a mailbox: everything follows from its address."""


class OutlookConnector:
    """Speaks Graph for one mailbox (the login). Nothing is sent on creation; `clock` tells when a window is outgrown."""

    gate: ClassVar[bool] = False

    def __init__(
        self, account: Account, login: str, secret: str, connections: Connections,
        *, clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        self._server = account.url
        self._mailbox = login
        self._clock = clock
        self._graph = Graph(account, login, secret, connections)

    def calendars(self, memo: str | None) -> Listing:  # noqa: ARG002 - the contract's shape
        """The mailbox's calendars, the default one first."""
        return Listing(calendars.listing(self._graph, self._mailbox), MEMO)

    def changes(self, calendar: Calendar, state: str | None, known: Mapping[str, str]) -> Changes:
        """One delta round, or a full one, and a further request for each series or event of ours it leaves open."""
        return reading.changes(self._graph, self._server, calendar, state, known, now=self._clock())

    def free_busy(self, calendar: str, start: datetime, end: datetime) -> FreeBusy | None:
        """getSchedule, which Graph has for the default calendar alone."""
        return schedule.free_busy(self._graph, self._mailbox, calendar, start, end)

    def find(self, calendar: str, identity: Identity) -> Found | None:
        """A GET at the event's address, else a search by its marker."""
        return writes.find(self._graph, calendar, identity)

    def put(self, calendar: str, event: Event, found: Found | None) -> Found:
        """A POST with our transactionId, or a PATCH of what differs, and what the server holds afterwards."""
        return writes.put(self._graph, calendar, event, found)

    def remove(self, calendar: str, found: Found) -> None:
        """A conditional DELETE."""
        writes.remove(self._graph, calendar, found)

    def close(self) -> None:
        """Nothing is held: the connections belong to the process."""

"""The CalDAV connector: one login at one server (RFC 4791), behind the contract of `connectors.interface`."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import ClassVar

from connectors.account import Account, Connections
from connectors.caldav import freebusy, listing, sync, writes
from connectors.caldav.addresses import absolute
from connectors.caldav.listing import Memo, memo_from
from connectors.http.client import HttpClient
from connectors.http.pace import Pace
from connectors.interface import (
    Calendar,
    CalendarGone,
    Changes,
    Event,
    Found,
    FreeBusy,
    Garbled,
    Identity,
    Listing,
    NoAccess,
)


class CalDavConnector:
    """Speaks CalDAV as one login. Nothing is sent on creation; `clock` stamps what is written (DTSTAMP)."""

    gate: ClassVar[bool] = True

    def __init__(
        self, account: Account, login: str, secret: str, connections: Connections,
        *, clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        self._base = account.url
        self._caps = account.caps
        self._clock = clock
        pace = connections.shared((Pace, account.url), Pace)
        self._http = HttpClient(account, login, secret, connections, pace=pace)

    def calendars(self, memo: str | None) -> Listing:
        """One PROPFIND of the home; discovery where there is no memo, or the home has moved."""
        known = memo_from(memo)
        if known is not None:
            try:
                return self._listing(known)
            except (CalendarGone, Garbled, NoAccess):
                pass  # the home has moved (or the account has), or something else answers there: look for it anew
        return self._listing(self._discovered())

    def changes(self, calendar: Calendar, state: str | None, known: Mapping[str, str]) -> Changes:
        """A sync report and, if anything changed, a multiget of what did."""
        return sync.changes(self._http, self._url(calendar.href), calendar, state, known, self._caps)

    def free_busy(self, calendar: str, start: datetime, end: datetime) -> FreeBusy | None:
        """A free-busy-query report."""
        return freebusy.free_busy(self._http, self._url(calendar), start, end)

    def find(self, calendar: str, identity: Identity) -> Found | None:
        """A GET at the event's address; a search by UID only for one that was seen before and is gone from there."""
        return writes.find(self._http, self._url(calendar), identity)

    def put(self, calendar: str, event: Event, found: Found | None) -> Found:
        """A conditional PUT, then a GET of what the server made of it."""
        return writes.put(self._http, self._url(calendar), event, found, now=self._clock())

    def remove(self, calendar: str, found: Found) -> None:
        """A conditional DELETE."""
        writes.remove(self._http, self._url(calendar), found)

    def close(self) -> None:
        """Nothing is held: the connections belong to the process."""

    def _listing(self, memo: Memo) -> Listing:
        infos, learned = listing.listing(self._http, memo, self._base)
        return Listing(infos, learned.text())

    def _discovered(self) -> Memo:
        # Imported here because the caldav library costs start-up time, and is needed once in a login's life.
        from connectors.caldav import discovery

        return Memo(discovery.homes(self._http, self._base))

    def _url(self, calendar: str) -> str:
        return absolute(self._base, calendar)

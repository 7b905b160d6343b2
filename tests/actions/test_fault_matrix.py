"""Every fault at every kind of CalDAV request (RFC 4791, 6578), with a real store and a real Radicale: what must hold.

Meanwhile nobody is said to be available who is known to be busy, or of whom nothing is known; two cycles after the server
is healed everything is as if nothing had happened. `make test` runs every fourth fault once and each kind of request at least
once; `make test-long` the rest of the matrix.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from caldavground import HOME, CalDavGround
from faults import Fault, FaultProxy
from matrices import Row, asked, endure, matrix
from mishaps import EVERY_FAULT
from occasions import (
    one_changes,
    one_is_cancelled,
    one_is_handed_over,
    one_is_moved,
    one_is_planned,
    one_joins,
    several_change,
)
from ordeals import Ordeal
from servers import SECRET, CalDavServer
from stores import sqlite_only

from store.database import Store

# ---------------------------------------------------------------------------------------------------------------------
# The table


def one_is_renamed_and_moved(ordeal: Ordeal) -> None:
    ground = ordeal.ground
    assert isinstance(ground, CalDavGround)
    ground.rename(ordeal.logins["anna"], "talk")
    one_is_moved(ordeal)


SYNC, MULTIGET = "REPORT sync", "REPORT multiget"
FOUND = ("PROPFIND discovery", "PROPFIND discovery")

CALDAV = (
    Row("listing", one_changes, (HOME,), often=True),
    Row("changes", one_changes, (HOME, SYNC), often=True),
    Row("one event", one_changes, (HOME, SYNC, "GET"), often=True),
    Row("several events", several_change, (HOME, SYNC, MULTIGET), often=True),
    Row("discovery", one_joins, FOUND[:1], "cleo"),
    Row("first listing", one_joins, (*FOUND, HOME), "cleo"),
    Row("first changes", one_joins, (*FOUND, HOME, SYNC), "cleo"),
    Row("first events", one_joins, (*FOUND, HOME, SYNC, MULTIGET), "cleo"),
    Row("look before a write", one_is_moved, ("GET",)),
    Row("creation", one_is_planned, ("GET", "PUT")),
    Row("replacement", one_is_moved, ("GET", "PUT"), often=True),
    Row("look after a write", one_is_moved, ("GET", "PUT", "GET")),
    Row("search", one_is_renamed_and_moved, ("GET", "REPORT query")),
    Row("removal", one_is_cancelled, ("GET", "DELETE"), often=True),
    Row("creation at the next agent", one_is_handed_over, ("GET", "PUT"), "ben", with_ben=True),
    Row("removal at the last agent", one_is_handed_over, ("GET", "DELETE"), with_ben=True),
)

ONCE_WRONG = (
    "one event: 404",  # taken for deleted, and never asked for again
    "one event: 502 with a page",  # counted as read, so that its owner was free
    "one event: half a body as if whole",  # half an event, with an etag that vouched for it
    "first events: half a body, lasting",
    "several events: 429 in seconds",  # one calendar's trouble, so the login came back a minute later
    "changes: 429 in seconds",
    "look before a write: 404, lasting",  # taken for deleted by the agent, and written a second time
    "look before a write: half a body as if whole",  # taken for somebody else's, and written a second time
    "look after a write: 429 in seconds",  # an unknown outcome, looked at again after five seconds
    "look after a write: a length too short",  # its rest was taken for the next answer
    "removal: 404",  # taken for gone, and left behind
    "removal: a sign-in page with 200",
    "removal: 200 and nothing",
)

# ---------------------------------------------------------------------------------------------------------------------
# The matrix


@pytest.fixture
def ordeal(
    radicale: CalDavServer, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ordeal]:
    monkeypatch.setenv("SYNCD_TEST_SECRET", SECRET)
    ground = CalDavGround(radicale)
    with FaultProxy(ground.upstream) as proxy:
        made = Ordeal(ground, proxy, store, tmp_path)
        yield made
        made.ctx.connections.close()


@pytest.mark.long
@sqlite_only
@pytest.mark.parametrize("row", CALDAV, ids=lambda row: row.name)
def test_each_row_makes_the_requests_it_names(ordeal: Ordeal, row: Row) -> None:
    asked(ordeal, row)


@sqlite_only
@pytest.mark.parametrize(("row", "fault", "stays"), matrix(CALDAV, EVERY_FAULT, ONCE_WRONG, every=4))
def test_whatever_fails_the_end_is_right(ordeal: Ordeal, row: Row, fault: Fault, stays: bool) -> None:
    endure(ordeal, row, fault, stays=stays)

"""Every fault at the requests to Microsoft Graph that read and write, with a real store and the fake Graph: what must hold.

The same as over CalDAV (test_fault_matrix). The requests about subscriptions have a matrix of their own
(test_fault_matrix_push), because nothing that is known of calendars depends on them.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import Fault
from graphground import (
    DISCOVERY,
    EVENT,
    FULL,
    LISTING,
    PAGED,
    ROUND,
    SEARCH,
    TOKEN,
    GraphGround,
    graph_ordeal,
)
from matrices import Row, asked, endure, matrix
from mishaps import EVERY_FAULT, answers
from occasions import (
    one_changes,
    one_is_cancelled,
    one_is_handed_over,
    one_is_moved,
    one_is_planned,
    one_joins,
)
from ordeals import Ordeal, at
from stores import sqlite_only

from store.database import Store

# ---------------------------------------------------------------------------------------------------------------------
# The table


def one_becomes_a_series(ordeal: Ordeal) -> None:
    ground = ordeal.ground
    assert isinstance(ground, GraphGround)
    name = ordeal.enter("anna", at(11), at(12))
    ground.make_weekly(ordeal.logins["anna"], name)


def links_die(ordeal: Ordeal) -> None:
    ground = ordeal.ground
    assert isinstance(ground, GraphGround)
    ground.forget_tokens()
    one_changes(ordeal)


GRAPH = (
    Row("sign-in discovery", one_changes, (DISCOVERY,)),
    Row("sign-in", one_changes, (DISCOVERY, TOKEN)),
    Row("round", one_changes, (ROUND,), often=True),
    Row("a round with a series", one_becomes_a_series, (ROUND,)),
    Row("round with a dead link", links_die, (ROUND,)),
    Row("full round", links_die, (ROUND, FULL)),
    Row("a further page", links_die, (ROUND, FULL, PAGED), often=True),
    Row("first listing", one_joins, (LISTING,), "cleo"),
    Row("first round", one_joins, (LISTING, FULL), "cleo"),
    Row("search before a creation", one_is_planned, (SEARCH,)),
    Row("creation", one_is_planned, (SEARCH, "POST"), often=True),
    Row("look after a creation", one_is_planned, (SEARCH, "POST", EVENT)),
    Row("look at ours in a round", one_is_planned, (SEARCH, "POST", EVENT, ROUND, EVENT)),
    Row("look before a change", one_is_moved, (EVENT,)),
    Row("change", one_is_moved, (EVENT, "PATCH"), often=True),
    Row("look after a change", one_is_moved, (EVENT, "PATCH", EVENT)),
    Row("removal", one_is_cancelled, (EVENT, "DELETE"), often=True),
    Row("look after a removal", one_is_cancelled, (EVENT, "DELETE", EVENT)),
    Row("creation at the next agent", one_is_handed_over, (SEARCH, "POST"), "ben", with_ben=True),
    Row("removal at the last agent", one_is_handed_over, (EVENT, "DELETE"), with_ben=True),
)

GONE = (
    b'{"error": {"code": "ErrorItemNotFound", "message": "The specified object was not found in the store."}}'
)
FAULTS = (*EVERY_FAULT, answers("404 as Graph says it", 404, GONE, Content_Type="application/json"))

ONCE_WRONG = (
    "removal: 404 from a proxy, with a page",  # taken for gone, and left behind
    "removal: 404 as Graph says it",
    "look before a change: 404 from a proxy, with a page, lasting",  # taken for deleted by the agent
    "full round: 423",  # taken for "there is no delta here", and so listed plainly for a week
)

# ---------------------------------------------------------------------------------------------------------------------
# The matrix


@pytest.fixture
def ordeal(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ordeal]:
    with graph_ordeal(store, tmp_path, monkeypatch) as made:
        yield made


@pytest.mark.long
@sqlite_only
@pytest.mark.parametrize("row", GRAPH, ids=lambda row: row.name)
def test_each_row_makes_the_requests_it_names(ordeal: Ordeal, row: Row) -> None:
    asked(ordeal, row)


@sqlite_only
@pytest.mark.parametrize(("row", "fault", "stays"), matrix(GRAPH, FAULTS, ONCE_WRONG, every=9))
def test_whatever_fails_the_end_is_right(ordeal: Ordeal, row: Row, fault: Fault, stays: bool) -> None:
    endure(ordeal, row, fault, stays=stays)

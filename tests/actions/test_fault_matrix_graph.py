"""Every fault at the requests to Microsoft Graph that read and write, with a real store and the fake Graph: what must hold.

The same as over CalDAV (test_fault_matrix), with TLS on both sides of the proxy and the real msal signing in through it.
Subscriptions are not among the rows: what fails there is tested with the fake's own faults (test_actions_subscribe).
"""

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from certificates import CERTIFICATE, KEY
from exchanges import Request
from faults import Fault, FaultProxy
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
from ordeals import NOW, Ordeal, Standing, at
from stores import sqlite_only

from connectors.account import Account, Connections
from connectors.interface import Connector
from connectors.outlook.connector import OutlookConnector
from store.database import Store
from syncd.actions.context import Opener
from syncd.demo.graph import FakeGraph, Running, serve

PAGE = 3
"""So many events a page, so that full rounds have several."""

DISCOVERY, TOKEN = "GET sign-in", "POST sign-in"
LISTING, FULL, PAGED, ROUND, EVENT, SEARCH = (
    "GET calendars", "GET full round", "GET page", "GET round", "GET event", "GET search",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class GraphGround:
    """The fake Graph, as `ordeals.Ground` wants it. `ca_file`: trusts it, and the proxy."""

    running: Running
    ca_file: Path

    @property
    def fake(self) -> FakeGraph:
        return self.running.fake

    @property
    def upstream(self) -> str:
        return self.running.graph_url.removesuffix("v1.0")

    def account(self, url: str) -> str:
        who = f'tenant = "{self.running.tenant}"\nclient_id = "{self.running.client_id}"\n'
        where = (
            f'graph_url = "{url}v1.0"\nauthority = "{url}{self.running.tenant}"\nca_file = "{self.ca_file}"\n'
        )
        return (
            f'[accounts.lab]\nkind = "outlook"\n{who}{where}client_secret = {{ env = "SYNCD_TEST_SECRET" }}\n'
        )

    def calendar(self, login: str) -> str:
        which = 'check = ["default"]\nwrite = "default"\n'
        return f'[[agents.calendars]]\naccount = "lab"\nlogin = "{login}"\n{which}'

    def add_login(self) -> str:
        address = f"agent{len(self.fake.state.mailboxes)}@example.com"
        self.fake.add_mailbox(address)
        return address

    def enter(self, login: str, name: str, start: datetime, end: datetime) -> None:
        self.fake.add_event(login, start, end, subject=name)

    def make_weekly(self, login: str, name: str) -> None:
        """Somebody makes a series of an appointment."""
        pattern = {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"]}
        weekly = {"pattern": pattern, "range": {"type": "noEnd", "startDate": "2026-03-03"}}
        self.fake.edit(login, self._id(login, name), recurrence=weekly)

    def strike(self, login: str, name: str) -> None:
        self.fake.delete(login, self._id(login, name))

    def forget_tokens(self) -> None:
        """Delta links die, as they do."""
        self.fake.kill_tokens()

    def standing(self, login: str) -> list[Standing]:
        return [
            Standing(one["subject"], _moment(one["start"]), _moment(one["end"]), bool(one["extended"]))
            for one in self.fake.events(login)
        ]

    def _id(self, login: str, name: str) -> str:
        return next(str(one["id"]) for one in self.fake.events(login) if one["subject"] == name)

    @property
    def idle(self) -> str:
        return ROUND

    @property
    def preamble(self) -> tuple[str, ...]:
        return DISCOVERY, TOKEN

    def kind_of(self, request: Request) -> str:
        path, query = unquote(urlsplit(request.target).path), unquote(urlsplit(request.target).query)
        if not path.startswith("/v1.0/"):
            return f"{request.method} sign-in"
        if request.method != "GET":
            return request.method
        if path.endswith("/delta"):
            return ROUND if "deltatoken" in query else FULL if "startDateTime" in query else PAGED
        if path.endswith("/calendars"):
            return LISTING
        return SEARCH if path.endswith("/events") else EVENT

    def concerns(self, request: Request, login: str) -> bool:
        return f"/users/{login}/" in unquote(request.target) or not request.target.startswith("/v1.0/")

    def opener(self, clock: Callable[[], datetime]) -> Opener:
        def opened(account: Account, login: str, secret: str, connections: Connections) -> Connector:
            return OutlookConnector(account, login, secret, connections, clock=clock)

        return opened


def _moment(said: dict[str, str]) -> datetime:
    return datetime.fromisoformat(said["dateTime"][:19]).replace(tzinfo=UTC)


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
    fake = FakeGraph(NOW)
    fake.knobs.largest_page = PAGE
    (tmp_path / "proxy.pem").write_text(CERTIFICATE)
    (tmp_path / "proxy.key").write_text(KEY)
    here = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    here.load_cert_chain(tmp_path / "proxy.pem", tmp_path / "proxy.key")
    with serve(fake, bell=False) as running:
        (tmp_path / "ca.pem").write_text(CERTIFICATE + running.ca_file.read_text())
        monkeypatch.setenv("SYNCD_TEST_SECRET", running.client_secret)
        ground = GraphGround(running, tmp_path / "ca.pem")
        there = ssl.create_default_context(cafile=running.ca_file)
        with FaultProxy(ground.upstream, tls=here, trust=there, keeps_host=True) as proxy:
            made = Ordeal(ground, proxy, store, tmp_path)
            yield made
            made.ctx.connections.close()


@pytest.mark.long
@sqlite_only
@pytest.mark.parametrize("row", GRAPH, ids=lambda row: row.name)
def test_each_row_makes_the_requests_it_names(ordeal: Ordeal, row: Row) -> None:
    asked(ordeal, row)


@sqlite_only
@pytest.mark.parametrize(("row", "fault", "stays"), matrix(GRAPH, FAULTS, ONCE_WRONG, every=6))
def test_whatever_fails_the_end_is_right(ordeal: Ordeal, row: Row, fault: Fault, stays: bool) -> None:
    endure(ordeal, row, fault, stays=stays)

"""The fake Graph as a ground for ordeals: TLS on both sides of the proxy, and the real msal signing in through it."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from certificates import CERTIFICATE, KEY
from exchanges import Request
from faults import FaultProxy
from ordeals import NOW, Ordeal, Standing

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
    """The fake Graph, as `ordeals.Ground` wants it. `ca_file`: trusts it, and the proxy; `more`: of the configuration."""

    running: Running
    ca_file: Path
    more: str = ""

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
        return f'{self.more}[accounts.lab]\nkind = "outlook"\n{who}{where}client_secret = {{ env = "SYNCD_TEST_SECRET" }}\n'

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


@contextmanager
def graph_ordeal(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch, *, more: str = ""
) -> Iterator[Ordeal]:
    """Nobody has joined yet."""
    fake = FakeGraph(NOW)
    fake.knobs.largest_page = PAGE
    (folder / "proxy.pem").write_text(CERTIFICATE)
    (folder / "proxy.key").write_text(KEY)
    here = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    here.load_cert_chain(folder / "proxy.pem", folder / "proxy.key")
    with serve(fake, bell=False) as running:
        (folder / "ca.pem").write_text(CERTIFICATE + running.ca_file.read_text())
        monkeypatch.setenv("SYNCD_TEST_SECRET", running.client_secret)
        ground = GraphGround(running, folder / "ca.pem", more)
        there = ssl.create_default_context(cafile=running.ca_file)
        with FaultProxy(ground.upstream, tls=here, trust=there, keeps_host=True) as proxy:
            made = Ordeal(ground, proxy, store, folder)
            yield made
            made.ctx.connections.close()

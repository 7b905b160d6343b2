"""A scripted Graph that takes subscriptions: it shakes hands with the address it is given, and rings there when told to.

The configuration, the store and the clock around it are real; time is what the test says.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from scripted import Asked, Said, ScriptedServer, reply

from store import calendars, subscriptions
from store.database import Store
from store.model import Login
from store.subscriptions import Subscription
from syncd import config
from syncd.actions.context import Context
from syncd.actions.follow import follow

TENANT = "3f0c1a52-0000-4000-8000-000000000001"
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

CONFIG = """
timezone = "Europe/Amsterdam"
[sync]
interval = "60s"
stale_after = "10m"
[http]
listen = "127.0.0.1:0"
public_url = "{public_url}"
[accounts.m365]
kind = "outlook"
tenant = "{tenant}"
client_id = "app"
client_secret = {{ env = "SYNCD_TEST_SECRET" }}
graph_url = "{graph}v1.0"
authority = "{graph}{tenant}"
ca_file = "{ca_file}"
"""

AGENT = """
[[agents]]
id = "{id}"
name = "{id}"
email = "{id}@example.com"
[[agents.calendars]]
account = "m365"
login = "{id}@example.com"
"""


def says(status: int, said: dict[str, Any]) -> bytes:
    """An answer in JSON."""
    return reply(status, json.dumps(said).encode(), Content_Type="application/json")


def refused(status: int, code: str) -> bytes:
    """Graph's error."""
    return says(status, {"error": {"code": code, "message": "Something is wrong."}})


@dataclass
class Bells:
    """Subscriptions by id. `faults`: what to answer to the next requests, by "METHOD path" (ids as *).

    `shakes`: whether the address is called before a subscription is made. `life`: how long the longest may live.
    """

    url: str = ""
    asked: list[str] = field(default_factory=list)
    held: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: dict[str, list[Callable[[], Said]]] = field(default_factory=dict)
    shakes: bool = False
    life: timedelta = timedelta(minutes=4230)
    now: Callable[[], datetime] = lambda: NOW
    _ids: Any = field(default_factory=lambda: itertools.count(1))

    def __call__(self, asked: Asked) -> Said:
        if not asked.path.startswith("/v1.0/"):
            return says(200, self._sign_in(asked.path))
        path = unquote(asked.path.removeprefix("/v1.0")).partition("?")[0]
        _, _, key = path.removesuffix("/reauthorize").removeprefix("/").partition("/")
        what = f"{asked.method} {path.replace(key, '*') if key else path}"
        self.asked.append(what)
        if faults := self.faults.get(what):
            return faults.pop(0)()
        if key and key not in self.held:
            return refused(404, "ResourceNotFound")
        return self._done(what, key, json.loads(asked.body) if asked.body else {})

    def _done(self, what: str, key: str, body: dict[str, Any]) -> Said:
        match what:
            case "POST /subscriptions":
                return self._made(body)
            case "GET /subscriptions":
                return says(200, {"value": [{**one, "clientState": None} for one in self.held.values()]})
            case "PATCH /subscriptions/*":
                self.held[key] |= {"expirationDateTime": self._until(body)}
                return says(200, {**self.held[key], "clientState": None})
            case "DELETE /subscriptions/*":
                del self.held[key]
                return reply(204)
            case "POST /subscriptions/*/reauthorize":
                return reply(204)
        return refused(405, "MethodNotAllowed")

    def _sign_in(self, path: str) -> dict[str, Any]:
        authority = f"{self.url}{TENANT}"
        if path.endswith("openid-configuration"):
            names = {"authorization_endpoint": "oauth2/v2.0/authorize", "token_endpoint": "oauth2/v2.0/token"}
            return {"issuer": f"{authority}/v2.0"} | {n: f"{authority}/{to}" for n, to in names.items()}
        return {"token_type": "Bearer", "expires_in": 3600, "access_token": "a-token"}

    def _made(self, body: dict[str, Any]) -> Said:
        if self.shakes and not all(
            self.handshake(body[name]) for name in ("notificationUrl", "lifecycleNotificationUrl")
        ):
            return refused(400, "ValidationError")
        key = f"7f105c7d-2dc5-4530-97cd-{next(self._ids):012}"
        self.held[key] = {"id": key, **body, "expirationDateTime": self._until(body)}
        return says(201, {**self.held[key], "clientState": None})

    def handshake(self, url: str, token: str = "Validation: Testing <b>&+%/= ünï") -> bool:
        """Is the address ours? It has to give the token back."""
        said = requests.post(url, params={"validationToken": token}, timeout=10)
        return said.status_code == 200 and said.content == token.encode()

    def _until(self, body: dict[str, Any]) -> str:
        wanted = datetime.fromisoformat(body["expirationDateTime"])
        return f"{min(wanted, self.now() + self.life):%Y-%m-%dT%H:%M:%S.0000000Z}"


@dataclass
class Tower:
    """Agents with mailboxes at the scripted Graph, the store, and the time."""

    bells: Bells
    server: ScriptedServer
    store: Store
    folder: Path
    now: datetime = NOW
    ctx: Context = None  # type: ignore[assignment]  # set by `configure`

    def configure(self, *agents: str, public_url: str = "https://syncd.example.com/x/") -> Context:
        """Take up a configuration with these agents."""
        head = CONFIG.format(
            graph=self.server.url,
            tenant=TENANT,
            ca_file=self.folder / "certificate.pem",
            public_url=public_url,
        )
        path = self.folder / "config.toml"
        path.write_text(head + "".join(AGENT.format(id=agent) for agent in agents))
        self.ctx = Context(config.load(path), self.store, clock=lambda: self.now, jitter=lambda: 0.5)
        follow(self.ctx)
        return self.ctx

    def rows(self) -> dict[str, Subscription]:
        """agent -> the subscription as stored."""
        with self.store.reading() as tx:
            return {one.agent: one for one in subscriptions.subscriptions(tx)}

    def row(self) -> Subscription:
        """The only one."""
        (one,) = self.rows().values()
        return one

    def logins(self) -> dict[str, Login]:
        """agent -> login."""
        with self.store.reading() as tx:
            return {one.agent: one for one in calendars.logins(tx)}

    def asked(self) -> list[str]:
        """What Graph was asked since the last look."""
        asked, self.bells.asked[:] = [*self.bells.asked], []
        return asked


def subscribed(rows: Subscription, **more: Any) -> dict[str, Any]:
    """A genuine notification about what this subscription is for."""
    return {
        "subscriptionId": rows.subscription, "clientState": rows.client_state, "changeType": "updated",
        "subscriptionExpirationDateTime": "2026-03-05T00:00:00Z", "tenantId": TENANT,
        "resource": "Users/x/Events/y", "resourceData": {"@odata.type": "#Microsoft.Graph.Event", "id": "y"}, **more,
    }  # fmt: skip


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody else trusts, and its key, in files."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bells")]),
    )
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )  # fmt: skip
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return public, private


@contextmanager
def tower_with(store: Store, folder: Path, *agents: str) -> Iterator[Tower]:
    """These agents' mailboxes at a scripted Graph that ends with the test. SYNCD_TEST_SECRET has to be set."""
    bells = Bells()
    with ScriptedServer(bells, tls=certificate(folder)) as server:
        bells.url = server.url
        tower = Tower(bells, server, store, folder)
        bells.now = lambda: tower.now
        tower.configure(*agents)
        yield tower
        tower.ctx.connections.close()

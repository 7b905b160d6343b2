"""Puts up everything the demo needs in a temporary folder, and takes it down again, whatever happens in between.

A calendar server with the example agents' calendars, a configuration, and on request the daemon itself: its clock and
executor and page in this process, on an embedded SQLite store (https://www.sqlite.org/).
"""

import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from connectors import open_connector
from store.database import open_store
from syncd.actions.context import Context, Opener, utc_now
from syncd.actions.tokens import create_token
from syncd.config import load
from syncd.daemon import Daemon
from syncd.demo import calendars, people, post, server
from syncd.demo.days import Days
from syncd.demo.ending import ignore_signals
from syncd.demo.graph import FakeGraph, Running
from syncd.demo.graph import serve as graph_served
from syncd.demo.grounds import Everybody, Ground
from syncd.demo.mailboxes import Mailboxes
from syncd.demo.onlooker import Onlooker
from syncd.demo.people import PEOPLE, Person
from syncd.demo.post import Post
from syncd.demo.server import Server

BY = "demo"
"""Who plans the demo's meetings and makes its token."""


@dataclass(frozen=True)
class Stage:
    """What stands: the folder, the configuration file in it, the servers with their logins, and the days of the story.

    `logins`: of the CalDAV server (name -> password); `post`: where all mail goes; `graph`: the fake Graph, if there is one.
    """

    folder: Path
    configuration: Path
    server: Server
    logins: Mapping[str, str]
    days: Days
    everybody: Everybody
    post: Post
    graph: Running | None = None

    def login_of(self, person: Person) -> str:
        """Under which name syncd reaches the person's calendars."""
        return people.login_of(person, outlook=self.graph is not None)


@contextmanager
def stage(*, listen: str, interval: timedelta, outlook: bool = False) -> Iterator[Stage]:
    """The folder, the servers and the configuration. Raises `ServerMissing` without a calendar server or a mail server.

    `outlook`: half of the agents on a fake Graph, which tells syncd of changes: so `listen` needs a port.
    """
    days = Days.around(utc_now())
    away = people.IN_OUTLOOK if outlook else ()
    logins = {person.id: secrets.token_urlsafe(9) for person in PEOPLE if person not in away}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="syncd-demo-")))
        running = stack.enter_context(server.running(folder / "server", logins))
        onlooker = Onlooker(running.url, logins)
        grounds: dict[str, Ground] = dict.fromkeys(logins, onlooker)
        mailboxes = stack.enter_context(_outlook()) if outlook else None
        grounds |= dict.fromkeys((person.id for person in away), mailboxes) if mailboxes else {}
        everybody = Everybody({person.id: grounds[person.id] for person in PEOPLE})
        graph = mailboxes.running if mailboxes else None
        mails = stack.enter_context(post.running())
        settings = people.Settings(
            folder, running.url, mails.address, _with_port(listen) if outlook else listen, interval,
            _secrets(folder, logins), _tenant(folder, graph) if graph else None,
        )  # fmt: skip
        configuration = folder / "config.toml"
        configuration.write_text(people.configuration(settings, days.past_friday))
        put_up = Stage(folder, configuration, running, logins, days, everybody, mails, graph)
        _fill(put_up)
        try:
            yield put_up
        finally:
            ignore_signals()


@contextmanager
def _outlook() -> Iterator[Mailboxes]:
    """A fake Graph with the mailboxes of `IN_OUTLOOK`. Its clock runs; it takes an address of this machine without TLS."""
    fake = FakeGraph(None)
    fake.knobs.plain_http = True
    with graph_served(fake) as running, closing(Mailboxes(running)) as mailboxes:
        mailboxes.open(person.id for person in people.IN_OUTLOOK)
        yield mailboxes


@dataclass(frozen=True)
class Served:
    """The running daemon: its context, where it listens, and the secret of a token for its HTTP interface and its page."""

    ctx: Context
    address: str
    token: str


@contextmanager
def daemon(on: Stage, opener: Opener = open_connector) -> Iterator[Served]:
    """The real daemon, started: clock, executor, store, page. `opener`: how it comes to its connectors.

    On this machine the page takes everybody for the owner of the token: the demo's people, calendars and store are made up
    and gone at its end, and its mails stay in this process (decision 20).
    """
    config = load(on.configuration)
    with Context(config, open_store(config.store.url), opener=opener) as ctx:
        ctx.store.migrate()
        made = create_token(ctx, "write", by=BY, name="demo visitor")
        running = Daemon(ctx, visitor=made.token.id)
        try:
            running.start()
            yield Served(ctx, running.web.address if running.web is not None else "", made.secret)
        finally:
            ignore_signals()
            if running.clock.running:
                running.stop()


def _secrets(folder: Path, logins: Mapping[str, str]) -> dict[str, Path]:
    return {login: _secret_file(folder, login, secret) for login, secret in logins.items()}


def _tenant(folder: Path, graph: Running) -> people.Tenant:
    secret = _secret_file(folder, "outlook", graph.client_secret)
    return people.Tenant(
        graph.tenant, graph.client_id, secret, graph.graph_url, graph.authority, graph.ca_file
    )


def _with_port(listen: str) -> str:
    """The address with a port that is free now, where it leaves that open."""
    host, _, port = listen.rpartition(":")
    return listen if int(port) else f"{host}:{server.free_port()}"


def _secret_file(folder: Path, login: str, secret: str) -> Path:
    path = folder / f"{login}.secret"
    path.touch(0o600)
    path.write_text(secret)
    return path


def _fill(on: Stage) -> None:
    """Give everybody their calendars, as foreign programs would have made them."""
    written = calendars.entries(on.days)
    for person in PEOPLE:
        mine = [entry for entry in written if entry.person is person]
        texts = {name: [one.text for one in mine if one.calendar == name] for name in people.CALENDARS}
        on.everybody[person.id].add_calendars(person.id, texts)

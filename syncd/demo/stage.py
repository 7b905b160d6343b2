"""Puts up everything the demo needs in a temporary folder, and takes it down again, whatever happens in between.

A calendar server with the example agents' calendars, a configuration, and on request the daemon itself: its clock and
executor in this process, on an embedded SQLite store (https://www.sqlite.org/).
"""

import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from connectors import open_connector
from store.database import open_store
from syncd.actions.context import Context, Opener, utc_now
from syncd.config import load
from syncd.daemon import Daemon
from syncd.demo import calendars, people, server
from syncd.demo.days import Days
from syncd.demo.ending import ignore_signals
from syncd.demo.onlooker import Onlooker
from syncd.demo.people import PEOPLE
from syncd.demo.server import Server


@dataclass(frozen=True)
class Stage:
    """What stands: the folder, the configuration file in it, the server with its logins, and the days of the story."""

    folder: Path
    configuration: Path
    server: Server
    logins: Mapping[str, str]
    days: Days

    @property
    def onlooker(self) -> Onlooker:
        """The independent client, signed in as everybody."""
        return Onlooker(self.server.url, self.logins)


@contextmanager
def stage(*, listen: str, interval: timedelta) -> Iterator[Stage]:
    """The folder, the server and the configuration. Raises `ServerMissing` without a calendar server."""
    days = Days.around(utc_now())
    logins = {person.id: secrets.token_urlsafe(9) for person in PEOPLE}
    with tempfile.TemporaryDirectory(prefix="syncd-demo-") as name:
        folder = Path(name)
        with server.running(folder / "server", logins) as running:
            configuration = _configured(folder, running.url, logins, days, listen, interval)
            put_up = Stage(folder, configuration, running, logins, days)
            _fill(put_up)
            try:
                yield put_up
            finally:
                ignore_signals()


@contextmanager
def daemon(on: Stage, opener: Opener = open_connector) -> Iterator[Context]:
    """The real daemon, started: clock, executor, store. `opener`: how it comes to its connectors."""
    config = load(on.configuration)
    with Context(config, open_store(config.store.url), opener=opener) as ctx:
        running = Daemon(ctx)
        try:
            running.start()
            yield ctx
        finally:
            ignore_signals()
            if running.clock.running:
                running.stop()


def _configured(
    folder: Path, url: str, logins: Mapping[str, str], days: Days, listen: str, interval: timedelta
) -> Path:
    files = {login: _secret_file(folder, login, secret) for login, secret in logins.items()}
    settings = people.Settings(folder, url, listen, interval, files)
    path = folder / "config.toml"
    path.write_text(people.configuration(settings, days.past_friday))
    return path


def _secret_file(folder: Path, login: str, secret: str) -> Path:
    path = folder / f"{login}.secret"
    path.touch(0o600)
    path.write_text(secret)
    return path


def _fill(on: Stage) -> None:
    """Give everybody their calendars, through the independent client: as foreign programs would have made them."""
    written = calendars.entries(on.days)
    for person in PEOPLE:
        mine = [entry for entry in written if entry.person is person]
        texts = {name: [one.text for one in mine if one.calendar == name] for name in people.CALENDARS}
        on.onlooker.add_calendars(person.id, texts)

"""What tests of the doors share: a configuration with a store of its own, and the command line run on it in this process.

`desk` has agents and no calendars; `office` has two agents whose calendars are on a real Radicale.
"""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from servers import SECRET, CalDavServer

from syncd.__main__ import main

PEOPLE = """
timezone = "Europe/Amsterdam"
[store]
url = "{url}"
[http]
listen = "127.0.0.1:0"
[groups.loans]
name = "Loans"
[[agents]]
id = "anna"
name = "Anna de Vries"
email = "anna@example.com"
groups = ["loans"]
[[agents]]
id = "bert"
name = "Bert Smit"
email = "bert@example.com"
timezone = "America/New_York"
[[agents]]
id = "cleo"
name = "Cleo Mol"
email = "cleo@example.com"
active = false
"""


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def problem(self) -> Any:
        """The last line of stderr, which with --json is a problem."""
        return json.loads(self.err.splitlines()[-1])


@dataclass
class Desk:
    """A configuration, and the commands run with it."""

    config: Path
    capsys: pytest.CaptureFixture[str]

    def run(self, *words: str) -> Outcome:
        """Run a command as `main` does for the console script."""
        self.capsys.readouterr()
        code = main([*words, "--config", str(self.config)])
        said = self.capsys.readouterr()
        return Outcome(code, said.out, said.err)

    def ok(self, *words: str) -> Outcome:
        """Run a command that must end with 0."""
        outcome = self.run(*words)
        assert outcome.code == 0, outcome
        return outcome

    def json(self, *words: str) -> Any:
        """The JSON a command prints when it ends with 0."""
        return self.ok(*words, "--json").json

    def plan(self, name: str = "m1", *more: str, agent: str = "anna", hour: int = 10) -> Any:
        """Plan an hour's meeting, three days ahead, in the agent's zone."""
        return self.json("meeting", "plan", name, "--agent", agent, *hours(hour), "--title", "Talk", *more)


def started(today: date) -> date:
    """The day that `day` counts from: three days on, no agent's clocks change."""
    return today if today + timedelta(days=3) not in _changes(today.year) else today + timedelta(days=1)


def _changes(year: int) -> set[date]:
    """Amsterdam changes on the last Sundays of March and October, New York on the second of March and the first of November."""
    firsts = ((3, 25), (10, 25), (3, 8), (11, 1))
    return {
        one + timedelta(days=6 - one.weekday()) for one in (date(year, month, at) for month, at in firsts)
    }


TODAY = started(datetime.now(UTC).date())
"""Looked up once: a run that goes on past midnight must not plan for one day and look at another."""


def day(ahead: int = 3) -> date:
    """A day that is not over yet, wherever on earth."""
    return TODAY + timedelta(days=ahead)


def hours(start: int, length: int = 1, ahead: int = 3) -> tuple[str, ...]:
    """`--start` and `--end` on that day, without an offset."""
    return ("--start", f"{day(ahead)}T{start:02}:00", "--end", f"{day(ahead)}T{start + length:02}:00")


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    """A command sets up its own log lines; in this process they must not outlive it."""
    root, ours = logging.getLogger(), logging.getLogger("syncd")
    handlers, levels = list(root.handlers), (root.level, ours.level)
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


@pytest.fixture
def desk(
    new_sqlite_url: Callable[[], str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    logging_as_before: None,
) -> Desk:
    """Three agents without calendars: anna (in a group), bert (in New York), cleo (not active)."""
    config = tmp_path / "config.toml"
    config.write_text(PEOPLE.format(url=new_sqlite_url()))
    return Desk(config, capsys)


CALENDARS = """
[accounts.cloud]
kind = "caldav"
url = "{server}"
"""

LOGIN = """
  [[agents.calendars]]
  account = "cloud"
  login = "{login}"
  password = {{ file = "{secret}" }}
  check = ["Work"]
  write = "Work"
"""


@dataclass
class Office(Desk):
    """A desk whose anna and bert each have a calendar `Work` on a server."""

    server: CalDavServer
    logins: dict[str, str]
    calendars: dict[str, str]
    secret: Path

    def add_event(self, agent: str, start: str, end: str, *, uid: str = "dentist", more: str = "") -> None:
        """Put an event into the agent's calendar, by the clock in Amsterdam, as another client would."""
        text = EVENT.format(uid=uid, start=start, end=end, more=more).replace("\n", "\r\n")
        self.server.put(self.logins[agent], self.calendars[agent], uid, text)

    def events(self, agent: str) -> list[str]:
        """The texts of all objects in the agent's calendar, as an independent client reads them."""
        login, calendar = self.logins[agent], self.calendars[agent]
        return [self.server.get(login, href) or "" for href in self.server.hrefs(login, calendar)]


EVENT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//another client//EN
BEGIN:VEVENT
UID:{uid}
DTSTAMP:20260101T000000Z
DTSTART:{start}
DTEND:{end}
SUMMARY:Secret dentist
{more}END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
def office(desk: Desk, radicale: CalDavServer, tmp_path: Path) -> Office:
    """The desk, with calendars for anna and bert on a real Radicale."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    logins = {name: radicale.add_user() for name in ("anna", "bert")}
    calendars = {name: radicale.add_calendar(login, "Work") for name, login in logins.items()}
    head, *people = desk.config.read_text().split("[[agents]]")
    text = head + CALENDARS.format(server=radicale.url)
    for person in people:
        name = person.split('"')[1]
        more = LOGIN.format(login=logins[name], secret=secret) if name in logins else ""
        text += f"[[agents]]{person}{more}"
    desk.config.write_text(text)
    return Office(desk.config, desk.capsys, radicale, logins, calendars, secret)

"""A mailbox that people, servers and syncd change in any order: after quiet the store holds what is true, and ours once.

The whole of syncd on a real store, the fake Graph with its knobs turned at random; `make test` takes a few lives of a mailbox,
`make test-long` many.
"""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from graphstage import OnGraph, running_graph
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from mailboxlife import Life, as_meant, done, kind_of
from stores import sqlite_only

from connectors.account import Account, Connections
from connectors.interface import Connector
from connectors.outlook.connector import OutlookConnector
from store import calendars, copies
from store.database import open_store
from store.model import Meeting, MeetingStatus
from syncd import config
from syncd.actions import changes
from syncd.actions.accept import Wish, accept
from syncd.actions.context import Context
from syncd.actions.follow import follow
from syncd.actions.look import busy
from syncd.actions.now import sync_now
from syncd.errors import Refused

HOUR = timedelta(hours=1)
NEVER_STORED = ("free", "cancelled", "declined")
TITLE = "A conversation of ours"
LOOKS = 4
"""So many cycles are quiet enough: one to hear of the last change, one for a held removal, one for each further doubt."""

CONFIG = """
timezone = "Europe/Amsterdam"
[accounts.lab]
kind = "outlook"
tenant = "{at.tenant}"
client_id = "{at.client_id}"
graph_url = "{at.graph_url}"
authority = "{at.authority}"
ca_file = "{at.ca_file}"
client_secret = {{ file = "{secret}" }}
[[agents]]
id = "anna"
name = "Anna"
email = "anna@example.com"
[[agents.calendars]]
account = "lab"
login = "{login}"
check = ["default", "Private"]
write = "default"
"""


class Mailbox(RuleBasedStateMachine):
    """One life of a mailbox."""

    new_url: Callable[[], str]
    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        running = self.stack.enter_context(running_graph())
        self.stage, self.fake = OnGraph(running), running.fake
        self.stack.callback(self.stage.connections.close)
        self.life = Life(self.stage)
        secret = self.folder / "secret"
        secret.touch(0o600)
        secret.write_text(running.client_secret)
        path = self.folder / "config.toml"
        path.write_text(CONFIG.format(at=running, secret=secret, login=self.life.user))
        store = open_store(type(self).new_url())
        store.migrate()
        context = Context(
            config.load(path), store, clock=self.fake.now, jitter=lambda: 0.5, opener=self._open
        )
        self.ctx = self.stack.enter_context(context)
        follow(self.ctx)
        self.life.add_series(20, 9, "busy")
        self.life.add(3, 9, "oof")
        self.syncd_cycles()

    def _open(self, account: Account, login: str, secret: str, connections: Connections) -> Connector:
        return OutlookConnector(account, login, secret, connections, clock=self.fake.now)

    @rule(acts=st.lists(done, min_size=1, max_size=6))
    def something_happens(self, acts: list[tuple[Any, ...]]) -> None:
        for name, *said in acts:
            getattr(self.life, name)(*said)

    @rule(which=st.integers(0, 30))
    def something_is_deleted_once_it_is_known(self, which: int) -> None:
        self.syncd_cycles()
        self.life.delete(which)

    @rule()
    def syncd_cycles(self) -> None:
        self.fake.advance(minutes=2)
        with ThreadPoolExecutor(2) as pool:
            sync_now(self.ctx, pool)

    @rule()
    def a_week_passes(self) -> None:
        """The window is based anew."""
        self.fake.advance(days=7)

    @rule(hours=st.integers(1, 400))
    def a_meeting_is_planned(self, hours: int) -> None:
        start = self.fake.now() + hours * HOUR
        meeting = Meeting("m1", 1, MeetingStatus.SCHEDULED, "anna", start, start + HOUR, TITLE)
        self._ask(changes.plan(meeting, by="test"))

    @rule(hours=st.integers(1, 400))
    def it_is_rescheduled(self, hours: int) -> None:
        start = self.fake.now() + hours * HOUR
        self._ask(changes.reschedule("m1", start, start + HOUR, "because", by="test"))

    @rule()
    def it_is_cancelled(self) -> None:
        self._ask(changes.cancel("m1", "because", "guest", by="test"))

    def _ask(self, wish: Wish) -> None:
        try:
            accept(self.ctx, wish)
        except Refused:
            return  # planned otherwise, cancelled, or over

    def teardown(self) -> None:
        try:
            self.fake.heal()
            for _ in range(LOOKS):
                self.syncd_cycles()
            self._check_busy()
            self._check_ours()
        finally:
            self.stack.close()

    def _check_busy(self) -> None:
        with self.ctx.store.reading() as tx:
            rows = calendars.calendars(tx, agent="anna")
        assert [(row.state, row.error, row.unreadable) for row in rows] == [("ok", "", 0)] * 2
        known = Counter(self._known(rows[0].window_start, rows[0].window_end))
        assert known == Counter(self._true(rows[0].window_start, rows[0].window_end))

    def _known(self, start: datetime, end: datetime) -> list[tuple[Any, ...]]:
        found = [one for one in busy(self.ctx, "anna", start, end) if one.source == "calendar"]
        return [(one.start, one.end, one.status, one.all_day) for one in found]

    def _true(self, start: datetime, end: datetime) -> list[tuple[Any, ...]]:
        margin = timedelta(days=2)
        ours = {one["id"] for one in self.fake.events(self.life.user) if one["subject"] == TITLE}
        found = [
            (*as_meant(one.start, one.end, one.all_day), kind_of(one), one.all_day)
            for calendar in self.life.hrefs
            for one in self.fake.busy(self.life.user, start - margin, end + margin, calendar)
            if one.id not in ours
        ]
        return [one for one in found if one[2] not in NEVER_STORED and one[0] < end and start < one[1]]

    def _check_ours(self) -> None:
        """What somebody deleted, moved or changed of ours is drift; else it stands once, if it is to."""
        with self.ctx.store.reading() as tx:
            copied = copies.copies(tx, meeting="m1")
        ours = [one for one in self.fake.events(self.life.user) if one["subject"] == TITLE]
        present = [one for one in copied if one.state == "present" and one.drift != "deleted"]
        assert len(ours) == len(present) <= 1


def live(new_store_url: Callable[[], str], folder: Path, lives: int) -> None:
    machine = type("OneLife", (Mailbox,), {"new_url": staticmethod(new_store_url), "folder": folder})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=lives, stateful_step_count=25, suppress_health_check=list(HealthCheck)
        ),
    )


@sqlite_only
def test_the_store_holds_what_is_true(new_store_url: Callable[[], str], tmp_path: Path) -> None:
    live(new_store_url, tmp_path, 3)


@pytest.mark.long
@sqlite_only
def test_the_store_holds_what_is_true_in_many_lives(new_store_url: Callable[[], str], tmp_path: Path) -> None:
    live(new_store_url, tmp_path, 60)

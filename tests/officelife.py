"""Life in an office, for a state machine: what people, agents, servers, workers and the clock do, in any order.

Everything of syncd's is real (the store, the rules, mail by SMTP); calendars are in memory. A worker dies by an exception that
nothing in syncd catches: the store and the servers stand as after kill -9.
"""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from icalendar import Calendar
from mailboxes import Mailboxes
from worlds import AGENT, AGENTS, HEAD, World

from connectors.interface import (
    Conflict,
    ConnectorError,
    Garbled,
    NoAccess,
    OutcomeUnknown,
    Unreachable,
)
from store.database import Store, Tx, open_store
from store.errors import Fenced
from store.model import Guest, Meeting, MeetingStatus
from syncd.actions import changes
from syncd.actions.accept import Wish
from syncd.actions.conflicts import notice_conflicts
from syncd.actions.deliver import deliver
from syncd.actions.drifting import accept_drift, drift_list, restore_drift, settle_drift
from syncd.actions.post import post, remind
from syncd.actions.tidy import close_overdue
from syncd.actions.work import run_deliveries
from syncd.errors import Refused

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MEETINGS = ("m1", "m2", "m3")
GUESTS = (
    Guest("Gerda", "gerda@example.org"),
    Guest("Hans", "hans@example.org", "nl"),
    Guest("Ben", "ben@example.com"),
)
MAIL = """
[mail]
server = "127.0.0.1:{port}"
from = "Meetings <meetings@example.com>"
"""
EDITS = ("move", "edit", "delete", "duplicate", "series")
QUIET = 8
"""So many rounds after everything is healed: more than any back-off, and than the brake needs to let go."""

meetings = st.sampled_from(MEETINGS)
agents = st.sampled_from(AGENTS)
hours = st.integers(1, 40)
faults = st.sampled_from(
    [
        Unreachable("gone"),
        OutcomeUnknown("no answer"),
        Conflict("changed"),
        Garbled("nonsense"),
        NoAccess("no right"),
    ]
)
operations = st.sampled_from(["calendars", "changes", "find", "put", "remove"])
written = st.sampled_from(["find", "put", "remove"])


def a(name: str, *said: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """An act of the office: the method of this name, and what it is told."""
    return st.tuples(st.just(name), *said)


act = st.one_of(
    a("a_meeting_is_planned", meetings, agents, hours, st.integers(0, 2)),
    a("a_guest_is_invited", meetings, st.sampled_from(GUESTS)),
    a("it_is_moved", meetings, hours),
    a("it_is_handed_over", meetings, agents),
    a("it_is_handed_over", meetings, agents),
    a("it_is_cancelled_or_ends", meetings, st.sampled_from(["cancel", "live", "completed", "failed"])),
    a("somebody_settles_drift", st.integers(0, 3), st.sampled_from([accept_drift, restore_drift])),
    a("an_agent_enters_an_appointment", agents, hours),
    a("an_agent_changes_what_is_there", agents, st.integers(0, 9), st.sampled_from(EDITS)),
    a("an_agent_changes_what_is_there", agents, st.integers(0, 9), st.sampled_from(EDITS)),
    a("a_request_will_fail", agents, operations, faults, st.booleans()),
    a("the_server_goes_down_or_comes_back"),
    a("the_mail_server_is", st.sampled_from(["well", "well", "refusing", "hanging up"])),
    a("tokens_are_lost"),
    a("a_worker_dies_at_a_request", agents, written, st.booleans()),
    a("a_worker_dies_at_a_request", agents, written, st.booleans()),
    a("a_worker_dies_at_a_commit", st.integers(1, 6), st.sampled_from(["before", "after"])),
    a("a_worker_dies_at_a_commit", st.integers(1, 6), st.sampled_from(["before", "after"])),
    a("deliveries_are_worked_off"),
    a("time_passes", st.sampled_from([11, 120, 1200, 10_800])),
    a("time_passes", st.sampled_from([11, 120, 1200, 10_800])),
)  # fmt: skip


class Crash(BaseException):
    """kill -9, as far as the store and the servers can tell."""


class Mortal:
    """A store whose worker dies at its n-th commit, before or after it."""

    def __init__(self, store: Store, number: int, when: str) -> None:
        self._store, self._left, self._when = store, number, when
        self.reading = store.reading

    @contextmanager
    def writing(self) -> Iterator[Tx]:
        self._left -= 1
        with self._store.writing() as tx:
            yield tx
            if self._left == 0 and self._when == "before":
                raise Crash
        if self._left == 0:
            raise Crash


@dataclass
class OfficeLife:
    """An office with three agents and three meetings."""

    world: World
    boxes: Mailboxes
    keep: bool = False
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @classmethod
    def at(cls, url: str, folder: Path, boxes: Mailboxes) -> "OfficeLife":
        """Nothing has happened yet, and nothing is configured."""
        life = cls(World(open_store(url), folder), boxes)
        boxes.arrived.clear()
        for agent in AGENTS:
            life.world.server.add_login(agent)
            life.world.server.add_calendar(agent, "Work")
        return life

    def opens(self, edits: str, keep: bool, tell: bool) -> None:
        """It is configured so, and each meeting is planned and shown."""
        said = f'[policy]\nagent_edits = "{edits}"\n[meetings]\nkeep_cancelled = {str(keep).lower()}\n'
        said += f"tell_guests_on_assign = {str(tell).lower()}\n"
        mail = MAIL.format(port=self.boxes.port)
        self.keep = keep
        self.world.configure(HEAD + said + mail + "".join(AGENT.format(id=agent) for agent in AGENTS))
        assert self.world.sync().failed == ()
        for meeting, agent in zip(MEETINGS, AGENTS, strict=True):
            self.a_meeting_is_planned(meeting, agent, 30, 1)
        self.deliveries_are_worked_off()

    def live(self, acts: list[tuple[Any, ...]]) -> None:
        for name, *said in acts:
            getattr(self, name)(*said)

    # -- people -----------------------------------------------------------------------------------------------------------

    def a_meeting_is_planned(self, meeting: str, agent: str, ahead: int, guests: int) -> None:
        start = self._hour(ahead)
        wanted = Meeting(
            meeting,
            1,
            MeetingStatus.SCHEDULED,
            agent,
            start,
            start + HOUR,
            f"About {meeting}",
            guests=GUESTS[:guests],
        )
        self._ask(changes.plan(wanted, by="desk"))

    def a_guest_is_invited(self, meeting: str, guest: Guest) -> None:
        self._ask(changes.invite(meeting, guest, by="desk"))

    def it_is_moved(self, meeting: str, ahead: int) -> None:
        self._ask(changes.reschedule(meeting, self._hour(ahead), None, "because", by="desk"))

    def it_is_handed_over(self, meeting: str, agent: str) -> None:
        self._ask(changes.assign(meeting, agent, by="desk"))

    def it_is_cancelled_or_ends(self, meeting: str, how: str) -> None:
        if how == "cancel":
            self._ask(changes.cancel(meeting, "because", "guest", by="desk"))
        else:
            self._ask(changes.set_status(meeting, MeetingStatus(how), by="platform"))

    def somebody_settles_drift(self, which: int, how: Callable[..., object]) -> None:
        found = drift_list(self.world.ctx)
        if found:
            self._try(lambda: how(self.world.ctx, found[which % len(found)].copy.id, by="desk"))

    def _ask(self, wish: Wish) -> None:
        self._try(lambda: self.world.accept(wish))

    def _try(self, what: Callable[[], object]) -> None:
        """What a rule forbids is refused, and that is all."""
        try:
            what()
        except Refused:
            return

    # -- agents -----------------------------------------------------------------------------------------------------------

    def an_agent_enters_an_appointment(self, agent: str, ahead: int) -> None:
        start = self._hour(ahead)
        self.world.enter(agent, f"own-{next(self.numbers)}", start, start + HOUR)

    def _hour(self, ahead: int) -> datetime:
        return self.world.now.replace(minute=0, second=0) + ahead * HOUR

    def an_agent_changes_what_is_there(self, agent: str, which: int, act: str) -> None:
        hrefs = self.world.server.hrefs(self.world.work(agent))
        if not hrefs:
            return
        href = hrefs[which % len(hrefs)]
        if act == "delete":
            self.world.server.delete(href)
            return
        name = href.rpartition("/")[2]
        (part,) = Calendar.from_ical(self.world.server.text(href) or "").walk("VEVENT")
        if act == "move":
            for time in ("DTSTART", "DTEND"):
                moved = part.decoded(time) + 2 * HOUR
                part.pop(time)
                part.add(time, moved)
        elif act == "series":
            part.pop("RRULE", None)
            part.add("RRULE", {"freq": "daily", "count": 3})
        elif act == "duplicate":
            name = f"copy-{next(self.numbers)}.ics"
            part["UID"] = f"{name}-uid"
        else:
            part["SUMMARY"] = f"My words {next(self.numbers)}"
        whole = Calendar({"VERSION": "2.0", "PRODID": "-//another client//"})
        whole.add_component(part)
        self.world.server.store(self.world.work(agent), name, whole.to_ical())

    # -- servers, workers and the clock -----------------------------------------------------------------------------------

    def a_request_will_fail(self, agent: str, operation: Any, error: ConnectorError, after: bool) -> None:
        self.world.server.fail_next(agent, operation, error, after=after and operation in ("put", "remove"))

    def the_server_goes_down_or_comes_back(self) -> None:
        self.world.server.down = not self.world.server.down

    def the_mail_server_is(self, how: str) -> None:
        self.boxes.data = "451 later" if how == "refusing" else None
        self.boxes.hangs_up = how == "hanging up"

    def tokens_are_lost(self) -> None:
        self.world.server.forget_tokens()

    def a_worker_dies_at_a_request(self, agent: str, operation: Any, after: bool) -> None:
        self.world.server.fail_next(agent, operation, Crash(), after=after)  # type: ignore[arg-type]  # no failure of the server's
        self._work()
        self.world.server._failures.pop((agent, operation), None)

    def a_worker_dies_at_a_commit(self, number: int, when: str) -> None:
        whole, self.world.ctx = (
            self.world.ctx,
            replace(self.world.ctx, store=Mortal(self.world.store, number, when)),
        )
        try:
            self._work()
        finally:
            self.world.ctx = whole

    def _work(self) -> None:
        """One worker works off what is due, until it dies; what it claimed stays claimed until its lease ends."""
        claimed = self.world.claim()
        try:
            for owed in claimed:
                try:
                    post(self.world.ctx, owed) if owed.target == "mail" else deliver(self.world.ctx, owed)
                except Fenced:
                    continue
        except Crash:
            return

    def deliveries_are_worked_off(self) -> None:
        with ThreadPoolExecutor(2) as pool:
            run_deliveries(self.world.ctx, self.world.claim(), pool)

    def time_passes(self, seconds: int) -> None:
        self.world.tick(timedelta(seconds=seconds))
        self._tidy()

    def _tidy(self) -> None:
        """What the daemon's clock does now and then."""
        ctx = self.world.ctx
        for job in (close_overdue, remind, settle_drift, notice_conflicts):
            job(ctx)

    def quiet(self) -> None:
        """Everything is healed, and time goes on."""
        self.world.server.down = False
        self.the_mail_server_is("well")
        self.world.server._failures.clear()
        for _ in range(QUIET):
            self.world.tick(61 * MINUTE)
            self._tidy()
            self.world.deliver()

"""Life in an office, for a state machine: what people, agents, servers, workers and the clock do, in any order.

Everything of syncd's is real (the store, the rules, mail by SMTP); calendars are in memory. At any seam of its work (`seams`) a
worker dies, by an exception that nothing in syncd catches, or others act meanwhile.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from icalendar import Calendar
from mailboxes import Mailboxes
from officemail import Post
from seams import AtOnce, Crash, Seams, die
from stores import patient
from worlds import AGENT, AGENTS, HEAD, World

from connectors.interface import (
    Conflict,
    ConnectorError,
    Event,
    Garbled,
    NoAccess,
    OutcomeUnknown,
    Unreachable,
)
from store import copies, deliveries, due, meetings
from store.database import open_store
from store.model import Copy, Guest, Meeting, MeetingStatus
from syncd.actions import changes
from syncd.actions.accept import Wish
from syncd.actions.conflicts import notice_conflicts
from syncd.actions.context import Context
from syncd.actions.drifting import accept_drift, drift_list, restore_drift, settle_drift
from syncd.actions.post import remind
from syncd.actions.tidy import close_overdue
from syncd.actions.work import run_deliveries, run_shards
from syncd.errors import Refused

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MEETINGS = ("m1", "m2", "m3")
GUESTS = (
    Guest("Gerda", "gerda@example.org"),
    Guest("Hans", "hans@example.org", "nl"),
    Guest("Ben", "ben@example.com"),
)
LINK, AGENT_LINK = "https://meet.example.com/{guest}", "https://meet.example.com/of/{agent}"
ZONES = {"anna": "Europe/Amsterdam", "ben": "America/New_York", "cleo": "Asia/Tokyo"}
GERDA_AGAIN = Guest("Gerda", "gerda.guest@example.org")
MAIL = """
[mail]
server = "127.0.0.1:{port}"
from = "Meetings <meetings@example.com>"
"""
EDITS = ("move", "edit", "delete", "duplicate", "series")
MOST_RESTORES = 3
QUIET = 8
"""So many rounds after everything is healed: more than any back-off, and than the brake needs to let go."""

meeting = st.sampled_from(MEETINGS)
agent = st.sampled_from(AGENTS)
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
seam = st.integers(1, 40)


def a(name: str, *said: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """An act of the office: the method of this name, and what it is told."""
    return st.tuples(st.just(name), *said)


change = st.one_of(
    a("a_guest_is_invited", meeting, st.sampled_from(GUESTS)),
    a("an_address_is_corrected", meeting),
    a("it_is_moved", meeting, hours),
    a("it_is_handed_over", meeting, agent),
    a("it_is_handed_over", meeting, agent),
    a("it_is_cancelled_or_ends", meeting, st.sampled_from(["cancel", "live", "completed", "failed"])),
    a("somebody_settles_drift", st.integers(0, 3), st.sampled_from([accept_drift, restore_drift])),
    a("an_agent_changes_what_is_there", agent, st.integers(0, 9), st.sampled_from(EDITS)),
)  # fmt: skip
meanwhile = st.lists(
    st.one_of(change, change, a("time_passes", st.sampled_from([1, 11]))), min_size=1, max_size=3
)
act = st.one_of(
    change,
    change,
    a("a_meeting_is_planned", meeting, agent, hours, st.integers(0, 2)),
    a("an_agent_enters_an_appointment", agent, hours),
    a("a_request_will_fail", agent, operations, faults, st.booleans(), st.integers(1, 3)),
    a("the_server_goes_down_or_comes_back"),
    a("the_mail_server_is", st.sampled_from(["well", "well", "refusing", "hanging up"])),
    a("tokens_are_lost"),
    a("a_worker_dies", seam),
    a("a_worker_dies", seam),
    a("a_worker_is_overtaken", seam, meanwhile),
    a("a_worker_is_overtaken", seam, meanwhile),
    a("deliveries_are_worked_off"),
    a("time_passes", st.sampled_from([11, 120, 1200, 10_800])),
    a("time_passes", st.sampled_from([11, 120, 1200, 10_800])),
)  # fmt: skip


@dataclass
class OfficeLife:
    """An office with three agents and three meetings."""

    world: World
    boxes: Mailboxes
    keep: bool = False
    edits: str = "flag"
    numbers: Iterator[int] = field(default_factory=itertools.count)
    post: Post = field(default_factory=Post)
    seams: Seams | None = None
    outdated: list[Event] = field(default_factory=list)
    left: dict[str, tuple[Meeting, str]] = field(default_factory=dict)
    """Href -> what an agent made of our event while nothing was owed, and the meeting as it then stood."""

    @classmethod
    def at(cls, url: str, folder: Path, boxes: Mailboxes) -> "OfficeLife":
        """Nothing has happened yet, and nothing is configured."""
        life = cls(World(open_store(patient(url)), folder), boxes)
        boxes.arrived.clear()
        boxes.after_data = life._a_mail_arrives
        for agent in AGENTS:
            life.world.server.add_login(agent)
            life.world.server.add_calendar(agent, "Work")
        return life

    def opens(self, edits: str, keep: bool, tell: bool) -> None:
        """It is configured so, and each meeting is planned and shown."""
        said = f'[policy]\nagent_edits = "{edits}"\n[meetings]\nkeep_cancelled = {str(keep).lower()}\n'
        said += f"tell_guests_on_assign = {str(tell).lower()}\n"
        mail = MAIL.format(port=self.boxes.port)
        self.keep, self.edits = keep, edits
        people = "".join(
            AGENT.format(id=agent).replace("groups", f'timezone = "{zone}"\ngroups')
            for agent, zone in ZONES.items()
        )
        self.world.configure(HEAD + said + mail + people)
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
            LINK,
            agent_link=AGENT_LINK,
            guests=GUESTS[:guests],
        )
        self._ask(changes.plan(wanted, by="desk"))

    def a_guest_is_invited(self, meeting: str, guest: Guest) -> None:
        self._ask(changes.invite(meeting, guest, by="desk"))

    def an_address_is_corrected(self, meeting: str) -> None:
        self._ask(changes.invite(meeting, GERDA_AGAIN, by="desk", instead_of=GUESTS[0].email))

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
            drift = found[which % len(found)]
            self._try(lambda: how(self.world.ctx, drift.copy.id, by="desk"))
            self.left.pop(drift.copy.href, None)

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
        hrefs = sorted(self.world.server.hrefs(self.world.work(agent)), key=self._looks)
        if not hrefs:
            return
        href = hrefs[which % len(hrefs)]
        self.left.pop(href, None)
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
        stored = self.world.server.store(self.world.work(agent), name, whole.to_ical())
        self._note_edit(stored)

    def _looks(self, href: str) -> tuple[str, str]:
        """By what it says: the names of our own events are random, and the same history must find the same event."""
        (part,) = Calendar.from_ical(self.world.server.text(href) or "").walk("VEVENT")
        return str(part["SUMMARY"]), str(part.decoded("DTSTART"))

    def _note_edit(self, href: str) -> None:
        """Where nothing is owed, what the agent made of our event is left alone by the policy `flag`."""
        with self.world.store.reading() as tx:
            of = [one for name in MEETINGS for one in copies.copies(tx, meeting=name) if one.href == href]
            found = meetings.meeting(tx, of[0].meeting) if of else None
        if found is not None and of[0].state == "present" and not self._owed_to_calendars(found.id):
            self.left[href] = (found, self.world.server.text(href) or "")

    def _owed_to_calendars(self, meeting: str) -> bool:
        with self.world.store.reading() as tx:
            owed = deliveries.deliveries(tx, meeting=meeting, states=deliveries.OPEN)
        return any(one.target == "calendar" for one in owed)

    # -- servers, workers and the clock -----------------------------------------------------------------------------------

    def a_request_will_fail(
        self, agent: str, operation: Any, error: ConnectorError, after: bool, times: int = 1
    ) -> None:
        for _ in range(times):
            self.world.server.fail_next(
                agent, operation, error, after=after and operation in ("put", "remove")
            )

    def the_server_goes_down_or_comes_back(self) -> None:
        self.world.server.down = not self.world.server.down

    def the_mail_server_is(self, how: str) -> None:
        self.boxes.data = "451 later" if how == "refusing" else None
        self.boxes.hangs_up = how == "hanging up"

    def tokens_are_lost(self) -> None:
        self.world.server.forget_tokens()

    def a_worker_dies(self, seam: int) -> None:
        """What it claimed stays claimed until its lease ends."""
        self._work(Seams(seam, die))

    def a_worker_is_overtaken(self, seam: int, acts: list[tuple[Any, ...]]) -> None:
        self._work(Seams(seam, lambda: self.live(acts)))

    def _work(self, seams: Seams) -> None:
        """One worker works off all that is due, unless it dies."""
        seams.writes = self._an_event_is_put
        self.seams, ctx = seams, seams.of(self.world.ctx)
        with self.world.store.reading() as tx:
            shards = due.due_shards(tx, self.world.now)
        try:
            run_shards(ctx, shards, AtOnce())
        except Crash:
            return
        finally:
            self.seams = None

    def _an_event_is_put(self, event: Event) -> None:
        """As the meeting stands, unless somebody acted in this very moment."""
        with self.world.store.reading() as tx:
            meeting = meetings.meeting(tx, event.title.rpartition(" ")[2])
        assert meeting is not None
        seams = self.seams
        just_now = seams is not None and seams.passed - seams.number in (0, 1)  # the call's own is the last
        if not just_now and (event.start, event.end) != (meeting.start, meeting.end):
            self.outdated.append(event)  # an error here would be the worker's

    def _a_mail_arrives(self) -> None:
        to, mail = self.boxes.arrived[-1]
        with self.world.store.reading() as tx:
            known = [one for name in MEETINGS if (one := meetings.meeting(tx, name)) is not None]
        late = self.seams is not None and self.seams.struck_just_now
        self.post.takes(mail, to[0], known, self.world.now, late=late)

    def deliveries_are_worked_off(self) -> None:
        with ThreadPoolExecutor(2) as pool:
            run_deliveries(self.world.ctx, self.world.claim(), pool)

    def time_passes(self, seconds: int) -> None:
        self.world.tick(timedelta(seconds=seconds))
        self._tidy()

    def _tidy(self) -> None:
        """What the daemon's clock does now and then."""
        ctx = self.world.ctx
        for job in (close_overdue, remind, self._settle_drift, notice_conflicts):
            job(ctx)

    def _settle_drift(self, ctx: Context) -> None:
        """The policy settles nothing while something is owed, and fights nobody for long."""
        before = {name: self._drifted(name) for name in MEETINGS if self._owed_to_calendars(name)}
        settle_drift(ctx)
        assert before == {name: self._drifted(name) for name in before}
        for name in MEETINGS:
            put_back = Counter({copy.agent: 0 for copy in self._drifted(name)})
            for copy in self._drifted(name):
                put_back[copy.agent] += copy.restored
            assert max(put_back.values(), default=0) <= (MOST_RESTORES if self.edits == "restore" else 0)

    def _drifted(self, meeting: str) -> tuple[Copy, ...]:
        return tuple(self.world.copies(meeting).values())

    def quiet(self) -> None:
        """Everything is healed, and time goes on."""
        self.world.server.down = False
        self.the_mail_server_is("well")
        self.world.server._failures.clear()
        for _ in range(QUIET):
            self.world.tick(61 * MINUTE)
            self._tidy()
            self.world.deliver()

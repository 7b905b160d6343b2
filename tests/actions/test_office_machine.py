"""Meetings, agents, servers, workers and the clock in any order: after quiet, store, calendars, mailboxes and story agree.

A Hypothesis state machine over the whole of syncd (`officelife` has what happens in it). `make test` takes a few histories,
`make test-long` 200 of 50 steps, half of them on each database.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from icalendar import Calendar
from mailboxes import Mailboxes
from officehistories import AT_EVERY_SEAM, HISTORIES, MUCH_LIKE_ANOTHER
from officelife import DAY, MEETINGS, ZONES, OfficeLife, act
from officemail import expects, is_told, own_calendar
from stores import sqlite_only
from worlds import AGENTS, NOW

from connectors.ical import read
from connectors.interface import (
    NEVER_STORED,
)
from store import deliveries, meetings, told
from store.model import Copy, Meeting, MeetingStatus
from syncd.actions.look import Story, story
from syncd.errors import Refused
from syncd.rules.notices import OVER


class Office(RuleBasedStateMachine):
    """One history of an office, and how it must stand in the end."""

    new_url: Callable[[], str]
    folder: Path
    boxes: Mailboxes

    def __init__(self) -> None:
        super().__init__()
        self.life = OfficeLife.at(type(self).new_url(), self.folder, self.boxes)
        self.world = self.life.world

    @initialize(edits=st.sampled_from(["flag", "restore", "accept"]), keep=st.booleans(), tell=st.booleans())
    def it_opens(self, edits: str, keep: bool, tell: bool) -> None:
        self.life.opens(edits, keep, tell)

    @rule(acts=st.lists(act, min_size=1, max_size=4))
    def something_happens(self, acts: list[tuple[Any, ...]]) -> None:
        for one in acts:
            self.life.live([one])
            self._check_those_who_are_told()
            assert self.life.outdated == []

    def _check_those_who_are_told(self) -> None:
        """Where no mail is owed any more, all know how it stands, without waiting for quiet."""
        with self.world.store.reading() as tx:
            known = [one for name in MEETINGS if (one := meetings.meeting(tx, name)) is not None]
            owed = [deliveries.deliveries(tx, meeting=one.id, states=deliveries.OPEN) for one in known]
        for meeting, rows in zip(known, owed, strict=True):
            if meeting.end > self.world.now and not any(row.target == "mail" for row in rows):
                self._check_mailboxes(meeting)

    def teardown(self) -> None:
        try:
            if self.world.ctx is not None:
                self.life.quiet()
                stories = [found for name in MEETINGS if (found := self._story(name)) is not None]
                present = [copy for found in stories for copy in self.world.copies(found.meeting.id).values()]
                for found in stories:
                    self._check_meeting(found)
                self._check_calendars([copy for copy in present if copy.state == "present"])
                self._check_left()
                self._check_busy()
                self.life.post.check()
                reminders = self.life.post.reminders()
                assert len(reminders) == len(set(reminders)), "one reminder of each start"
        finally:
            self.life.the_mail_server_is("well")
            self.world.store.dispose()

    def _story(self, meeting: str) -> Story | None:
        try:
            return story(self.world.ctx, meeting)
        except Refused:
            return None

    def _check_meeting(self, found: Story) -> None:
        """Nothing is owed; one copy at most, where it should be; the journal has every version; all know the time."""
        meeting, copies = found.meeting, self.world.copies(found.meeting.id).values()
        assert [
            (one.kind, one.state, one.error) for one in found.deliveries if one.state in ("pending", "failed")
        ] == []
        assert {copy.state for copy in copies} <= {"present", "gone"}, copies
        present = [copy for copy in copies if copy.state == "present"]
        assert [copy.agent for copy in present] in ([], [meeting.agent])
        if meeting.status in (MeetingStatus.SCHEDULED, MeetingStatus.LIVE):
            assert len(present) == 1
        if meeting.status is MeetingStatus.CANCELLED and not self.life.keep:
            assert present == []
        lines = [one for one in found.changes if not one.detail.get("unchanged")]
        assert [one.version for one in lines] == list(range(1, meeting.version + 1))
        self._check_deeds(found, present)
        self._check_mails(found)
        if meeting.end > self.world.now:
            self._check_mailboxes(meeting)

    def _check_mailboxes(self, meeting: Meeting) -> None:
        """By their mails alone all know how it stands: by the last one, and guests by their own calendars."""
        on = meeting.status is MeetingStatus.SCHEDULED
        if meeting.status not in (MeetingStatus.SCHEDULED, MeetingStatus.CANCELLED):
            return
        for guest in meeting.guests:
            mails = self.life.post.to(meeting.id, "guest", guest.email)
            held = own_calendar(mails, guest.email)
            assert expects(mails) == on
            assert (held is not None and held[0] == "REQUEST") == on
            if on and held is not None:
                assert held[1].decoded("DTSTART") == meeting.start, guest
                zone = ZoneInfo(ZONES[mails[-1].meeting.agent])
                assert is_told(mails[-1].mail, meeting.start.astimezone(zone)), guest
        for agent, zone in ZONES.items():
            mails = self.life.post.to(meeting.id, "agent", f"{agent}@example.com")
            assert expects(mails) == (on and agent == meeting.agent), agent
            if expects(mails):
                assert is_told(mails[-1].mail, meeting.start.astimezone(ZoneInfo(zone)))

    def _check_deeds(self, found: Story, present: list[Copy]) -> None:
        last = {(one.agent, one.generation): one.kind for one in found.deeds if one.target == "calendar"}
        for copy in present:
            assert last[copy.agent, copy.generation] == "put"
        removed = {key for key, kind in last.items() if kind == "remove"}
        assert removed <= {
            key for key, copy in self.world.copies(found.meeting.id).items() if copy.state == "gone"
        }

    def _check_mails(self, found: Story) -> None:
        """What is told as mailed was mailed."""
        arrived = {(*one.about, one.version, one.notice) for one in self.life.post.arrived}
        for deed in found.deeds:
            if deed.target == "mail":
                role, whom = ("guest", deed.guest) if deed.guest else ("agent", f"{deed.agent}@example.com")
                assert (deed.meeting, role, whom, deed.version, deed.kind) in arrived
        meeting = found.meeting
        if meeting.end <= self.world.now or meeting.status is not MeetingStatus.SCHEDULED:
            return
        with self.world.store.reading() as tx:
            know = {one.who: one for one in told.told_of(tx, meeting.id)}
        for who in (meeting.agent, *(guest.email for guest in meeting.guests)):
            assert know[who].notice not in OVER
            assert (know[who].start, know[who].end) == (meeting.start, meeting.end)

    def _check_calendars(self, present: list[Copy]) -> None:
        """A copy that stands says what was written, or is known to drift; whatever else carries our mark is a duplicate."""
        for copy in present:
            text = self.world.server.text(copy.href) if copy.href else None
            assert (text is None) == (copy.drift == "deleted"), copy
            if not copy.drift:
                self._check_event(copy, text or "")
        known = {copy.href for copy in present}
        for agent in AGENTS:
            for href in self.world.server.hrefs(self.world.work(agent)):
                text = self.world.server.text(href) or ""
                assert "X-SYNCD-MARKER" not in text or href in known or "copy-" in href, "an orphan"

    def _check_event(self, copy: Copy, text: str) -> None:
        """It stands as the meeting does; if the last who wrote it was syncd, all of it is made for its agent."""
        calendar = Calendar.from_ical(text)
        (event,) = calendar.walk("VEVENT")
        meeting = story(self.world.ctx, copy.meeting).meeting
        times = [event.decoded(name) for name in ("DTSTART", "DTEND")]
        coming = meeting.status in (MeetingStatus.SCHEDULED, MeetingStatus.LIVE)
        assert not coming or times == [meeting.start, meeting.end], copy
        if "syncd" not in str(calendar["PRODID"]):
            return
        cancelled = meeting.status is MeetingStatus.CANCELLED
        title = f"Cancelled: {meeting.title}" if cancelled else meeting.title
        assert (str(event["SUMMARY"]), str(event["TRANSP"])) == (
            title,
            "TRANSPARENT" if cancelled else "OPAQUE",
        )
        assert str(event["LOCATION"]) == f"https://meet.example.com/of/{copy.agent}"
        assert event["DTSTART"].params["TZID"] == ZONES[copy.agent]
        said = str(event["DESCRIPTION"])
        assert all(f"Guest: {guest.name} <{guest.email}>" in said for guest in meeting.guests)
        assert said.count("Guest: ") == len(meeting.guests)
        assert (f"Reason of the change: {meeting.reason}" in said) == bool(meeting.reason)

    def _check_left(self) -> None:
        """What an agent made of our event is left alone by the policy `flag`, until the meeting is changed."""
        for href, (before, text) in self.life.left.items():
            meeting = story(self.world.ctx, before.id).meeting
            if self.life.edits == "flag" and meeting.version == before.version:
                assert self.world.server.text(href) == text

    def _check_busy(self) -> None:
        """What is known of everybody's time is what stands there, less our own events."""
        start, end = NOW, NOW + 60 * DAY
        for agent in AGENTS:
            ours = {
                copy.href
                for name in MEETINGS
                for copy in self.world.copies(name).values()
                if copy.state == "present" and (copy.found_parts or {}).get("repeats") != "yes"
            }
            true = [
                (one.start, one.end, str(one.status))
                for href in self.world.server.hrefs(self.world.work(agent))
                if href not in ours
                for one in read(
                    (self.world.server.text(href) or "").encode(), zone="UTC", start=start, end=end
                ).intervals
                if one.status not in NEVER_STORED
            ]
            assert Counter(self.world.known(agent, start, end)) == Counter(true), agent


def opened(new_store_url: Callable[[], str], folder: Path, boxes: Mailboxes) -> type[Office]:
    return type(
        "OneOffice", (Office,), {"new_url": staticmethod(new_store_url), "folder": folder, "boxes": boxes}
    )


def live(
    new_store_url: Callable[[], str], folder: Path, boxes: Mailboxes, histories: int, steps: int
) -> None:
    run_state_machine_as_test(
        opened(new_store_url, folder, boxes),
        settings=settings(
            max_examples=histories,
            stateful_step_count=steps,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNCD_TEST_SECRET", "secret")


def kept() -> list[Any]:
    """The histories worth keeping; those that are much like another, or come to every seam, are for the long tests."""
    long = {*AT_EVERY_SEAM, *MUCH_LIKE_ANOTHER}
    return [
        pytest.param(*history, id=name, marks=[pytest.mark.long] * (name in long))
        for name, history in (HISTORIES | AT_EVERY_SEAM).items()
    ]


@sqlite_only
@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize(("edits", "keep", "acts"), kept())
def test_histories_worth_keeping(
    new_store_url: Callable[[], str], tmp_path: Path, mailboxes: Mailboxes, edits: str, keep: bool, acts: Any
) -> None:
    """Each fails where a rule of delivery, mail or drift is broken; chance alone comes there rarely."""
    office = opened(new_store_url, tmp_path, mailboxes)()
    office.it_opens(edits=edits, keep=keep, tell=True)
    office.something_happens(acts=list(acts))
    office.teardown()


@sqlite_only
@pytest.mark.usefixtures("secret")
def test_after_quiet_all_agree(
    new_store_url: Callable[[], str], tmp_path: Path, mailboxes: Mailboxes
) -> None:
    live(new_store_url, tmp_path, mailboxes, 3, 15)


@pytest.mark.long
@pytest.mark.usefixtures("secret")
def test_after_quiet_all_agree_in_many_histories(
    new_store_url: Callable[[], str], tmp_path: Path, mailboxes: Mailboxes
) -> None:
    live(new_store_url, tmp_path, mailboxes, 100, 50)

"""Meetings that ended longer ago than they are kept are forgotten, by the clock; without the setting nothing is."""

from datetime import timedelta

import pytest
from worlds import AGENT, AGENTS, HEAD, World

from store import meetings
from store.model import Meeting, MeetingStatus
from syncd.actions import changes
from syncd.actions.look import list_meetings
from syncd.actions.tidy import close_overdue, forget
from syncd.daemon import Daemon

DAY = timedelta(days=1)


def kept(world: World) -> list[str]:
    return [one.meeting.id for one in list_meetings(world.ctx)[0]]


def test_what_is_over_long_enough_is_forgotten_and_its_event_is_left_alone(world: World) -> None:
    text = HEAD + "".join(AGENT.format(id=agent) for agent in AGENTS)
    world.configure(text + '[store]\nkeep_meetings = "30d"\n')
    world.plan("m1")
    world.plan("m2", "ben", world.now + 40 * DAY, world.now + 40 * DAY + timedelta(hours=1))
    world.accept(changes.cancel("m2", "ill", "agent", by="test"))
    world.deliver()
    (event,) = world.ours("anna")
    world.now += 20 * DAY
    close_overdue(world.ctx)
    assert forget(world.ctx) == 0
    world.now += 11 * DAY
    assert forget(world.ctx) == 1
    assert kept(world) == ["m2"]
    assert world.sync(full=True).failed == ()
    assert world.ours("anna") == [event]
    assert world.health("anna").unreadable == 0


def test_a_setting_that_comes_late_forgets_all_that_has_gathered(world: World) -> None:
    """So many at a time, until none is left."""
    text = HEAD + "".join(AGENT.format(id=agent) for agent in AGENTS)
    world.configure(text + '[store]\nkeep_meetings = "30d"\n')
    end = world.now - 40 * DAY
    with world.store.writing() as tx:
        for number in range(250):
            start = end - timedelta(hours=1)
            meetings.insert(tx, Meeting(f"m{number}", 1, MeetingStatus.COMPLETED, "anna", start, end, "Talk"))
    assert forget(world.ctx) == 250
    assert kept(world) == []


def test_without_the_setting_everything_is_kept(world: World) -> None:
    world.plan("m1")
    world.now += 4000 * DAY
    close_overdue(world.ctx)
    assert forget(world.ctx) == 0
    assert kept(world) == ["m1"]


def test_a_calendar_that_can_not_be_read_keeps_no_busy_time_of_long_ago(world: World) -> None:
    start = world.now + timedelta(hours=2)
    world.enter("anna", "dentist", start, start + timedelta(hours=1))
    world.sync("anna")
    assert len(world.known("anna")) == 1
    world.now += 5 * DAY
    forget(world.ctx)
    assert world.known("anna") == []


def test_holidays_that_run_out_are_said_once(world: World, caplog: pytest.LogCaptureFixture) -> None:
    (world.folder / "old.ics").write_text(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART;VALUE=DATE:20251225\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    world.configure(f'holidays = "old.ics"\n{HEAD}')
    daemon = Daemon(world.ctx)
    daemon.forget()
    daemon.forget()
    said = [one for one in caplog.records if "holidays_run_out" in one.getMessage()]
    assert len(said) == 1
    assert "old.ics" in said[0].getMessage()

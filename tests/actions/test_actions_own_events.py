"""Our own events in the calendars, told from foreign ones; and who is there: agents that come and go."""

from datetime import timedelta

import pytest
from worlds import AGENT, ELEVEN, HEAD, TEN, World

from store.model import MeetingStatus
from syncd.actions import changes
from syncd.actions.look import busy
from syncd.actions.status import status
from syncd.actions.tidy import close_overdue
from syncd.rules.availability import Mark

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def test_our_own_event_is_not_taken_for_a_foreign_one(world: World) -> None:
    world.plan()
    world.tick(2 * MINUTE)
    assert world.known("anna") == []
    assert world.candidates()["anna"].verdict.mark is Mark.AVAILABLE


def test_a_duplicate_of_ours_is_told_once_and_blocks(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.plan()
    text = world.ours("anna")[0].replace("UID:", "UID:duplicate-of-")
    world.server.store(world.work("anna"), "duplicate", text)
    caplog.set_level("WARNING", "syncd")
    world.tick(2 * MINUTE)
    world.tick(2 * MINUTE)
    told = [line for line in caplog.messages if "event_copied" in line]
    assert len(told) == 1
    assert "meeting=m1" in told[0]
    assert world.known("anna") == [(TEN, ELEVEN, "busy")]
    assert world.copies()["anna", 1].drift == ""


def test_a_foreign_event_that_carries_our_marks_blocks(world: World) -> None:
    world.plan()
    text = world.ours("anna")[0]
    world.server.store(world.work("ben"), "stolen", text)
    world.server.store(world.work("anna"), "copied", text)
    world.tick(2 * MINUTE)
    assert world.known("ben") == [(TEN, ELEVEN, "busy")]
    assert world.known("anna") == [(TEN, ELEVEN, "busy")]


def test_an_event_moved_by_the_agent_is_drift_and_both_times_block(world: World) -> None:
    world.plan()
    world.plan("m2", agent="cleo", start=TEN + 3 * HOUR, end=ELEVEN + 3 * HOUR)
    href = world.copies()["anna", 1].href
    text = (world.server.text(href) or "").replace("T110000", "T140000").replace("T120000", "T150000")
    world.server.store(world.work("anna"), href.rpartition("/")[2], text)
    world.tick(2 * MINUTE)
    assert world.copies()["anna", 1].drift == "moved"
    assert status(world.ctx).drift == 1
    assert world.candidates("m2")["anna"].verdict.mark is Mark.NOT_AVAILABLE
    world.accept(changes.reschedule("m1", TEN + 5 * HOUR, None, "settled", by="test"))
    world.deliver()
    world.tick(2 * MINUTE)
    assert world.copies()["anna", 1].drift == ""
    assert len(world.ours("anna")) == 1


def test_an_event_edited_where_it_stands_takes_its_meetings_time_once(world: World) -> None:
    """And where the meeting is to be elsewhere by now, its old time is told as that of an event that was edited."""
    world.plan()
    href = world.copies()["anna", 1].href
    text = (world.server.text(href) or "").replace("SUMMARY:", "SUMMARY:My ")
    world.server.store(world.work("anna"), href.rpartition("/")[2], text)
    world.tick(2 * MINUTE)
    assert world.copies()["anna", 1].drift == "edited"
    slots = busy(world.ctx, "anna", TEN - DAY, TEN + DAY)
    assert [(one.start, one.end, one.title) for one in slots] == [(TEN, ELEVEN, "Mortgage talk")]
    world.accept(changes.reschedule("m1", TEN + 5 * HOUR, None, "later", by="test"))
    slots = busy(world.ctx, "anna", TEN - DAY, TEN + DAY)
    assert [(one.start, one.title) for one in slots] == [
        (TEN, "edited in the calendar"),
        (TEN + 5 * HOUR, "Mortgage talk"),
    ]


def test_an_event_that_its_agent_made_a_series_of_is_drift_and_its_further_times_block(world: World) -> None:
    world.plan()
    href = world.copies()["anna", 1].href
    text = (world.server.text(href) or "").replace("END:VEVENT", "RRULE:FREQ=DAILY;COUNT=3\r\nEND:VEVENT")
    world.server.store(world.work("anna"), href.rpartition("/")[2], text)
    world.tick(2 * MINUTE)
    assert world.copies()["anna", 1].drift == "edited"
    days = [(TEN + number * DAY, ELEVEN + number * DAY, "busy") for number in range(3)]
    assert world.known("anna") == days
    world.accept(changes.reschedule("m1", TEN + 5 * HOUR, None, "settled", by="test"))
    world.deliver()
    world.tick(2 * MINUTE)
    assert world.copies()["anna", 1].drift == ""
    assert world.known("anna") == []
    assert "RRULE" not in "".join(world.ours("anna"))


def test_a_deletion_is_drift_only_after_a_direct_read(world: World) -> None:
    world.plan()
    world.tick(2 * MINUTE)
    world.server.delete(world.copies()["anna", 1].href)
    world.server.calls.clear()
    world.tick(2 * MINUTE)
    assert world.operations("anna") == ["calendars", "changes", "find"]
    assert world.copies()["anna", 1].drift == "deleted"
    assert world.candidates()["anna"].assigned


def test_an_agent_removed_from_the_configuration_leaves_history_and_a_line_for_coming_meetings(
    world: World,
) -> None:
    world.enter("anna", "dentist", TEN, ELEVEN)
    world.sync()
    world.plan()
    world.configure(HEAD + "".join(AGENT.format(id=agent) for agent in ("ben", "cleo")))
    told = status(world.ctx)
    assert told.orphaned == ("m1",)
    assert {line.agent for line in told.calendars} == {"ben", "cleo"}
    assert set(world.candidates()) == {"ben", "cleo"}
    world.assign("ben")
    world.deliver()
    assert len(world.ours("ben")) == 1
    assert status(world.ctx).orphaned == ()


def test_an_agent_never_listed_is_unknown_not_free(world: World) -> None:
    dora = AGENT.format(id="dora")
    world.server.add_login("dora")
    world.configure((world.folder / "config.toml").read_text() + dora)
    world.plan(agent="anna")
    assert world.candidates()["dora"].verdict.mark is Mark.UNKNOWN
    assert world.health("dora").state == "never-seen"


def test_conversations_nobody_closed_end_by_themselves(world: World) -> None:
    world.plan()
    world.plan("m2", start=TEN, end=ELEVEN, agent="ben")
    world.accept(changes.set_status("m2", MeetingStatus.LIVE, by="test"))
    world.now = ELEVEN + HOUR
    assert close_overdue(world.ctx) == []
    world.now = ELEVEN + 2 * HOUR
    assert {(one.id, one.status.value) for one in close_overdue(world.ctx)} == {
        ("m1", "missed"),
        ("m2", "completed"),
    }

"""Late conflicts: what comes in a coming meeting's way is shown as long as it is there, and told once."""

from datetime import timedelta

import pytest
from worlds import AGENT, AGENTS, ELEVEN, HEAD, TEN, World

from store.model import MeetingStatus
from syncd.actions import changes
from syncd.actions.conflicts import notice_conflicts
from syncd.actions.look import list_meetings, story
from syncd.actions.status import status

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def late(world: World) -> list[str]:
    """The meetings that `status` says are in conflict."""
    return [one.meeting.id for one in status(world.ctx).conflicts]


def instead(world: World, meeting: str = "m1") -> list[str]:
    return [agent.id for agent, _ in story(world.ctx, meeting).instead]


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    lines = [one.getMessage() for one in caplog.records if one.getMessage().startswith("conflict_found")]
    caplog.clear()
    return lines


def test_it_is_told_once_and_shown_as_long_as_it_is_there(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", "syncd")
    world.plan()
    world.plan("m2", start=TEN + 5 * HOUR, end=ELEVEN + 5 * HOUR)
    assert (late(world), instead(world)) == ([], [])
    href = world.enter("anna", "dentist", TEN + 30 * MINUTE, ELEVEN)
    world.sync()
    (line,) = logged(caplog)
    assert "meeting=m1" in line
    assert "agent=anna" in line
    assert "private matter" not in line
    assert (late(world), instead(world)) == (["m1"], ["ben", "cleo"])
    listed = {one.meeting.id: one for one in list_meetings(world.ctx)[0]}
    assert [one.kind for one in listed["m1"].conflicts] == ["calendar"]
    assert (listed["m2"].conflicts, listed["m2"].instead) == ((), ())
    assert status(world.ctx).ok, "whether it goes on all the same is not ours to ask"

    world.configure()
    world.sync()
    assert (notice_conflicts(world.ctx), logged(caplog)) == (0, []), "not again, and not after a restart"
    world.server.delete(href)
    world.sync()
    assert (late(world), instead(world)) == ([], [])
    world.enter("anna", "dentist", TEN + 30 * MINUTE, ELEVEN)
    world.sync()
    assert len(logged(caplog)) == 1, "one that came back is news"


@pytest.mark.parametrize(
    "settled",
    [
        lambda: changes.assign("m1", "ben", by="test"),
        lambda: changes.reschedule("m1", TEN + 5 * HOUR, None, "busy", by="test"),
        lambda: changes.reschedule("m1", TEN - 15 * MINUTE, None, "busy", by="test"),
        lambda: changes.cancel("m1", "busy", "agent", by="test"),
        lambda: changes.set_status("m1", MeetingStatus.LIVE, by="test"),
    ],
    ids=["assigned", "moved away", "moved, knowing it", "cancelled", "live"],
)
def test_it_ends_when_the_meeting_is_changed(world: World, settled) -> None:
    world.plan()
    world.enter("anna", "dentist", TEN, ELEVEN)
    world.sync()
    assert late(world) == ["m1"]
    world.accept(settled())
    assert late(world) == []
    assert notice_conflicts(world.ctx) == 0


def test_what_was_known_when_it_was_planned_or_assigned_is_not_late(world: World) -> None:
    world.enter("anna", "dentist", TEN, ELEVEN)
    world.enter("ben", "dentist", TEN, ELEVEN)
    world.sync()
    world.plan()
    assert late(world) == []
    world.assign("ben")
    world.deliver()
    world.sync()
    assert late(world) == []
    world.enter("ben", "another", TEN, ELEVEN + HOUR)
    world.sync()
    assert [one.end for one in story(world.ctx, "m1").conflicts] == [ELEVEN + HOUR]


def test_our_own_event_other_meetings_and_blocks_are_no_late_conflict(world: World) -> None:
    world.plan()
    world.plan("m2")
    night = (
        '[[blocks]]\nscope = "company"\ntitle = "Day"\nstart = "2026-03-02T00:00"\nend = "2026-03-03T00:00"\n'
    )
    world.configure(HEAD + "".join(AGENT.format(id=agent) for agent in AGENTS) + night)
    world.sync()
    assert late(world) == []


def test_only_checked_calendars_and_kinds_that_block_count(world: World) -> None:
    world.plan()
    world.enter("anna", "maybe", TEN, ELEVEN, "STATUS:TENTATIVE")
    world.sync()
    assert late(world) == ["m1"]
    people = "".join(AGENT.format(id=agent) for agent in AGENTS)
    world.configure(HEAD + "[policy]\ntentative = false\n" + people)
    assert late(world) == []
    world.configure(HEAD + people.replace('check = ["Work"]', "check = []"))
    world.sync()
    assert late(world) == []

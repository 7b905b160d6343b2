"""What stands in an agent's way when a meeting is planned, moved or handed over never forbids it, and is on record."""

from datetime import timedelta

from worlds import AGENT, ELEVEN, HEAD, TEN, World

from store.model import Override
from syncd.actions import changes
from syncd.actions.drifting import accept_drift, drift_list
from syncd.actions.look import story

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def overrides(world: World, meeting: str = "m1") -> tuple[Override, ...]:
    return story(world.ctx, meeting).meeting.overrides


def what(override: Override) -> list[tuple[str, str]]:
    return [(one["kind"], one.get("calendar") or one.get("meeting")) for one in override.reasons]


def test_a_plan_over_a_busy_time_is_accepted_and_that_is_recorded(world: World) -> None:
    world.enter("anna", "dentist", TEN, ELEVEN)
    world.sync()
    world.plan()
    (one,) = overrides(world)
    assert (one.agent, one.by, one.at, what(one)) == ("anna", "test", world.now, [("calendar", "Work")])
    (line,) = story(world.ctx, "m1").changes
    assert [item["agent"] for item in line.detail["overrides"]] == ["anna"]
    assert "private matter" not in str(line)


def test_the_same_plan_again_changes_nothing_though_the_calendar_has_changed_since(world: World) -> None:
    planned = world.plan()
    world.enter("anna", "dentist", TEN, ELEVEN)
    world.sync()
    assert world.plan() == planned
    assert overrides(world) == ()


def test_a_move_onto_a_busy_time_is_accepted_and_recorded_with_the_new_one_alone(world: World) -> None:
    world.plan()
    world.plan("m2", start=TEN + 3 * HOUR, end=ELEVEN + 3 * HOUR)
    world.enter("anna", "dentist", TEN + 3 * HOUR, ELEVEN + 3 * HOUR)
    world.sync()
    accepted = world.accept(changes.reschedule("m1", TEN + 3 * HOUR, None, "later", by="boss"))
    (one,) = accepted.overrides
    assert (one.by, what(one)) == ("boss", [("calendar", "Work"), ("meeting", "m2")])
    assert world.accept(changes.reschedule("m1", TEN + 3 * HOUR, None, "later", by="boss")).changed is False
    assert overrides(world) == (one,)
    assert not world.accept(changes.reschedule("m1", TEN + 6 * HOUR, None, "later", by="boss")).overrides
    assert overrides(world) == (one,), "what was on record stays"


def test_a_move_by_its_agent_that_is_accepted_is_marked_as_well(world: World) -> None:
    world.plan()
    world.plan("m2", start=TEN + 3 * HOUR, end=ELEVEN + 3 * HOUR)
    (href,) = [one.href for one in world.copies().values()]
    text = (world.server.text(href) or "").replace("T120000", "T150000").replace("T110000", "T140000")
    world.server.store(world.work("anna"), href.rpartition("/")[2], text)
    world.tick(2 * MINUTE)
    (drift,) = drift_list(world.ctx)
    accept_drift(world.ctx, drift.copy.id, by="boss")
    (one,) = overrides(world)
    assert (one.agent, what(one)) == ("anna", [("meeting", "m2")])


def test_a_meeting_whose_agent_is_gone_can_still_be_moved(world: World) -> None:
    world.plan()
    world.configure(HEAD + AGENT.format(id="ben"))
    moved = world.accept(changes.reschedule("m1", TEN + HOUR, None, "later", by="boss"))
    assert (moved.changed, moved.meeting.start, moved.overrides) == (True, TEN + HOUR, ())

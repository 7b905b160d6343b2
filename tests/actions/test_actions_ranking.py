"""In which order candidates are offered: by mark, then fairly by load, then by name."""

from datetime import UTC, datetime, timedelta

import pytest
from worlds import ELEVEN, NOW, TEN, World

from store.model import MeetingStatus
from syncd.actions import changes
from syncd.actions.load import day_of, week_of
from syncd.actions.suggest import candidates

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def order(world: World) -> list[str]:
    return [one.agent.id for one in candidates(world.ctx, "m1").page]


def plan(world: World, name: str, agent: str, start: datetime) -> None:
    world.plan(name, agent, start, start + HOUR)


def test_alike_agents_are_ordered_by_their_week_and_then_by_name(world: World) -> None:
    world.plan()  # anna has it, at ten on Monday
    assert order(world) == ["anna", "ben", "cleo"], "the meeting itself does not count as anna's load"
    plan(world, "m2", "anna", TEN + DAY)
    plan(world, "m3", "ben", TEN + 2 * DAY)
    plan(world, "m4", "ben", TEN + 3 * DAY)
    assert order(world) == ["cleo", "anna", "ben"]
    plan(world, "m5", "cleo", TEN + 7 * DAY)  # next week
    assert order(world) == ["cleo", "anna", "ben"]
    world.accept(changes.cancel("m3", "ill", "guest", by="test"))
    world.accept(changes.cancel("m4", "ill", "guest", by="test"))
    assert order(world) == ["ben", "cleo", "anna"]


def test_what_was_held_counts_too(world: World) -> None:
    world.plan()
    plan(world, "m2", "ben", NOW + HOUR)
    world.accept(changes.set_status("m2", MeetingStatus.LIVE, by="test"))
    world.accept(changes.set_status("m2", MeetingStatus.COMPLETED, by="test"))
    assert order(world) == ["anna", "cleo", "ben"]
    loads = {one.agent.id: (one.load_day, one.load_week) for one in candidates(world.ctx, "m1").page}
    assert loads == {"anna": (1, 1), "ben": (1, 1), "cleo": (0, 0)}


def test_the_mark_comes_before_the_load(world: World) -> None:
    world.plan()
    for number, agent in enumerate(("cleo", "cleo", "ben")):
        plan(world, f"x{number}", agent, TEN + (number + 1) * DAY)
    world.enter("anna", "dentist", TEN, ELEVEN)
    world.sync("anna")
    assert order(world) == ["ben", "cleo", "anna"]
    world.now += timedelta(minutes=11)
    world.sync("cleo")
    assert [(one.agent.id, one.verdict.mark.value) for one in candidates(world.ctx, "m1").page] == [
        ("cleo", "available"), ("ben", "unknown"), ("anna", "not available"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "zone", "day", "week"),
    [
        (
            "2026-03-02T09:00",
            "Europe/Amsterdam",
            ("03-01 23:00", "03-02 23:00"),
            ("03-01 23:00", "03-08 23:00"),
        ),
        (
            "2026-03-01T23:30",
            "Europe/Amsterdam",
            ("03-01 23:00", "03-02 23:00"),
            ("03-01 23:00", "03-08 23:00"),
        ),
        (
            "2026-03-02T03:00",
            "America/New_York",
            ("03-01 05:00", "03-02 05:00"),
            ("02-23 05:00", "03-02 05:00"),
        ),
        (
            "2026-03-29T12:00",
            "Europe/Amsterdam",
            ("03-28 23:00", "03-29 22:00"),
            ("03-22 23:00", "03-29 22:00"),
        ),
        (
            "2026-10-25T12:00",
            "Europe/Amsterdam",
            ("10-24 22:00", "10-25 23:00"),
            ("10-18 22:00", "10-25 23:00"),
        ),
    ],
)
def test_days_and_weeks_are_those_of_the_zones_clocks(
    moment: str, zone: str, day: tuple[str, str], week: tuple[str, str]
) -> None:
    asked = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert tuple(f"{one:%m-%d %H:%M}" for one in day_of(asked, zone)) == day
    assert tuple(f"{one:%m-%d %H:%M}" for one in week_of(asked, zone)) == week

"""Free times for a meeting: everything is asked that candidates ask, and silence never reads as free."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from worlds import ELEVEN, NOW, TEN, World

from store.model import Guest, MeetingStatus
from syncd.actions import changes
from syncd.actions.free import FreeTimes, Wanted, free_times
from syncd.actions.suggest import explain
from syncd.errors import Refused, Unknown, WrongUse
from syncd.mail.letter import uid_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NINE, NOON, ONE = TEN - HOUR, TEN + 2 * HOUR, TEN + 3 * HOUR
MORNING = Wanted(NINE, ONE, HOUR)


def starts(found: FreeTimes) -> list[int]:
    return [one.start.hour for one in found.times]


def asked(world: World, *agents: str, together: bool = False, wanted: Wanted = MORNING) -> FreeTimes:
    return free_times(world.ctx, "m1", replace(wanted, agents=agents, together=together))


def test_events_blocks_and_other_meetings_are_in_the_way_and_the_meeting_is_not(world: World) -> None:
    world.plan(start=TEN, end=ELEVEN)
    assert starts(asked(world)) == [9, 10, 11, 12]
    world.enter("anna", "dentist", ELEVEN, ELEVEN + HOUR / 2)
    world.plan("m2", start=NINE, end=NINE + HOUR)
    assert world.sync().failed == ()
    assert starts(asked(world)) == [10, 12]


def test_its_old_copy_in_the_calendar_is_not_in_the_way_either(world: World) -> None:
    """Rescheduled, and not delivered yet: the event stands at the old time, the meeting is at the new one."""
    world.plan(start=TEN, end=ELEVEN)
    world.accept(changes.reschedule("m1", NOON, None, "ill", by="test"))
    assert world.sync("ben").failed == ()
    assert starts(asked(world)) == [9, 10, 11, 12]
    assert [one.verdict.mark for one in world.candidates().values() if one.assigned] == ["available"]


def test_nor_is_a_copy_that_its_agent_moved(world: World) -> None:
    world.plan(start=TEN, end=ELEVEN)
    (href,) = world.server.hrefs(world.work("anna"))
    moved = (world.server.text(href) or "").replace("T110000", "T120000").replace("T120000", "T130000", 1)
    world.server.store(world.work("anna"), href.rpartition("/")[2].removesuffix(".ics"), moved)
    world.sync("anna")
    assert [one.drift for one in world.copies().values()] == ["moved"]
    assert starts(asked(world)) == [9, 10, 11, 12]


def test_with_any_or_all_of_several(world: World) -> None:
    world.plan(start=TEN, end=ELEVEN)
    world.enter("anna", "a", NINE, TEN)
    world.enter("ben", "b", TEN, NOON)
    assert world.sync().failed == ()
    any_ = asked(world, "ben", "anna")
    assert [(one.start.hour, one.agents) for one in any_.times] == [
        (9, ("ben",)), (10, ("anna",)), (11, ("anna",)), (12, ("ben", "anna")),
    ]  # fmt: skip
    assert starts(asked(world, "ben", "anna", together=True)) == [12]
    assert starts(asked(world, "ben")) == [9, 12]
    assert asked(world, "ben", "ben").agents == ("ben",)


def test_a_calendar_that_is_stale_leaves_nothing_and_says_so(world: World) -> None:
    world.plan(start=TEN, end=ELEVEN)
    world.now += timedelta(minutes=11)
    world.sync("ben")
    found = asked(world, "anna", "ben")
    assert {one.agents for one in found.times} == {("ben",)}
    assert [(agent, [one.kind for one in reasons]) for agent, reasons in found.unsure] == [
        ("anna", ["stale"])
    ]
    assert asked(world, "anna", "ben", together=True).times == ()


def test_beyond_what_was_read_nothing_is_free(world: World) -> None:
    world.plan(start=TEN, end=ELEVEN)
    edge = world.row().window_end
    assert edge is not None
    found = asked(world, wanted=Wanted(edge - 3 * HOUR, edge + 3 * HOUR, HOUR))
    assert [edge - one.end for one in found.times] == [2 * HOUR, HOUR, 0 * HOUR]
    assert [[one.kind for one in reasons] for _, reasons in found.unsure] == [["horizon"]]


@pytest.mark.parametrize(
    ("start", "end", "notice", "expected"),
    [
        (TEN, ELEVEN, 0, [10]),
        (TEN, ELEVEN - timedelta(seconds=1), 0, []),
        (NOW - DAY, TEN, 0, [8, 9]),
        (NOW - DAY, ELEVEN, 2, [10]),
        (NOW - DAY, ELEVEN, 3, []),
        (TEN + timedelta(minutes=1), NOON, 0, [11]),
    ],
)
def test_from_to_and_notice_bound_what_is_offered(
    world: World, start: datetime, end: datetime, notice: int, expected: list[int]
) -> None:
    world.plan(start=TEN, end=ELEVEN)
    assert starts(asked(world, wanted=Wanted(start, end, HOUR, notice * HOUR))) == expected


def test_what_makes_no_sense_is_refused(world: World) -> None:
    world.plan()
    for wrong in (
        Wanted(TEN, TEN),
        Wanted(TEN, TEN + 62 * DAY + HOUR),
        Wanted(TEN, ELEVEN, timedelta(minutes=45)),
    ):
        with pytest.raises(WrongUse):
            free_times(world.ctx, "m1", wrong)
    with pytest.raises(Unknown):
        free_times(world.ctx, "m2", MORNING)
    with pytest.raises(Unknown):
        asked(world, "dora")
    world.accept(changes.set_status("m1", MeetingStatus.LIVE, by="test"))
    with pytest.raises(Refused, match="can no longer be rescheduled"):
        asked(world)


def test_a_conversation_that_began_early_is_in_the_way_since_then(world: World) -> None:
    world.plan("m2", start=TEN, end=ELEVEN)
    world.now = NINE
    world.accept(changes.set_status("m2", MeetingStatus.LIVE, by="test"))
    assert world.sync().failed == ()
    found = explain(world.ctx, "anna", NINE, TEN).verdict
    assert [(one.kind, one.meeting, one.start) for one in found.reasons] == [("meeting", "m2", NINE)]
    assert explain(world.ctx, "anna", NINE - HOUR, NINE).verdict.reasons == ()


def test_where_a_guest_is_an_agent_their_invitation_is_not_in_the_way_of_the_meeting_itself(
    world: World,
) -> None:
    ben, eva = Guest("Ben", "BEN@example.com"), Guest("Eva", "eva@example.org")
    world.plan(start=TEN, end=ELEVEN, guests=(ben, eva))
    world.enter("ben", uid_of("m1"), TEN, ELEVEN)  # as his mail program took it from the mail
    world.enter("cleo", uid_of("m1"), TEN, ELEVEN)  # who is no guest, whatever the event says
    assert world.sync().failed == ()
    marks = {name: one.verdict.mark.value for name, one in world.candidates().items()}
    assert marks == {"anna": "available", "ben": "available", "cleo": "not available"}
    assert starts(asked(world, "ben")) == [9, 10, 11, 12]
    assert world.assign("ben").overrides == ()
    world.plan("m2", "anna", TEN, ELEVEN)
    assert world.candidates("m2")["ben"].verdict.mark.value == "not available", "it is, of any other"


def test_the_invitation_of_before_a_reschedule_is_not_in_the_way_either(world: World) -> None:
    world.plan(start=TEN, end=ELEVEN, guests=(Guest("Ben", "ben@example.com"),))
    world.enter("ben", uid_of("m1"), TEN, ELEVEN)
    world.accept(changes.reschedule("m1", TEN + HOUR / 2, None, "ill", by="test"))
    assert world.sync().failed == ()
    assert world.candidates()["ben"].verdict.mark.value == "available"

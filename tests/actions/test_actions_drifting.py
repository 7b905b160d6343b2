"""Events of ours that their agents moved, edited or deleted: settled by a person, or by policy."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from worlds import AGENT, AGENTS, ELEVEN, HEAD, TEN, World

from store.database import Store, Tx
from store.model import Meeting, MeetingStatus
from syncd.actions import changes
from syncd.actions.drifting import Drift, accept_drift, drift_list, restore_drift, settle_drift
from syncd.actions.look import story
from syncd.errors import Refused, Unknown
from syncd.rules.drift import MOST_RESTORES, REASON

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def move(world: World, *, hours: int = 3) -> None:
    """Anna moves our event in her calendar, as another client would."""
    href = current(world)
    text = world.server.text(href) or ""
    for hour in (11, 10):  # 10:00 UTC is 11:00 on Anna's clock
        text = text.replace(f"T{hour + 1}0000", f"T{hour + 1 + hours}0000")
    world.server.store(world.work("anna"), href.rpartition("/")[2], text)
    world.tick(2 * MINUTE)


def edit(world: World) -> None:
    """Anna gives our event another title."""
    href = current(world)
    text = (world.server.text(href) or "").replace("SUMMARY:Mortgage talk", "SUMMARY:My talk")
    world.server.store(world.work("anna"), href.rpartition("/")[2], text)
    world.tick(2 * MINUTE)


def delete(world: World) -> None:
    """Anna deletes our event."""
    world.server.delete(current(world))
    world.tick(2 * MINUTE)


def current(world: World) -> str:
    return next(copy.href for copy in world.copies().values() if copy.state == "present")


def settle(world: World) -> int:
    """What the daemon does about drift, and the deliveries and the sync that follow."""
    count = settle_drift(world.ctx)
    world.deliver()
    world.tick(2 * MINUTE)
    return count


def policy(world: World, way: str) -> None:
    body = HEAD + "".join(AGENT.format(id=agent) for agent in AGENTS)
    world.configure(f'{body}\n[policy]\nagent_edits = "{way}"\n')


def only(world: World) -> Drift:
    (one,) = drift_list(world.ctx)
    return one


def meeting(world: World) -> Meeting:
    return story(world.ctx, "m1").meeting


def test_drift_is_listed_with_what_was_written_and_what_stands_there(world: World) -> None:
    world.plan()
    assert drift_list(world.ctx) == []
    move(world)
    one = only(world)
    assert (one.copy.meeting, one.copy.agent, one.calendar, one.copy.drift) == ("m1", "anna", "Work", "moved")
    assert (one.copy.written_start, one.copy.found_start) == (TEN, TEN + 3 * HOUR)
    assert (one.policy, one.state) == ("flag", "open")
    assert settle(world) == 0, "flag overwrites nothing"
    assert only(world).copy.found_start == TEN + 3 * HOUR


def test_a_move_that_is_accepted_is_a_reschedule(world: World) -> None:
    world.plan()
    move(world)
    assert accept_drift(world.ctx, only(world).copy.id, by="boss").state == "accepted"
    assert (meeting(world).start, meeting(world).end) == (TEN + 3 * HOUR, ELEVEN + 3 * HOUR)
    assert (meeting(world).reason, story(world.ctx, "m1").changes[-1].by) == (REASON, "boss")
    world.deliver()
    world.tick(2 * MINUTE)
    assert drift_list(world.ctx) == []
    assert len(world.ours("anna")) == 1
    assert REASON.split("'")[0] in world.ours("anna")[0]


def test_a_deletion_that_is_accepted_is_a_cancel_by_the_agent(world: World) -> None:
    world.plan()
    delete(world)
    accept_drift(world.ctx, only(world).copy.id, by="boss")
    assert (meeting(world).status, meeting(world).cancelled_by) == (MeetingStatus.CANCELLED, "agent")
    world.deliver()
    world.tick(2 * MINUTE)
    assert (drift_list(world.ctx), world.ours("anna"), world.owed()) == ([], [], [])


def test_an_edit_that_is_accepted_stays_until_the_next_change(world: World) -> None:
    world.plan()
    edit(world)
    accept_drift(world.ctx, only(world).copy.id, by="boss")
    assert (drift_list(world.ctx), meeting(world).version) == ([], 1)
    world.sync("anna", full=True)
    assert drift_list(world.ctx) == [], "what was accepted is not found again"
    assert "My talk" in world.ours("anna")[0]
    world.accept(changes.reschedule("m1", TEN + HOUR, None, "later", by="test"))
    world.deliver()
    assert "SUMMARY:Mortgage talk" in world.ours("anna")[0]


@pytest.mark.parametrize("by_agent", [move, edit, delete])
def test_what_is_restored_stands_as_it_was_written_once(world: World, by_agent) -> None:
    world.plan()
    before = [
        line
        for line in world.ours("anna")[0].splitlines()
        if line.startswith(("SUMMARY", "DTSTART;", "DTEND;"))
    ]
    by_agent(world)
    restore_drift(world.ctx, only(world).copy.id, by="boss")
    assert only(world).state == "owed"
    world.deliver()
    world.tick(2 * MINUTE)
    (text,) = world.ours("anna")
    assert [
        line for line in text.splitlines() if line.startswith(("SUMMARY", "DTSTART;", "DTEND;"))
    ] == before
    assert (drift_list(world.ctx), meeting(world).version) == ([], 1)


def test_while_a_delivery_is_owed_nothing_is_settled_beside_it(world: World) -> None:
    world.plan()
    move(world)
    number = only(world).copy.id
    policy(world, "restore")
    world.accept(changes.reschedule("m1", TEN + 5 * HOUR, None, "later", by="test"))
    assert settle_drift(world.ctx) == 0
    for settle_by in (accept_drift, restore_drift):
        with pytest.raises(Refused, match="on its way"):
            settle_by(world.ctx, number, by="boss")
    world.deliver()
    assert drift_list(world.ctx) == []
    with pytest.raises(Unknown, match="no drift"):
        accept_drift(world.ctx, number, by="boss")


@pytest.mark.parametrize("by_agent", [move, delete])
@pytest.mark.parametrize("how", [accept_drift, restore_drift])
def test_what_changed_again_this_very_moment_is_not_settled(
    world: World, monkeypatch: pytest.MonkeyPatch, by_agent: Callable[[World], None],
    how: Callable[..., Drift],
) -> None:  # fmt: skip
    """Whoever settles it looked at something else than what stands there now."""
    world.plan()
    edit(world)
    seen = only(world)
    by_agent(world)
    monkeypatch.setattr("syncd.actions.drifting._open", lambda _ctx, _number: seen)
    with pytest.raises(Refused, match="this very moment"):
        how(world.ctx, seen.copy.id, by="boss")
    assert (meeting(world).version, world.owed()) == (1, [])


def test_of_two_who_settle_it_at_once_one_does(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.plan()
    move(world)
    seen = only(world)
    monkeypatch.setattr("syncd.actions.drifting._open", lambda _ctx, _number: seen)
    restore_drift(world.ctx, seen.copy.id, by="jan")
    with pytest.raises(Refused, match="this very moment"):
        accept_drift(world.ctx, seen.copy.id, by="eva")
    assert (meeting(world).version, len(world.owed())) == (1, 1)


def test_the_rules_of_meetings_hold_for_what_is_accepted(world: World) -> None:
    world.plan()
    move(world)
    world.accept(changes.set_status("m1", MeetingStatus.LIVE, by="test"))
    with pytest.raises(Refused, match="live"):
        accept_drift(world.ctx, only(world).copy.id, by="boss")
    policy(world, "accept")
    assert settle(world) == 0
    assert only(world).state == "open"


def test_of_a_meeting_that_is_over_nothing_drifts(world: World) -> None:
    world.plan()
    world.accept(changes.set_status("m1", MeetingStatus.COMPLETED, by="test"))
    world.deliver()
    delete(world)
    assert drift_list(world.ctx) == []


@pytest.mark.parametrize("by_agent", [move, edit, delete])
def test_by_policy_it_is_restored_but_never_more_than_three_times(world: World, by_agent) -> None:
    policy(world, "restore")
    world.plan()
    for _ in range(MOST_RESTORES):
        by_agent(world)
        assert settle(world) == 1
        assert (drift_list(world.ctx), len(world.ours("anna"))) == ([], 1)
    by_agent(world)
    assert settle(world) == 0, "no tug of war"
    assert only(world).state == "open"
    assert meeting(world).version == 1


@pytest.mark.parametrize(
    ("by_agent", "status"), [(move, "scheduled"), (delete, "cancelled"), (edit, "scheduled")]
)
def test_by_policy_it_is_accepted(world: World, by_agent, status: str) -> None:
    policy(world, "accept")
    world.plan()
    by_agent(world)
    assert settle(world) == 1
    assert (drift_list(world.ctx), meeting(world).status, world.owed()) == ([], status, [])
    assert meeting(world).start == (TEN + 3 * HOUR if by_agent is move else TEN)


class _DoneAgain:
    """A store whose transactions of readings are undone the first time, as `Store.save` says that they may be."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def save(self, work: Callable[[Tx], Any]) -> Any:
        with suppress(ZeroDivisionError), self._store.writing() as tx:
            work(tx)
            raise ZeroDivisionError
        return self._store.save(work)


def test_drift_is_told_once_also_if_its_transaction_is_done_twice(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", "syncd")
    world.plan()
    world.tick(2 * MINUTE)
    world.ctx = replace(world.ctx, store=_DoneAgain(world.store))  # type: ignore[arg-type]  # passes all else on
    move(world)
    lines = [one.getMessage() for one in caplog.records]
    assert lines == ["drift_found meeting=m1 agent=anna what=moved"]
    assert only(world).what == "moved"

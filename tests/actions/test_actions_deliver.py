"""Accepted changes reach the calendars: exactly one event, in the right calendar, at the right time, whatever happens."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from worlds import ELEVEN, GUEST, TEN, World

from connectors.interface import Conflict, OutcomeUnknown, SignInRefused, Taken, Unreachable
from store import deliveries, due
from store.errors import Fenced
from store.model import Guest
from syncd.actions import changes
from syncd.actions.accept import Wish, accept, preview
from syncd.actions.deliver import deliver
from syncd.actions.look import story
from syncd.errors import Refused

HOUR = timedelta(hours=1)


def test_a_planned_meeting_stands_in_the_agents_calendar(world: World) -> None:
    world.plan(link="https://meet.example.com/m1")
    (text,) = world.ours("anna")
    assert "SUMMARY:Mortgage talk" in text
    assert "DTSTART;TZID=Europe/Amsterdam:20260302T110000" in text
    assert "LOCATION:https://meet.example.com/m1" in text
    assert "Gerda Guest" in text
    assert "ATTENDEE" not in text
    assert "ORGANIZER" not in text
    assert world.owed() == []


def test_a_reschedule_moves_the_event_and_gives_the_reason(world: World) -> None:
    world.plan()
    world.accept(changes.reschedule("m1", TEN + HOUR, None, "traffic jam", by="test"))
    world.deliver()
    (text,) = world.ours("anna")
    assert "DTSTART;TZID=Europe/Amsterdam:20260302T120000" in text
    assert "traffic jam" in text


def test_a_cancel_removes_the_event_and_cancelling_twice_is_one_cancel(world: World) -> None:
    world.plan()
    first = world.accept(changes.cancel("m1", "ill", "agent", by="test"))
    again = world.accept(changes.cancel("m1", "ill", "agent", by="test"))
    world.deliver()
    assert world.ours("anna") == []
    assert (first.changed, again.changed) == (True, False)
    assert again.meeting.version == 2


def test_an_invitation_names_the_guest_in_the_event(world: World) -> None:
    world.plan()
    world.accept(changes.invite("m1", Guest("Hans", "hans@example.org"), by="test"))
    world.accept(changes.invite("m1", Guest("Hans", "HANS@example.org"), by="test"))
    world.deliver()
    (text,) = world.ours("anna")
    assert text.count("hans@example.org") == 1


def test_an_assign_puts_before_it_removes(world: World) -> None:
    world.plan()
    world.assign("ben")
    world.server.calls.clear()
    world.deliver()
    writes = [
        (call.operation, call.login) for call in world.server.calls if call.operation in ("put", "remove")
    ]
    assert writes == [("put", "ben"), ("remove", "anna")]
    assert (len(world.ours("anna")), len(world.ours("ben"))) == (0, 1)
    assert world.owed() == []


def test_there_and_back_again_gets_a_new_generation(world: World) -> None:
    world.plan()
    world.assign("ben")
    world.assign("anna")
    world.deliver()
    assert (len(world.ours("anna")), len(world.ours("ben"))) == (1, 0)
    assert {key: copy.state for key, copy in world.copies().items()} == {
        ("anna", 1): "gone",
        ("anna", 2): "present",
    }


def test_there_and_back_again_with_deliveries_in_between(world: World) -> None:
    world.plan()
    for to in ("ben", "anna", "ben", "anna"):
        world.assign(to)
        world.deliver()
        assert {agent: len(world.ours(agent)) for agent in ("anna", "ben")} == {
            to: 1,
            ("ben" if to == "anna" else "anna"): 0,
        }


def test_passed_on_twice_in_quick_succession_leaves_no_orphan(world: World) -> None:
    world.plan()
    world.assign("ben")
    world.assign("cleo")
    world.deliver()
    assert [len(world.ours(agent)) for agent in ("anna", "ben", "cleo")] == [0, 0, 1]


def test_two_quick_reschedules_become_one_write(world: World) -> None:
    world.plan()
    world.accept(changes.reschedule("m1", TEN + HOUR, None, "one", by="test"))
    world.accept(changes.reschedule("m1", TEN + 2 * HOUR, None, "two", by="test"))
    world.server.calls.clear()
    world.deliver()
    assert world.operations("anna") == ["find", "put"]


def test_while_the_new_agents_server_is_down_the_old_event_stays_until_release_after(world: World) -> None:
    world.plan()
    world.assign("ben")
    world.server.fail_next("ben", "find", Unreachable("down"))
    world.deliver()
    assert len(world.ours("anna")) == 1
    failing, waiting = sorted(world.owed(), key=lambda one: one.agent != "ben")
    assert (failing.error, failing.failures) == ("down", 1)
    assert waiting.due_at == world.now + timedelta(minutes=15)
    world.now += timedelta(minutes=16)
    world.server.fail_next("ben", "find", Unreachable("down"))
    world.deliver()
    assert world.ours("anna") == []
    world.now += HOUR
    world.deliver()
    assert len(world.ours("ben")) == 1


def test_what_happens_to_one_calendar_is_no_reason_to_try_a_failing_one_sooner(world: World) -> None:
    world.plan()
    world.assign("ben")
    world.server.fail_next("ben", "find", Unreachable("down"))
    world.deliver()
    world.now += timedelta(minutes=16)
    for _ in range(5):
        world.server.fail_next("ben", "find", Unreachable("down"))
    world.server.calls.clear()
    world.deliver()
    assert world.ours("anna") == []  # removed in two steps, each of which wakes who waits
    assert world.operations("ben") == ["find"]


def test_once_the_new_copy_is_verified_the_old_one_goes_at_once(world: World) -> None:
    world.plan()
    world.assign("ben")
    world.server.fail_next("ben", "find", Unreachable("down"))
    world.deliver()
    world.now += timedelta(seconds=30)
    world.deliver()
    assert (len(world.ours("anna")), len(world.ours("ben"))) == (0, 1)


@pytest.mark.parametrize("after", [False, True])
def test_an_unknown_outcome_of_a_put_is_settled_by_looking(world: World, after: bool) -> None:
    world.server.fail_next("anna", "put", OutcomeUnknown("connection lost"), after=after)
    world.plan()
    assert len(world.owed()) == 1
    world.now += timedelta(seconds=30)
    world.deliver()
    assert len(world.ours("anna")) == 1
    assert world.owed() == []


@pytest.mark.parametrize("after", [False, True])
def test_an_unknown_outcome_of_a_remove_is_settled_by_looking(world: World, after: bool) -> None:
    world.plan()
    world.accept(changes.cancel("m1", "ill", "agent", by="test"))
    world.server.fail_next("anna", "remove", OutcomeUnknown("connection lost"), after=after)
    world.deliver()
    world.now += timedelta(seconds=30)
    world.deliver()
    assert world.ours("anna") == []
    assert world.owed() == []


def test_somebody_faster_means_reading_again(world: World) -> None:
    world.plan()
    world.accept(changes.reschedule("m1", TEN + HOUR, None, "later", by="test"))
    world.server.fail_next("anna", "put", Conflict("changed meanwhile"))
    world.deliver()
    world.now += timedelta(seconds=30)
    world.deliver()
    (text,) = world.ours("anna")
    assert "20260302T120000" in text


def test_a_refused_identity_gets_the_next_generation(world: World) -> None:
    world.server.fail_next("anna", "put", Taken("the trash bin holds it"))
    world.plan()
    assert {key: copy.state for key, copy in world.copies().items()} == {
        ("anna", 1): "gone",
        ("anna", 2): "present",
    }
    assert len(world.ours("anna")) == 1


def test_an_event_the_agent_deleted_comes_back_with_the_next_change_as_a_new_one(world: World) -> None:
    world.plan()
    world.server.delete(world.copies()["anna", 1].href)
    world.accept(changes.reschedule("m1", TEN + HOUR, None, "later", by="test"))
    world.deliver()
    assert world.copies()["anna", 2].state == "present"
    assert len(world.ours("anna")) == 1


def test_an_event_under_our_identity_that_names_an_organizer_is_never_touched(world: World) -> None:
    world.plan()
    href = world.copies()["anna", 1].href
    theirs = (
        (world.server.text(href) or "")
        .replace("BEGIN:VALARM", "")
        .replace("SUMMARY:", "ORGANIZER:mailto:boss@example.com\r\nSUMMARY:")
    )
    world.server.store(world.work("anna"), href.rpartition("/")[2], theirs)
    world.accept(changes.cancel("m1", "ill", "agent", by="test"))
    world.deliver()
    assert world.server.text(href) == theirs


def test_a_refused_sign_in_fails_visibly_and_is_tried_rarely(world: World) -> None:
    world.server.fail_next("anna", "find", SignInRefused("wrong password", "look at the secret"))
    world.plan()
    (owed,) = world.owed()
    assert (owed.state, owed.error, owed.hint) == ("failed", "wrong password", "look at the secret")
    assert owed.due_at >= world.now + timedelta(minutes=15)
    world.now += HOUR
    world.deliver()
    assert world.owed() == []


def test_a_change_accepted_while_a_worker_delivers_is_not_undone_by_it(world: World) -> None:
    world.plan()
    world.accept(changes.reschedule("m1", TEN + HOUR, None, "later", by="test"))
    (held,) = world.claim()
    world.assign("ben")
    assert [one.agent for one in world.claim()] == [
        "ben"
    ]  # anna's calendar is still in the first worker's hands
    with pytest.raises(Fenced):
        deliver(world.ctx, held)
    world.now += timedelta(seconds=11)  # the lease of the claim just made ends
    world.deliver()
    assert (len(world.ours("anna")), len(world.ours("ben"))) == (0, 1)


def test_a_fenced_worker_lets_its_successor_begin_at_once(world: World) -> None:
    world.plan()
    world.accept(changes.reschedule("m1", TEN + HOUR, None, "later", by="test"))
    (held,) = world.claim()
    world.accept(changes.reschedule("m1", TEN + 2 * HOUR, None, "still later", by="test"))
    assert world.claim() == []
    with pytest.raises(Fenced):
        deliver(world.ctx, held)
    (next_one,) = world.claim()
    assert next_one.version == 3


def test_a_worker_that_died_is_taken_over_after_its_lease(world: World) -> None:
    world.plan()
    world.accept(changes.reschedule("m1", TEN + HOUR, None, "later", by="test"))
    (held,) = world.claim()
    world.now += due.LEASE
    world.deliver()
    assert world.owed() == []
    with pytest.raises(Fenced):
        deliver(world.ctx, held)


def test_a_late_write_of_a_killed_worker_is_found_and_removed(world: World) -> None:
    world.plan()
    copy = world.copies()["anna", 1]
    text = world.server.text(copy.href) or ""
    world.assign("ben")
    world.deliver()
    world.server.store(world.work("anna"), copy.href.rpartition("/")[2], text)
    world.tick(timedelta(minutes=2))
    world.deliver()
    assert world.ours("anna") == []
    assert len(world.ours("ben")) == 1
    assert world.candidates()["anna"].verdict.mark == "available"


def test_an_agent_without_a_write_calendar_owes_nothing_and_the_old_event_goes_at_once(world: World) -> None:
    bare = '\n[[agents]]\nid = "dora"\nname = "Dora"\nemail = "dora@example.com"\n'
    world.configure((world.folder / "config.toml").read_text() + bare)
    world.plan()
    accepted = world.assign("dora")
    assert [(one.agent, one.kind) for one in accepted.owed] == [("anna", "remove")]
    world.deliver()
    assert world.ours("anna") == []


def test_the_same_request_twice_is_one_change_and_a_key_is_used_once(world: World) -> None:
    world.plan()
    wish = changes.reschedule("m1", TEN + HOUR, None, "later", by="test", key="k1")
    assert (world.accept(wish).meeting.version, world.accept(wish).meeting.version) == (2, 2)
    with pytest.raises(Refused, match="k1"):
        world.accept(changes.reschedule("m1", TEN + 2 * HOUR, None, "later", by="test", key="k1"))
    with pytest.raises(Refused, match="k1"):
        world.accept(changes.cancel("m1", "ill", "agent", by="test", key="k1"))


def test_a_change_of_an_outdated_version_is_refused(world: World) -> None:
    world.plan()
    world.accept(changes.reschedule("m1", TEN + HOUR, None, "later", by="test"))
    with pytest.raises(Refused, match="version 2, not 1"):
        world.accept(changes.cancel("m1", "ill", "agent", by="test", version=1))


def test_of_two_operators_at_once_one_wins(world: World) -> None:
    world.plan()
    wishes = [changes.assign("m1", to, by="test", version=1) for to in ("ben", "cleo")]

    def attempt(wish: Wish) -> bool:
        try:
            return accept(world.ctx, wish).changed
        except Refused:
            return False

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, wishes)) == [False, True]


def test_a_preview_saves_nothing(world: World) -> None:
    world.plan()
    shown = preview(world.ctx, changes.assign("m1", "ben", by="test"))
    assert [(one.agent, one.kind) for one in shown.owed] == [("ben", "put"), ("anna", "remove")]
    assert story(world.ctx, "m1").meeting.version == 1
    assert world.owed() == []


def test_choosing_somebody_who_is_not_available_is_recorded(world: World) -> None:
    world.enter("ben", "dentist", TEN, ELEVEN)
    world.sync()
    world.plan()
    accepted = world.assign("ben")
    (override,) = accepted.meeting.overrides
    assert (override.agent, override.by) == ("ben", "test")
    assert [reason["kind"] for reason in override.reasons] == ["calendar"]
    assert "private matter" not in str(override.reasons)
    assert story(world.ctx, "m1").changes[-1].detail["overrides"][0]["agent"] == "ben"


def test_an_abandoned_delivery_is_not_delivered(world: World) -> None:
    world.server.down = True
    world.plan()
    (owed,) = world.owed()
    with world.store.writing() as tx:
        assert deliveries.abandon(tx, owed.id)
    world.server.down = False
    world.now += HOUR
    world.deliver()
    assert world.ours("anna") == []


def test_the_links_are_made_for_the_agent(world: World) -> None:
    world.plan(link="https://meet/{guest}", agent_link="https://meet/{agent}?as=host")
    assert "https://meet/anna?as=host" in world.ours("anna")[0]
    world.assign("ben")
    world.deliver()
    assert "https://meet/ben?as=host" in world.ours("ben")[0]
    assert GUEST.email in world.ours("ben")[0]

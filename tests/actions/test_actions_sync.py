"""Calendars reach the store: what changed and nothing else, and what can't be read never reads as free."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from stores import counted
from worlds import AGENT, AGENTS, ELEVEN, HEAD, NOW, TEN, World, event

from connectors.interface import Calendar as CalendarToRead
from connectors.interface import (
    CalendarObject,
    Changes,
    Garbled,
    Problem,
    SignInRefused,
    Unreachable,
)
from connectors.memory import MemoryConnector
from store import calendars, due
from store.errors import Fenced
from syncd.actions import look, now
from syncd.actions.prepare import prepare
from syncd.actions.status import status
from syncd.actions.suggest import explain
from syncd.actions.sync import sync_login
from syncd.rules.availability import Mark

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def test_the_same_uid_in_two_objects_counts_once_where_it_means_the_same_time(world: World) -> None:
    """RFC 4791 section 5.3.2.1 forbids it, and there are servers that keep it. Different times both block: none is left out."""
    work = world.work("anna")
    world.server.store(work, "one", event("dentist", TEN, ELEVEN))
    second = world.server.store(work, "two", event("dentist", TEN, ELEVEN))
    third = world.server.store(work, "three", event("dentist", ELEVEN, ELEVEN + HOUR))
    world.server.store(work, "other", event("doctor", TEN, ELEVEN))
    assert world.sync().failed == ()
    shown = look.busy(world.ctx, "anna", TEN, ELEVEN + HOUR)
    assert [one.start for one in shown] == [TEN, TEN, ELEVEN]
    world.server.delete(second)
    world.server.delete(third)
    world.tick(timedelta(minutes=2))
    assert [one.start for one in look.busy(world.ctx, "anna", TEN, ELEVEN + HOUR)] == [TEN, TEN]


def test_busy_time_is_known_after_a_pass(world: World) -> None:
    world.enter("anna", "dentist", TEN, ELEVEN)
    world.enter("anna", "maybe", ELEVEN, ELEVEN + HOUR, "STATUS:TENTATIVE")
    world.enter("anna", "free", TEN, ELEVEN, "TRANSP:TRANSPARENT")
    world.enter("anna", "off", TEN, ELEVEN, "STATUS:CANCELLED")
    assert world.sync().failed == ()
    assert world.known("anna") == [(TEN, ELEVEN, "busy"), (ELEVEN, ELEVEN + HOUR, "tentative")]


def test_a_cycle_without_changes_is_one_request_a_login_and_one_commit_for_all(world: World) -> None:
    commits = world.store.commits
    world.server.calls.clear()
    assert world.tick(2 * MINUTE) == len(AGENTS)
    assert [call.operation for call in world.server.calls] == ["calendars"] * len(AGENTS)
    # two claims (deliveries, logins) and one saving, for however many logins
    assert world.store.commits - commits == 3
    assert world.health("anna").seen_at == world.now


def test_a_pass_over_many_logins_takes_as_long_as_it_takes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Patience is for other processes; it once ended a pass of our own after a minute, and called the rest busy."""
    monkeypatch.setattr(now, "PATIENCE", 0.0)
    names = [f"agent{number}" for number in range(70)]  # more than one claim takes
    for name in names:
        world.server.add_login(name)
        world.server.add_calendar(name, "Work")
    world.configure(HEAD + "".join(AGENT.format(id=name) for name in names))
    report = world.sync()
    assert (len(report.rounds), report.busy, report.failed) == (70, (), ())


class Ungated(MemoryConnector):
    """As at Outlook: the calendars are listed once a day, and each is asked every cycle."""

    gate = False
    asked = 0

    def changes(self, calendar: CalendarToRead, state: str | None, known: Mapping[str, str]) -> Changes:
        told = super().changes(calendar, state.partition("#")[0] if state else None, known)
        Ungated.asked += 1
        return replace(told, state=f"{told.state}#{Ungated.asked}")


class Trusting(Ungated):
    """As Outlook's: what is known is asked for only where something changed."""

    def changes(self, calendar: CalendarToRead, state: str | None, known: Mapping[str, str]) -> Changes:
        told = super().changes(calendar, state, {})
        return told if told.complete else replace(told, gone=tuple(one for one in told.gone if one in known))


@pytest.mark.parametrize("kind", [MemoryConnector, Trusting])
def test_a_cycle_without_changes_asks_the_store_the_same_however_many_logins(
    world: World, kind: type[MemoryConnector]
) -> None:
    def statements(agents: int) -> int:
        world.configure(HEAD + "".join(AGENT.format(id=f"{name}") for name in names[:agents]))
        world.ctx = replace(
            world.ctx, opener=lambda _account, login, secret, _shared: kind(world.server, login, secret)
        )
        for _ in range(2):
            world.tick(2 * MINUTE)
        with counted(world.store) as made:
            assert world.tick(2 * MINUTE) == agents
        return len(made)

    names = [f"agent{number}" for number in range(9)]
    for name in names:
        world.server.add_login(name)
        world.server.add_calendar(name, "Work")
    assert statements(2) == statements(9)


def test_without_a_gate_each_calendar_is_asked_every_cycle_and_saved_together(world: World) -> None:
    """And a state that moves on without changes is kept."""
    world.ctx = replace(
        world.ctx, opener=lambda _account, login, secret, _connections: Ungated(world.server, login, secret)
    )
    world.tick(2 * MINUTE)
    before, commits = world.row(), world.store.commits
    world.server.calls.clear()
    world.tick(2 * MINUTE)
    assert [call.operation for call in world.server.calls] == ["changes"] * len(AGENTS)
    assert world.store.commits - commits == 3
    assert world.row().sync_state not in (None, before.sync_state)
    assert world.row().seen_at == world.now
    world.enter("anna", "dentist", TEN, ELEVEN)
    world.tick(2 * MINUTE)
    assert world.known("anna") == [(TEN, ELEVEN, "busy")]
    world.server.calls.clear()
    world.tick(DAY)
    world.tick(2 * MINUTE)
    assert [call.operation for call in world.server.calls].count("calendars") == len(AGENTS)


def test_only_what_changed_is_read(world: World) -> None:
    world.enter("anna", "dentist", TEN, ELEVEN)
    world.tick(2 * MINUTE)
    world.server.calls.clear()
    href = world.enter("anna", "dentist", TEN + HOUR, ELEVEN + HOUR)
    world.tick(2 * MINUTE)
    assert world.operations("anna") == ["calendars", "changes"]
    assert world.operations("ben") == ["calendars"]
    assert world.known("anna") == [(TEN + HOUR, ELEVEN + HOUR, "busy")]
    world.server.delete(href)
    world.tick(2 * MINUTE)
    assert world.known("anna") == []


def test_a_lost_token_is_a_full_listing_and_nothing_becomes_free_meanwhile(world: World) -> None:
    world.enter("anna", "dentist", TEN, ELEVEN)
    gone = world.enter("anna", "lunch", ELEVEN, ELEVEN + HOUR)
    world.tick(2 * MINUTE)
    world.server.forget_tokens()
    world.server.delete(gone)
    world.tick(2 * MINUTE)
    assert world.known("anna") == [(TEN, ELEVEN, "busy")]


def test_a_server_that_is_down_makes_its_agents_unknown_after_a_while_but_not_free(world: World) -> None:
    world.enter("anna", "dentist", TEN + DAY, ELEVEN + DAY)
    world.sync()
    world.plan(agent="cleo")
    world.plan("m2", agent="cleo", start=TEN + DAY, end=ELEVEN + DAY)
    world.server.fail_next("anna", "calendars", Unreachable("down", "is it running?"))
    world.tick(2 * MINUTE)
    assert (world.health("anna").state, world.health("anna").hint) == ("failing", "is it running?")
    assert world.health("ben").state == "ok"
    assert world.candidates()["anna"].verdict.mark is Mark.AVAILABLE
    world.server.down = True
    for _ in range(8):
        world.tick(2 * MINUTE)
    assert world.candidates()["anna"].verdict.mark is Mark.UNKNOWN
    assert {reason.kind for reason in world.candidates()["anna"].verdict.reasons} == {"stale"}
    assert world.candidates("m2")["anna"].verdict.mark is Mark.NOT_AVAILABLE
    world.server.down = False
    world.tick(2 * HOUR)
    assert world.health("anna").state == "ok"


def test_retries_back_off(world: World) -> None:
    world.server.down = True
    waits = []
    for _ in range(4):
        world.tick()
        with world.store.reading() as tx:
            due_at = next(one.due_at for one in calendars.logins(tx) if one.agent == "anna")
        waits.append(due_at - world.now)
        world.now = due_at
    assert waits == sorted(waits)
    assert waits[-1] >= 4 * waits[1]


def test_a_wrong_password_is_said_so_and_tried_rarely(world: World) -> None:
    world.server.fail_next("anna", "calendars", SignInRefused("refused", "look at the secret"))
    world.tick(2 * MINUTE)
    assert (world.health("anna").state, world.health("anna").error) == ("no-access", "refused")
    world.server.calls.clear()
    world.tick(10 * MINUTE)
    assert world.operations("anna") == []


def test_garbage_from_one_calendar_leaves_the_others_alone(world: World) -> None:
    world.server.add_calendar("anna", "Private")
    text = HEAD + "".join(AGENT.format(id=agent) for agent in AGENTS).replace(
        'check = ["Work"]', 'check = ["Work", "Private"]', 1
    )
    world.configure(text)
    world.sync()
    world.server.store("/anna/private/", "gym", event("gym", TEN, ELEVEN))
    world.enter("anna", "dentist", ELEVEN, ELEVEN + HOUR)
    world.server.fail_next("anna", "changes", Garbled("not XML"))
    world.now += 2 * MINUTE
    assert len(world.sync("anna").failed) == 1
    assert len(world.known("anna")) == 1
    states = {one.calendar: one.state for one in status(world.ctx, agent="anna").calendars}
    assert sorted(states.values()) == ["failing", "ok"]
    world.now += 2 * MINUTE
    assert world.sync("anna").failed == ()
    assert len(world.known("anna")) == 2


def test_an_unreadable_object_is_reported_blocks_and_the_rest_goes_on(world: World) -> None:
    world.enter("anna", "bomb", TEN, ELEVEN, "RRULE:FREQ=SOMETIMES")
    world.enter("anna", "dentist", ELEVEN, ELEVEN + HOUR)
    assert world.sync().failed == ()
    found = world.known("anna", end=ELEVEN + HOUR)
    assert (TEN, ELEVEN, "unknown") in found
    assert (ELEVEN, ELEVEN + HOUR, "busy") in found
    told = status(world.ctx, agent="anna")
    assert [(one.agent, one.uid) for one in told.unreadable] == [("anna", "bomb")]
    assert told.calendars[0].unreadable == 1
    assert world.health("anna").state == "ok"


def test_an_object_that_can_no_longer_be_read_keeps_blocking_as_it_did(world: World) -> None:
    world.enter("anna", "dentist", TEN, ELEVEN)
    world.sync()
    world.server.store(world.work("anna"), "dentist", "this is no iCalendar")
    world.tick(2 * MINUTE)
    assert world.known("anna") == [(TEN, ELEVEN, "busy")]
    assert world.health("anna").unreadable == 1
    world.enter("anna", "dentist", ELEVEN, ELEVEN + HOUR)
    world.tick(2 * MINUTE)
    assert world.known("anna") == [(ELEVEN, ELEVEN + HOUR, "busy")]
    assert world.health("anna").unreadable == 0


def test_an_object_that_could_not_be_fetched_is_fetched_in_the_next_cycle(world: World) -> None:
    class Losing(MemoryConnector):
        """A connection that breaks while one object is fetched."""

        def changes(self, calendar: CalendarToRead, state: str | None, known: Mapping[str, str]) -> Changes:
            told = super().changes(calendar, state, known)
            lost = [
                CalendarObject(one.href, "", "", (), (Problem("", 0, "can't be fetched"),))
                for one in told.upserts
            ]
            return replace(told, upserts=tuple(lost))

    world.enter("anna", "dentist", TEN, ELEVEN)
    world.sync()
    world.enter("anna", "dentist", TEN + HOUR, ELEVEN + HOUR)
    whole = world.ctx
    world.ctx = replace(
        whole, opener=lambda _account, login, secret, _connections: Losing(world.server, login, secret)
    )
    world.tick(2 * MINUTE)
    assert world.known("anna") == [(TEN, ELEVEN, "busy")]
    assert (world.health("anna").state, world.health("anna").unreadable) == ("ok", 1)
    world.ctx = whole
    world.tick(2 * MINUTE)
    assert world.known("anna") == [(TEN + HOUR, ELEVEN + HOUR, "busy")]
    assert world.health("anna").unreadable == 0


def test_a_calendar_that_turns_empty_is_held_until_a_second_look(world: World) -> None:
    hrefs = [world.enter("anna", f"e{n}", TEN + n * HOUR, ELEVEN + n * HOUR) for n in range(6)]
    world.tick(2 * MINUTE)
    for href in hrefs:
        world.server.delete(href)
    world.tick(2 * MINUTE)
    assert (world.health("anna").state, len(world.known("anna"))) == ("held", 6)
    world.server.calls.clear()
    world.tick(timedelta(seconds=30))
    assert world.operations("anna") == ["calendars", "changes"]
    assert (world.health("anna").state, len(world.known("anna"))) == ("ok", 0)


def test_the_brake_lets_go_when_the_second_look_says_otherwise_and_additions_are_applied(
    world: World,
) -> None:
    hrefs = [world.enter("anna", f"e{n}", TEN + n * HOUR, ELEVEN + n * HOUR) for n in range(6)]
    world.tick(2 * MINUTE)
    texts = {href: world.server.text(href) for href in hrefs}
    for href in hrefs:
        world.server.delete(href)
    world.enter("anna", "new", TEN + 12 * HOUR, ELEVEN + 12 * HOUR)
    world.tick(2 * MINUTE)
    assert len(world.known("anna")) == 7
    for href, text in texts.items():
        world.server.store(world.work("anna"), href.rpartition("/")[2], text or "")
    world.tick(timedelta(seconds=30))
    assert (world.health("anna").state, len(world.known("anna"))) == ("ok", 7)


def test_a_calendar_that_is_gone_keeps_what_is_known(world: World) -> None:
    world.enter("anna", "dentist", TEN, ELEVEN)
    world.tick(2 * MINUTE)
    world.server.remove_calendar(world.work("anna"))
    world.tick(2 * MINUTE)
    assert world.health("anna").state == "no-access"
    assert "Work" in world.health("anna").error
    assert world.known("anna") == [(TEN, ELEVEN, "busy")]
    world.server.add_calendar("anna", "Work")
    world.tick(2 * MINUTE)
    assert world.health("anna").state == "ok"
    assert world.known("anna") == []


def test_the_window_rolls_forward_without_fetching_anything(world: World) -> None:
    world.enter("anna", "daily", TEN, ELEVEN, "RRULE:FREQ=DAILY")
    later = TEN + 200 * DAY
    world.enter("anna", "far", later + 5 * HOUR, later + 6 * HOUR)
    world.sync()
    assert world.known("anna", later - HOUR, later + DAY) == []
    world.now += 30 * DAY
    world.sync()
    assert (later, later + HOUR, "busy") in world.known("anna", later - HOUR, later + DAY)
    assert (later + 5 * HOUR, later + 6 * HOUR, "busy") in world.known("anna", later - HOUR, later + DAY)
    assert world.row().window_end >= world.now + world.ctx.config.sync.window_ahead
    assert world.known("anna", NOW - DAY, NOW + 20 * DAY) == []


def test_results_of_a_worker_that_was_overtaken_are_dropped(world: World) -> None:
    world.enter("anna", "dentist", TEN, ELEVEN)
    world.now += 2 * MINUTE
    with world.store.writing() as tx:
        (first,) = due.claim_logins(tx, world.now, agent="anna")
    world.now += due.LEASE
    with world.store.writing() as tx:
        (second,) = due.claim_logins(tx, world.now, agent="anna")
    with pytest.raises(Fenced):
        sync_login(world.ctx, *prepare(world.ctx, [first]))
    assert world.known("anna") == []
    sync_login(world.ctx, *prepare(world.ctx, [second]))
    assert world.known("anna") == [(TEN, ELEVEN, "busy")]


@pytest.mark.parametrize("lets_pass", ["Work", "Private"])
def test_the_same_uid_in_two_calendars_is_judged_by_the_policy_of_each(world: World, lets_pass: str) -> None:
    """An invitation that an agent has copied into another calendar, in which such things do not count."""
    entries = {name: f'{{ name = "{name}", policy = {{}} }}' for name in ("Work", "Private")}
    entries[lets_pass] = entries[lets_pass].replace("{}", "{ tentative = false }")
    check = ", ".join(entries.values())
    world.server.add_calendar("anna", "Private")
    world.configure((HEAD + AGENT.format(id="anna")).replace('check = ["Work"]', f"check = [{check}]"))
    for calendar in ("work", "private"):
        maybe = event("dentist", TEN, ELEVEN, "STATUS:TENTATIVE")
        world.server.store(f"/anna/{calendar}/", "dentist", maybe)
    assert world.sync().failed == ()
    (reason,) = explain(world.ctx, "anna", TEN, ELEVEN).verdict.reasons
    assert {reason.calendar, lets_pass} == {"Work", "Private"}

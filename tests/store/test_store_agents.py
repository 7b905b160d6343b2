"""The store follows the configuration: what is new, changed and gone, and what that means for work under way."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from store_things import (
    HOUR,
    NOW,
    add_calendar,
    agent,
    copy,
    delivery,
    one_login,
    plan,
    plan_meeting,
    settle,
    thing,
)

from store import agents, calendars, copies, deliveries, due, privacy, provisioning, roster, slots
from store.agents import Followed
from store.database import Store, Tx
from store.errors import Fenced
from store.model import Agent, LoginPlan, MeetingStatus


def follow(
    store: Store, people: Sequence[Agent], plans: Sequence[LoginPlan] | None = None, *, reader: str = ""
) -> Followed:
    logins = [plan(one.id) for one in people] if plans is None else plans
    with store.writing() as tx:
        return agents.follow(tx, people, logins, NOW, reader=reader)


def test_an_agent_comes_back_as_configured(store: Store) -> None:
    anna = agent(
        "anna",
        aliases=("a@example.com", "b@example.com"),
        groups=("mortgage", "all", "east"),
        language="nl",
        active=False,
    )
    assert follow(store, [anna]) == Followed(("anna",), (), ())
    with store.reading() as tx:
        assert agents.agent(tx, "anna") == anna
        assert agents.agents(tx) == [anna]
        assert agents.agent(tx, "nobody") is None
        assert agents.by_id(tx, ["nobody", "anna"]) == {"anna": anna}


def test_following_the_same_configuration_changes_nothing(store: Store) -> None:
    people = [agent("anna", groups=("east",), aliases=("a@example.com",)), agent("ben")]
    follow(store, people)
    with store.reading() as tx:
        before = calendars.logins(tx)
    assert follow(store, people) == Followed((), (), ())
    with store.reading() as tx:
        assert calendars.logins(tx) == before


def test_agents_come_by_name_and_can_be_asked_for_by_group_and_activity(store: Store) -> None:
    people = [
        agent("c", name="anna", groups=("east", "west")),
        agent("b", name="Ben", groups=("west",), active=False),
        agent("a", name="anna"),
    ]
    follow(store, people)
    with store.reading() as tx:
        assert [one.id for one in agents.agents(tx)] == ["a", "c", "b"]
        assert [one.id for one in agents.agents(tx, active=True)] == ["a", "c"]
        assert [one.id for one in agents.agents(tx, active=False)] == ["b"]
        assert [one.id for one in agents.agents(tx, group="west")] == ["c", "b"]
        assert [one.id for one in agents.agents(tx, group="west", active=True)] == ["c"]
        assert agents.agents(tx, group="none") == []


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Anna B."},
        {"language": "de"},
        {"groups": ("west",)},
        {"active": False},
        {"aliases": ("x@example.com",)},
    ],
)
def test_a_changed_agent_is_changed(store: Store, change: dict[str, object]) -> None:
    before = agent("anna", groups=("east",))
    follow(store, [before])
    after = replace(before, **change)
    assert follow(store, [after]) == Followed((), ("anna",), ())
    with store.reading() as tx:
        assert agents.agent(tx, "anna") == after


# ---------------------------------------------------------------------------------------------------------------------
# Logins


def test_a_new_login_is_due_now_and_never_seen(store: Store) -> None:
    follow(store, [agent()], [plan(check=("Work", "Private"), write="Work")])
    with store.reading() as tx:
        login = one_login(tx)
    assert (login.agent, login.account, login.login, login.kind) == ("anna", "cloud", "anna", "caldav")
    assert (login.check, login.write, login.shard) == (("Work", "Private"), "Work", due.shard_of("anna"))
    assert (login.due_at, login.state, login.seen_at, login.listed_at) == (NOW, "never-seen", None, None)


@pytest.mark.parametrize("change", [{"check": ("Work",)}, {"check": ()}, {"write": "Work"}])
def test_a_changed_login_is_chosen_anew_and_its_worker_is_fenced(
    store: Store, change: dict[str, object]
) -> None:
    follow(store, [agent()])
    with store.writing() as tx:
        (worker,) = due.claim_logins(tx, NOW)
        calendars.save_login(tx, replace(worker, due_at=NOW + HOUR, listed_at=NOW, memo="home"))
        (worker,) = due.claim_logins(tx, NOW, even_if_early=True)
    assert follow(store, [agent()], [plan(**change)]) == Followed((), ("anna",), ())
    with store.writing() as tx:
        after = one_login(tx)
        assert (after.due_at, after.listed_at, after.memo) == (NOW, None, "home")
        assert {name: getattr(after, name) for name in change} == change
        with pytest.raises(Fenced):
            calendars.save_login(tx, worker)
        assert len(due.claim_logins(tx, NOW)) == 1, "nobody has to wait for the fenced worker's lease"


def test_another_kind_of_account_forgets_what_discovery_learned(store: Store) -> None:
    follow(store, [agent()])
    with store.writing() as tx:
        (worker,) = due.claim_logins(tx, NOW)
        calendars.save_login(tx, replace(worker, memo="home"))
    follow(store, [agent()], [plan(kind="outlook")])
    with store.reading() as tx:
        assert (one_login(tx).kind, one_login(tx).memo) == ("outlook", None)


def test_a_login_that_is_gone_takes_its_slots_along_and_leaves_the_copies(store: Store) -> None:
    follow(store, [agent()], [plan(account="cloud"), plan(account="other")])
    with store.reading() as tx:
        cloud, other = calendars.logins(tx)
    for login in (cloud, other):
        row = add_calendar(store, login, href=f"/{login.account}/")
        with store.writing() as tx:
            slots.save_objects(tx, row.id, "anna", [thing("/1.ics", (NOW, NOW + HOUR, "busy", False))], ())
    plan_meeting(store)
    with store.writing() as tx:
        copies.save_copy(tx, copy())
    assert follow(store, [agent()], [plan(account="other")]) == Followed((), ("anna",), ())
    with store.reading() as tx:
        assert [login.account for login in calendars.logins(tx)] == ["other"]
        assert [row.href for row in calendars.calendars(tx)] == ["/other/"]
        assert len(slots.overlapping(tx, NOW, NOW + HOUR)) == 1
        assert [one.state for one in copies.copies(tx)] == ["present"]


def test_a_number_is_never_used_for_another_login(store: Store) -> None:
    """A worker that lost its login must not find another one under the same number, with the same epoch."""
    follow(store, [agent()])
    with store.writing() as tx:
        (worker,) = due.claim_logins(tx, NOW)
    follow(store, [], [])
    follow(store, [agent()])
    with store.writing() as tx:
        (claimed,) = due.claim_logins(tx, NOW)
        assert claimed.id != worker.id
        with pytest.raises(Fenced):
            due.hold_login(tx, worker.id, worker.epoch)


# ---------------------------------------------------------------------------------------------------------------------
# Removed agents


def test_a_removed_agent_keeps_its_history_and_nothing_else(store: Store) -> None:
    for login in settle(store, "anna", "ben"):
        add_calendar(store, login)
    plan_meeting(store)
    kept = ["present", "intended", "leaving", "gone"]
    with store.writing() as tx:
        for generation, state in enumerate(kept, 1):
            copies.save_copy(tx, copy(generation=generation, state=state, drift="moved", drift_at=NOW))
        copies.save_copy(tx, copy(who="ben"))
        deliveries.owe(tx, delivery(state="delivered"))
        owed = deliveries.owe(tx, delivery())
        mail = deliveries.owe(tx, delivery(target="mail", guest="zoe@example.com"))
        others = deliveries.owe(tx, delivery(who="ben"))
    assert follow(store, [agent("ben")]) == Followed((), (), ("anna",))
    with store.reading() as tx:
        assert [one.id for one in agents.agents(tx)] == ["ben"]
        assert [one.id for one in agents.agents(tx, removed=True)] == ["anna", "ben"]
        assert agents.agent(tx, "anna") == agent("anna", removed_at=NOW)
        assert [login.agent for login in calendars.logins(tx)] == ["ben"]
        assert [row.agent for row in calendars.calendars(tx)] == ["ben"]
        assert [one.state for one in copies.copies(tx, agent="anna")] == ["abandoned"] * 3 + ["gone"]
        assert [one.drift for one in copies.copies(tx, agent="anna")][:3] == ["", "", ""], (
            "nobody waits for its settling"
        )
        assert [one.state for one in copies.copies(tx, agent="ben")] == ["present"]
        given_up = deliveries.delivery(tx, owed.id)
        assert given_up is not None
        assert (given_up.state, "no longer in the configuration" in given_up.error) == ("abandoned", True)
        assert [one.state for one in deliveries.deliveries(tx, states=["pending"])] == ["pending"] * 2
        assert [one.id for one in deliveries.deliveries(tx, states=["pending"])] == [mail.id, others.id]


def test_a_worker_for_a_removed_agent_is_fenced(store: Store) -> None:
    settle(store, "anna")
    plan_meeting(store)
    with store.writing() as tx:
        deliveries.owe(tx, delivery())
        (login,) = due.claim_logins(tx, NOW)
        (owed,) = due.claim_deliveries(tx, NOW)
    follow(store, [])
    with store.writing() as tx:
        with pytest.raises(Fenced):
            due.hold_login(tx, login.id, login.epoch)
        with pytest.raises(Fenced):
            due.hold_delivery(tx, owed.id, owed.epoch)
        with pytest.raises(Fenced):
            deliveries.save(tx, replace(owed, state="delivered"))


def test_removing_is_told_once_and_coming_back_counts_as_added(store: Store) -> None:
    follow(store, [agent()])
    assert follow(store, []) == Followed((), (), ("anna",))
    assert follow(store, []) == Followed((), (), ())
    assert follow(store, [agent()]) == Followed(("anna",), (), ())
    with store.reading() as tx:
        assert agents.agents(tx) == [agent()]
        assert one_login(tx).state == "never-seen"


def test_coming_meetings_of_removed_agents_are_orphaned(store: Store) -> None:
    settle(store, "anna", "ben")
    plan_meeting(store, "later", start=NOW + 5 * HOUR, end=NOW + 6 * HOUR)
    plan_meeting(store, "live", status=MeetingStatus.LIVE, start=NOW - HOUR, end=NOW + HOUR)
    plan_meeting(store, "over", start=NOW - HOUR, end=NOW)
    plan_meeting(store, "cancelled", status=MeetingStatus.CANCELLED)
    plan_meeting(store, "bens", agent="ben")
    with store.reading() as tx:
        assert agents.orphaned_meetings(tx, NOW) == []
    follow(store, [agent("ben")])
    with store.reading() as tx:
        assert agents.orphaned_meetings(tx, NOW) == ["live", "later"]


# ---------------------------------------------------------------------------------------------------------------------
# What would now be read differently


@pytest.mark.parametrize(
    "change", [{"timezone": "Asia/Tokyo"}, {"email": "new@example.com"}, {"aliases": ("also@example.com",)}]
)
def test_another_zone_or_address_has_the_agents_calendars_read_anew(
    store: Store, change: dict[str, object]
) -> None:
    for login in settle(store, "anna", "ben"):
        for name in ("/1/", "/2/"):
            add_calendar(store, login, href=name)
    follow(store, [agent("anna", **change), agent("ben")])
    with store.reading() as tx:
        found = [(row.agent, row.relist_at) for row in calendars.calendars(tx)]
    assert found == [("anna", NOW), ("anna", NOW + HOUR / 2), ("ben", None), ("ben", None)]


def test_what_reads_the_same_is_not_read_anew(store: Store) -> None:
    (login,) = settle(store, "anna")
    add_calendar(store, login)
    follow(store, [agent("anna", name="Anna B.", language="de", groups=("x",), active=False)])
    with store.reading() as tx:
        assert [row.relist_at for row in calendars.calendars(tx)] == [None]


def test_another_reader_has_everything_read_anew_spread_over_an_hour(store: Store) -> None:
    people = [agent(f"agent-{number}") for number in range(4)]
    follow(store, people, reader="1")
    with store.reading() as tx:
        logins = calendars.logins(tx)
    for login in logins:
        add_calendar(store, login)
    follow(store, people, reader="1")
    follow(store, people)
    with store.reading() as tx:
        assert {row.relist_at for row in calendars.calendars(tx)} == {None}
    with store.writing() as tx:
        claimed = due.claim_logins(tx, NOW)
    follow(store, people, reader="2")
    with store.writing() as tx:
        assert [row.relist_at for row in calendars.calendars(tx)] == [
            NOW + HOUR * place / 4 for place in range(4)
        ]
        with pytest.raises(Fenced):
            calendars.save_login(tx, claimed[0])


def test_a_calendar_already_waiting_to_be_read_anew_keeps_its_moment(store: Store) -> None:
    (login,) = settle(store, "anna")
    add_calendar(store, login, relist_at=NOW + HOUR / 3)
    follow(store, [agent("anna", timezone="Asia/Tokyo")])
    with store.reading() as tx:
        assert [row.relist_at for row in calendars.calendars(tx)] == [NOW + HOUR / 3]


def test_whatever_changes_agents_or_logins_makes_the_directory_another_one(store: Store) -> None:
    """Who keeps what they read of it (`syncd.actions.directory`) looks at this word alone."""
    anna, moved = agent("anna"), replace(agent("anna"), groups=("sales",))
    steps: list[tuple[str, Callable[[Tx], object]]] = [
        ("first", lambda tx: agents.follow(tx, [anna], [plan("anna")], NOW)),
        ("another group", lambda tx: agents.follow(tx, [moved], [plan("anna")], NOW)),
        ("no login", lambda tx: agents.follow(tx, [moved], [], NOW)),
        ("gone", lambda tx: agents.follow(tx, [], [], NOW)),
        ("erased", lambda tx: privacy.erase(tx, "anna")),
        (
            "provisioned",
            lambda tx: provisioning.provision(tx, agent("ben", provisioned_by="test"), [plan("ben")], NOW),
        ),
        (
            "another login",
            lambda tx: provisioning.provision(tx, agent("ben", provisioned_by="test"), [], NOW),
        ),
        ("withdrawn", lambda tx: provisioning.withdraw(tx, "ben", "test", NOW)),
    ]
    seen = [_directory(store)]
    for name, step in steps:
        with store.writing() as tx:
            step(tx)
        seen.append(_directory(store))
        assert len(set(seen)) == len(seen), name
    with store.writing() as tx:
        agents.follow(tx, [], [], NOW)
    assert _directory(store) == seen[-1], "nothing has changed"


def _directory(store: Store) -> str | None:
    with store.reading() as tx:
        return roster.revision(tx)

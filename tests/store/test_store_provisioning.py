"""Agents whom the platform makes: beside the configuration's in the same tables, one at a time, and never mixed up with those."""

from collections.abc import Sequence

import pytest
from sqlalchemy import text
from store_things import NOW, agent, plan, settle

from store import agents, calendars, due
from store.agents import Followed, OfConfiguration, Provisioned
from store.database import Store, open_store
from store.errors import Fenced
from store.migrations.run import upgrade
from store.model import Agent, LoginPlan, Place

DORA = agent("dora", provisioned_by="platform")


def provision(
    store: Store, one: Agent = DORA, logins: Sequence[LoginPlan] = (plan("dora", write="Work"),)
) -> Provisioned:
    with store.writing() as tx:
        return agents.provision(tx, one, logins, NOW)


def test_one_is_made_once_and_kept_as_given(store: Store) -> None:
    assert provision(store) == Provisioned(DORA, made=True, changed=True)
    by_another = agent("dora", provisioned_by="another")
    assert provision(store, by_another) == Provisioned(DORA, made=False, changed=False)
    with store.reading() as tx:
        assert agents.agent(tx, "dora") == DORA
        assert calendars.places(tx, ["dora", "nobody"]) == {"dora": Place("cloud", "dora", "Work")}
        assert agents.count(tx) == 1


def test_what_changes_is_whose_who_changed_it_and_fences_who_is_at_it(store: Store) -> None:
    provision(store)
    with store.writing() as tx:
        (held,) = due.claim_logins(tx, NOW, shards=None)
    by_another = agent("dora", provisioned_by="another")
    changed = provision(store, by_another, [plan("dora", write="Other")])
    assert changed == Provisioned(by_another, made=False, changed=True)
    with store.writing() as tx, pytest.raises(Fenced):
        due.hold_login(tx, held.id, held.epoch)


def test_the_configuration_and_the_platform_leave_each_others_alone(store: Store) -> None:
    settle(store, "anna")
    provision(store)
    with store.reading() as tx:
        before = calendars.logins(tx)
    assert settle(store, "anna") == before
    with store.writing() as tx:
        for refused in (
            lambda: agents.provision(tx, agent("anna"), [], NOW),
            lambda: agents.withdraw(tx, "anna", "x", NOW),
        ):
            with pytest.raises(OfConfiguration):
                refused()
        assert [one.id for one in agents.agents(tx, configured=True)] == ["anna"]
        assert [one.id for one in agents.agents(tx)] == ["anna", "dora"]


def test_the_configuration_takes_over_whom_it_names_and_can_let_go(store: Store) -> None:
    provision(store)
    with store.writing() as tx:
        taken = agents.follow(tx, [agent("dora")], [plan("dora", write="Work")], NOW)
        assert taken == Followed((), ("dora",), ())
        assert agents.agent(tx, "dora") == agent("dora")
        assert agents.follow(tx, [], [], NOW).removed == ("dora",)
    assert provision(store).made, "and then it is anybody's again"


def test_one_is_taken_away_once(store: Store) -> None:
    provision(store)
    with store.writing() as tx:
        assert agents.withdraw(tx, "dora", "another", NOW) == DORA
        assert agents.withdraw(tx, "dora", "another", NOW) is None
        assert agents.withdraw(tx, "nobody", "another", NOW) is None
        assert (calendars.logins(tx), agents.agents(tx), agents.count(tx)) == ([], [], 0)
        gone = agents.agent(tx, "dora")
    assert gone == agent("dora", provisioned_by="another", removed_at=NOW)
    assert provision(store).made


def test_agents_are_found_by_any_of_their_addresses(store: Store) -> None:
    shared = "Team@Example.com"
    settle(store, "anna")
    provision(store, agent("dora", aliases=(shared, "dora@EXAMPLE.com"), provisioned_by="platform"))
    provision(store, agent("eva", aliases=(shared,), provisioned_by="platform"), [])
    with store.writing() as tx:
        asked = ["TEAM@example.com", "anna@example.com", "nobody@example.com"]
        assert agents.meant_by(tx, asked) == {
            "team@example.com": ["dora", "eva"],
            "anna@example.com": ["anna"],
        }
        assert [
            one and one.id for one in (agents.known_as(tx, "ANNA@example.com"), agents.known_as(tx, "dora"))
        ] == ["anna", "dora"]
        agents.withdraw(tx, "eva", "platform", NOW)
        assert agents.meant_by(tx, [shared]) == {"team@example.com": ["dora"]}
        assert agents.known_as(tx, "eva") is None


def test_those_of_an_older_store_are_found_by_their_addresses(empty_url: str) -> None:
    store = open_store(empty_url)
    with store.writing() as tx:
        upgrade(tx, "0010")
        row = "INSERT INTO agents (id, name, email, timezone, aliases, language, active) VALUES "
        tx.execute(
            text(
                row
                + """('anna', 'Anna', 'Anna@example.com', 'UTC', '["a@example.com", "ANNA@example.com"]', 'en', true)"""
            )
        )
        tx.execute(text(row + "('erased-2', 'erased', '', 'UTC', '[]', 'en', false)"))
    store.migrate()
    with store.reading() as tx:
        assert agents.meant_by(tx, ["anna@example.com", "a@example.com", ""]) == {
            "anna@example.com": ["anna"], "a@example.com": ["anna"],
        }  # fmt: skip
    store.dispose()

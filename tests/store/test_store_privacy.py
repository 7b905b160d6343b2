"""An agent who is gone is taken out of everything: nothing in any table says their id, name, addresses or calendars any more."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from store_things import HOUR, NOW, agent, copy, delivery, meeting, plan

from store import (
    agents,
    blocks,
    conflicts,
    copies,
    deeds,
    deliveries,
    meetings,
    privacy,
    schema,
    tokens,
    told,
)
from store.conflicts import ToldConflict
from store.database import Store, Tx
from store.model import Change, Deed, MadeBlock, Meeting, MeetingStatus, Override, Place, Token, Told
from store.privacy import Renaming, renamed

REASON = {
    "kind": "calendar",
    "status": "busy",
    "calendar": "Zita's own",
    "policy": "tentative = true ([[agents]] zita)",
}
OWN = ("zita", "zwart", "z@example.com")


@pytest.fixture
def left_behind(store: Store) -> Store:
    """Zita had a meeting that ben took over, and one that was hers although she was busy; then she left."""
    people = [
        agent(
            "zita", name="Zita Zwart", email="zwart@example.com", aliases=("z@example.com",), groups=("g",)
        ),
        agent("ben"),
    ]
    with store.writing() as tx:
        agents.follow(tx, people, [plan("zita"), plan("ben")], NOW)
        over = Override("zita", NOW, "planner", (REASON,))
        other = Override("ben", NOW, "planner", ({"kind": "calendar", "calendar": "Ben's own"},))
        of_zita = meeting("m1", agent="zita", status=MeetingStatus.COMPLETED, overrides=(over, other))
        chosen = Override("ben", NOW, "zita", ({"kind": "block", "title": "Lunch"},))
        of_ben = meeting("m4", agent="ben", overrides=(chosen,))
        for one in (of_zita, meeting("m2", agent="ben"), meeting("m3", agent="ben"), of_ben):
            meetings.insert(tx, one)
        lines = [
            ("m1", {"agent": "zita", "title": "Talk"}, {"agent": "zita", "overrides": [{"agent": "zita", "reasons": [REASON]}]}),
            ("m2", {"to": "zita"}, {"agent": "zita"}), ("m2", {"to": "ben"}, {"agent": "ben"}), ("m3", {"to": "ben"}, {}),
        ]  # fmt: skip
        for number, (name, body, detail) in enumerate(lines):
            meetings.append(tx, Change(name, number + 1, "assign", NOW, "planner", None, body, detail))
        _signed(tx)
        place = Place("cloud", "zita", "Zita's own")
        copies.save_copy(tx, copy("m1", "zita", place=place, href="/zita/1.ics"))
        copies.save_copy(tx, copy("m2", "zita", place=place, state="gone"))
        copies.save_copy(tx, copy("m2", "ben"))
        deliveries.owe(tx, delivery("m1", "zita", calendar="Zita's own", error="zita can't sign in"))
        deliveries.owe(tx, replace(delivery("m1", "zita", state="delivered"), target="mail", calendar=None))
        told.save(tx, Told("m1", "agent", "zita", 1, "planned", "zita", NOW, NOW + HOUR, NOW))
        told.save(tx, Told("m1", "guest", "eva@example.org", 1, "planned", "zita", NOW, NOW + HOUR, NOW))
        told.begin(tx, Told("m1", "agent", "zita", 1, "planned", "zita", NOW, NOW + HOUR, NOW))
        told.begin(tx, Told("m1", "guest", "eva@example.org", 1, "planned", "zita", NOW, NOW + HOUR, NOW))
        deeds.append(tx, Deed("m1", 1, NOW, "calendar", "put", agent="zita", calendar="Zita's own"))
        deeds.append(tx, Deed("m1", 1, NOW, "mail", "planned", agent="zita"))
        conflicts.note(tx, [ToldConflict("m1", "zita", "Zita's own", NOW, NOW + HOUR)], NOW)
        blocks.add(
            tx, MadeBlock(0, "agent:zita", "Dentist", NOW, NOW + HOUR, "UTC", None, None, "planner", NOW)
        )
        blocks.add(
            tx, MadeBlock(0, "agent:ben", "Dentist", NOW, NOW + HOUR, "UTC", None, None, "planner", NOW)
        )
        agents.follow(tx, [agent("ben")], [plan("ben")], NOW + timedelta(days=1))
    return store


def _signed(tx: Tx) -> None:
    """Zita signed in herself: through a proxy by her address, with a token by its name, on the command line by her id."""
    tokens.add(tx, Token(0, "Zita Zwart", "write", "zita", "planner", NOW))
    mine = {"overrides": [{"agent": "ben", "by": "Zwart@Example.com", "reasons": [{"kind": "block"}]}]}
    for number, by in enumerate(("Zwart@Example.com", "z@example.com", "Zita Zwart", "zita"), 20):
        meetings.append(tx, Change("m4", number, "cancel", NOW, by, None, {"by": "agent"}, mine))
    own = MadeBlock(0, "group:g", "Training", NOW, NOW + HOUR, "UTC", None, None, "zwart@example.com", NOW)
    blocks.add(tx, own)


def everything(store: Store) -> dict[str, list[dict[str, Any]]]:
    with store.reading() as tx:
        return {
            table.name: [dict(row) for row in tx.execute(select(table)).mappings()]
            for table in schema.metadata.sorted_tables
        }


GONE_BEFORE = {"logins", "calendars", "subscriptions", "objects", "pieces"}
"""Whoever leaves the configuration takes these along."""

OF_NOBODY = {"meta", "sessions"}


def test_no_table_was_forgotten(left_behind: Store) -> None:
    """A new table has to be thought of here, and in what is told of an agent (syncd.actions.privacy)."""
    rows = everything(left_behind)
    naming = {
        name for name, found in rows.items() if any(word in str(found).casefold() for word in (*OWN, "'g'"))
    }
    assert naming == rows.keys() - GONE_BEFORE - OF_NOBODY
    assert all("zita" not in str(rows[name]) for name in GONE_BEFORE)


def test_nothing_says_who_it_was(left_behind: Store) -> None:
    with left_behind.writing() as tx:
        done = privacy.erase(tx, "zita")
    assert (done.meetings, done.changes, done.copies, done.deliveries, done.told, done.blocks) == (
        3,
        6,
        2,
        2,
        2,
        1,
    )
    for name, rows in everything(left_behind).items():
        for row in rows:
            said = {column: value for column, value in row.items() if column != "uid"}
            assert not [word for word in OWN if word in str(said).casefold()], (name, said)


def test_the_history_of_others_stays(left_behind: Store) -> None:
    before = everything(left_behind)
    with left_behind.writing() as tx:
        called = privacy.erase(tx, "zita").called
    after = everything(left_behind)
    with left_behind.reading() as tx:
        one = meetings.meeting(tx, "m1")
        assert isinstance(one, Meeting)
        assert [(over.agent, len(over.reasons)) for over in one.overrides] == [(called, 1), ("ben", 1)]
        assert one.overrides[0].reasons[0] == {"kind": "calendar", "status": "busy"}
        assert one.overrides[1].reasons[0]["calendar"] == "Ben's own"
        assert meetings.changes(tx, "m1")[0].body == {"agent": called, "title": "Talk"}
        assert {(copy.agent, copy.state) for copy in copies.copies(tx)} == {
            (called, "abandoned"), (called, "gone"), ("ben", "present"),
        }  # fmt: skip
        assert [one.state for one in deliveries.deliveries(tx)] == ["abandoned", "delivered"]
        assert [(one.scope, one.made_by) for one in blocks.blocks(tx)] == [
            ("group:g", called), ("agent:ben", "planner"),
        ]  # fmt: skip
        assert [one.by for one in meetings.changes(tx, "m4")] == [called] * 4
        assert meetings.changes(tx, "m4")[0].body == {"by": "agent"}, "who called it off is no name"
        assert [one.by for one in meetings.changes(tx, "m1")] == ["planner"]
    for name in ("meetings", "changes", "copies", "deliveries", "told", "agents"):
        assert len(after[name]) == len(before[name]), name
    others = ({row["id"]: row for row in one["meetings"]} for one in (before, after))
    was, now = ([rows[name] for name in ("m2", "m3")] for rows in others)
    assert now == was


def test_who_comes_back_is_somebody_new(left_behind: Store) -> None:
    with left_behind.writing() as tx:
        called = privacy.erase(tx, "zita").called
        agents.follow(tx, [agent("ben"), agent("zita")], [plan("ben"), plan("zita")], NOW + timedelta(days=2))
        assert privacy.meetings_of(tx, "zita") == []
        assert {one.id for one in agents.agents(tx, removed=True)} == {"ben", "zita", called}


def test_who_is_not_there_can_not_be_erased(store: Store) -> None:
    with store.writing() as tx, pytest.raises(ValueError, match="no agent"):
        privacy.erase(tx, "nobody")


json = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["zita", "zit", "", "zita2"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["agent", "to", "title", "x"]), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


def naming(value: Any) -> list[str]:
    """Everything that stands under a key that names agents."""
    if isinstance(value, list):
        return [found for one in value for found in naming(one)]
    if isinstance(value, dict):
        own = [one for key, one in value.items() if key in ("agent", "to") and isinstance(one, str)]
        return [*own, *(found for one in value.values() for found in naming(one))]
    return []


@given(json)
def test_only_what_names_the_agent_is_renamed(value: Any) -> None:
    new = renamed(value, Renaming("zita", "erased-1"))
    assert sorted(naming(new)) == sorted("erased-1" if one == "zita" else one for one in naming(value))
    assert renamed(new, Renaming("erased-1", "zita")) == value
    assert (new == value) is ("zita" not in naming(value))

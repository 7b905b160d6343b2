"""Logins, calendars and what is known of them: saved as given, and only by whoever holds them."""

from dataclasses import replace

import pytest
from store_things import HOUR, NOW, add_calendar, agent, calendar, one_login, plan, settle, thing

from store import agents, calendars, due, slots
from store.calendars import Unreadable
from store.database import Store
from store.errors import Fenced
from store.model import Calendar, Login


@pytest.fixture
def login(store: Store) -> Login:
    (found,) = settle(store, "anna")
    return found


def full_calendar(login: Login) -> Calendar:
    """One with something in every field."""
    return calendar(
        login, revision="r1", sync_state="s1", seen_at=NOW, window_start=NOW - HOUR, window_end=NOW + HOUR, objects=3,
        unreadable=1, state="held", error="many gone", hint="wait", held="digest", missing_since=NOW, relist_at=NOW + HOUR,
        checked=False,
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------------
# Logins


def test_a_round_saves_what_it_learned_and_gives_the_lease_back(store: Store, login: Login) -> None:
    with store.writing() as tx:
        (claimed,) = due.claim_logins(tx, NOW)
        learned = replace(
            claimed,
            due_at=NOW + HOUR,
            failures=2,
            memo="m",
            seen_at=NOW,
            listed_at=NOW,
            state="failing",
            error="e",
            hint="h",
        )
        calendars.save_login(tx, learned)
        assert calendars.login(tx, login.id) == replace(learned, leased_until=None)


def test_a_round_never_changes_what_the_configuration_says(store: Store, login: Login) -> None:
    with store.writing() as tx:
        (claimed,) = due.claim_logins(tx, NOW)
        other = replace(
            claimed,
            agent="ben",
            account="x",
            login="y",
            kind="outlook",
            check=("Z",),
            write="Z",
            shard=7,
            leased_until=NOW,
        )
        calendars.save_login(tx, other)
        assert calendars.login(tx, login.id) == replace(claimed, leased_until=None)


def test_logins_come_by_id_for_some_agents_or_all(store: Store) -> None:
    settle(store, "anna", "ben", "cleo")
    with store.reading() as tx:
        assert [one.agent for one in calendars.logins(tx)] == ["anna", "ben", "cleo"]
        assert [one.agent for one in calendars.logins(tx, agents={"cleo", "anna", "nobody"})] == [
            "anna",
            "cleo",
        ]
        assert calendars.logins(tx, agents=[]) == []
        assert calendars.login(tx, 999) is None


def test_no_check_and_an_empty_check_are_not_the_same(store: Store) -> None:
    with store.writing() as tx:
        agents.follow(tx, [agent()], [plan(account="a", check=None), plan(account="b", check=())], NOW)
        assert [one.check for one in calendars.logins(tx)] == [None, ()]


# ---------------------------------------------------------------------------------------------------------------------
# Calendars


def test_a_calendar_comes_back_as_saved(store: Store, login: Login) -> None:
    wanted = full_calendar(login)
    with store.writing() as tx:
        saved = calendars.save_calendar(tx, wanted)
        assert saved == replace(wanted, id=saved.id)
        assert saved.id > 0
        assert calendars.calendars(tx) == [saved]
        bare = replace(calendar(login, href=None, wanted=None), id=saved.id)
        assert calendars.save_calendar(tx, bare) == bare
        assert calendars.calendars(tx) == [bare]


def test_calendars_are_found_by_login_agent_or_agents(store: Store) -> None:
    with store.writing() as tx:
        agents.follow(tx, [agent("anna"), agent("ben")], [plan(), plan(account="other"), plan("ben")], NOW)
        logins = calendars.logins(tx)
        rows = [calendars.save_calendar(tx, calendar(one)) for one in logins]
        assert calendars.calendars(tx) == rows
        assert calendars.calendars(tx, logins=[logins[1].id]) == [rows[1]]
        assert calendars.calendars(tx, agent="anna") == rows[:2]
        assert calendars.calendars(tx, agents=["ben", "nobody"]) == rows[2:]
        assert calendars.calendars(tx, agents=[]) == []


def test_a_calendar_that_is_gone_is_not_brought_back_by_saving_it(store: Store, login: Login) -> None:
    row = add_calendar(store, login)
    with store.writing() as tx:
        calendars.drop_calendar(tx, row.id)
        with pytest.raises(Fenced):
            calendars.save_calendar(tx, row)
        assert calendars.calendars(tx) == []


def test_dropping_a_calendar_drops_its_slots_and_no_others(store: Store, login: Login) -> None:
    rows = [add_calendar(store, login, href=f"/{number}/") for number in (1, 2)]
    with store.writing() as tx:
        for row in rows:
            slots.save_objects(tx, row.id, "anna", [thing("/1.ics", (NOW, NOW + HOUR, "busy", False))], ())
        calendars.drop_calendar(tx, rows[0].id)
        assert [slot.calendar_id for slot in slots.overlapping(tx, NOW, NOW + HOUR)] == [rows[1].id]
        assert calendars.known(tx, rows[0].id) == {}


# ---------------------------------------------------------------------------------------------------------------------
# What is known


def test_known_names_every_object_also_without_etag(store: Store, login: Login) -> None:
    row = add_calendar(store, login)
    with store.writing() as tx:
        slots.save_objects(tx, row.id, "anna", [thing("/1.ics", etag=""), thing("/2.ics", copy_id=5)], ())
        assert calendars.known(tx, row.id) == {"/1.ics": "", "/2.ics": '"1"'}
        assert calendars.known(tx, 999) == {}


def test_reduced_forms_come_back_to_the_byte(store: Store, login: Login) -> None:
    row = add_calendar(store, login)
    data = bytes(range(256))
    with store.writing() as tx:
        things = [thing("/2.ics", reduced=data, uid="u2"), thing("/1.ics", reduced=b""), thing("/3.ics")]
        slots.save_objects(tx, row.id, "anna", things, ())
        assert calendars.reduced(tx, row.id) == [
            ("/1.ics", '"1"', "/1.ics", b""),
            ("/2.ics", '"1"', "u2", data),
        ]


def test_unreadable_objects_are_counted_and_named(store: Store) -> None:
    for login in settle(store, "ben", "anna"):
        row = add_calendar(store, login)
        with store.writing() as tx:
            assert calendars.count_objects(tx, row.id) == (0, 0)
            bad = [thing(f"/{number}.ics", problem=f"line {number}: DTSTART") for number in (2, 1)]
            slots.save_objects(tx, row.id, login.agent, [thing("/ok.ics"), *bad], ())
            assert calendars.count_objects(tx, row.id) == (3, 2)
    with store.reading() as tx:
        found = calendars.unreadable(tx)
        assert [(one.agent, one.href) for one in found] == [
            ("anna", "/1.ics"), ("anna", "/2.ics"), ("ben", "/1.ics"), ("ben", "/2.ics"),
        ]  # fmt: skip
        assert calendars.unreadable(tx, agents=["ben"]) == found[2:]
        assert found[0] == Unreadable("anna", found[0].calendar_id, "/1.ics", "/1.ics", "line 1: DTSTART")


def test_what_could_not_be_read_this_time_keeps_its_slots(store: Store, login: Login) -> None:
    row = add_calendar(store, login)
    spans = [(NOW, NOW + HOUR, "busy", False)]
    with store.writing() as tx:
        slots.save_objects(tx, row.id, "anna", [thing("/1.ics", *spans), thing("/2.ics", *spans)], ())
        before = slots.overlapping(tx, NOW, NOW + HOUR)
        slots.note_unread(
            tx, row.id, [thing("/1.ics", etag='"2"', problem="line 1"), thing("/unknown.ics", problem="x")]
        )
        assert slots.overlapping(tx, NOW, NOW + HOUR) == before
        assert calendars.known(tx, row.id) == {"/1.ics": '"2"', "/2.ics": '"1"'}
        assert [(one.href, one.problem) for one in calendars.unreadable(tx)] == [("/1.ics", "line 1")]


def test_nothing_of_a_fenced_round_is_kept(store: Store, login: Login) -> None:
    row = add_calendar(store, login)
    with store.writing() as tx:
        (first,) = due.claim_logins(tx, NOW)
    with store.writing() as tx:
        due.claim_logins(tx, NOW + due.LEASE)

    def save_late() -> None:
        with store.writing() as tx:
            slots.save_objects(tx, row.id, "anna", [thing()], ())
            due.hold_login(tx, first.id, first.epoch)

    with pytest.raises(Fenced):
        save_late()
    with store.reading() as tx:
        assert calendars.known(tx, row.id) == {}
        assert one_login(tx).epoch == first.epoch + 1


def test_what_is_to_be_fetched_anew_fences_who_reads_it_just_now(store: Store) -> None:
    anna, ben = settle(store, "anna", "ben")
    rows = [add_calendar(store, login) for login in (anna, ben)]
    with store.writing() as tx:
        claimed = {one.agent: one for one in due.claim_logins(tx, NOW)}
        calendars.relist(tx, [rows[0].id], NOW)
        calendars.relist(tx, [], NOW + HOUR)
        assert [one.relist_at for one in calendars.calendars(tx)] == [NOW, None]
        due.hold_login(tx, ben.id, claimed["ben"].epoch)
        with pytest.raises(Fenced):
            due.hold_login(tx, anna.id, claimed["anna"].epoch)

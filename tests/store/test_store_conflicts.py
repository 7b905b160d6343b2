"""Slots beside coming meetings: found with one query, whatever their length, and never those of anybody else."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from store_things import NOW, add_calendar, meeting, settle
from stores import counted

from store import agents, conflicts, meetings, slots
from store.conflicts import ToldConflict
from store.database import Store
from store.model import MeetingStatus, StoredObject

HOUR = timedelta(hours=1)
NOTHING = timedelta(0)


def test_store_conflicts_of_every_length_and_margin(store: Store) -> None:
    """Held against the same question asked of the slots, meeting by meeting."""
    logins = settle(store, "anna", "ben")
    rows = {login.agent: add_calendar(store, login) for login in logins}
    lengths = [timedelta(minutes=30), 3 * HOUR, 20 * HOUR, 10 * 24 * HOUR, 400 * 24 * HOUR]
    with store.writing() as tx:
        for number, length in enumerate(lengths):
            for agent, row in rows.items():
                start = NOW + (7 * number + (agent == "ben")) * 24 * HOUR
                interval = (start, start + length, "busy", False)
                one = StoredObject(f"/c/{number}.ics", "e", f"u{number}", (interval,))
                slots.save_objects(tx, row.id, agent, [one], ())
        for number in range(200):
            who = "anna" if number % 2 else "ben"
            start = NOW + number * 9 * HOUR
            meetings.insert(tx, meeting(f"m{number}", agent=who, start=start, end=start + HOUR))

    @given(margin=st.sampled_from([NOTHING, timedelta(minutes=10), 30 * HOUR]))
    def holds(margin: timedelta) -> None:
        with store.reading() as tx, counted(store) as asked:
            found = conflicts.beside(tx, NOW, margin)
            assert len(asked) == 1
            for one in meetings.meetings(tx):
                around = slots.overlapping(tx, one.start - margin, one.end + margin, [one.agent])
                assert set(around) <= set(found.get(one.id, [])), one.id
                close = slots.overlapping(
                    tx, one.start - 2 * margin - HOUR, one.end + 2 * margin + HOUR, [one.agent]
                )
                assert set(found.get(one.id, [])) <= set(close), one.id

    holds()


def test_only_scheduled_meetings_whose_end_lies_ahead_count(store: Store) -> None:
    (login,) = settle(store, "anna")
    row = add_calendar(store, login)
    ends = {"over": NOW, "running": NOW + timedelta(minutes=1), "coming": NOW + 5 * HOUR}
    with store.writing() as tx:
        busy = (NOW - 9 * HOUR, NOW + 9 * HOUR, "busy", False)
        slots.save_objects(tx, row.id, "anna", [StoredObject("/c/1.ics", "e", "u", (busy,))], ())
        for name, end in ends.items():
            meetings.insert(tx, meeting(name, start=end - HOUR, end=end))
        meetings.insert(tx, meeting("live", status=MeetingStatus.LIVE, start=NOW, end=NOW + HOUR))
        meetings.insert(tx, meeting("off", status=MeetingStatus.CANCELLED, start=NOW, end=NOW + HOUR))
    with store.reading() as tx:
        assert set(conflicts.beside(tx, NOW, NOTHING)) == {"running", "coming"}
        assert set(conflicts.beside(tx, NOW, NOTHING, only=["coming", "off"])) == {"coming"}
        assert conflicts.beside(tx, NOW, NOTHING, only=[]) == {}
        assert [one.id for one in agents.agents(tx)] == ["anna"]


def test_what_was_told_is_known_until_it_is_forgotten(store: Store) -> None:
    settle(store, "anna")
    one, other = (ToldConflict("m1", "anna", calendar, NOW, NOW + HOUR) for calendar in ("Work", "Private"))
    with store.writing() as tx:
        meetings.insert(tx, meeting("m1"))
        conflicts.take_turn(tx)
        conflicts.note(tx, [one, other], NOW)
        assert conflicts.told(tx) == {one, other}
        conflicts.forget(tx, [one])
        assert conflicts.told(tx) == {other}

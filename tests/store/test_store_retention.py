"""What is kept only for a while: meetings that are over with all that belongs to them, and busy time that is over."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from store_things import HOUR, MICROSECOND, NOW, add_calendar, copy, delivery, plan_meeting, settle, thing

from store import calendars, conflicts, copies, deeds, deliveries, meetings, retention, slots, told
from store.conflicts import ToldConflict
from store.database import Store
from store.model import Change, Deed, MeetingStatus, Told
from store.schema import changes
from store.schema import meetings as rows

DAY = timedelta(days=1)


def add(
    store: Store, name: str, status: MeetingStatus, *, ended: timedelta = 2 * DAY, owed: str = "delivered"
) -> None:
    """A meeting with a line of its journal, a copy, a delivery and somebody who was told."""
    end = NOW - ended
    plan_meeting(store, name, status=status, start=end - HOUR, end=end)
    with store.writing() as tx:
        meetings.append(tx, Change(name, 1, "plan", NOW, "test", None, {}))
        copies.save_copy(tx, copy(name))
        deliveries.owe(tx, delivery(name, state=owed))
        deeds.append(tx, Deed(name, 1, NOW, "calendar", "put", agent="anna", calendar="Work"))
        conflicts.note(tx, [ToldConflict(name, "anna", "Work", end - HOUR, end)], NOW)
        told.save(tx, Told(name, "guest", "eva@example.org", 1, "planned", "anna", end - HOUR, end, NOW))


def left(store: Store) -> list[str]:
    with store.reading() as tx:
        return list(tx.execute(select(rows.c.id).order_by(rows.c.id)).scalars())


def forgotten(store: Store, **how: int) -> list[str]:
    with store.writing() as tx:
        return retention.forget_meetings(tx, NOW - DAY, **how)


def test_a_meeting_goes_with_all_that_is_known_of_it(store: Store) -> None:
    add(store, "old", MeetingStatus.COMPLETED)
    add(store, "new", MeetingStatus.COMPLETED, ended=DAY - MICROSECOND)
    assert forgotten(store) == ["old"]
    assert left(store) == ["new"]
    with store.reading() as tx:
        assert [one.meeting for one in copies.copies(tx)] == ["new"]
        assert [one.meeting for one in deliveries.deliveries(tx)] == ["new"]
        assert tx.execute(select(func.count()).select_from(changes)).scalar() == 1
        assert [one.meeting for one in conflicts.told(tx)] == ["new"]
        assert (deeds.deeds(tx, "old"), len(deeds.deeds(tx, "new"))) == ([], 1)
        assert (told.told_of(tx, "old"), len(told.told_of(tx, "new"))) == ([], 1)
    assert forgotten(store) == []


@pytest.mark.parametrize("status", list(MeetingStatus))
def test_only_what_is_closed_is_forgotten(store: Store, status: MeetingStatus) -> None:
    add(store, "one", status)
    closed = status not in (MeetingStatus.SCHEDULED, MeetingStatus.LIVE)
    assert forgotten(store) == (["one"] if closed else [])


@pytest.mark.parametrize(
    ("state", "goes"),
    [("pending", False), ("failed", False), ("delivered", True), ("superseded", True), ("abandoned", True)],
)
def test_what_is_still_owed_keeps_its_meeting(store: Store, state: str, goes: bool) -> None:
    add(store, "one", MeetingStatus.CANCELLED, owed=state)
    assert (left(store) if not forgotten(store) else []) == ([] if goes else ["one"])


def test_the_oldest_go_first_so_many_at_a_time(store: Store) -> None:
    for number in range(5):
        add(store, f"m{number}", MeetingStatus.MISSED, ended=(10 - number) * DAY)
    assert forgotten(store, limit=2) == ["m0", "m1"]
    assert forgotten(store, limit=2) == ["m2", "m3"]
    assert left(store) == ["m4"]


def test_busy_time_that_is_over_goes_where_no_window_moves_any_more(store: Store) -> None:
    (login,) = settle(store, "anna")
    lagging = add_calendar(store, login, window_start=NOW - 9 * DAY, window_end=NOW + 9 * DAY)
    rolling = add_calendar(store, login, href="/b/", window_start=NOW - 2 * DAY, window_end=NOW + 9 * DAY)
    never = add_calendar(store, login, href="/c/")
    spans = [(NOW - 5 * DAY, NOW - 4 * DAY), (NOW - 3 * DAY, NOW - HOUR), (NOW + HOUR, NOW + 2 * HOUR)]
    with store.writing() as tx:
        for row in (lagging, rolling, never):
            found = [thing(f"/{number}.ics", (*span, "busy", False)) for number, span in enumerate(spans)]
            slots.save_objects(tx, row.id, "anna", found, ())
        assert retention.drop_past_slots(tx, NOW - 2 * DAY) == 1
        assert retention.drop_past_slots(tx, NOW - 2 * DAY) == 0
    with store.reading() as tx:
        kept = [(one.calendar_id, one.start) for one in slots.overlapping(tx, NOW - 9 * DAY, NOW + 9 * DAY)]
        starts = {row.id: row.window_start for row in calendars.calendars(tx)}
    assert [start for calendar, start in kept if calendar == lagging.id] == [spans[1][0], spans[2][0]]
    assert len([one for one in kept if one[0] in (rolling.id, never.id)]) == 6
    assert starts == {lagging.id: NOW - 2 * DAY, rolling.id: NOW - 2 * DAY, never.id: None}

"""What an agent did to our event, part by part, on a real server of each kind; and events that carry our mark besides it."""

from datetime import timedelta
from typing import Any

import pytest
from rooms import OnRadicale, Room, Server
from stores import sqlite_only
from worlds import ELEVEN, TEN, World

from store.model import MeetingStatus
from syncd.actions import changes
from syncd.actions.drifting import Drift, accept_drift, drift_list, restore_drift
from syncd.actions.status import status
from syncd.errors import Refused
from syncd.rules.availability import Mark
from syncd.rules.drift import changed, found_at, theirs

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

pytestmark = sqlite_only


def only(room: World) -> Drift:
    (one,) = drift_list(room.ctx)
    return one


@pytest.mark.parametrize(
    ("edit", "what", "names"),
    [
        ({"title": "My own words"}, "edited", ("title",)),
        ({"text": "My own notes", "link": "Room 5"}, "edited", ("text", "location")),
        ({"free": True}, "edited", ("busy",)),
        ({"repeats": True}, "edited", ("repeats",)),
        ({"start": TEN + HOUR, "end": ELEVEN + HOUR}, "moved", ("start", "end")),
        ({"end": ELEVEN + HOUR, "title": "Longer"}, "moved", ("end", "title")),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
def test_it_is_told_what_was_changed_and_its_words_stay_in_the_calendar(
    room: Room, edit: dict[str, Any], what: str, names: tuple[str, ...]
) -> None:
    room.plan()
    room.tick(2 * MINUTE)
    assert drift_list(room.ctx) == []
    room.at.edit("anna", **edit)
    room.tick(2 * MINUTE)
    assert (only(room).what, changed(only(room).copy)) == (what, names)
    kept = str(room.copies())
    assert not any(str(words) in kept for words in ("My own", "Notes", "Room 5"))
    restore_drift(room.ctx, only(room).copy.id, by="boss")
    room.deliver()
    room.tick(2 * MINUTE)
    assert drift_list(room.ctx) == []
    assert (room.only("anna").title, room.only("anna").free) == ("Mortgage talk", False)


def test_after_an_edit_was_accepted_the_next_one_is_told_by_itself(room: Room) -> None:
    room.plan()
    room.at.edit("anna", title="Mine")
    room.tick(2 * MINUTE)
    accept_drift(room.ctx, only(room).copy.id, by="boss")
    room.at.edit("anna", text="Notes")
    room.tick(2 * MINUTE)
    assert changed(only(room).copy) == ("text",)


def test_a_duplicate_blocks_as_any_event_does(room: Room) -> None:
    room.plan()
    room.at.duplicate("anna")
    room.tick(2 * MINUTE)
    assert room.known("anna") == [(TEN, ELEVEN, "busy")]
    told = [one.what for one in drift_list(room.ctx)]
    assert told == (["copied"] if isinstance(room.at, OnRadicale) else []), (
        "in Outlook a copy has nothing of ours"
    )


@pytest.mark.parametrize("server", ["radicale"], indirect=True)
def test_a_duplicate_is_drift_until_it_is_accepted_and_goes_on_to_block(room: Room) -> None:
    room.plan()
    room.at.duplicate("anna")
    room.tick(2 * MINUTE)
    one = only(room)
    assert (one.what, one.calendar, theirs(one.copy), found_at(one.copy)) == (
        "copied",
        "Work",
        (TEN, ELEVEN),
        room.now,
    )
    assert (status(room.ctx).drift, status(room.ctx).ok) == (1, False)
    with pytest.raises(Refused, match="never touched"):
        restore_drift(room.ctx, one.copy.id, by="boss")
    assert accept_drift(room.ctx, one.copy.id, by="boss").state == "accepted"
    assert (drift_list(room.ctx), status(room.ctx).drift) == ([], 0)
    room.sync("anna", full=True)
    room.accept(changes.reschedule("m1", TEN + 5 * HOUR, None, "later", by="test"))
    room.deliver()
    room.tick(2 * MINUTE)
    assert drift_list(room.ctx) == [], "what was accepted is not told again"
    assert room.known("anna") == [(TEN, ELEVEN, "busy")]


@pytest.mark.parametrize("server", ["radicale"], indirect=True)
def test_a_duplicate_that_is_deleted_is_drift_no_more(room: Room, server: Server) -> None:
    room.plan()
    room.at.duplicate("anna")
    room.tick(2 * MINUTE)
    assert only(room).what == "copied"
    assert isinstance(server, OnRadicale)
    server.server.delete(server.logins["anna"], f"{server._work('anna')}a-duplicate.ics")
    room.tick(2 * MINUTE)
    assert (drift_list(room.ctx), room.known("anna")) == ([], [])
    assert len(room.at.shown("anna")) == 1


@pytest.mark.parametrize("server", ["radicale"], indirect=True)
def test_what_is_moved_as_well_is_settled_first_and_the_duplicate_stays_told(room: Room) -> None:
    room.plan()
    room.at.edit("anna", start=TEN + HOUR, end=ELEVEN + HOUR)
    room.at.duplicate("anna")
    room.tick(2 * MINUTE)
    assert (only(room).what, status(room.ctx).drift) == ("moved", 1)
    restore_drift(room.ctx, only(room).copy.id, by="boss")
    room.deliver()
    room.tick(2 * MINUTE)
    assert only(room).what == "copied"


def test_what_an_agent_makes_of_an_event_that_is_over_takes_time(room: Room) -> None:
    room.furnish("[meetings]\nkeep_cancelled = true\n")
    room.plan()
    room.plan("m2", "ben", start=TEN + 3 * HOUR, end=ELEVEN + 3 * HOUR)
    room.accept(changes.set_status("m1", MeetingStatus.COMPLETED, by="test"))
    room.deliver()
    room.tick(2 * MINUTE)
    assert room.candidates("m2")["anna"].verdict.mark is Mark.AVAILABLE
    room.at.edit("anna", start=TEN + 3 * HOUR, end=ELEVEN + 3 * HOUR, title="Next talk")
    room.tick(2 * MINUTE)
    assert room.candidates("m2")["anna"].verdict.mark is Mark.NOT_AVAILABLE
    assert drift_list(room.ctx) == []


def test_what_an_agent_makes_of_a_cancelled_event_takes_time_unless_it_is_free(room: Room) -> None:
    room.furnish("[meetings]\nkeep_cancelled = true\n")
    room.plan()
    room.plan("m2", "ben")
    room.accept(changes.cancel("m1", "ill", "guest", by="test"))
    room.deliver()
    room.at.edit("anna", title="Struck out")
    room.tick(2 * MINUTE)
    assert room.candidates("m2")["anna"].verdict.mark is Mark.AVAILABLE
    room.at.edit("anna", title="Dentist", free=False)
    room.tick(2 * MINUTE)
    assert room.candidates("m2")["anna"].verdict.mark is Mark.NOT_AVAILABLE

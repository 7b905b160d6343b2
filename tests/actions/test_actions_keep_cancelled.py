"""`keep_cancelled`: a cancelled meeting's event stays in the agent's calendar as cancelled, on a real server of each kind."""

from datetime import timedelta

import pytest
from rooms import Room
from stores import sqlite_only
from worlds import ELEVEN, TEN

from syncd.actions import changes
from syncd.actions.accept import preview
from syncd.actions.drifting import drift_list, settle_drift
from syncd.actions.dry_run import writes_of
from syncd.actions.status import status
from syncd.rules.availability import Mark

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
KEEP = '[meetings]\nkeep_cancelled = true\nreminder = "15m"\n'

pytestmark = sqlite_only


def cancelled(room: Room, *, language: str = "en", keep: str = KEEP) -> None:
    """A meeting of Anna's that was shown and is then cancelled."""
    room.furnish(keep, {"anna": language})
    room.plan()
    assert room.only("anna").rings
    room.accept(changes.cancel("m1", "the guest is ill", "guest", by="test"))
    room.deliver()


@pytest.mark.parametrize(
    ("language", "title"),
    [("nl-BE", "Geannuleerd: Mortgage talk"), ("fr", "Cancelled: Mortgage talk")],
)  # fmt: skip
def test_the_event_stays_as_cancelled_in_the_agents_language(room: Room, language: str, title: str) -> None:
    cancelled(room, language=language)
    one = room.only("anna")
    assert (one.title, one.start, one.end) == (title, TEN, ELEVEN)
    assert (one.free, one.rings) == (True, False)
    assert "the guest is ill" in one.text
    assert one.struck == (type(room.at).__name__ == "OnRadicale"), "Graph lets nobody write that"
    assert room.owed() == []


def test_without_the_setting_it_goes(room: Room) -> None:
    cancelled(room, keep='[meetings]\nreminder = "15m"\n')
    assert room.at.shown("anna") == []


def test_it_blocks_nobody_and_what_its_agent_does_with_it_is_no_drift(room: Room) -> None:
    cancelled(room)
    room.plan("m2", "ben")
    room.tick(2 * MINUTE)
    assert (room.known("anna"), room.candidates("m2")["anna"].verdict.mark) == ([], Mark.AVAILABLE)
    for act in (lambda: room.at.edit("anna", title="Free again"), lambda: room.at.delete("anna")):
        act()
        room.tick(2 * MINUTE)
        assert (drift_list(room.ctx), settle_drift(room.ctx), status(room.ctx).drift) == ([], 0, 0)
        assert room.owed() == []


def test_after_an_assign_the_old_agents_copy_goes_all_the_same(room: Room) -> None:
    room.furnish(KEEP)
    room.plan()
    room.assign("ben")
    room.accept(changes.cancel("m1", "ill", "agent", by="test"))
    room.deliver()
    assert (room.at.shown("anna"), room.at.shown("ben")) == ([], []), "ben never saw it: nothing to keep"
    room.plan("m2")
    room.assign("ben", "m2")
    room.deliver()
    room.accept(changes.cancel("m2", "ill", "agent", by="test"))
    room.deliver()
    assert room.at.shown("anna") == []
    assert room.only("ben").title == "Cancelled: Mortgage talk"


def test_what_its_agent_deleted_is_not_made_anew_to_be_cancelled(room: Room) -> None:
    room.furnish(KEEP)
    room.plan()
    room.at.delete("anna")
    room.accept(changes.cancel("m1", "ill", "agent", by="test"))
    room.deliver()
    assert (room.at.shown("anna"), room.owed()) == ([], [])


def test_the_dry_run_says_what_then_stands_there(room: Room) -> None:
    room.furnish(KEEP)
    room.plan()
    wish = changes.cancel("m1", "ill", "agent", by="test")
    (write,) = writes_of(room.ctx, preview(room.ctx, wish))
    room.accept(wish)
    room.deliver()
    one, told = room.only("anna"), write["event"]
    assert (write["do"], told["title"], told["free"], told["reminder_minutes"]) == ("put", one.title, True, 0)

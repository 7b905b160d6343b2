"""What a server's marks keep from us is found all the same: by a listing once or twice a day, and where a mark runs back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from worlds import ELEVEN, NOW, TEN, World

from connectors.interface import Calendar as CalendarToRead
from connectors.interface import Listing
from connectors.memory import MemoryConnector
from store import calendars
from syncd.rules import retry

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Deaf(MemoryConnector):
    """Its marks are what a test says, whatever changes (sabre/dav and SOGo do so for a calendar that was made anew)."""

    mark, identity = "mark-7", ""

    def calendars(self, memo: str | None) -> Listing:
        told = super().calendars(memo)
        said = {"revision": Deaf.mark, "identity": Deaf.identity}
        return replace(told, calendars=tuple(replace(one, **said) for one in told.calendars))


@pytest.fixture
def deaf(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Everybody's calendar is at a server whose marks tell nothing, and was read."""
    monkeypatch.setattr(Deaf, "mark", "mark-7")
    monkeypatch.setattr(Deaf, "identity", "id 1")
    world.ctx = replace(
        world.ctx, opener=lambda _account, login, secret, _shared: Deaf(world.server, login, secret)
    )
    world.tick(2 * MINUTE)
    world.tick(2 * MINUTE)
    return world


def test_what_the_servers_marks_keep_from_us_is_found_within_a_day(
    deaf: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", "syncd")
    gone = deaf.enter("anna", "gone", TEN, ELEVEN)
    deaf.tick(DAY)
    assert deaf.known("anna") == [(TEN, ELEVEN, "busy")]
    deaf.server.delete(gone)
    deaf.enter("anna", "new", TEN + DAY, ELEVEN + DAY)
    deaf.tick(retry.audit_wait(deaf.row().id) - 2 * MINUTE)
    assert deaf.known("anna") == [(TEN, ELEVEN, "busy")]
    caplog.clear()
    deaf.tick(2 * MINUTE)
    assert deaf.known("anna") == [(TEN + DAY, ELEVEN + DAY, "busy")]
    assert "audit_found agent=anna calendar=Work missed=2" in caplog.text


def test_an_audit_that_finds_nothing_costs_one_listing_a_day_and_says_nothing(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", "syncd")
    world.enter("anna", "dentist", TEN, ELEVEN)
    world.sync()
    world.operations("anna")
    asked = []
    for _ in range(24):
        world.tick(HOUR)
        asked += world.operations("anna")
    assert asked.count("calendars") == 24
    assert asked.count("changes") == 1
    assert "audit_found" not in caplog.text


def test_a_mark_that_runs_back_leads_to_a_full_listing(deaf: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server was restored from a backup; a delta to its old token would leave out what it lost."""
    deaf.enter("anna", "lost", TEN, ELEVEN)
    deaf.tick(DAY)
    assert deaf.known("anna") == [(TEN, ELEVEN, "busy")]
    deaf.server.delete(f"{deaf.work('anna')}lost.ics")
    asked = CalendarToRead(deaf.work("anna"), "UTC", (), NOW, NOW + DAY)
    state = deaf.server.connector("anna").changes(asked, None, {}).state
    with deaf.store.writing() as tx:  # what it calls the changes since this token leaves the deletion out
        calendars.save_calendar(tx, replace(deaf.row(), sync_state=state))
    monkeypatch.setattr(Deaf, "mark", "mark-9")
    deaf.tick(2 * MINUTE)
    assert deaf.known("anna") == [(TEN, ELEVEN, "busy")]
    monkeypatch.setattr(Deaf, "mark", "mark-3")
    deaf.tick(2 * MINUTE)
    assert deaf.known("anna") == []


def test_another_calendar_at_the_same_address_is_read_anew_whatever_its_marks_say(
    deaf: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its etags count from the beginning too: an object of the same name and etag may say something else."""
    deaf.enter("anna", "talk", TEN, ELEVEN)
    deaf.tick(DAY)
    deaf.server.remove_calendar(deaf.work("anna"))
    deaf.server.add_calendar("anna", "Work")
    deaf.enter("anna", "talk", TEN + DAY, ELEVEN + DAY)
    deaf.tick(2 * MINUTE)
    assert deaf.known("anna") == [(TEN, ELEVEN, "busy")]
    monkeypatch.setattr(Deaf, "identity", "id 2")
    deaf.tick(2 * MINUTE)
    assert deaf.known("anna") == [(TEN + DAY, ELEVEN + DAY, "busy")]
    assert deaf.row().identity == "id 2"


def test_an_identity_that_changes_by_itself_is_not_listened_to(
    deaf: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaf.enter("anna", "talk", TEN, ELEVEN)
    deaf.tick(DAY)
    deaf.operations("anna")
    for number in range(2, 6):
        monkeypatch.setattr(Deaf, "identity", f"id {number}")
        deaf.tick(2 * MINUTE)
    assert deaf.operations("anna").count("changes") == 1
    assert deaf.known("anna") == [(TEN, ELEVEN, "busy")]

"""What syncd knows of calendars against what their server says: which differences there are, which are explained, and repair."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from stores import sqlite_only
from worlds import AGENT, ELEVEN, HEAD, NOW, TEN, World, event

from connectors.interface import Calendar, Changes, FreeBusy, SignInRefused, Unreachable
from connectors.memory.connector import MemoryConnector
from syncd.actions import now
from syncd.actions.comparison import Compared
from syncd.actions.verify import verify
from syncd.errors import Unknown

pytestmark = sqlite_only
"""What the store does here it does elsewhere, too; `relist` alone is new, and tested on both."""

DECLINED = ("ORGANIZER:mailto:boss@example.com", "ATTENDEE;PARTSTAT=DECLINED:mailto:anna@example.com")


def compared(world: World, *, agent: str | None = "anna", repair: bool = False) -> tuple[Compared, ...]:
    with ThreadPoolExecutor(2) as pool:
        return verify(world.ctx, pool, agent=agent, repair=repair)


def of_anna(world: World, *, repair: bool = False) -> Compared:
    (one,) = compared(world, repair=repair)
    return one


def why(one: Compared) -> list[tuple[datetime, datetime, str, str]]:
    return [(item.start, item.end, item.busy, item.why) for item in one.differences]


def silently(world: World, agent: str, uid: str, start: datetime | None = None) -> str:
    """The server keeps a change from us: an event there (or none, without a start) that no listing and no token tells of."""
    shelf = world.server._shelf(world.work(agent))
    held = list(shelf.history)
    if start is None:
        shelf.drop(f"{world.work(agent)}{uid}.ics")
    else:
        world.enter(agent, uid, start, start + timedelta(hours=1))
    shelf.history[:] = held
    return f"{world.work(agent)}{uid}.ics"


def test_what_changed_is_read_first_and_then_both_say_the_same(world: World) -> None:
    world.enter("anna", "dentist", TEN, ELEVEN)
    one = of_anna(world)
    assert (one.state, one.differences, one.calendar, one.relisted) == ("same", (), "Work", False)
    assert (one.start, one.end) == (NOW, world.row().window_end)
    assert world.known("anna") == [(TEN, ELEVEN, "busy")]
    assert world.operations("anna") == ["calendars", "changes", "free_busy"]


def test_everybody_is_compared_or_one_and_nobody_unknown(world: World) -> None:
    assert [one.login.agent for one in compared(world, agent=None)] == ["anna", "ben", "cleo"]
    with pytest.raises(Unknown):
        compared(world, agent="nobody")


def test_our_own_event_is_explained_without_another_look(world: World) -> None:
    world.plan()
    world.operations("anna")
    one = of_anna(world)
    assert one.state == "explained"
    assert why(one) == [(TEN, ELEVEN, "server", "own-event")]
    assert one.differences[0].meeting == "m1"
    assert world.operations("anna").count("changes") == 1  # the ordinary reading


def test_our_event_that_its_agent_moved_is_looked_for_where_it_was_seen(world: World) -> None:
    world.plan()
    (href,) = world.server.hrefs(world.work("anna"))
    moved = (world.server.text(href) or "").replace("T110000", "T140000").replace("T120000", "T150000")
    world.server.store(world.work("anna"), href.rpartition("/")[2], moved)
    later = timedelta(hours=3)
    assert why(of_anna(world)) == [(TEN + later, ELEVEN + later, "server", "own-event")]


def test_what_the_server_counts_and_we_do_not(world: World) -> None:
    world.enter("anna", "no-thanks", TEN, ELEVEN, *DECLINED)
    hour = timedelta(hours=1)
    world.enter("anna", "perhaps", ELEVEN, ELEVEN + hour, "STATUS:TENTATIVE")
    world.configure(HEAD + "[policy]\ntentative = false\n" + AGENT.format(id="anna"))
    one = of_anna(world)
    assert one.state == "explained"
    assert why(one) == [(TEN, ELEVEN, "server", "declined"), (ELEVEN, ELEVEN + hour, "server", "policy")]
    assert one.differences[1].policy == "tentative = false ([policy])"


def test_a_whole_day_that_the_server_puts_into_another_zone(world: World) -> None:
    text = event("day", TEN, ELEVEN)
    for name, at, day in (("DTSTART", TEN, 4), ("DTEND", ELEVEN, 5)):
        text = text.replace(f"{name}:{at:%Y%m%dT%H%M%SZ}", f"{name};VALUE=DATE:2026030{day}")
    world.server.store(world.work("anna"), "day", text)
    midnight, hour = NOW.replace(day=4, hour=0), timedelta(hours=1)
    one = of_anna(world)
    assert one.state == "explained"
    assert why(one) == [
        (midnight - hour, midnight, "here", "zone"),
        (midnight + 23 * hour, midnight + 24 * hour, "server", "zone"),
    ]


def test_an_event_that_the_server_kept_from_us_is_told_and_repaired(world: World) -> None:
    world.enter("anna", "dentist", TEN, ELEVEN)
    world.sync()
    later = TEN + timedelta(days=1)
    silently(world, "anna", "barber", later)
    one = of_anna(world)
    assert (one.state, one.relisted) == ("differs", False)
    assert why(one) == [(later, later + timedelta(hours=1), "server", "missed")]
    mended = of_anna(world, repair=True)
    assert (mended.state, mended.differences, mended.relisted) == ("same", (), True)
    assert [start for start, _, _ in world.known("anna")] == [TEN, later]
    assert of_anna(world, repair=True).relisted is False


def test_an_event_that_is_gone_without_a_word_is_told_and_repaired(world: World) -> None:
    world.enter("anna", "dentist", TEN, ELEVEN)
    world.sync()
    silently(world, "anna", "dentist")
    assert why(of_anna(world)) == [(TEN, ELEVEN, "here", "outdated")]
    assert of_anna(world, repair=True).state == "same"
    assert world.known("anna") == []


def test_what_could_not_be_fetched_anew_is_not_said_to_be_and_is_tried_again(world: World) -> None:
    class Failing(MemoryConnector):
        """Lists everything for a comparison, and not for a reading that is to be kept."""

        def changes(self, calendar: Calendar, state: str | None, known: Mapping[str, str]) -> Changes:
            if calendar.start < NOW and self._login in broken:
                raise Unreachable("no answer", "is it up?")
            return super().changes(calendar, state, known)

    broken: set[str] = set()
    world.server.connector = lambda login, secret=None: Failing(world.server, login, "secret")
    silently(world, "anna", "barber", TEN)
    broken.add("anna")
    one = of_anna(world, repair=True)
    assert (one.state, one.relisted) == ("differs", False)
    broken.clear()
    world.tick(timedelta(minutes=5))
    assert of_anna(world).state == "same"


def test_only_the_calendar_with_the_unexplained_is_fetched_anew(world: World) -> None:
    for agent in ("anna", "ben"):
        world.enter(agent, "dentist", TEN, ELEVEN)
    world.sync()
    silently(world, "anna", "barber", TEN + timedelta(days=1))
    world.server.calls.clear()
    found = compared(world, agent=None, repair=True)
    assert [one.relisted for one in found] == [True, False, False]
    assert world.operations("ben") == ["calendars", "free_busy"]


def test_what_happened_between_reading_and_asking_is_no_difference(world: World) -> None:
    class Hasty(MemoryConnector):
        """Somebody enters an event in the moment before the server is asked; once."""

        def free_busy(self, calendar: str, start: datetime, end: datetime) -> FreeBusy | None:
            if not world.server.hrefs(world.work("anna")):
                world.enter("anna", "dentist", TEN, ELEVEN)
            return super().free_busy(calendar, start, end)

    world.server.connector = lambda login, secret=None: Hasty(world.server, login, "secret")
    one = of_anna(world)
    assert (one.state, one.relisted) == ("same", False)


def test_what_the_brake_holds_is_explained_so(world: World) -> None:
    for number in range(6):
        world.enter(
            "anna", f"one-{number}", TEN + number * timedelta(days=1), ELEVEN + number * timedelta(days=1)
        )
    world.sync()
    for number in range(6):
        world.server.delete(f"{world.work('anna')}one-{number}.ics")
    one = of_anna(world, repair=True)
    assert one.state == "explained"
    assert {item.why for item in one.differences} == {"held"}
    assert len(world.known("anna")) == 6


def test_a_server_that_does_not_offer_it_is_no_mistake(world: World) -> None:
    world.server._shelf(world.work("anna")).offers_free_busy = False
    one = of_anna(world)
    assert (one.state, one.code, one.error) == ("not-offered", 0, "")


def test_one_that_fails_says_so_and_the_others_are_compared(world: World) -> None:
    world.server.fail_next("anna", "free_busy", Unreachable("no answer", "is it up?"))
    world.server.fail_next("ben", "free_busy", SignInRefused("refused", "the password?"))
    anna, ben, cleo = compared(world, agent=None)
    assert (anna.state, anna.error, anna.hint, anna.code) == ("failed", "no answer", "is it up?", 69)
    assert (ben.state, ben.code) == ("failed", 77)
    assert cleo.state == "same"


def test_a_calendar_that_was_never_read_is_not_compared(world: World) -> None:
    config = HEAD + AGENT.format(id="anna").replace('check = ["Work"]', 'check = ["Nowhere"]')
    world.configure(config)
    one = of_anna(world)
    assert (one.state, one.calendar, one.code) == ("not-read", "Nowhere", 77)
    assert one.error


def test_what_only_the_service_can_sign_in_to_is_not_tried(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(now, "PATIENCE", 0.0)
    secret = '{ env = "SYNCD_TEST_SECRET" }'
    world.configure(HEAD + AGENT.format(id="anna").replace(secret, '{ credential = "anna" }'))
    one = of_anna(world)
    assert (one.state, one.code) == ("not-tried", 0)
    assert "service" in one.hint


def test_a_server_is_not_asked_about_what_may_hang_it(world: World) -> None:
    """A stranger's invitation may hold what Radicale and Xandikos never come to an end with."""
    world.enter("anna", "bomb", TEN, ELEVEN, "RRULE:FREQ=DAILY;INTERVAL=0")
    one = of_anna(world)
    assert (one.state, one.code) == ("not-tried", 0)
    assert "can't be read whole" in one.hint
    assert "free_busy" not in world.operations("anna")


def test_progress_is_told_of_each_login_read_and_of_each_compared(world: World) -> None:
    told: list[Sequence[int]] = []
    with ThreadPoolExecutor(2) as pool:
        verify(world.ctx, pool, progress=lambda done, total: told.append((done, total)))
    assert told == [(done, 6) for done in range(7)]

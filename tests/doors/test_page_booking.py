"""The free times that the reschedule form offers: only what is known to be free, by day, and choosing one fills the form in."""

from datetime import UTC, datetime, timedelta

from pages import Pages, Visitor
from stores import sqlite_only
from worlds import TEN

from syncd.actions.blocking import add_block
from syncd.actions.look import story

pytestmark = sqlite_only

FORM = "/meeting/reschedule"
HOUR = timedelta(hours=1)


def times(visitor: Visitor, path: str = f"{FORM}?id=m1") -> dict[str, str]:
    """Start as the field takes it -> where it is chosen."""
    links = [link for link in visitor.get(path).links() if "&start=" in link]
    return {link.partition("start=")[2].partition("#")[0].replace("%3A", ":"): link for link in links}


def test_what_is_known_to_be_free_is_offered_and_what_is_blocked_is_not(pages: Pages) -> None:
    pages.world.sync()
    pages.world.plan()
    visitor = pages.signed_in()
    before = times(visitor)
    assert "2026-03-02T11:00" in before, "the meeting's own time is free for it"
    add_block(
        pages.world.ctx,
        "agent:anna",
        "Dentist",
        TEN + 3 * HOUR,
        TEN + 4 * HOUR,
        "UTC",
        repeat=None,
        until=None,
        by="test",
    )
    after = times(visitor)
    assert set(before) - set(after) == {"2026-03-02T13:30", "2026-03-02T14:00", "2026-03-02T14:30"}


def test_a_time_that_is_chosen_is_filled_in_and_taken(pages: Pages) -> None:
    pages.world.sync()
    pages.world.plan()
    visitor = pages.signed_in()
    shown = visitor.get(times(visitor)["2026-03-03T09:30"])
    assert shown.form(FORM)["start"] == "2026-03-03T09:30"
    assert shown.tree.xpath("//a[@aria-current='true']/text()") == ["09:30"]
    visitor.send(shown, FORM, {"reason": "Anna is ill"})
    assert story(pages.world.ctx, "m1").meeting.start == TEN - HOUR / 2 - HOUR + timedelta(days=1)


def test_weeks_go_on_from_today(pages: Pages) -> None:
    pages.world.sync()
    pages.world.plan()
    visitor = pages.signed_in()
    links = visitor.get(f"{FORM}?id=m1").links()
    assert f"{FORM}?id=m1&from=2026-03-09" in links
    assert min(times(visitor, f"{FORM}?id=m1&from=2026-03-09")) == "2026-03-09T00:00"
    assert f"{FORM}?id=m1&from=2026-03-02" in visitor.get(f"{FORM}?id=m1&from=2026-03-09").links()
    for odd in ("2020-01-01", "nonsense", "9999-12-31"):
        assert visitor.get(f"{FORM}?id=m1&from={odd}").status == 200


def test_silence_is_not_free(pages: Pages) -> None:
    pages.world.plan()
    pages.world.now += 2 * HOUR
    shown = pages.signed_in().get(f"{FORM}?id=m1")
    assert "No time is known to be free in this week." in shown.words
    assert "too long ago" in shown.words


def test_of_an_hour_that_comes_twice_the_second_is_not_offered_for_the_first(pages: Pages) -> None:
    """On 25 October clocks are set back at three: 02:30 in the field means 00:30 in UTC, which is blocked."""
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    pages.world.now = second - 6 * HOUR
    pages.world.sync()
    pages.world.plan(start=second + 12 * HOUR, end=second + 12.5 * HOUR)
    add_block(
        pages.world.ctx, "agent:anna", "Night", second - 2 * HOUR, second, "UTC", repeat=None, until=None, by="test"
    )  # fmt: skip
    offered = times(pages.signed_in())
    assert "2026-10-25T03:00" in offered
    assert "2026-10-25T02:30" not in offered

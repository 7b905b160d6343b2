"""Blocks that begin so many times: what that costs, and how it is counted where the clocks show two times at once."""

import sys
from datetime import UTC, datetime, timedelta
from types import FrameType
from zoneinfo import ZoneInfo

import pytest

from syncd.rules.blocks import Block, expand

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def counted(start: datetime, repeat: str, count: int) -> Block:
    """A block of half an hour."""
    return Block("b1", "company", "Talk", start, start + HOUR / 2, "Europe/Amsterdam", repeat, None, count)


def calls(one: Block, start: datetime) -> int:
    """How many functions are called to expand a week of it."""
    made = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal made
        made += event == "call"

    sys.setprofile(note)
    try:
        assert len(expand(one, start, start + 7 * DAY)) == 7
    finally:
        sys.setprofile(None)
    return made


@pytest.mark.parametrize("repeat", ["daily", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU"])
def test_how_long_ago_a_counted_block_began_does_not_matter(repeat: str) -> None:
    """Each question of who is available expands it anew."""
    begun = [counted(datetime(year, 1, 1, 9, tzinfo=AMSTERDAM), repeat, 5000) for year in (2025, 2016)]
    soon, late = (calls(one, datetime(2026, 3, 2, tzinfo=UTC)) for one in begun)
    assert late < 2 * soon


def test_of_several_times_a_day_the_clocks_may_show_two_at_once_and_both_are_counted_as_one() -> None:
    """On 2026-03-29 it is 03:00 where it would be 02:00; a COUNT of the rule itself would come to its end too soon."""
    start = datetime(2026, 3, 28, 2, tzinfo=AMSTERDAM)
    found = expand(counted(start, "FREQ=DAILY;BYHOUR=2,3", 6), start - DAY, start + 9 * DAY)
    assert [f"{begins.astimezone(AMSTERDAM):%m-%d %H}" for begins, _ in found] == [
        "03-28 02", "03-28 03", "03-29 03", "03-30 02", "03-30 03", "03-31 02",
    ]  # fmt: skip


def test_a_part_of_a_second_is_no_other_beginning() -> None:
    start = datetime(2026, 3, 2, 9, tzinfo=AMSTERDAM) + timedelta(milliseconds=300)
    assert len(expand(counted(start, "daily", 3), start - DAY, start + 9 * DAY)) == 3


def test_a_rule_that_can_not_be_expanded_names_its_block() -> None:
    start = datetime(2026, 3, 2, 9, tzinfo=AMSTERDAM)
    with pytest.raises(ValueError, match=r"block b1 \(Talk\): "):
        expand(counted(start, "FREQ=DAILY;BYMONTH=13", 3), start, start + DAY)

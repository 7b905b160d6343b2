"""`syncd slots` as a person uses it: times by day, with whom, and why there are none."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from desks import Desk, Office, day, hours


def between(first: int, last: int) -> tuple[str, ...]:
    return ("--from", f"{day()}T{first:02}:00", "--to", f"{day()}T{last:02}:00")


@pytest.fixture
def planned(desk: Desk) -> Desk:
    """Anna has a meeting at 10, and the company a break at noon."""
    desk.ok("migrate")
    desk.ok("sync")
    desk.plan("m1")
    desk.ok("block", "add", "--scope", "company", *hours(12), "--title", "Break")
    return desk


def test_a_line_for_each_day(planned: Desk):
    out = planned.ok("slots", "m1", *between(9, 15)).out.splitlines()
    assert out[0] == "meeting m1, 60 minutes, with anna (Europe/Amsterdam)"
    assert out[2:] == [f"{day():%a %Y-%m-%d}  09:00  09:30  10:00  10:30  11:00  13:00  13:30  14:00"]


def test_by_other_steps_and_with_others_by_the_clock_of_the_meetings_agent(planned: Desk):
    nine = datetime.combine(day(), time(9), ZoneInfo("Europe/Amsterdam"))
    when = ("--start", nine.isoformat(), "--end", (nine + timedelta(hours=1)).isoformat())
    planned.ok("meeting", "plan", "m2", "--agent", "bert", *when, "--title", "Talk")
    found = planned.json("slots", "m1", *between(9, 12), "--step", "1h", "--agent", "bert", "--agent", "anna")
    assert [one["agents"] for one in found["items"]] == [["anna"], ["bert", "anna"], ["bert", "anna"]]
    assert (found["length_minutes"], found["next"], found["unsure"]) == (60, None, [])
    both = planned.json(
        "slots", "m1", *between(9, 12), "--step", "1h", "--agent", "bert", "--agent", "anna", "--all"
    )
    assert both["items"] == found["items"][1:]
    out = planned.ok("slots", "m1", *between(9, 12), "--step", "1h", "--agent", "bert", "--agent", "anna").out
    assert "09:00  (anna)" in out
    assert "with bert or anna" in out


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--step", "45m"), 64, "whole hours"),
        (("--step", "soon"), 64, "not a length of time"),
        (("--from", "2030-01-01", "--to", "2031-01-01"), 64, "62 days"),
        (("--agent", "cleo"), 1, "is not active"),
        (("--agent", "dora"), 1, "there is no agent"),
    ],
)
def test_what_is_refused(planned: Desk, words: tuple[str, ...], code: int, told: str):
    outcome = planned.run("slots", "m1", *words)
    assert (outcome.code, told in outcome.err) == (code, True), outcome


def test_a_meeting_that_can_not_be_moved_has_none(planned: Desk):
    planned.ok("meeting", "cancel", "m1", "--reason", "ill")
    outcome = planned.run("slots", "m1")
    assert (outcome.code, "can no longer be rescheduled" in outcome.err) == (1, True)
    assert "there is no meeting" in planned.run("slots", "m9").err


def test_a_calendar_never_read_leaves_none_and_it_is_said_why(office: Office):
    office.ok("migrate")
    office.plan("m1")
    out = office.ok("slots", "m1", *between(9, 15)).out
    assert "no free time is known in this range" in out
    assert "has never been read" in out
    office.ok("sync")
    assert "13:30" in office.ok("slots", "m1", *between(9, 15)).out

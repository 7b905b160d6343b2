"""Working hours as a person meets them: whose count, what is said of who is off work, and when next free."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from desks import Desk, day

PEOPLE = """
timezone = "Europe/Amsterdam"
[store]
url = "{url}"
[groups.early]
working_hours = ["mon-sun 06:00-12:00"]
[groups.late]
working_hours = ["mon-sun 12:00-20:00"]
[groups.plain]
"""

AGENT = """
[[agents]]
id = "{id}"
name = "{id}"
email = "{id}@example.com"
"""


@pytest.fixture
def team(desk: Desk) -> Desk:
    """Agents by what they are: in which groups, with which hours of their own, in which zone."""
    url = desk.config.read_text().split('url = "')[1].split('"')[0]
    more = {
        "early": 'groups = ["early"]', "both": 'groups = ["late", "plain", "early"]', "plain": 'groups = ["plain"]',
        "own": 'groups = ["early"]\nworking_hours = ["mon-sun 09:00-17:00"]',
        "far": 'timezone = "America/New_York"\nworking_hours = ["mon-sun 09:00-17:00"]',
        "any": 'groups = ["early"]\nworking_hours = ["mon-sun 00:00-24:00"]',
    }  # fmt: skip
    text = PEOPLE.format(url=url)
    desk.config.write_text(text + "".join(AGENT.format(id=name) + line + "\n" for name, line in more.items()))
    desk.ok("migrate")
    desk.ok("sync")
    return desk


def asked(desk: Desk, agent: str, start: str, end: str):
    return desk.json("explain", agent, f"{day()}T{start}+00:00", f"{day()}T{end}+00:00")


def local(hour: int, zone: str = "Europe/Amsterdam") -> str:
    """The time in UTC when the zone's clocks show this hour on that day."""
    there = datetime.combine(day(), datetime.min.time(), ZoneInfo(zone)) + timedelta(hours=hour)
    return f"{there.astimezone(ZoneInfo('UTC')):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize(
    ("agent", "works"),
    [
        ("early", range(6, 12)), ("both", range(6, 20)), ("plain", range(24)), ("own", range(9, 17)), ("any", range(24)),
    ],
)  # fmt: skip
def test_the_agents_own_hours_count_else_those_of_all_groups_together(team: Desk, agent: str, works: range):
    for hour in range(4, 23):  # by then the clocks have been set, if they are on that day
        start, end = f"{day()}T{hour:02}:00", f"{day()}T{hour + 1:02}:00"
        found = team.json("explain", agent, start, end)
        assert found["mark"] == ("available" if hour in works else "not available"), hour
        assert [one["kind"] for one in found["reasons"]] == ([] if hour in works else ["working-hours"])


def test_they_go_by_the_clocks_of_the_agents_zone_and_come_whole(team: Desk):
    found = team.json("explain", "far", f"{day()}T18:00", f"{day()}T19:00")
    (reason,) = found["reasons"]
    assert reason == {
        "kind": "working-hours", "start": local(17, "America/New_York"), "end": reason["end"],
        "policy": "working_hours ([[agents]] far)",
    }  # fmt: skip
    assert found["next_free"] == reason["end"]
    assert "outside working hours" in team.ok("explain", "far", f"{day()}T18:00", f"{day()}T19:00").out


def test_candidates_are_marked_the_override_is_kept_and_what_is_busy_says_nothing_of_hours(team: Desk):
    team.json("meeting", "plan", "m1", "--agent", "plain", "--start", f"{day()}T21:00", "--end", f"{day()}T22:00", "--title", "T")  # fmt: skip
    marks = {one["agent"]: one["mark"] for one in team.json("candidates", "m1")["candidates"]}
    assert {name for name, mark in marks.items() if mark == "available"} == {"plain", "any", "far"}
    meeting = team.json("meeting", "assign", "m1", "--to", "early")
    assert [one["kind"] for one in meeting["overrides"][0]["reasons"]] == ["working-hours"]
    assert "outside working hours" in team.ok("meeting", "show", "m1").out
    assert {one["source"] for one in team.json("busy", "early")["slots"]} <= {"meeting"}

"""`syncd block` as a person uses it: a time is taken away, marks follow at once, and it is given back."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from desks import Desk, day, hours


def reasons(desk: Desk, agent: str) -> list[tuple[str, str]]:
    one = desk.json("explain", agent, f"{day()}T10:00", f"{day()}T11:00")
    return [(reason["kind"], reason.get("title", "")) for reason in one["reasons"]]


def test_a_block_hits_whom_it_is_made_for_until_it_is_removed(desk: Desk):
    desk.ok("migrate")
    desk.ok("sync")
    made = desk.json("block", "add", "--scope", "agent:anna", *hours(10), "--title", "Training")
    assert (made["scope"], made["title"], made["timezone"]) == ("agent:anna", "Training", "Europe/Amsterdam")
    assert made["by"]
    assert reasons(desk, "anna") == [("block", "Training")]
    assert reasons(desk, "bert") == []
    assert made in desk.json("block", "list")["items"]
    assert "Training" in desk.ok("block", "list").out
    assert desk.json("block", "remove", made["id"]) == made
    assert reasons(desk, "anna") == []
    assert made not in desk.json("block", "list")["items"]


def test_plain_dates_a_number_of_times_and_days_without(desk: Desk):
    desk.ok("migrate")
    desk.ok("sync")
    words = ("--repeat", "daily", "--count", "4", "--except", f"{day(5)}", "--until", f"{day(20)}")
    made = desk.json(
        "block", "add", "--scope", "company", "--start", f"{day()}", "--end", f"{day(4)}", *words
    )
    assert (made["count"], made["except"]) == (4, [f"{day(5)}"])
    midnight = datetime.combine(day(), time(), ZoneInfo("Europe/Amsterdam")).astimezone(UTC)
    assert made["start"] == f"{midnight:%Y-%m-%dT%H:%M:%SZ}"
    assert made["until"] > f"{day(20)}T20"
    blocked = [
        n
        for n in range(2, 9)
        if desk.json("explain", "anna", f"{day(n)}T10:00", f"{day(n)}T11:00")["reasons"]
    ]
    assert blocked == [3, 4, 6]
    assert "daily, 4 times" in desk.ok("block", "list").out
    assert f"{day(5)}" in desk.ok("block", "list").out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--except", "2026-02-30", "--repeat", "daily"), "except.0: expected a date"),
        (("--except", "2026-02-03"), "except: means nothing without `repeat`"),
        (("--count", "0", "--repeat", "daily"), "count: expected a whole number"),
        (("--title", "x" * 251), "title: expected at most 250 characters"),
    ],
)
def test_the_rules_of_the_configuration_hold(desk: Desk, words: tuple[str, ...], told: str):
    desk.ok("migrate")
    desk.ok("sync")
    outcome = desk.run("block", "add", "--scope", "company", *hours(10), *words)
    assert (outcome.code, told in outcome.err) == (1, True), outcome


def test_a_repeating_block_of_the_company_hits_everyone_on_its_later_days(desk: Desk):
    desk.ok("migrate")
    desk.ok("sync")
    until = ("--until", f"{day(5)}T00:00")
    desk.ok("block", "add", "--scope", "company", *hours(10, ahead=1), "--repeat", "daily", *until)
    assert reasons(desk, "anna") == [("block", "Blocked")]
    later = desk.json("explain", "anna", f"{day(6)}T10:00", f"{day(6)}T11:00")
    assert later["reasons"] == [], "until is the last start"


@pytest.mark.parametrize(
    ("words", "told", "code"),
    [
        (("--scope", "agent:dora"), "there is no agent", 1),
        (("--scope", "group:none"), "there is no group", 1),
        (("--scope", "everyone"), "scope", 1),
        (("--scope", "company", "--repeat", "hourly"), "repeat", 1),
        (("--scope", "company", "--timezone", "Mars/Base"), "no time zone", 64),
    ],
)
def test_what_can_not_be_blocked_is_refused_and_named(desk: Desk, words, told: str, code: int):
    desk.ok("migrate")
    desk.ok("sync")
    outcome = desk.run("block", "add", *words, *hours(10))
    assert (outcome.code, told in outcome.err) == (code, True), outcome
    assert not [one for one in desk.json("block", "list")["items"] if one["by"]]


def test_an_end_before_the_start_and_an_unknown_number_are_refused(desk: Desk):
    desk.ok("migrate")
    desk.ok("sync")
    backwards = ("--start", f"{day()}T11:00", "--end", f"{day()}T10:00")
    assert desk.run("block", "add", "--scope", "company", *backwards).code == 1
    assert "there is no block" in desk.run("block", "remove", "77").err


def test_an_agent_named_like_a_scope_does_not_lend_it_a_zone(desk: Desk):
    desk.config.write_text(desk.config.read_text().replace('id = "bert"', 'id = "company"'))
    desk.ok("migrate")
    desk.ok("sync")
    made = desk.json("block", "add", "--scope", "company", *hours(10))
    assert made["timezone"] == "Europe/Amsterdam"
    assert reasons(desk, "anna") == [("block", "Blocked")]
    of_agent = desk.json("block", "add", "--scope", "agent:company", *hours(10))
    assert of_agent["timezone"] == "America/New_York"


def test_a_block_of_the_configuration_is_listed_and_stays(desk: Desk):
    times = f'start = "{day()}T10:00"\nend = "{day()}T11:00"'
    block = f'[[blocks]]\nscope = "company"\ntitle = "Night"\n{times}\n'
    desk.config.write_text(f"{desk.config.read_text()}\n{block}")
    desk.ok("migrate")
    desk.ok("sync")
    (listed,) = desk.json("block", "list")["items"]
    assert (listed["id"], listed["title"], listed["by"]) == ("config-0", "Night", None)
    refused = desk.run("block", "remove", "config-0")
    assert (refused.code, "stands in the configuration" in refused.err) == (1, True)
    assert reasons(desk, "anna") == [("block", "Night")]

"""The commands of a meeting, on a real store: accepted, refused, repeated, only tried, and at another version."""

import pwd
from datetime import datetime
from os import getuid
from zoneinfo import ZoneInfo

import pytest
from desks import Desk, day, hours

MEETING = {
    "id", "version", "status", "agent", "start", "end", "title", "link", "agent_link", "group", "guests", "overrides",
    "deliveries",
}  # fmt: skip
"""The meeting of the interface; four fields are added to it."""


def test_a_plan_is_read_in_the_agents_zone_and_answered_in_utc(desk: Desk):
    meeting = desk.plan(
        "m1", "--guest", "Eva <eva@example.org>", "--link", "https://x.example/1", agent="bert"
    )
    local = datetime.combine(day(), datetime.min.time(), ZoneInfo("America/New_York")).replace(hour=10)
    assert datetime.fromisoformat(meeting["start"]) == local
    assert meeting["start"].endswith("Z")
    assert set(meeting) == MEETING | {"reason", "cancelled_by", "conflicts", "candidates"}
    assert (meeting["version"], meeting["status"], meeting["agent"]) == (1, "scheduled", "bert")
    assert meeting["guests"] == [
        {"name": "Eva", "email": "eva@example.org", "language": None, "timezone": None}
    ]


def test_the_same_plan_again_changes_nothing_and_another_one_is_refused(desk: Desk):
    first = desk.plan()
    assert desk.plan() == first
    plain = desk.ok("meeting", "plan", "m1", "--agent", "anna", *hours(10), "--title", "Talk")
    assert "nothing changed" in plain.out
    other = desk.run("meeting", "plan", "m1", "--agent", "anna", *hours(12), "--title", "Talk")
    assert (other.code, other.out) == (1, "")
    assert "already planned differently: start, end" in other.err


def test_every_change_goes_through_and_the_story_tells_all_of_them(desk: Desk):
    desk.plan("m1", "--group", "loans")
    desk.ok("meeting", "invite", "m1", "--guest", "eva@example.org")
    moved = desk.json("meeting", "reschedule", "m1", *hours(14)[:2], "--reason", "a conflict")
    desk.ok("meeting", "assign", "m1", "--to", "bert")
    desk.ok("meeting", "status", "m1", "live")
    story = desk.json("meeting", "cancel", "m1", "--reason", "ill", "--by", "guest")
    assert (moved["version"], moved["reason"]) == (3, "a conflict")
    length = datetime.fromisoformat(moved["end"]) - datetime.fromisoformat(moved["start"])
    assert length.total_seconds() == 3600
    assert (story["status"], story["cancelled_by"], story["version"]) == ("cancelled", "guest", 6)
    shown = desk.json("meeting", "show", "m1")
    kinds = [change["kind"] for change in shown["changes"]]
    assert kinds == ["plan", "invite", "reschedule", "assign", "status", "cancel"]
    assert {change["by"] for change in shown["changes"]} == {pwd.getpwuid(getuid()).pw_name}
    text = desk.ok("meeting", "show", "m1").out
    assert ", reason: a conflict (version 3, by " in text
    assert "cancelled by the guest, reason: ill (version 6, by " in text
    assert "America/New_York" in text


def test_a_guest_is_invited_once_corrected_and_replaced(desk: Desk):
    desk.plan()
    for guest in ("Eva <eva@exampel.org>", "Eva <EVA@exampel.org>", "Eva Jansen <eva@exampel.org>"):
        meeting = desk.json("meeting", "invite", "m1", "--guest", guest)
    assert meeting["version"] == 3, "the same address and name again is no change"
    assert [(one["name"], one["email"]) for one in meeting["guests"]] == [("Eva Jansen", "eva@exampel.org")]
    right = ("meeting", "invite", "m1", "--guest", "eva@example.org", "--replace", "eva@exampel.org")
    meeting = desk.json(*right)
    assert [(one["name"], one["email"]) for one in meeting["guests"]] == [("Eva Jansen", "eva@example.org")]
    desk.ok("meeting", "invite", "m1", "--guest", "Eva <eva@exampel.org>")
    story = desk.ok("meeting", "show", "m1").out
    invited = [
        line.split("  ")[-1] for line in story.splitlines() if "invited" in line or "corrected" in line
    ]
    assert [line.partition(" (")[0] for line in invited] == [
        "invited Eva <eva@exampel.org>",
        "corrected guest Eva Jansen <eva@exampel.org>",
        "invited eva@example.org instead of eva@exampel.org",
        "invited Eva <eva@exampel.org>",
    ]
    again = desk.run("meeting", "invite", "m1", "--guest", "x@example.org", "--replace", "nobody@example.org")
    assert (again.code, again.out) == (1, "")
    assert "no guest has the address" in again.err


def test_cancelling_twice_is_one_cancel(desk: Desk):
    desk.plan()
    first = desk.json("meeting", "cancel", "m1", "--reason", "ill", "--by", "guest")
    again = desk.json("meeting", "cancel", "m1", "--reason", "another one", "--by", "agent")
    assert again == first
    assert (again["version"], again["reason"], again["cancelled_by"]) == (2, "ill", "guest")


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        (("reschedule", "m1", *hours(12), "--reason", "late"), "live"),
        (("assign", "m1", "--to", "bert"), "live"),
        (("invite", "m1", "--guest", "eva@example.org"), "live"),
        (("cancel", "m2", "--reason", "x"), "there is no meeting 'm2'"),
        (("assign", "m2", "--to", "bert"), "there is no meeting 'm2'"),
        (("reschedule", "m2", *hours(12), "--reason", "x"), "there is no meeting 'm2'"),
        (("plan", "m3", "--agent", "dora", *hours(12), "--title", "T"), "there is no agent 'dora'"),
        (("plan", "m3", "--agent", "cleo", *hours(12), "--title", "T"), "not active"),
        (("plan", "m3", "--agent", "anna", *hours(12), "--title", "T", "--group", "x"), "there is no group 'x'"),
        (("plan", "m3", "--agent", "anna", *hours(12, ahead=-3), "--title", "T"), "already passed"),
        (("cancel", "m1", "--reason", " "), "a reason is needed"),
    ],
)  # fmt: skip
def test_what_a_rule_forbids_ends_with_1_and_says_why(desk: Desk, words, refused):
    desk.plan()
    desk.ok("meeting", "status", "m1", "live")
    outcome = desk.run("meeting", *words)
    assert (outcome.code, outcome.out) == (1, "")
    assert refused in outcome.err
    assert desk.json("meeting", "show", "m1")["version"] == 2


def test_a_dry_run_shows_the_change_and_does_nothing(desk: Desk):
    desk.plan()
    before = desk.json("meeting", "show", "m1")
    tried = desk.json("meeting", "assign", "m1", "--to", "bert", "--dry-run")
    assert set(tried) == {"meeting", "writes", "mails", "overrides"}
    assert (tried["meeting"]["agent"], tried["meeting"]["version"]) == ("bert", 2)
    assert (tried["writes"], tried["mails"], tried["overrides"]) == ([], [], [])
    assert "nothing is done" in desk.ok("meeting", "cancel", "m1", "--reason", "x", "--dry-run").out
    assert desk.json("meeting", "show", "m1") == before


def test_a_dry_run_leaves_even_the_directory_alone(desk: Desk):
    outcome = desk.run("meeting", "plan", "m1", "--agent", "anna", *hours(10), "--title", "T", "--dry-run")
    assert outcome.code == 1
    assert "does not follow the present configuration yet" in outcome.err
    assert desk.json("agents")["items"] == []


def test_a_key_makes_a_repetition_harmless_and_is_good_for_one_change_only(desk: Desk):
    desk.plan()
    move = ("meeting", "reschedule", "m1", *hours(12), "--reason", "late", "--key", "k1")
    first = desk.json(*move)
    assert desk.json(*move) == first
    desk.ok("meeting", "reschedule", "m1", *hours(15), "--reason", "later")
    assert desk.json(*move)["version"] == 3  # a repetition, though the meeting has moved on
    assert "nothing changed: it was asked for before" in desk.ok(*move).out
    other = desk.run("meeting", "cancel", "m1", "--reason", "late", "--key", "k1")
    assert other.code == 1
    assert "'k1' was already used" in other.err


@pytest.mark.parametrize("key", ["", " k1", "k\n1", "k" * 201])
def test_what_is_no_key_is_refused(desk: Desk, key: str):
    """An empty one above all: the next change with it would be refused as another one."""
    desk.plan()
    outcome = desk.run("meeting", "cancel", "m1", "--reason", "late", "--key", key)
    assert outcome.code == 64
    assert "--key" in outcome.err
    assert desk.json("meeting", "show", "m1")["status"] == "scheduled"


def test_at_another_version_a_change_is_refused(desk: Desk):
    desk.plan()
    late = desk.run("meeting", "cancel", "m1", "--reason", "x", "--if-version", "7")
    assert late.code == 1
    assert "is at version 1, not 7" in late.err
    dry = desk.run("meeting", "cancel", "m1", "--reason", "x", "--if-version", "7", "--dry-run")
    assert (dry.code, "is at version 1, not 7" in dry.err) == (1, True)
    assert desk.json("meeting", "cancel", "m1", "--reason", "x", "--if-version", "1")["status"] == "cancelled"


def test_a_time_that_does_not_exist_in_the_agents_zone_is_refused(desk: Desk):
    desk.plan(agent="bert")
    summer = next(
        f"{year}-03-{sunday:02}"
        for year in (day().year + 1,)
        for sunday in range(8, 15)
        if datetime(year, 3, sunday).weekday() == 6  # noqa: DTZ001  # a weekday needs no zone
    )
    gone = desk.run("meeting", "reschedule", "m1", "--start", f"{summer}T02:30", "--reason", "x")
    assert gone.code == 64
    assert "does not exist in America/New_York" in gone.err


@pytest.mark.parametrize(
    "words",
    [
        ("meeting", "plan", "m1", "--agent", "anna", "--start", "soon", "--end", "later", "--title", "T"),
        ("meeting", "plan", "m1", "--agent", "anna"),
        ("meeting", "invite", "m1", "--guest", "nobody"),
        ("meeting", "status", "m1", "cancelled"),
        ("meeting", "cancel", "m1", "--reason", "x", "--wait", "long"),
        ("meeting", "cancel", "m1", "--reason", "x", "--by", "boss"),
        ("meeting", "list", "--from", "yesterday"),
        ("meeting", "frobnicate"),
        ("meeting",),
    ],
)
def test_wrong_use_ends_with_64(desk: Desk, words):
    desk.plan()
    outcome = desk.run(*words)
    assert (outcome.code, outcome.out) == (64, "")
    assert outcome.err.startswith("syncd: ")


def test_meetings_are_listed_by_their_start_in_pages(desk: Desk):
    for name, hour in (("late", 15), ("early", 9), ("noon", 12)):
        desk.plan(name, hour=hour)
    desk.plan("far", agent="bert", hour=12)
    desk.ok("meeting", "cancel", "noon", "--reason", "x")
    ids = [one["id"] for one in desk.json("meeting", "list", "--agent", "anna")["items"]]
    assert ids == ["early", "noon", "late"]
    assert [one["id"] for one in desk.json("meeting", "list", "--status", "cancelled")["items"]] == ["noon"]
    page = desk.json("meeting", "list", "--limit", "2")
    rest = desk.json("meeting", "list", "--limit", "2", "--after", page["next"])
    assert [one["id"] for one in (*page["items"], *rest["items"])] == ["early", "noon", "late", "far"]
    assert rest["next"] is None
    tomorrow = desk.json("meeting", "list", "--from", str(day(4)))
    assert tomorrow == {"items": [], "next": None}
    assert "early" in desk.ok("meeting", "list").out

"""The commands on calendars of a real server: sync, status, busy, explain, candidates, changes delivered, check-config."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from desks import Desk, Office, day, hours

CANDIDATES = {"meeting", "start", "end", "as_of", "total", "candidates"}
CANDIDATE = {"agent", "name", "mark", "assigned", "reasons", "unreadable", "seen_at", "next_free", "load"}
REASON = {"kind", "status", "start", "end", "calendar", "title", "meeting", "seen_at"}
SLOT = {"start", "end", "status", "all_day", "blocks", "source", "calendar", "meeting"}
STATUS = {"ok", "agents", "calendars", "deliveries", "drift", "orphaned_meetings"}
CALENDAR = {
    "agent",
    "calendar",
    "account",
    "kind",
    "state",
    "seen_at",
    "objects",
    "unreadable",
    "error",
    "hint",
}
DELIVERY = {
    "id",
    "meeting",
    "version",
    "target",
    "agent",
    "calendar",
    "kind",
    "state",
    "attempts",
    "due_at",
    "error",
    "hint",
    "done_at",
}
EVENT = {"start", "end", "timezone", "title", "text", "link", "private", "reminder_minutes"}
SYNC = {"read", "logins", "delivered", "failed", "calendars"}


def in_amsterdam(office: Office, agent: str, first: int, last: int, **more: str) -> None:
    """An event of that agent between two hours in Amsterdam; the test server keeps it in UTC."""
    office.add_event(agent, _utc(first), _utc(last), **more)


def _utc(hour: int) -> str:
    local = datetime.fromisoformat(f"{day()}T{hour:02}:00").replace(tzinfo=ZoneInfo("Europe/Amsterdam"))
    return f"{local.astimezone(ZoneInfo('UTC')):%Y%m%dT%H%M%SZ}"


def test_the_main_job_on_the_command_line(office: Office):
    """A meeting is planned, shown, handed over to somebody marked not available, moved and cancelled."""
    in_amsterdam(office, "bert", 10, 11)
    report = office.json("sync")
    assert set(report) == SYNC
    assert (report["read"], report["failed"], report["calendars"]) == (2, [], [])
    office.ok("meeting", "plan", "m1", "--agent", "anna", *hours(10), "--title", "Talk", "--wait", "30s")
    assert any("SUMMARY:Talk" in text for text in office.events("anna"))

    tried = office.json("meeting", "assign", "m1", "--to", "bert", "--dry-run")
    assert [(one["do"], one["agent"], one["calendar"]) for one in tried["writes"]] == [
        ("put", "bert", "Work"),
        ("remove", "anna", "Work"),
    ]
    assert set(tried["writes"][0]["event"]) == EVENT | {"free"}
    assert tried["writes"][0]["event"]["timezone"] == "America/New_York"
    assert tried["writes"][1]["event"]["uid"] in "".join(office.events("anna"))
    assert tried["overrides"][0]["reasons"][0]["kind"] == "calendar"
    assert office.json("meeting", "show", "m1")["agent"] == "anna"

    handed = office.ok("meeting", "assign", "m1", "--to", "bert", "--wait", "30s")
    assert "bert is marked not available; chosen all the same" in handed.out
    assert office.events("anna") == []
    assert any("SUMMARY:Talk" in text for text in office.events("bert"))
    assert office.json("meeting", "show", "m1")["overrides"][0]["agent"] == "bert"

    moved = office.json("meeting", "reschedule", "m1", *hours(15), "--reason", "a conflict", "--wait", "30s")
    assert {one["state"] for one in moved["deliveries"]} == {"delivered"}
    assert set(moved["deliveries"][0]) == DELIVERY
    office.ok("meeting", "cancel", "m1", "--reason", "ill", "--wait", "30s")
    assert not any("SUMMARY:Talk" in text for text in office.events("bert"))
    assert office.json("status")["ok"] is True


def test_candidates_tell_the_mark_the_reasons_and_the_load(office: Office):
    in_amsterdam(office, "bert", 10, 11)
    office.ok("sync")
    office.plan()
    found = office.json("candidates", "m1")
    assert set(found) == CANDIDATES
    anna, bert = found["candidates"]
    assert set(anna) == set(bert) == CANDIDATE
    assert (anna["agent"], anna["mark"], anna["assigned"], anna["reasons"]) == ("anna", "available", True, [])
    assert anna["load"] == {"day": 1, "week": 1}
    assert (bert["agent"], bert["mark"], bert["assigned"]) == ("bert", "not available", False)
    (reason,) = bert["reasons"]
    assert set(reason) <= REASON
    assert (reason["kind"], reason["status"], reason["calendar"]) == ("calendar", "busy", "Work")
    assert bert["next_free"] == reason["end"]
    assert office.json("candidates", "m1", "--limit", "1")["total"] == 2
    text = office.ok("candidates", "m1").out
    assert "Secret dentist" not in text
    assert "busy in calendar 'Work'" in text
    assert "anna *" in text
    assert "\x1b" not in text


def test_busy_and_explain_tell_what_is_known_and_nothing_of_its_content(office: Office):
    in_amsterdam(office, "anna", 10, 12)
    office.ok("sync")
    office.plan("m1", hour=11)
    found = office.json("busy", "anna", "--from", str(day()), "--to", str(day(4)))
    assert set(found) == {"agent", "from", "to", "slots"}
    assert [one["source"] for one in found["slots"]] == ["calendar", "meeting"]
    assert all(set(one) <= SLOT for one in found["slots"])
    assert found["slots"][1]["meeting"] == "m1"
    assert office.json("busy", "anna", "--to", str(day(4)))["slots"] == found["slots"]
    assert "dentist" not in office.ok("busy", "anna").out

    why = office.json("explain", "anna", f"{day()}T11:00", f"{day()}T12:00")
    assert set(why) == (CANDIDATE - {"assigned", "load"}) | {"start", "end", "as_of", "not_blocking"}
    assert (why["mark"], [one["kind"] for one in why["reasons"]]) == (
        "not available",
        ["calendar", "meeting"],
    )
    assert datetime.fromisoformat(why["next_free"]) == datetime.fromisoformat(why["reasons"][0]["end"])
    text = office.ok("explain", "anna", f"{day()}T11:00", f"{day()}T12:00").out
    assert "(Europe/Amsterdam)" in text
    assert "has meeting 'm1': Talk" in text
    assert office.json("explain", "anna", f"{day()}T12:00", f"{day()}T13:00")["mark"] == "available"


def test_before_the_first_sync_silence_is_not_free(office: Office):
    office.plan()
    found = office.json("explain", "bert", f"{day()}T10:00", f"{day()}T11:00")
    assert (found["mark"], [one["kind"] for one in found["reasons"]]) == ("unknown", ["never-seen"])
    assert (found["seen_at"], found["next_free"]) == (None, None)
    assert "has never been read" in office.ok("explain", "bert", f"{day()}T10:00", f"{day()}T11:00").out
    beyond = day(400)
    office.ok("sync")
    far = office.json("explain", "bert", f"{beyond}T10:00", f"{beyond}T11:00")
    assert (far["mark"], far["reasons"][0]["kind"]) == ("unknown", "horizon")


def test_status_shows_every_calendar_and_ends_with_0_when_nothing_needs_a_person(office: Office):
    before = office.run("status", "--json")
    assert before.code == 0  # no agent is followed yet
    office.ok("sync")
    found = office.json("status")
    assert set(found) == STATUS | {"as_of", "unreadable_objects", "push", "conflicts"}
    assert all(set(one) == CALENDAR | {"read_by"} for one in found["calendars"])
    assert {(one["agent"], one["calendar"], one["state"]) for one in found["calendars"]} == {
        ("anna", "Work", "ok"),
        ("bert", "Work", "ok"),
    }
    assert found["deliveries"] == {"pending": 0, "failed": 0, "oldest_pending_seconds": None}
    assert found["push"] is None
    assert office.ok("status").out.startswith("3 agents, 2 calendars: ok\n")


def test_an_object_that_can_not_be_read_is_named_by_calendar_and_uid(office: Office):
    in_amsterdam(office, "anna", 10, 11, uid="odd", more="RRULE:FREQ=HOURLY;INTERVAL=0\n")
    office.ok("sync")
    found = office.json("status")
    (item,) = found["unreadable_objects"]
    assert (item["agent"], item["calendar"], item["uid"]) == ("anna", "Work", "odd")
    assert [one["unreadable"] for one in found["calendars"] if one["agent"] == "anna"] == [1]
    assert "UID odd" in office.ok("status").out


def test_a_wrong_password_is_told_in_words_and_others_go_on(office: Office):
    in_amsterdam(office, "bert", 10, 11)
    office.server.users[office.logins["anna"]] = "changed"
    office.server._write_users()
    outcome = office.run("sync", "--json")
    assert outcome.code == 1
    assert len(outcome.json["failed"]) == 1
    (broken,) = outcome.json["calendars"]
    assert (broken["agent"], broken["state"]) == ("anna", "no-access")
    assert broken["error"]
    assert broken["hint"]
    told = office.run("status")
    assert told.code == 1
    assert "no-access: " in told.out
    assert broken["hint"] in told.out
    assert office.json("busy", "bert", "--to", str(day(4)))["slots"] != []


def test_an_unreachable_server_leaves_a_delivery_owed_and_wait_ends_with_75(office: Office):
    office.ok("sync")
    config = office.config.read_text()
    office.config.write_text(config.replace(office.server.url, "http://127.0.0.1:9/"))
    outcome = office.run(
        "meeting", "plan", "m1", "--agent", "anna", *hours(10), "--title", "Talk", "--wait", "0s", "--json"
    )
    assert outcome.code == 75
    assert "accepted, but not delivered yet" in outcome.err
    assert (outcome.json["version"], outcome.json["deliveries"][0]["state"]) == (1, "pending")
    assert outcome.problem["status"] == 503

    listed = office.json("deliveries")
    assert set(listed) == {"items", "next"}
    (owed,) = listed["items"]
    assert set(owed) == DELIVERY
    assert (owed["agent"], owed["kind"], owed["state"]) == ("anna", "put", "pending")
    assert owed["error"]
    assert str(owed["id"]) in office.ok("deliveries", "list").out
    assert office.json("deliveries", "retry", str(owed["id"]))["state"] == "pending"

    office.config.write_text(config)
    office.ok("sync", "--agent", "anna")
    assert any("SUMMARY:Talk" in text for text in office.events("anna"))
    assert office.json("deliveries")["items"] == []
    assert office.json("deliveries", "--all")["items"][0]["state"] == "delivered"
    assert office.json("deliveries", "list", "--state", "delivered")["items"][0]["id"] == owed["id"]


def test_a_delivery_can_be_given_up_once(office: Office):
    office.plan()
    (owed,) = office.json("deliveries")["items"]
    assert office.json("deliveries", "abandon", str(owed["id"]))["state"] == "abandoned"
    again = office.run("deliveries", "abandon", str(owed["id"]))
    assert again.code == 1
    assert "nothing is owed any more" in again.err
    assert office.run("deliveries", "retry", "999").code == 1
    assert office.run("deliveries", "--state", "lost").code == 64
    office.ok("sync")
    assert office.events("anna") == []


def test_sync_of_an_agent_nobody_knows_is_refused(office: Office):
    outcome = office.run("sync", "--agent", "dora")
    assert outcome.code == 1
    assert "there is no agent 'dora'" in outcome.err


def test_sync_in_full_fetches_everything_anew_and_changes_nothing(office: Office):
    in_amsterdam(office, "anna", 10, 11)
    first = office.ok("sync", "--full").out
    assert first.startswith("2 logins asked, 2 calendars read")
    alone = office.ok("sync", "--full", "--agent", "anna").out
    assert alone.startswith("1 login asked, 1 calendar read, 0 of 0 deliveries made")
    before = office.json("busy", "anna", "--from", str(day()), "--to", str(day(4)))
    assert office.json("sync")["read"] == 0
    assert office.json("sync", "--full")["read"] == 2
    assert office.json("busy", "anna", "--from", str(day()), "--to", str(day(4))) == before


def test_a_dry_run_tells_what_the_event_will_be_called(office: Office):
    """A cancelled meeting's event can stay, and is then called otherwise than the meeting."""
    office.config.write_text(office.config.read_text() + "\n[meetings]\nkeep_cancelled = true\n")
    office.plan()
    office.ok("sync")
    said = office.ok("meeting", "cancel", "m1", "--reason", "ill", "--dry-run").out
    assert "put 'Cancelled: Talk' into anna's calendar" in said


def test_check_config_says_what_is_right_and_signs_in_only_when_asked(office: Office):
    offline = office.json("check-config")
    assert set(offline) == {"ok", "file", "agents", "accounts", "logins", "notes", "secrets", "connections"}
    assert (offline["ok"], offline["agents"], offline["logins"], offline["connections"]) == (True, 3, 2, None)
    online = office.json("check-config", "--connect")["connections"]
    assert [(one["agent"], one["state"]) for one in online] == [("anna", "ok"), ("bert", "ok")]
    (work,) = [one for one in online[0]["calendars"] if one["name"] == "Work"]
    assert set(work) == {"name", "href", "checked", "written"}
    assert (work["checked"], work["written"]) == (True, True)
    text = office.ok("check-config", "--connect").out
    assert "3 agents, 1 account\n" in text
    assert "checked and written" in text
    assert "the configuration is right" in text


def test_check_config_ends_with_the_worst_of_what_it_found(office: Office):
    right = office.config.read_text()
    office.config.write_text(right.replace('write = "Work"', 'write = "Werk"'))
    missing = office.run("check-config", "--connect", "--json")
    assert missing.code == 1
    assert missing.json["connections"][0]["errors"][0]["calendar"] == "Werk"
    office.config.write_text(right.replace(office.server.url, "http://127.0.0.1:9/"))
    assert office.run("check-config", "--connect").code == 69
    office.config.write_text(right)
    office.secret.write_text("wrong")
    refused = office.run("check-config", "--connect", "--json")
    assert refused.code == 77
    assert refused.json["ok"] is False
    assert office.ok("check-config").err == ""
    office.secret.chmod(0o644)
    open_to_all = office.run("check-config", "--json")
    assert open_to_all.code == 77
    assert open_to_all.json["secrets"][0]["state"] == "failed"
    assert "wrong" not in open_to_all.out + open_to_all.err


def test_a_credential_that_only_the_service_sees_is_said_and_is_no_error(office: Office, monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    text = office.config.read_text()
    office.config.write_text(text.replace(f'{{ file = "{office.secret}" }}', '{ credential = "anna" }', 1))
    found = office.json("check-config", "--connect")
    assert [one["state"] for one in found["secrets"]] == ["service-only", "ok"]
    assert [one["state"] for one in found["connections"]] == ["not-tried", "ok"]
    assert "only the running service sees it" in office.ok("check-config").out


def test_a_changed_configuration_is_followed_by_sync_and_told_by_those_who_only_look(desk: Desk):
    desk.ok("sync")
    assert [one["id"] for one in desk.json("agents")["items"]] == ["anna", "bert", "cleo"]
    assert "New_York" in desk.ok("agents").out
    desk.config.write_text(desk.config.read_text().replace("Bert Smit", "Bert Smid"))
    looked = desk.ok("agents", "--json")
    assert "does not follow the present configuration" in looked.err
    assert [one["name"] for one in looked.json["items"]][1] == "Bert Smit"
    desk.ok("sync")
    after = desk.ok("agents", "--json")
    assert (after.err, after.json["items"][1]["name"]) == ("", "Bert Smid")


def test_blocks_are_shown_by_their_title(desk: Desk):
    desk.config.write_text(
        desk.config.read_text()
        + f'[[blocks]]\nscope = "company"\ntitle = "Party"\nstart = "{day()}T10:00"\nend = "{day()}T12:00"\n'
    )
    desk.plan()
    found = desk.json("candidates", "m1")["candidates"][0]
    assert (found["mark"], found["reasons"][0]["kind"]) == ("not available", "block")
    assert datetime.fromisoformat(found["next_free"]) - datetime.fromisoformat(
        found["reasons"][0]["start"]
    ) == timedelta(hours=2)
    assert "blocked: Party" in desk.ok("explain", "anna", f"{day()}T10:00", f"{day()}T11:00").out
    assert "no calendar is read" in desk.ok("explain", "anna", f"{day()}T10:00", f"{day()}T11:00").out
    assert "Party" in desk.ok("busy", "anna", "--to", str(day(4))).out
    assert json.dumps(desk.json("busy", "anna", "--to", str(day(4)))).count("block") >= 2


def test_what_came_in_the_way_of_a_meeting_is_shown_with_who_could_take_it(office: Office):
    office.ok("sync")
    office.plan("m1", "--wait", "30s")
    assert "instead" not in office.ok("meeting", "list").out
    in_amsterdam(office, "anna", 10, 11)
    office.ok("sync")
    (conflict,) = office.json("status")["conflicts"]
    assert (conflict["meeting"], conflict["agent"]) == ("m1", "anna")
    assert [one["kind"] for one in conflict["reasons"]] == ["calendar"]
    assert "came in its way in anna's calendars; hint: syncd meeting show m1" in office.ok("status").out
    (listed,) = office.json("meeting", "list")["items"]
    assert (listed["conflicts"], listed["candidates"]) == (
        conflict["reasons"],
        [{"agent": "bert", "name": "Bert Smit", "mark": "available"}],
    )
    assert "1, instead: bert" in office.ok("meeting", "list").out
    shown = office.ok("meeting", "show", "m1").out
    assert "busy in calendar 'Work'" in shown
    assert "could take it: bert (available)" in shown
    assert "dentist" not in shown

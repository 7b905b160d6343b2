"""The JSON shapes: the fields of the interface, moments in UTC with Z, and nothing that must not leave the house."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from connectors.interface import BusyInterval, Event, Problem, Reading, Status
from store.model import Agent, Change, Deed, Delivery, Guest, Meeting, MeetingStatus, Override
from syncd import shapes
from syncd.rules.availability import Mark, Verdict
from syncd.rules.walls import Reason

START = datetime(2026, 3, 2, 9, 0, 0, 123, UTC)
END = START + timedelta(hours=1)
ANNA = Agent("anna", "Anna", "anna@example.com", "Europe/Amsterdam")
REASONS = ({"kind": "calendar", "start": "2026-03-02T09:00:00Z"},)
MEETING = Meeting(
    "m1", 3, MeetingStatus.SCHEDULED, "anna", START, END, "Talk", guests=(Guest("Eva", "eva@example.org"),),
    overrides=(Override("anna", START, "root", REASONS),),
)  # fmt: skip
OWED = Delivery(
    id=7, meeting="m1", version=3, target="calendar", agent="anna", guest=None, calendar="Work", kind="put", state="pending",
    attempts=1, failures=1, shard=3, epoch=9, due_at=START, created_at=START, error="no answer", hint="wait",
)  # fmt: skip


def test_a_moment_is_in_utc_with_z_and_whole_seconds():
    assert shapes.moment(START) == "2026-03-02T09:00:00Z"
    assert shapes.moment(None) is None


def test_a_meeting_has_its_deliveries_and_overrides():
    shown = shapes.meeting_json(MEETING, [OWED])
    assert (shown["version"], shown["status"], shown["start"]) == (3, "scheduled", "2026-03-02T09:00:00Z")
    assert shown["overrides"] == [
        {"agent": "anna", "at": "2026-03-02T09:00:00Z", "by": "root", "reasons": list(REASONS)}
    ]
    assert shown["deliveries"] == [
        {"id": 7, "meeting": "m1", "version": 3, "target": "calendar", "agent": "anna", "calendar": "Work", "kind": "put",
         "state": "pending", "attempts": 1, "due_at": "2026-03-02T09:00:00Z", "error": "no answer", "hint": "wait",
         "done_at": None}
    ]  # fmt: skip
    assert json.loads(json.dumps(shown)) == shown


def test_a_mail_is_owed_to_a_guest_and_has_no_calendar():
    mail = Delivery(
        id=8, meeting="m1", version=3, target="mail", agent=None, guest="eva@example.org", calendar=None, kind="plan",
        state="pending", attempts=0, failures=0, shard=0, epoch=0, due_at=START, created_at=START,
    )  # fmt: skip
    shown = shapes.delivery_json(mail)
    assert shown["guest"] == "eva@example.org"
    assert not {"agent", "calendar"} & set(shown)


def test_a_verdict_leaves_out_what_a_reason_does_not_say():
    verdict = Verdict(Mark.NOT_AVAILABLE, (Reason("block", start=START, end=END, title="Night"),))
    shown = shapes.verdict_json(ANNA, verdict, unreadable=2, seen_at=None, next_free=END)
    assert shown == {
        "agent": "anna", "name": "Anna", "mark": "not available", "unreadable": 2, "seen_at": None,
        "next_free": "2026-03-02T10:00:00Z",
        "reasons": [
            {"kind": "block", "start": "2026-03-02T09:00:00Z", "end": "2026-03-02T10:00:00Z", "title": "Night"}
        ],
    }  # fmt: skip
    page = shapes.candidates_json(MEETING, as_of=START, total=9, page=[shown])
    assert (page["meeting"], page["total"], page["candidates"]) == ("m1", 9, [shown])


@dataclass(frozen=True)
class Slot:
    start: datetime
    status: str
    calendar: str | None
    title: str | None


def test_busy_slots_keep_their_titles_to_themselves():
    shown = shapes.busy_json("anna", START, END, [Slot(START, "busy", None, "Secret")])
    assert shown["slots"] == [{"start": "2026-03-02T09:00:00Z", "status": "busy"}]


def test_status_says_how_long_the_oldest_delivery_waits():
    shown = shapes.status_json(
        ok=False, as_of=END, agents=1, calendars=[], unreadable=[], pending=2, failed=1, oldest_pending=START, drift=0,
        orphaned=("m9",),
    )  # fmt: skip
    assert shown["deliveries"] == {"pending": 2, "failed": 1, "oldest_pending_seconds": 3600}
    assert shown["orphaned_meetings"] == ["m9"]
    assert shown["push"] is None


def test_an_event_never_shows_its_marker_and_no_uid_before_it_has_one():
    event = Event("", "random-marker", START, END, "Europe/Amsterdam", "Talk", reminder=timedelta(minutes=15))
    shown = shapes.event_json(event)
    assert "uid" not in shown
    assert "random-marker" not in json.dumps(shown)
    assert shown["reminder_minutes"] == 15
    mail = {"kind": "planned", "to": "eva@example.org", "subject": "Talk"}
    assert shapes.dry_run_json(MEETING, [], [mail], MEETING.overrides)["mails"] == [mail]


def test_a_reading_has_intervals_and_problems():
    reading = Reading(
        (BusyInterval(START, END, Status.TENTATIVE, False, "u1"),), (Problem("u2", 4, "no DTSTART"),)
    )
    assert shapes.reading_json(reading) == {
        "intervals": [
            {"start": "2026-03-02T09:00:00Z", "end": "2026-03-02T10:00:00Z", "status": "tentative", "all_day": False, "uid": "u1"}
        ],
        "problems": [{"uid": "u2", "line": 4, "message": "no DTSTART", "level": "error"}],
    }  # fmt: skip


def test_a_problem_is_what_rfc_9457_asks_for():
    assert shapes.problem_json("urn:x", HTTPStatus.CONFLICT, "no", errors=[("file: key", "wrong")]) == {
        "type": "urn:x", "title": "Conflict", "status": 409, "detail": "no",
        "errors": [{"path": "file: key", "message": "wrong"}],
    }  # fmt: skip
    assert shapes.problem_json("urn:x", HTTPStatus.CONFLICT, "no", hint="do")["hint"] == "do"


def test_what_was_done_stands_with_the_change_that_made_the_version():
    asked = Change("m1", 2, "assign", START, "root", None, {"to": "bert"})
    again = replace(asked, detail={"unchanged": True}, key="k")
    put = Deed("m1", 2, START, "calendar", "put", "bert", calendar="Work", generation=1, start=START, end=END)
    mail = Deed("m1", 2, END, "mail", "assigned", guest="eva@example.org")
    first, second = shapes.changes_json([asked, again], [put, mail, replace(put, version=1)])
    assert first["writes"] == [
        {"at": "2026-03-02T09:00:00Z", "do": "put", "agent": "bert", "calendar": "Work", "generation": 1,
         "start": "2026-03-02T09:00:00Z", "end": "2026-03-02T10:00:00Z"}
    ]  # fmt: skip
    assert first["mails"] == [{"at": "2026-03-02T10:00:00Z", "kind": "assigned", "guest": "eva@example.org"}]
    assert (second["writes"], second["mails"]) == ([], [])


def test_a_line_of_the_journal_and_an_agent():
    change = Change("m1", 2, "assign", START, "root", None, {"to": "bert"})
    (line,) = shapes.changes_json([change], [])
    assert (line["body"], line["writes"], line["mails"]) == ({"to": "bert"}, [], [])
    assert shapes.agent_json(ANNA, [])["groups"] == []
    assert shapes.items([]) == {"items": [], "next": None}

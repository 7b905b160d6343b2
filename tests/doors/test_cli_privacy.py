"""`syncd privacy` as a person uses it: everything of an agent and nothing of guests; erased only when gone, and when meant."""

from datetime import UTC, datetime

from desks import Desk, Office, hours
from sqlalchemy import insert

from store import blocks, calendars, conflicts, meetings, schema, slots, tokens, told
from store.conflicts import ToldConflict
from store.database import open_store
from store.model import Change, MadeBlock, StoredObject, Token, Told
from syncd.config import load


def test_everything_of_an_agent_and_nothing_of_guests(office: Office):
    office.add_event("anna", "20301201T100000", "20301201T110000")
    office.ok("sync")
    office.plan("m1", "--guest", "Eva Jansen <eva@example.org>", "--wait", "30s")
    office.ok("block", "add", "--scope", "agent:anna", *hours(14), "--title", "Dentist")
    office.ok(
        "block",
        "add",
        "--scope",
        "agent:bert",
        *hours(10),
        "--timezone",
        "Europe/Amsterdam",
        "--title",
        "Matter of Bert's",
    )
    office.ok("meeting", "assign", "m1", "--to", "bert", "--wait", "30s")
    office.plan("m2", agent="bert", hour=12)
    outcome = office.ok("privacy", "export", "anna")
    kept = outcome.json
    assert kept["agent"]["email"] == "anna@example.com"
    assert [one["id"] for one in kept["meetings"]] == ["m1"]
    assert [(one["kind"], [deed["do"] for deed in one["writes"]]) for one in kept["changes"]] == [
        ("plan", ["put"]), ("assign", ["remove"]),
    ]  # fmt: skip
    assert [(one["meeting"], one["state"]) for one in kept["copies"]] == [("m1", "gone")]
    assert [one["title"] for one in kept["blocks"]] == ["Dentist"]
    assert len(kept["calendars"]) == 1
    assert all(one["agent"] == "anna" for one in kept["deliveries"])
    for word in ("eva@example.org", "Eva Jansen", "Secret dentist", "m2", "Matter of Bert's"):
        assert word not in outcome.out
    assert "nothing is kept of" in office.run("privacy", "export", "dora").err


def test_nothing_that_is_kept_of_an_agent_is_left_out(office: Office):
    """A word in each table that holds anything of an agent, and all of them in what is told."""
    office.add_event("anna", "20301201T100000", "20301201T110000")
    office.ok("sync")
    office.plan("m1", "--wait", "30s")
    office.plan("m2", agent="bert")
    now = datetime(2026, 3, 2, tzinfo=UTC)
    store = open_store(load(office.config).store.url)
    with store.writing() as tx:
        (login,) = calendars.logins(tx, agents=["anna"])
        (row,) = calendars.calendars(tx, agent="anna")
        known = StoredObject("/word-href.ics", "", "word-uid", (), problem="word-problem")
        slots.save_objects(tx, row.id, "anna", [known], ())
        values = {"url": "", "client_state": "secret", "notice": "", "state": "ok", "error": "", "hint": ""}
        values |= {"failures": 0, "epoch": 0, "due_at": now, "resource": "word-resource"}
        tx.execute(insert(schema.subscriptions).values(login_id=login.id, **values))
        tokens.add(tx, Token(0, "word-token", "write", "anna", "root", now))
        told.begin(tx, Told("m1", "agent", "anna", 1, "word-notice", "anna", now, now, now))
        conflicts.note(tx, [ToldConflict("m1", "anna", "word-calendar", now, now)], now)
        meetings.append(
            tx, Change("m2", 2, "reschedule", now, "Anna@example.com", None, {"reason": "word-reason"})
        )
        own = MadeBlock(0, "company", "word-block", now, now, "UTC", None, None, "word-token", now)
        blocks.add(tx, own)
    store.dispose()
    out = office.ok("privacy", "export", "anna").out
    words = ("href", "uid", "problem", "resource", "token", "notice", "calendar", "reason", "block")
    assert [word for word in words if f"word-{word}" not in out] == []
    assert "secret" not in out


def gone(desk: Desk) -> None:
    """Anna leaves."""
    head, *people = desk.config.read_text().split("[[agents]]")
    desk.config.write_text(head + "".join(f"[[agents]]{one}" for one in people if '"anna"' not in one))


def test_only_who_is_gone_without_meetings_is_erased_and_only_when_meant(desk: Desk):
    desk.ok("migrate")
    desk.plan("m1")
    refused = desk.run("privacy", "erase", "anna", "--yes")
    assert (refused.code, "is in the configuration" in refused.err) == (1, True)
    gone(desk)
    refused = desk.run("privacy", "erase", "anna", "--yes")
    assert (refused.code, "still has meetings: 'm1'" in refused.err) == (1, True)
    desk.ok("meeting", "assign", "m1", "--to", "bert")
    asked = desk.json("privacy", "erase", "anna")
    assert (asked["erased"], asked["meetings"], asked["changes"]) == (False, 1, 1)
    assert "nothing is done without --yes" in desk.ok("privacy", "erase", "anna").out
    assert desk.json("privacy", "export", "anna")["agent"]["name"] == "Anna de Vries"
    done = desk.json("privacy", "erase", "anna", "--yes")
    assert (done["erased"], done["meetings"]) == (True, 1)
    assert desk.run("privacy", "export", "anna").code == 1
    story = desk.json("meeting", "show", "m1")
    assert [one["body"].get("agent", one["body"].get("to")) for one in story["changes"]] == [
        done["called"],
        "bert",
    ]
    assert "anna" not in desk.ok("meeting", "show", "m1").out.lower().replace("joanna", "")
    assert desk.json("candidates", "m1")["total"] == 1

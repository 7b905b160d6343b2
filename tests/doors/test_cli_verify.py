"""`syncd verify` as an operator runs it: on a real Radicale, and on the fake Graph."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from desks import Desk, Office, day
from servers import free_port

from store import calendars, slots
from store.database import Tx, open_store
from syncd.config import load
from syncd.demo.graph import FakeGraph, Running, serve

CALENDAR = {
    "agent", "account", "login", "calendar", "state", "from", "to", "differences", "relisted", "error", "hint",
}  # fmt: skip
ALWAYS = {"start", "end", "busy", "why", "explained"}
DECLINED = "ORGANIZER:mailto:boss@example.com\nATTENDEE;PARTSTAT=DECLINED:mailto:anna@example.com\n"


def at(hour: int) -> str:
    """An hour of a day ahead, in UTC, as iCalendar has it."""
    return f"{day():%Y%m%d}T{hour:02}0000Z"


def kinds(found: dict) -> list[tuple[str, str]]:
    return [(one["busy"], one["why"]) for one in found["differences"]]


@contextmanager
def writing(office: Office) -> Iterator[Tx]:
    """Behind everybody's back."""
    store = open_store(load(office.config).store.url)
    with store.writing() as tx:
        yield tx
    store.dispose()


def forget(office: Office, agent: str) -> None:
    """What nobody should do: take a calendar's events out of the store, and leave the token as it is."""
    with writing(office) as tx:
        (row,) = calendars.calendars(tx, agent=agent)
        slots.save_objects(tx, row.id, agent, [], list(calendars.known(tx, row.id)))


def test_a_second_opinion_on_everybodys_calendars(office: Office) -> None:
    office.add_event("anna", at(9), at(10))
    office.add_event("anna", at(11), at(12), uid="declined", more=DECLINED)
    office.add_event("bert", f"{day():%Y%m%d}T130000Z", f"{day():%Y%m%d}T140000Z")
    office.plan("m1", "--wait", "30s", hour=16)
    told = office.json("verify")
    assert set(told) == {"calendars", "explained", "unexplained"}
    anna, bert = told["calendars"]
    assert set(anna) == CALENDAR
    assert (anna["agent"], anna["account"], anna["calendar"], anna["state"]) == (
        "anna",
        "cloud",
        "Work",
        "explained",
    )
    assert kinds(anna) == [("server", "declined"), ("server", "own-event")]
    assert [set(one) - ALWAYS for one in anna["differences"]] == [{"status"}, {"meeting"}]
    assert anna["differences"][1]["meeting"] == "m1"
    assert (bert["state"], bert["differences"]) == ("same", [])
    assert (told["explained"], told["unexplained"]) == (2, 0)
    said = office.ok("verify", "anna").out
    assert "every difference is explained" in said
    assert "only the server says busy: our own event, of meeting 'm1'" in said
    assert "an invitation that its owner has declined" in said
    assert "Secret dentist" not in said
    assert "bert" not in said


def test_a_store_that_lost_an_event_is_found_out_and_repaired(office: Office) -> None:
    office.add_event("anna", at(9), at(10))
    office.ok("sync")
    forget(office, "anna")
    office.ok("sync")  # by its token all is well
    assert office.json("busy", "anna", "--from", f"{day()}", "--to", f"{day(4)}")["slots"] == []
    lost = office.run("verify", "anna", "--json")
    assert lost.code == 1
    assert kinds(lost.json["calendars"][0]) == [("server", "missed")]
    assert lost.json["unexplained"] == 1
    told = office.run("verify")
    assert told.code == 1
    assert "the calendar holds it, and syncd has not read it" in told.out
    assert "everything in it was fetched anew" in office.ok("verify", "--repair").out
    assert len(office.json("busy", "anna", "--from", f"{day()}", "--to", f"{day(4)}")["slots"]) == 1
    assert "the same" in office.ok("verify", "anna").out


def test_an_event_that_only_the_store_knows_is_found_out_and_repaired(office: Office) -> None:
    office.add_event("anna", at(9), at(10))
    office.ok("sync")
    with writing(office) as tx:
        (row,) = calendars.calendars(tx, agent="anna")
        (one,) = slots.overlapping(tx, *(datetime.combine(day(n), datetime.min.time(), UTC) for n in (3, 4)))
        stale = (one.start + timedelta(hours=3), one.end + timedelta(hours=3), "busy", False)
        kept = calendars.known(tx, row.id)
        assert list(kept) == [one.href]
        from store.model import StoredObject

        slots.save_objects(
            tx, row.id, "anna", [StoredObject(one.href, kept[one.href], "dentist", (stale,))], []
        )
    found = office.run("verify", "anna", "--json")
    assert found.code == 1
    assert kinds(found.json["calendars"][0]) == [("server", "missed"), ("here", "outdated")]
    assert office.json("verify", "anna", "--repair")["calendars"][0]["state"] == "same"


def test_a_server_that_is_down_is_69_and_a_refused_sign_in_77(office: Office) -> None:
    office.ok("sync")
    text = office.config.read_text()
    office.config.write_text(text.replace(office.server.url, f"http://127.0.0.1:{free_port()}/"))
    down = office.run("verify", "anna")
    assert (down.code, "could not be compared" in down.out) == (69, True)
    office.config.write_text(text)
    office.secret.write_text("wrong")
    refused = office.run("verify", "--json")
    assert refused.code == 77
    assert [one["state"] for one in refused.json["calendars"]] == ["failed", "failed"]
    assert all(one["error"] and one["hint"] for one in refused.json["calendars"])


def test_nobody_to_compare_and_nobody_known(desk: Desk) -> None:
    desk.ok("migrate")
    assert "no calendar is checked" in desk.ok("verify").out
    assert desk.run("verify", "nobody").code == 1
    assert desk.run("verify", "--nonsense").code == 64


# ---------------------------------------------------------------------------------------------------------------------
# Outlook

ACCOUNT = """
[accounts.m365]
kind = "outlook"
tenant = "{at.tenant}"
client_id = "{at.client_id}"
client_secret = {{ env = "SYNCD_TEST_SECRET" }}
graph_url = "{at.graph_url}"
authority = "{at.authority}"
ca_file = "{at.ca_file}"
"""

LOGIN = """
  [[agents.calendars]]
  account = "m365"
  login = "anna@example.com"
  check = ["default", "Private"]
  write = "default"
"""


@pytest.fixture
def tenant() -> Iterator[Running]:
    fake = FakeGraph(datetime.now(UTC))
    fake.add_mailbox("anna@example.com", "Anna de Vries")
    with serve(fake, bell=False) as running:
        yield running


def test_outlook_by_get_schedule(desk: Desk, tenant: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "SYNCD_TEST_SECRET", tenant.client_secret)
    fake, box = tenant.fake, "anna@example.com"
    fake.add_calendar(box, "Private")
    noon = datetime.combine(day(), datetime.min.time(), UTC) + timedelta(hours=12)
    hour = timedelta(hours=1)
    for number, kind in enumerate(("busy", "workingElsewhere", "tentative", "free")):
        fake.add_event(box, noon + number * hour, noon + (number + 1) * hour, show_as=kind)
    fake.add_event(box, day(5), day(6), show_as="oof")
    head, first, *others = desk.config.read_text().split("[[agents]]")
    people = [f"{first}{LOGIN}", *others]
    desk.config.write_text(head + ACCOUNT.format(at=tenant) + "".join(f"[[agents]]{one}" for one in people))
    desk.ok("migrate")
    desk.plan("m1", "--wait", "30s", hour=8)
    default, private = desk.json("verify")["calendars"]
    assert private["state"] == "not-offered"
    assert default["state"] == "explained"
    assert [one["why"] for one in default["differences"]] == ["own-event", "policy", "zone", "zone"]
    assert default["differences"][1]["policy"] == "working_elsewhere = false (default)"
    assert "the server offers no free/busy for it" in desk.ok("verify").out

"""What an agent finds in the calendar: everything about the meeting that helps, where every client looks for it, and nobody to mail."""

from datetime import timedelta

import icalendar
from stores import sqlite_only
from worlds import AGENT, GUEST, HEAD, TEN, World

from store.model import Guest
from syncd.actions import changes

SETTINGS = '[meetings]\nreminder = "15m"\n'
LINK = "https://meet.example.com/m1?as={agent}"


def event(world: World) -> icalendar.Component:
    (text,) = world.ours("anna")
    whole = icalendar.Calendar.from_ical(text)
    (found,) = whole.walk("VEVENT")
    (zone,) = whole.walk("VTIMEZONE")
    assert zone["TZID"] == found["DTSTART"].params["TZID"] == "Europe/Amsterdam"
    return found


@sqlite_only
def test_an_event_says_what_a_person_is_glad_to_find(world: World) -> None:
    world.configure(HEAD + SETTINGS + AGENT.format(id="anna"))
    world.plan(
        guests=(GUEST, Guest("", "hans@example.org")), link="https://meet.example.com/m1", agent_link=LINK
    )
    found, link = event(world), "https://meet.example.com/m1?as=anna"
    assert found["SUMMARY"] == "Mortgage talk"
    assert str(found["DESCRIPTION"]).splitlines() == [
        "Guest: Gerda Guest <gerda@example.org>",
        "Guest: hans@example.org",
        f"Link: {link}",
        "Meeting m1, kept up to date by the meeting platform.",
    ]
    assert [str(found[name]) for name in ("LOCATION", "URL", "CONFERENCE")] == [link] * 3
    assert found["CONFERENCE"].params["VALUE"] == "URI"
    assert [str(found[name]) for name in ("CLASS", "TRANSP", "STATUS")] == ["PRIVATE", "OPAQUE", "CONFIRMED"]
    assert [alarm["TRIGGER"].dt for alarm in found.walk("VALARM")] == [-timedelta(minutes=15)]
    assert not {"ORGANIZER", "ATTENDEE"} & set(found)


@sqlite_only
def test_an_event_that_was_moved_says_why(world: World) -> None:
    world.plan()
    world.accept(changes.reschedule("m1", TEN + timedelta(hours=4), None, "Gerda is ill", by="test"))
    world.deliver()
    assert "Reason of the change: Gerda is ill" in str(event(world)["DESCRIPTION"]).splitlines()

"""The window of a mailbox's rounds, and its calendars."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from graphlike import (
    END,
    HREF,
    LATER,
    MAILBOX,
    NEXT,
    NOW,
    START,
    VIEW,
    Mailbox,
    event,
    mailbox_at,
    named,
)
from scripted import Serve

from connectors.account import Connections
from connectors.interface import Calendar, Garbled
from connectors.outlook import reading
from connectors.outlook.calendars import listing, object_href


@pytest.fixture
def mailbox(serve: Serve, connections: Connections, tmp_path: Path) -> Mailbox:
    return mailbox_at(serve, connections, tmp_path)


class TestWindow:
    def test_while_the_asked_window_moves_inside_the_based_one_nothing_is_based_anew(
        self, mailbox: Mailbox
    ) -> None:
        mailbox.starts_with(event("a"))
        mailbox.says(NEXT, mailbox.page(delta=NEXT))
        mailbox.script.asked.clear()
        for day in range(1, 6):
            moved = timedelta(days=day)
            mailbox.read(now=NOW + moved, start=START + moved, end=END + moved)
        assert mailbox.script.asked == [NEXT] * 5

    def test_after_about_a_week_it_is_based_anew_without_a_gap(self, mailbox: Mailbox) -> None:
        mailbox.starts_with(event("a", 3), event("b", 20))
        week = timedelta(days=7)
        again = f"{VIEW}/delta?startDateTime=2026-03-09T00:00:00Z&endDateTime=2026-04-16T00:00:00Z"
        mailbox.says(again, mailbox.page(event("b", 20), event("c", 30), delta=LATER))
        mailbox.script.asked.clear()
        changes = mailbox.read(now=NOW + week, start=START + week, end=END + week)
        assert mailbox.script.asked == [again]
        assert changes.complete
        assert set(named(changes)) == {"c"}
        assert changes.unchanged == (object_href(HREF, "b"),)

    @pytest.mark.parametrize(
        "reach", [{"end": END + timedelta(days=9)}, {"start": START - timedelta(days=1)}]
    )
    def test_a_window_that_outgrows_the_based_one_is_based_anew(
        self, mailbox: Mailbox, reach: dict[str, datetime]
    ) -> None:
        mailbox.starts_with(event("a"))
        mailbox.script.otherwise = lambda wanted: mailbox.page(event("a"), delta=LATER)
        changes = mailbox.read(**reach)
        assert changes.complete
        assert "startDateTime" in mailbox.script.asked[-1]

    def test_mailboxes_are_based_anew_at_different_times(self) -> None:
        ages = set()
        for number in range(50):
            state = reading.State("delta", f"https://x/{number}", START, END, NOW, "l")
            asked = Calendar(HREF, "UTC", (), START, END)
            hours = next(hour for hour in range(24 * 8) if state.outgrown(asked, NOW + timedelta(hours=hour)))
            ages.add(hours)
        assert len(ages) > 10
        assert 24 * 6 <= min(ages) < max(ages) <= 24 * 7

    def test_the_states_of_another_server_mean_nothing(self, mailbox: Mailbox) -> None:
        mailbox.starts_with(event("a"))
        mailbox.server_url += "/other"
        changes = mailbox.read()
        assert changes.complete
        assert set(named(changes)) == {"a"}

    @pytest.mark.parametrize(
        "state", ["what?", "{}", "[]", "null", '{"by":"delta"}', json.dumps({"by": "sync", "at": "", "link": "",
        "start": "2026-03-02T00:00:00+00:00", "end": "2026-03-02T00:00:00+00:00", "based": "2026-03-02T00:00:00+00:00"}),
        json.dumps({"by": "delta", "at": "", "link": "", "start": "2026-03-02T00:00:00", "end": "2026-03-02T00:00:00",
        "based": "2026-03-02T00:00:00"})]
    )  # fmt: skip
    def test_states_that_mean_nothing(self, mailbox: Mailbox, state: str) -> None:
        mailbox.state = state
        assert mailbox.starts_with(event("a")).complete


class TestCalendars:
    def test_the_default_calendar_comes_first_and_is_the_default_choice(self, mailbox: Mailbox) -> None:
        mailbox.says(
            f"/users/{MAILBOX}/calendars?$top=100",
            mailbox.page({"id": "x/1=", "name": "Birthdays", "canEdit": False}, next="/cals"),
        )
        default = {"id": "d", "name": "Agenda", "isDefaultCalendar": True, "canEdit": True}
        mailbox.says("/cals", mailbox.page(default))
        first, other = listing(mailbox.graph, MAILBOX)
        assert (first.href, first.name, first.owned, first.default) == (HREF, "Agenda", True, True)
        assert other.href == "/users/anna%40example.com/calendars/x%2F1%3D/"
        assert (other.owned, other.default, other.writable) == (False, False, False)
        assert first.revision == other.revision == ""

    def test_a_mailbox_without_a_default_calendar_is_garbled(self, mailbox: Mailbox) -> None:
        mailbox.says(f"/users/{MAILBOX}/calendars?$top=100", mailbox.page({"id": "x", "name": None}))
        with pytest.raises(Garbled):
            listing(mailbox.graph, MAILBOX)

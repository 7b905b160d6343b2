"""The connectors' contract, kept by the Outlook connector at the fake Graph; and what differs there, said openly.

Graph gives no revisions, names things by ids of its own, tells changes by content and not by its etags, and makes a
repeated creation harmless: those tests of the suite are told here in Graph's terms.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from graphstage import OnGraph, running_graph
from stages import START, WINDOW, Desk, WrittenMeanwhile, event_text, identity, known_of, our_event, to_read
from test_contract import TestFailing as Failing
from test_contract import TestFreeBusy as AskingFreeBusy
from test_contract import TestReading as Reading
from test_contract import TestWriting as Writing

from connectors.interface import CalendarGone, Conflict, Event, NoAccess, Status, Taken
from connectors.outlook.calendars import event_id, object_href
from connectors.outlook.events import MARKER_ID
from syncd.demo.graph import Running

OUR_UID = "0c9d2f6e-7a8b-5c4d-8e9f-0a1b2c3d4e5f"


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with running_graph() as served:
        yield served


@pytest.fixture
def stage(running: Running) -> Iterator[OnGraph]:
    running.fake.heal()
    made = OnGraph(running)
    yield made
    made.connections.close()


def ours(**parts: object) -> Event:
    """Ours, with a UID of the shape we give; in the zone that stands for the agent's in Windows' table."""
    return replace(our_event(), uid=OUR_UID, zone="Europe/Berlin", **parts)


class TestReading(Reading):
    def test_lists_the_calendars_with_their_names(self, desk: Desk) -> None:
        """The default calendar alone is the default choice."""
        other = desk.stage.add_calendar(desk.user, "Private")
        listed = desk.connector.calendars(None).calendars
        assert {info.href: (info.name, info.owned, info.default) for info in listed} == {
            desk.calendar: ("Work", True, True),
            other: ("Private", False, False),
        }
        assert all(info.writable and not info.transparent for info in listed)

    def test_the_revision_tells_which_calendar_changed(self, desk: Desk) -> None:
        """It can't, so each is asked every cycle, with one request."""
        assert not desk.connector.gate
        assert all(info.revision == "" for info in desk.connector.calendars(None).calendars)
        first = desk.read()
        before = desk.stage.connections.requests
        desk.read(first.state, {})
        assert desk.stage.connections.requests - before == 1

    def test_a_lost_token_leads_to_a_full_listing(self, desk: Desk) -> None:
        one, two = desk.put("one"), desk.put("two")
        first = desk.read()
        desk.stage.fake.kill_tokens(desk.user)
        desk.stage.delete(desk.user, one)
        three = desk.put("three")
        known = WrittenMeanwhile(desk, known_of(first))
        second = desk.read(first.state, known)
        assert second.complete
        assert second.unchanged == (two,)
        assert set(known_of(second)) == {
            three,
            known.written,
        }  # what is written meanwhile is not taken for gone

    def test_whole_days_and_series_come_as_they_stand(self, desk: Desk) -> None:
        fake = desk.stage.fake
        fake.add_event(desk.user, date(2026, 3, 5), date(2026, 3, 6), show_as="oof")
        weekly = {
            "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"]},
            "range": {"type": "numbered", "startDate": "2026-03-03", "numberOfOccurrences": 3},
        }
        start = START + timedelta(days=1, hours=9)
        series = fake.add_event(desk.user, start, start + timedelta(hours=1), recurrence=weekly)
        first = desk.read()
        found = {one.href: one for one in first.upserts}
        (day,) = next(
            one for one in first.upserts if one.href != object_href(desk.calendar, series)
        ).intervals
        assert (day.start, day.end) == (
            START + timedelta(days=2, hours=23),
            START + timedelta(days=3, hours=23),
        )
        assert (day.status, day.all_day) == (Status.OUT_OF_OFFICE, True)
        whole = found[object_href(desk.calendar, series)]
        assert [one.start.day for one in whole.intervals] == [3, 10, 17]
        fake.delete_occurrence(desk.user, series, date(2026, 3, 10))
        (changed,) = desk.read(first.state, known_of(first)).upserts
        assert [one.start.day for one in changed.intervals] == [3, 17]


class TestWriting(Writing):
    def test_a_new_event_is_written_and_read_back(self, desk: Desk) -> None:
        before = len(desk.stage.fake.mails)
        found = desk.connector.put(desk.calendar, ours(), None)
        assert (found.event, found.uid, found.organizer) == (ours(), OUR_UID, False)
        assert found.etag
        assert len(desk.stage.fake.mails) == before

    def test_it_is_found_where_it_was_put(self, desk: Desk) -> None:
        put = desk.connector.put(desk.calendar, ours(), None)
        assert desk.connector.find(desk.calendar, identity(ours(), put.href)) == put
        assert desk.connector.find(desk.calendar, identity(ours())) == put

    def test_an_address_that_means_nothing_here_leads_to_a_search(self, desk: Desk) -> None:
        """As an id does that another mailbox gave, or one cut short: Graph calls it malformed (400), not missing."""
        made = desk.connector.put(desk.calendar, ours(), None)
        lost = replace(identity(ours()), href=object_href(desk.calendar, "nonsense"))
        found = desk.connector.find(desk.calendar, lost)
        assert found is not None
        assert found.href == made.href

    def test_the_next_sync_meets_it_with_its_marker(self, desk: Desk) -> None:
        """Its fingerprint is not Graph's etag, which moves without a change."""
        first = desk.read()
        put = desk.connector.put(desk.calendar, ours(), None)
        second = desk.read(first.state, {})
        (found,) = second.upserts
        assert (found.href, found.event, found.organizer) == (put.href, put.event, False)
        desk.stage.fake.touch(desk.user, desk.stage.fake.events(desk.user)[0]["id"])
        third = desk.read(second.state, known_of(second))
        assert (third.upserts, third.unchanged) == ((), (put.href,))

    def test_it_is_replaced_in_its_place(self, desk: Desk) -> None:
        first = desk.connector.put(desk.calendar, ours(), None)
        later = ours(start=START + timedelta(days=3), end=START + timedelta(days=3, hours=1))
        second = desk.connector.put(desk.calendar, later, first)
        assert (second.href, second.event) == (first.href, later)
        assert second.etag != first.etag
        assert desk.stage.hrefs(desk.user, desk.calendar) == [first.href]

    def test_made_a_series_of_it_says_so_and_the_next_write_makes_it_one_event_again(
        self, desk: Desk
    ) -> None:
        put = desk.connector.put(desk.calendar, ours(), None)
        first = desk.read()
        daily = {
            "pattern": {"type": "daily", "interval": 1},
            "range": {
                "type": "numbered",
                "startDate": f"{put.event.start:%Y-%m-%d}",
                "numberOfOccurrences": 3,
            },
        }
        desk.stage.fake.edit(desk.user, event_id(put.href), recurrence=daily)
        second = desk.read(first.state, known_of(first))
        (seen,) = second.upserts
        assert (seen.href, seen.event, len(seen.intervals)) == (put.href, ours(repeats=True), 3)
        found = desk.connector.find(desk.calendar, identity(ours(), put.href))
        assert found.event == ours(repeats=True)
        assert desk.connector.put(desk.calendar, ours(), found).event == ours()
        (third,) = desk.read(second.state, known_of(first) | known_of(second)).upserts
        assert (third.event, len(third.intervals)) == (ours(), 1)

    def test_a_second_creation_of_the_same_event_is_refused(self, desk: Desk) -> None:
        """The transaction id makes it the same event, which then says what was asked last."""
        first = desk.connector.put(desk.calendar, ours(), None)
        assert desk.connector.put(desk.calendar, ours(), None) == first
        later = ours(title="Another title")
        assert desk.connector.put(desk.calendar, later, None).event == later
        assert desk.stage.hrefs(desk.user, desk.calendar) == [first.href]

    def test_a_uid_held_by_another_object_is_taken(self, desk: Desk) -> None:
        """A transaction id stays used when its event is gone; and an event with another marker is not ours."""
        found = desk.connector.put(desk.calendar, ours(), None)
        with pytest.raises(Taken):
            desk.connector.put(desk.calendar, ours(marker="another-marker"), None)
        desk.connector.remove(desk.calendar, found)
        with pytest.raises(Taken):
            desk.connector.put(desk.calendar, ours(title="Again"), None)

    def test_an_event_moved_to_another_address_is_found_by_its_uid(self, desk: Desk) -> None:
        """Wherever it was last seen, it is found by its marker."""
        put = desk.connector.put(desk.calendar, ours(), None)
        elsewhere = desk.put("another")
        desk.stage.delete(desk.user, elsewhere)
        assert desk.connector.find(desk.calendar, identity(ours(), elsewhere)) == put

    def test_an_event_in_another_calendar_is_told_by_that_calendar(self, desk: Desk) -> None:
        other = desk.stage.add_calendar(desk.user, "Private")
        first = desk.connector.changes(to_read(other), None, {})
        put = desk.connector.put(other, ours(), None)
        assert put.href.startswith(other)
        (found,) = desk.connector.changes(to_read(other), first.state, {}).upserts
        assert (found.href, found.event) == (put.href, ours())
        desk.connector.remove(other, put)
        assert desk.stage.hrefs(desk.user, other) == []

    def test_a_marker_copied_into_a_meeting_makes_it_none_of_ours(self, desk: Desk) -> None:
        marks = [{"id": MARKER_ID, "value": "0123456789abcdef"}]
        fake = desk.stage.fake
        fake.add_event(
            desk.user, START + timedelta(hours=9), START + timedelta(hours=10), attendees=["guest@example.org"],
            transactionId=OUR_UID, singleValueExtendedProperties=marks,
        )  # fmt: skip
        (found,) = desk.read().upserts
        assert found.organizer


class TestFreeBusy(AskingFreeBusy):
    def test_our_own_event_takes_its_agents_time_too(self, desk: Desk) -> None:
        desk.connector.put(desk.calendar, ours(), None)
        answer = desk.connector.free_busy(desk.calendar, START, START + WINDOW)
        assert [(one.start, one.end) for one in answer.intervals] == [(ours().start, ours().end)]

    def test_kinds_are_told_as_graph_has_them(self, desk: Desk) -> None:
        fake, hour = desk.stage.fake, timedelta(hours=1)
        kinds = ("free", "tentative", "busy", "oof", "workingElsewhere", "unknown")
        for number, kind in enumerate(kinds):
            fake.add_event(desk.user, START + number * hour, START + (number + 1) * hour, show_as=kind)
        answer = desk.connector.free_busy(desk.calendar, START, START + WINDOW)
        assert [one.status for one in answer.intervals] == [
            Status.FREE, Status.TENTATIVE, Status.BUSY, Status.OUT_OF_OFFICE, Status.WORKING_ELSEWHERE, Status.UNKNOWN,
        ]  # fmt: skip

    def test_it_is_offered_for_the_default_calendar_alone(self, desk: Desk) -> None:
        other = desk.stage.add_calendar(desk.user, "Private")
        before = desk.stage.connections.requests
        assert desk.connector.free_busy(other, START, START + WINDOW) is None
        assert desk.stage.connections.requests == before

    def test_half_a_year_is_asked_for_a_month_at_a_time(self, desk: Desk) -> None:
        fake = desk.stage.fake
        across = START + timedelta(days=31)
        fake.add_event(desk.user, across - timedelta(hours=1), across + timedelta(hours=1))
        desk.connector.free_busy(desk.calendar, START, START + WINDOW)  # signs in
        before = desk.stage.connections.requests
        answer = desk.connector.free_busy(desk.calendar, START, START + timedelta(days=180))
        assert [(one.start, one.end) for one in answer.intervals] == [
            (across - timedelta(hours=1), across + timedelta(hours=1))
        ]
        assert desk.stage.connections.requests - before == 1 + 6  # whose address it is, and six months

    def test_a_mailbox_that_is_named_by_its_id_is_asked_about_by_its_address(self, desk: Desk) -> None:
        guid = desk.stage.fake.state.found(desk.user).guid
        desk.put("one")
        connector = desk.stage.connector(guid)
        (calendar, *_) = connector.calendars(None).calendars
        assert len(connector.free_busy(calendar.href, START, START + WINDOW).intervals) == 1

    def test_too_much_at_once_is_asked_for_in_halves_and_in_the_end_said(self, desk: Desk) -> None:
        fake, hour = desk.stage.fake, timedelta(hours=1)
        for _ in range(3):
            fake.add_event(desk.user, START + hour, START + 2 * hour)
        fake.knobs.most_in_a_slot = 2
        desk.connector.calendars(None)  # signs in
        before = desk.stage.connections.requests
        with pytest.raises(NoAccess, match="5006"):
            desk.connector.free_busy(desk.calendar, START, START + WINDOW)
        assert desk.stage.connections.requests - before == 1 + 6  # 30 days, 15, 7.5 ... one
        fake.knobs.most_in_a_slot = 3
        answer = desk.connector.free_busy(desk.calendar, START, START + WINDOW)
        assert [one.start for one in answer.intervals] == [START + hour]  # the same time once

    def test_a_mailbox_that_is_not_to_be_read_is_an_error(self, desk: Desk) -> None:
        desk.stage.fake.set_access(desk.user, "no-access")
        with pytest.raises(NoAccess):
            desk.connector.free_busy(desk.calendar, START, START + WINDOW)


class TestFailing(Failing):
    def test_a_calendar_that_is_gone_is_not_an_empty_one(self, desk: Desk) -> None:
        """The default calendar can't go; any other can."""
        other = desk.stage.add_calendar(desk.user, "Private")
        desk.stage.put(desk.user, other, "one", event_text("one"))
        first = desk.connector.changes(to_read(other), None, {})
        desk.stage.remove_calendar(desk.user, other)
        for state in (first.state, None):
            with pytest.raises(CalendarGone):
                desk.connector.changes(to_read(other), state, known_of(first))
        with pytest.raises(CalendarGone):
            desk.connector.put(other, ours(), None)

    def test_a_conflict_out_of_nowhere_is_one(self, desk: Desk) -> None:
        put = desk.connector.put(desk.calendar, ours(), None)
        desk.stage.fake.knobs.conflicts = 1
        with pytest.raises(Conflict):
            desk.connector.put(desk.calendar, ours(title="Later"), put)
        assert desk.connector.put(desk.calendar, ours(title="Later"), put).event == ours(title="Later")

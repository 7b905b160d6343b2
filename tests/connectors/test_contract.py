"""The contract every connector keeps (connectors/interface.py), against a server in memory and against real ones."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from stages import START, WINDOW, Desk, WrittenMeanwhile, event_text, identity, known_of, our_event, to_read

from connectors.interface import (
    CalendarGone,
    Conflict,
    ConnectorError,
    NoAccess,
    SignInRefused,
    Status,
    Taken,
    Unreachable,
)


class TestReading:
    def test_lists_the_calendars_with_their_names(self, desk: Desk) -> None:
        other = desk.stage.add_calendar(desk.user, "Private")
        listing = desk.connector.calendars(None)
        assert {
            info.href: info.name for info in listing.calendars if info.href in (desk.calendar, other)
        } == {
            desk.calendar: "Work",
            other: "Private",
        }
        assert all(info.owned and info.writable and not info.transparent for info in listing.calendars)

    def test_the_memo_leads_to_the_same_listing(self, desk: Desk) -> None:
        first = desk.connector.calendars(None)
        second = desk.connector.calendars(first.memo)
        assert second.calendars == first.calendars
        assert desk.connector.calendars(second.memo) == second

    def test_a_memo_that_means_nothing_is_no_obstacle(self, desk: Desk) -> None:
        assert desk.connector.calendars("what is this?").calendars == desk.connector.calendars(None).calendars

    def test_the_revision_tells_which_calendar_changed(self, desk: Desk) -> None:
        other = desk.stage.add_calendar(desk.user, "Private")
        before = {info.href: info.revision for info in desk.connector.calendars(None).calendars}
        desk.put("one")
        after = {info.href: info.revision for info in desk.connector.calendars(None).calendars}
        if desk.stage.kind == "cyrus":
            # its marks hold the second of the calendar's making, and so say nothing while that is now
            assert after[desk.calendar] == "" or after[desk.calendar] != before[desk.calendar]
            return
        assert after[desk.calendar] != before[desk.calendar]
        assert after[other] == before[other] != ""

    def test_an_empty_calendar_is_empty(self, desk: Desk) -> None:
        changes = desk.read()
        assert changes.complete
        assert not changes.upserts
        assert not changes.gone

    def test_the_first_listing_brings_everything(self, desk: Desk) -> None:
        hrefs = {desk.put("one"), desk.put("two", start="20260304T100000Z", end="20260304T110000Z")}
        changes = desk.read()
        assert changes.complete
        assert {one.href for one in changes.upserts} == hrefs
        assert all(one.etag and not one.problems and not one.organizer for one in changes.upserts)
        first = next(one for one in changes.upserts if one.uid == "one")
        assert [(i.start, i.end, i.status) for i in first.intervals] == [
            (datetime(2026, 3, 3, 10, tzinfo=UTC), datetime(2026, 3, 3, 11, tzinfo=UTC), Status.BUSY)
        ]

    def test_then_only_what_changed(self, desk: Desk) -> None:
        desk.put("one")
        desk.put("two")
        first = desk.read()
        three = desk.put("three")
        second = desk.read(first.state, known_of(first))
        assert [one.href for one in second.upserts] == [three]
        assert not second.complete
        assert not second.gone

    def test_a_changed_object_comes_with_its_new_etag(self, desk: Desk) -> None:
        for name in ("one", "two", "three"):
            desk.put(name)
        first = desk.read()
        href = desk.put("one", start="20260305T100000Z", end="20260305T120000Z")
        second = desk.read(first.state, known_of(first))
        assert [one.href for one in second.upserts] == [href]
        assert second.upserts[0].etag != known_of(first)[href]
        assert second.upserts[0].intervals[0].start == datetime(2026, 3, 5, 10, tzinfo=UTC)

    def test_a_deleted_object_is_gone(self, desk: Desk) -> None:
        desk.put("one")
        href = desk.put("two")
        first = desk.read()
        desk.stage.delete(desk.user, href)
        second = desk.read(first.state, known_of(first))
        assert second.gone == (href,)
        assert not second.upserts

    def test_nothing_new_is_nothing(self, desk: Desk) -> None:
        href = desk.put("one")
        first = desk.read()
        second = desk.read(first.state, known_of(first))
        assert not second.upserts
        assert not second.gone
        assert not second.complete or second.unchanged == (href,)

    def test_a_full_listing_names_the_unchanged_without_fetching_them(self, desk: Desk) -> None:
        one, two = desk.put("one"), desk.put("two")
        known = known_of(desk.read())
        three = desk.put("three")
        again = desk.read(None, known)
        assert again.complete
        assert set(again.unchanged) == {one, two}
        assert [found.href for found in again.upserts] == [three]

    def test_a_lost_token_leads_to_a_full_listing(self, desk: Desk) -> None:
        one, two = desk.put("one"), desk.put("two")
        first = desk.read()
        desk.stage.remove_calendar(desk.user, desk.calendar)
        assert desk.stage.add_calendar(desk.user, "Work") == desk.calendar
        three = desk.put("three")
        known = WrittenMeanwhile(desk, known_of(first))
        second = desk.read(first.state, known)
        assert second.complete
        assert known.written in known_of(
            second
        )  # known before everything was listed, so it can't be taken for gone
        assert {one, two}.isdisjoint({*second.unchanged, *known_of(second)})
        assert three in known_of(second)

    @pytest.mark.parametrize("state", ["what is this?", "{}", '{"by":"sync","token":"never-given"}', "0-0"])
    def test_a_state_that_means_nothing_leads_to_a_full_listing(self, desk: Desk, state: str) -> None:
        href = desk.put("one")
        changes = desk.read(state, {})
        assert changes.complete
        assert [one.href for one in changes.upserts] == [href]

    def test_an_unreadable_object_is_reported_and_the_rest_goes_on(self, desk: Desk) -> None:
        if desk.stage.kind == "cyrus":
            pytest.skip("Cyrus takes nothing that it can't read itself")
        bad, good = desk.stage.put_broken(desk.user, desk.calendar, "bad"), desk.put("good")
        found = {one.href: one for one in desk.read().upserts}
        assert set(found) == {bad, good}
        assert found[bad].problems
        assert found[good].intervals
        assert [interval.status for interval in found[bad].intervals] == [Status.UNKNOWN]
        assert not found[good].problems

    def test_two_calendars_are_two(self, desk: Desk) -> None:
        other = desk.stage.add_calendar(desk.user, "Private")
        here, there = desk.put("one"), desk.stage.put(desk.user, other, "two", event_text("two"))
        assert [one.href for one in desk.read().upserts] == [here]
        assert [one.href for one in desk.connector.changes(to_read(other), None, {}).upserts] == [there]

    def test_somebody_elses_invitation_has_an_organizer(self, desk: Desk) -> None:
        desk.put(
            "one",
            more="ORGANIZER:mailto:boss@example.org\nATTENDEE;PARTSTAT=TENTATIVE:mailto:anna@example.com",
        )
        (found,) = desk.read().upserts
        assert found.organizer
        assert found.event is None
        assert [interval.status for interval in found.intervals] == [Status.TENTATIVE]

    def test_names_with_odd_characters_keep_one_spelling(self, desk: Desk) -> None:
        href = desk.stage.put(desk.user, desk.calendar, "a b@c+d", event_text("odd"))
        first = desk.read()
        (name,) = known_of(first)
        desk.put("more")
        desk.put("and-more")
        desk.stage.put(desk.user, desk.calendar, "a b@c+d", event_text("odd", end="20260303T120000Z"))
        second = desk.read(first.state, known_of(first))
        assert name in known_of(second)
        assert len(second.upserts) == 3
        desk.stage.delete(desk.user, href)
        third = desk.read(second.state, {**known_of(first), **known_of(second)})
        assert third.gone == (name,)


class TestFreeBusy:
    def test_the_server_says_when_the_owner_is_busy(self, desk: Desk) -> None:
        desk.put("one")
        desk.put("two", start="20260304T090000Z", end="20260304T093000Z")
        answer = desk.connector.free_busy(desk.calendar, START, START + WINDOW)
        assert answer is not None
        assert (answer.start, answer.end) == (START, START + WINDOW)
        assert sorted((one.start, one.end, one.status) for one in answer.intervals) == [
            (datetime(2026, 3, 3, 10, tzinfo=UTC), datetime(2026, 3, 3, 11, tzinfo=UTC), Status.BUSY),
            (datetime(2026, 3, 4, 9, tzinfo=UTC), datetime(2026, 3, 4, 9, 30, tzinfo=UTC), Status.BUSY),
        ]

    def test_only_within_the_time_asked_about(self, desk: Desk) -> None:
        desk.put("one")
        day = timedelta(days=1)
        for start in (START, START + 2 * day):
            answer = desk.connector.free_busy(desk.calendar, start, start + day)
            assert answer is not None
            assert answer.intervals == ()

    def test_our_own_event_takes_its_agents_time_too(self, desk: Desk) -> None:
        event = our_event()
        desk.connector.put(desk.calendar, event, None)
        answer = desk.connector.free_busy(desk.calendar, START, START + WINDOW)
        assert answer is not None
        assert [(one.start, one.end) for one in answer.intervals] == [(event.start, event.end)]


class TestWriting:
    def test_what_is_not_there_is_not_found(self, desk: Desk) -> None:
        assert desk.connector.find(desk.calendar, identity(our_event())) is None

    def test_a_new_event_is_written_and_read_back(self, desk: Desk) -> None:
        event = our_event()
        found = desk.connector.put(desk.calendar, event, None)
        assert found.event == event
        assert found.uid == event.uid
        assert found.etag
        assert not found.organizer

    def test_an_independent_client_sees_it(self, desk: Desk) -> None:
        found = desk.connector.put(desk.calendar, our_event(), None)
        text = desk.stage.get(desk.user, found.href) or ""
        assert "SUMMARY:Conversation" in text
        assert "ORGANIZER" not in text
        assert "ATTENDEE" not in text
        assert desk.stage.hrefs(desk.user, desk.calendar) == [found.href]

    def test_it_is_found_where_it_was_put(self, desk: Desk) -> None:
        put = desk.connector.put(desk.calendar, our_event(), None)
        assert desk.connector.find(desk.calendar, identity(our_event(), put.href)) == put
        assert desk.connector.find(desk.calendar, identity(our_event())) == put

    def test_the_next_sync_meets_it_with_its_marker(self, desk: Desk) -> None:
        first = desk.read()
        put = desk.connector.put(desk.calendar, our_event(), None)
        (found,) = desk.read(first.state, {}).upserts
        assert (found.href, found.etag, found.event) == (put.href, put.etag, put.event)

    def test_it_is_replaced_in_its_place(self, desk: Desk) -> None:
        first = desk.connector.put(desk.calendar, our_event(), None)
        later = our_event(start=START + timedelta(days=3))
        second = desk.connector.put(desk.calendar, later, first)
        assert (second.href, second.event) == (first.href, later)
        assert second.etag != first.etag
        assert desk.stage.hrefs(desk.user, desk.calendar) == [first.href]

    def test_a_second_creation_of_the_same_event_is_refused(self, desk: Desk) -> None:
        desk.connector.put(desk.calendar, our_event(), None)
        with pytest.raises((Conflict, Taken)):
            desk.connector.put(desk.calendar, our_event(start=START), None)
        assert len(desk.stage.hrefs(desk.user, desk.calendar)) == 1

    def test_a_uid_held_by_another_object_is_taken(self, desk: Desk) -> None:
        theirs = desk.put("elsewhere").replace(".ics", "")
        event = replace(our_event(), uid=theirs.rpartition("/")[2])
        desk.stage.put(desk.user, desk.calendar, "moved", event_text("moved"))
        with pytest.raises((Conflict, Taken)):
            desk.connector.put(desk.calendar, event, None)
        taken = replace(our_event(), uid="moved-uid")
        desk.stage.put(desk.user, desk.calendar, "other-name", event_text("moved-uid"))
        with pytest.raises(Taken):
            desk.connector.put(desk.calendar, taken, None)

    def test_somebody_elses_change_is_not_overwritten(self, desk: Desk) -> None:
        found = desk.connector.put(desk.calendar, our_event(), None)
        text = (desk.stage.get(desk.user, found.href) or "").replace("SUMMARY:Conversation", "SUMMARY:Mine")
        desk.stage.put(desk.user, desk.calendar, found.href.rpartition("/")[2], text)
        with pytest.raises(Conflict):
            desk.connector.put(desk.calendar, our_event(start=START), found)
        assert "SUMMARY:Mine" in (desk.stage.get(desk.user, found.href) or "")

    def test_an_event_deleted_meanwhile_is_not_replaced(self, desk: Desk) -> None:
        found = desk.connector.put(desk.calendar, our_event(), None)
        desk.stage.delete(desk.user, found.href)
        with pytest.raises(Conflict):
            desk.connector.put(desk.calendar, our_event(start=START), found)
        assert desk.stage.hrefs(desk.user, desk.calendar) == []

    def test_it_is_removed_once_and_again(self, desk: Desk) -> None:
        found = desk.connector.put(desk.calendar, our_event(), None)
        desk.connector.remove(desk.calendar, found)
        assert desk.stage.hrefs(desk.user, desk.calendar) == []
        desk.connector.remove(desk.calendar, found)
        assert desk.connector.find(desk.calendar, identity(our_event(), found.href)) is None

    def test_somebody_elses_change_is_not_removed(self, desk: Desk) -> None:
        found = desk.connector.put(desk.calendar, our_event(), None)
        text = (desk.stage.get(desk.user, found.href) or "").replace("SUMMARY:Conversation", "SUMMARY:Mine")
        desk.stage.put(desk.user, desk.calendar, found.href.rpartition("/")[2], text)
        with pytest.raises(Conflict):
            desk.connector.remove(desk.calendar, found)
        assert desk.stage.hrefs(desk.user, desk.calendar) == [found.href]

    def test_an_event_moved_to_another_address_is_found_by_its_uid(self, desk: Desk) -> None:
        put = desk.connector.put(desk.calendar, our_event(), None)
        text = desk.stage.get(desk.user, put.href) or ""
        desk.stage.delete(desk.user, put.href)
        moved = desk.stage.put(desk.user, desk.calendar, "moved-by-a-client", text)
        found = desk.connector.find(desk.calendar, identity(our_event(), put.href))
        assert found is not None
        assert (found.href, found.event) == (moved, our_event())
        later = our_event(start=START + timedelta(hours=35))
        assert desk.connector.put(desk.calendar, later, found).href == moved
        assert desk.stage.hrefs(desk.user, desk.calendar) == [moved]


class TestFailing:
    def test_a_calendar_that_is_gone_is_not_an_empty_one(self, desk: Desk) -> None:
        desk.put("one")
        first = desk.read()
        desk.stage.remove_calendar(desk.user, desk.calendar)
        for state in (first.state, None):
            with pytest.raises(CalendarGone):
                desk.read(state, known_of(first))
        with pytest.raises(CalendarGone):
            desk.connector.free_busy(desk.calendar, START, START + WINDOW)
        # Cyrus says that the right is missing, not the calendar
        refusal = NoAccess if desk.stage.kind == "cyrus" else CalendarGone
        with pytest.raises(refusal):
            desk.connector.put(desk.calendar, our_event(), None)

    def test_a_wrong_password_is_refused(self, desk: Desk) -> None:
        connector = desk.stage.connector(desk.user, "not-the-secret")
        for attempt in (
            lambda: connector.calendars(None),
            lambda: connector.changes(to_read(desk.calendar), None, {}),
        ):
            with pytest.raises(SignInRefused) as refused:
                attempt()
            assert refused.value.hint
            assert "not-the-secret" not in refused.value.message + refused.value.hint

    def test_a_server_that_is_down_is_unreachable(self, desk: Desk) -> None:
        connector = desk.stage.unreachable(desk.user)
        event = our_event()
        found = None
        attempts = (
            lambda: connector.calendars(None),
            lambda: connector.changes(to_read(desk.calendar), None, {}),
            lambda: connector.free_busy(desk.calendar, START, START + WINDOW),
            lambda: connector.find(desk.calendar, identity(event)),
            lambda: connector.put(desk.calendar, event, found),
        )
        for attempt in attempts:
            with pytest.raises(Unreachable) as failed:
                attempt()
            assert type(failed.value) is Unreachable  # nothing was sent, so nothing is uncertain
            assert isinstance(failed.value, ConnectorError)

    def test_closing_twice_is_fine(self, desk: Desk) -> None:
        desk.connector.close()
        desk.connector.close()
        assert desk.connector.calendars(None).calendars

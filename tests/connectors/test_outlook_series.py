"""Series as a whole, filled from their masters; and our own events, recognised by their marker."""

from pathlib import Path
from random import Random

import pytest
from graphlike import (
    EXPANDED,
    FIRST,
    HREF,
    MAILBOX,
    NEXT,
    OUR_UID,
    WINDOW,
    Mailbox,
    days,
    event,
    mailbox_at,
    master,
    named,
    removed,
    stub,
)
from hypothesis import given
from hypothesis import strategies as st
from scripted import Serve, reply

from connectors.account import Connections
from connectors.interface import Status
from connectors.outlook.calendars import object_href
from connectors.outlook.delta import Came
from connectors.outlook.events import MARKER_ID
from connectors.outlook.objects import grouped


@pytest.fixture
def mailbox(serve: Serve, connections: Connections, tmp_path: Path) -> Mailbox:
    return mailbox_at(serve, connections, tmp_path)


class TestSeries:
    def test_stubs_are_filled_from_their_master_which_is_never_counted(self, mailbox: Mailbox) -> None:
        exception = event("m-12", 13, type="exception", seriesMasterId="m", showAs="free")
        changes = mailbox.starts_with(stub("m", 5), exception, master("m", showAs="oof"), stub("m", 19))
        (found,) = changes.upserts
        assert found.href == object_href(HREF, "m")
        assert found.uid == "uid-m"
        assert [(one.start.day, one.status) for one in found.intervals] == [
            (5, Status.OUT_OF_OFFICE),
            (13, Status.FREE),
            (19, Status.OUT_OF_OFFICE),
        ]

    def test_a_master_that_did_not_come_is_asked_for(self, mailbox: Mailbox) -> None:
        mailbox.says(f"/users/{MAILBOX}/events/m", (200, master("m", isCancelled=True)))
        (found,) = mailbox.starts_with(stub("m", 5)).upserts
        assert [one.status for one in found.intervals] == [Status.CANCELLED]
        assert mailbox.script.asked == [FIRST, f"/users/{MAILBOX}/events/m"]

    def test_a_master_that_is_not_there_means_that_the_series_is_gone(self, mailbox: Mailbox) -> None:
        assert not mailbox.starts_with(stub("m", 5)).upserts
        mailbox.known[object_href(HREF, "m")] = "known"
        changes = mailbox.then(stub("m", 5))
        assert changes.gone == (object_href(HREF, "m"),)

    def test_a_master_alone_in_a_full_round_has_nothing_in_the_window(self, mailbox: Mailbox) -> None:
        assert not mailbox.starts_with(master("m")).upserts
        assert mailbox.script.asked == [FIRST]

    def test_a_deleted_occurrence_is_told_by_the_others_coming_again(self, mailbox: Mailbox) -> None:
        mailbox.starts_with(master("m"), stub("m", 5), stub("m", 12), stub("m", 19))
        changes = mailbox.then(master("m"), stub("m", 5), stub("m", 19))
        assert [days(one) for one in changes.upserts] == [[5, 19]]
        assert mailbox.script.asked == [NEXT]

    def test_a_rescheduled_series_leaves_nothing_behind(self, mailbox: Mailbox) -> None:
        mailbox.starts_with(master("m"), stub("m", 5), stub("m", 12))
        changes = mailbox.then(stub("m", 6), stub("m", 13), master("m"))
        assert [days(one) for one in changes.upserts] == [[6, 13]]

    def test_an_exception_alone_does_not_free_the_other_occurrences(self, mailbox: Mailbox) -> None:
        mailbox.starts_with(master("m"), stub("m", 5), stub("m", 12))
        moved = event("m-5", 6, type="exception", seriesMasterId="m")
        mailbox.says(f"/users/{MAILBOX}/events/m", (200, master("m")))
        mailbox.says(
            f"/users/{MAILBOX}/events/m/instances?{WINDOW}&$top=500",
            mailbox.page(moved, event("m-12", 12, type="occurrence", seriesMasterId="m")),
        )
        changes = mailbox.then(moved)
        assert [days(one) for one in changes.upserts] == [[6, 12]]

    def test_a_master_alone_is_asked_for_its_instances(self, mailbox: Mailbox) -> None:
        mailbox.starts_with(master("m"), stub("m", 5))
        mailbox.says(f"/users/{MAILBOX}/events/m/instances?{WINDOW}&$top=500", mailbox.page())
        changes = mailbox.then(master("m"))
        assert [one.intervals for one in changes.upserts] == [()]

    def test_a_removed_series_is_gone_with_all_its_parts(self, mailbox: Mailbox) -> None:
        mailbox.starts_with(master("m"), stub("m", 5))
        changes = mailbox.then(stub("m", 5), removed("m"), removed("m-5"))
        assert changes.gone == (object_href(HREF, "m"),)
        assert not changes.upserts

    def test_a_single_event_that_becomes_a_series_is_replaced_by_it(self, mailbox: Mailbox) -> None:
        mailbox.starts_with(event("m"))
        changes = mailbox.then(master("m"), stub("m", 3), stub("m", 10))
        assert [days(one) for one in changes.upserts] == [[3, 10]]
        assert set(mailbox.known) == {object_href(HREF, "m")}

    def test_a_series_that_can_not_be_read_blocks_as_unknown_and_is_asked_for_again(
        self, mailbox: Mailbox
    ) -> None:
        mailbox.says(f"/users/{MAILBOX}/events/m", reply(200, b"<html>", Content_Type="text/html"))
        found = named(mailbox.starts_with(stub("m", 5), event("b")))
        assert [interval.status for interval in found["m"].intervals] == [Status.UNKNOWN]
        assert found["m"].etag == ""
        assert [problem.level for problem in found["m"].problems] == ["error"]
        assert not found["b"].problems


class TestOurs:
    OURS = event("ours", transactionId=OUR_UID, subject="Conversation", originalStartTimeZone="UTC")
    MARKS = ({"id": MARKER_ID, "value": "our-marker"},)

    def test_what_may_be_ours_is_asked_for_with_its_marker_once(self, mailbox: Mailbox) -> None:
        wanted = f"/users/{MAILBOX}/events/ours{EXPANDED}"
        mailbox.says(wanted, (200, {**self.OURS, "singleValueExtendedProperties": self.MARKS}))
        found = named(mailbox.starts_with(self.OURS, event("a")))
        ours = found["ours"].event
        assert ours is not None
        assert (ours.uid, ours.marker, ours.title) == (OUR_UID, "our-marker", "Conversation")
        assert found["ours"].uid == OUR_UID
        assert found["a"].event is None
        assert mailbox.script.asked == [FIRST, wanted]
        again = mailbox.then({**self.OURS, "@odata.etag": "W/moved"})
        assert mailbox.script.asked == [NEXT]
        assert not again.upserts

    def test_without_a_marker_it_is_somebody_elses(self, mailbox: Mailbox) -> None:
        mailbox.says(f"/users/{MAILBOX}/events/ours{EXPANDED}", (200, self.OURS))
        (found,) = mailbox.starts_with(self.OURS).upserts
        assert found.event is None
        assert found.intervals

    def test_an_edit_of_ours_is_news(self, mailbox: Mailbox) -> None:
        wanted = f"/users/{MAILBOX}/events/ours{EXPANDED}"
        mailbox.says(wanted, (200, {**self.OURS, "singleValueExtendedProperties": self.MARKS}))
        mailbox.starts_with(self.OURS)
        edited = {**self.OURS, "subject": "Mine"}
        mailbox.says(wanted, (200, {**edited, "singleValueExtendedProperties": self.MARKS}))
        (found,) = mailbox.then(edited).upserts
        assert found.event is not None
        assert found.event.title == "Mine"

    def test_gone_by_the_time_it_is_asked_for(self, mailbox: Mailbox) -> None:
        assert not mailbox.starts_with(self.OURS).upserts

    def test_that_cannot_be_read_is_foreign_and_asked_for_again(self, mailbox: Mailbox) -> None:
        mailbox.says(f"/users/{MAILBOX}/events/ours{EXPANDED}", reply(200, b"<p>", Content_Type="text/html"))
        (found,) = mailbox.starts_with(self.OURS).upserts
        assert (found.event, found.etag) == (None, "")
        assert found.intervals
        assert found.problems


DAYS = st.lists(st.integers(3, 28), unique=True, max_size=5)


@given(
    singles=DAYS,
    series=st.dictionaries(st.sampled_from(["m", "n"]), DAYS),
    again=st.lists(st.integers(0, 40), max_size=10),
    order=st.randoms(use_true_random=False),
)
def test_neither_order_nor_repetition_changes_what_a_round_means(
    singles: list[int], series: dict[str, list[int]], again: list[int], order: Random
) -> None:
    items = [event(f"e-{day}", day) for day in singles]
    for name, days_of in series.items():
        items += [master(name), *(stub(name, day) for day in days_of)]
    told = [*items, *(items[index % len(items)] for index in again if items)]
    order.shuffle(told)
    came = Came(whole=True)
    for item in told:
        came.note(item)
    alone, grouped_series = grouped(came.items)
    assert {int(one["start"]["dateTime"][8:10]) for one in alone.values()} == set(singles)
    assert {
        name: {int(key.partition("-")[2]) for key in one.parts} for name, one in grouped_series.items()
    } == {name: set(days_of) for name, days_of in series.items()}
    assert all(one.master is not None for one in grouped_series.values())

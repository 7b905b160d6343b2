"""Delta rounds with everything that was seen to go wrong in them: links that die, rounds without end, what is no page."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from graphlike import (
    FIRST,
    HREF,
    LATER,
    MAILBOX,
    NEXT,
    NOW,
    OUR_UID,
    PLAIN,
    VIEW,
    Answer,
    Mailbox,
    days,
    error,
    event,
    mailbox_at,
    master,
    named,
    removed,
    stub,
)
from scripted import Serve, reply

from connectors.account import Connections
from connectors.interface import CalendarGone, ConnectorError, Garbled, Status
from connectors.outlook.calendars import object_href, view_path

EXAMPLES = Path(os.environ.get("SYNCD_CONFORMANCE", "/nowhere")) / "graph" / "examples"


@pytest.fixture
def mailbox(serve: Serve, connections: Connections, tmp_path: Path) -> Mailbox:
    return mailbox_at(serve, connections, tmp_path)


class TestRounds:
    def test_a_first_round_brings_everything(self, mailbox: Mailbox) -> None:
        mailbox.says(FIRST, mailbox.page(next="/more?$skiptoken=1"))
        mailbox.says("/more?$skiptoken=1", mailbox.page(event("a"), event("b", 4), next="/more?$skiptoken=2"))
        mailbox.says("/more?$skiptoken=2", mailbox.page(delta=NEXT))
        changes = mailbox.read()
        assert changes.complete
        assert set(named(changes)) == {"a", "b"}
        (interval,) = named(changes)["b"].intervals
        assert (interval.start, interval.status) == (datetime(2026, 3, 4, 9, tzinfo=UTC), Status.BUSY)
        assert all(one.reduced is None and one.event is None for one in changes.upserts)

    def test_nothing_new_costs_one_request_and_follows_the_link_as_it_is(self, mailbox: Mailbox) -> None:
        mailbox.starts_with(event("a"))
        changes = mailbox.then()
        assert mailbox.script.asked == [NEXT]
        assert not (changes.complete)
        assert not (changes.upserts)
        assert not (changes.gone)
        assert not changes.unchanged
        mailbox.says(LATER, mailbox.page(delta=NEXT))
        mailbox.script.asked.clear()
        mailbox.read()
        assert mailbox.script.asked == [LATER]

    def test_every_request_asks_for_immutable_ids_and_times_in_utc(self, mailbox: Mailbox) -> None:
        mailbox.starts_with(stub("m", 5), event("ours", transactionId=OUR_UID))
        mailbox.then(stub("n", 5))
        assert len(mailbox.script.prefers) >= 5
        for prefer in mailbox.script.prefers:
            assert prefer.count('IdType="ImmutableId"') == 1
            assert prefer.count('outlook.timezone="UTC"') == 1

    def test_the_last_word_on_an_id_counts(self, mailbox: Mailbox) -> None:
        mailbox.says(FIRST, mailbox.page(event("a"), event("b"), event("a", 7), next="/more"))
        mailbox.says("/more", mailbox.page(event("b", 8), removed("c"), event("c"), event("d"), delta=NEXT))
        changes = mailbox.read()
        assert {name: days(one) for name, one in named(changes).items()} == {
            "a": [7],
            "b": [8],
            "c": [3],
            "d": [3],
        }

    def test_a_replay_of_what_is_known_is_no_change(self, mailbox: Mailbox) -> None:
        mailbox.starts_with(event("a"), master("m"), stub("m", 5))
        changes = mailbox.then(
            event("a", **{"@odata.etag": "W/2", "subject": "New"}), stub("m", 5), master("m")
        )
        assert not changes.upserts
        assert len(changes.unchanged) == 2

    def test_removals_of_what_is_not_known_are_ignored(self, mailbox: Mailbox) -> None:
        mailbox.starts_with(event("a"), event("b"))
        changes = mailbox.then(removed("never-seen"), removed("a"), removed("x", "changed"))
        assert changes.gone == (object_href(HREF, "a"),)
        assert not changes.upserts

    def test_what_comes_after_its_removal_is_there(self, mailbox: Mailbox) -> None:
        mailbox.starts_with(event("a"), event("b"))
        changes = mailbox.then(removed("a"), event("a", 9), event("b", 9), removed("b"))
        assert {name: days(one) for name, one in named(changes).items()} == {"a": [9]}
        assert changes.gone == (object_href(HREF, "b"),)

    def test_a_full_round_over_known_events_names_the_unchanged(self, mailbox: Mailbox) -> None:
        mailbox.starts_with(event("a"), event("b"))
        mailbox.state = None
        mailbox.says(FIRST, mailbox.page(event("a"), event("c"), delta=NEXT))
        changes = mailbox.read()
        assert (changes.complete, changes.unchanged) == (True, (object_href(HREF, "a"),))
        assert set(named(changes)) == {"c"}

    def test_an_event_that_can_not_be_read_spoils_no_other(self, mailbox: Mailbox) -> None:
        found = named(mailbox.starts_with(event("a", start=None), event("b"), event("c", showAs="odd")))
        assert [problem.level for problem in found["a"].problems] == ["error"]
        assert not found["b"].problems
        assert [interval.status for interval in found["c"].intervals] == [Status.UNKNOWN]

    @pytest.mark.parametrize(
        "answer", [
            reply(200, b"<html>Sign in</html>", Content_Type="text/html"), reply(200, b'{"value": [', Content_Type="application/json"),
            (200, []), (200, {}), (200, {"value": None}), (200, {"value": [7]}), (200, {"value": [{"start": None}]}),
            (200, {"value": []}), (200, "text"),
        ],
    )  # fmt: skip
    def test_what_is_no_page_is_garbled(self, mailbox: Mailbox, answer: Answer) -> None:
        mailbox.starts_with(event("a"))
        before = mailbox.state
        mailbox.says(NEXT, answer)
        with pytest.raises(Garbled):
            mailbox.read()
        assert mailbox.state == before

    def test_another_calendar_is_read_at_its_own_address(self) -> None:
        assert view_path(f"/users/{MAILBOX}/calendars/AAMk%2F1%3D/") == (
            f"/users/{MAILBOX}/calendars/AAMk%2F1%3D/calendarView"
        )
        assert view_path(HREF) == "/users/anna%40example.com/calendarView"


DEATHS = [
    (410, error("SyncStateNotFound")),
    (410, {}),
    (410, error("ErrorGone")),
    (400, error("syncStateNotFound")),
    (400, error("SYNCSTATENOTFOUND")),
    (400, error("BadRequest", "SyncStateInvalid")),
    (404, error("resyncRequired")),
    (409, error("x", "y", "ResyncRequired")),
    (412, error("SyncStateNotFound")),
    (410, "gone"),
]


class TestLinks:
    @pytest.mark.parametrize("death", DEATHS)
    def test_a_dead_link_leads_to_a_full_round(self, mailbox: Mailbox, death: Answer) -> None:
        mailbox.starts_with(event("a"), event("b"))
        mailbox.says(FIRST, mailbox.page(event("a"), event("c"), delta=LATER))
        mailbox.says(NEXT, death)
        mailbox.script.asked.clear()
        changes = mailbox.read()
        assert mailbox.script.asked == [NEXT, FIRST]
        assert changes.complete
        assert set(named(changes)) == {"c"}
        assert changes.unchanged == (object_href(HREF, "a"),)

    def test_a_link_that_dies_in_the_middle_of_a_round_spoils_all_of_it(self, mailbox: Mailbox) -> None:
        mailbox.starts_with(event("a"))
        mailbox.says(NEXT, mailbox.page(event("half"), next="/more"))
        mailbox.says("/more", DEATHS[0])
        mailbox.says(FIRST, mailbox.page(event("a"), event("whole"), delta=LATER))
        changes = mailbox.read()
        assert set(named(changes)) == {"whole"}
        assert changes.complete

    def test_a_first_round_is_begun_again_once(self, mailbox: Mailbox) -> None:
        mailbox.says(FIRST, mailbox.page(event("a"), next="/dies"), mailbox.page(event("b"), delta=NEXT))
        mailbox.says("/dies", DEATHS[3])
        assert set(named(mailbox.read())) == {"b"}

    def test_where_all_links_die_the_calendar_is_listed_and_delta_tried_next_time(
        self, mailbox: Mailbox
    ) -> None:
        mailbox.says(FIRST, mailbox.page(event("a"), next="/dies"))
        mailbox.says("/dies", DEATHS[0])
        mailbox.says(PLAIN, mailbox.page(event("a"), event("b")))
        changes = mailbox.read()
        assert changes.complete
        assert set(named(changes)) == {"a", "b"}
        mailbox.says(FIRST, mailbox.page(event("b"), delta=NEXT))
        mailbox.script.asked.clear()
        again = mailbox.read()
        assert mailbox.script.asked == [FIRST]
        assert again.unchanged == (object_href(HREF, "b"),)

    @pytest.mark.parametrize("status", [404, 409, 412])
    def test_other_refusals_are_no_dead_links(self, mailbox: Mailbox, status: int) -> None:
        mailbox.starts_with(event("a"))
        mailbox.says(NEXT, (status, error("ErrorItemNotFound")))
        with pytest.raises(ConnectorError) as failed:
            mailbox.read()
        assert status != 404 or isinstance(failed.value, CalendarGone)
        assert FIRST not in mailbox.script.asked[1:]


class TestEndless:
    def pages_for_ever(self, mailbox: Mailbox, *items: dict[str, Any]) -> None:
        serial = iter(range(100_000))

        def same(wanted: str) -> Answer:
            if "/delta" in wanted:
                return mailbox.page(*items, next=f"{VIEW}/delta?$skiptoken={next(serial)}")
            return 404, error("ErrorItemNotFound")

        mailbox.script.otherwise = same

    def test_equal_pages_for_ever_lead_to_the_plain_view(self, mailbox: Mailbox) -> None:
        self.pages_for_ever(mailbox, event("a"), event("b"))
        mailbox.says(PLAIN, mailbox.page(event("a"), next="/plain?$skip=1"))
        mailbox.says("/plain?$skip=1", mailbox.page(event("b"), event("c")))
        changes = mailbox.read()
        assert changes.complete
        assert set(named(changes)) == {"a", "b", "c"}
        assert mailbox.script.asked.count(PLAIN) == 1
        assert len(mailbox.script.asked) == 5

    def test_that_calendar_is_then_listed_each_time_and_only_what_changed_is_told(
        self, mailbox: Mailbox
    ) -> None:
        self.pages_for_ever(mailbox, event("a"))
        mailbox.says(PLAIN, mailbox.page(event("a"), event("b")))
        mailbox.read()
        mailbox.says(PLAIN, mailbox.page(event("a"), event("c")))
        mailbox.script.asked.clear()
        changes = mailbox.read()
        assert mailbox.script.asked == [PLAIN]
        assert (changes.complete, changes.unchanged) == (True, (object_href(HREF, "a"),))
        assert set(named(changes)) == {"c"}

    def test_after_a_week_delta_is_tried_again(self, mailbox: Mailbox) -> None:
        self.pages_for_ever(mailbox, event("a"))
        mailbox.says(PLAIN, mailbox.page(event("a")))
        mailbox.read()
        mailbox.says(FIRST, mailbox.page(event("a"), delta=NEXT))
        mailbox.read(now=NOW + timedelta(days=8))
        mailbox.says(NEXT, mailbox.page(delta=LATER))
        mailbox.script.asked.clear()
        mailbox.read(now=NOW + timedelta(days=8))
        assert mailbox.script.asked == [NEXT]

    def test_a_round_that_becomes_endless_leads_to_the_view_at_once(self, mailbox: Mailbox) -> None:
        mailbox.starts_with(event("a"))
        self.pages_for_ever(mailbox, event("b"))
        mailbox.says(PLAIN, mailbox.page(event("a"), event("b")))
        changes = mailbox.read()
        assert changes.complete
        assert set(named(changes)) == {"b"}

    def test_empty_pages_for_ever_are_endless_too(self, mailbox: Mailbox) -> None:
        self.pages_for_ever(mailbox)
        mailbox.says(PLAIN, mailbox.page(event("a")))
        assert set(named(mailbox.read())) == {"a"}
        assert len(mailbox.script.asked) < 60

    def test_series_in_the_view_are_whole_and_keep_their_fingerprints(self, mailbox: Mailbox) -> None:
        full = [event(f"m-{day}", day, type="occurrence", seriesMasterId="m") for day in (5, 12)]
        mailbox.says(f"/users/{MAILBOX}/events/m", (200, master("m")))
        mailbox.starts_with(master("m"), stub("m", 5), stub("m", 12))
        self.pages_for_ever(mailbox, event("x"))
        mailbox.says(NEXT, mailbox.page(event("x"), next=f"{VIEW}/delta?$skiptoken=x"))
        mailbox.says(PLAIN, mailbox.page(*full))
        changes = mailbox.read()
        assert not changes.upserts
        assert changes.unchanged == (object_href(HREF, "m"),)

    def test_a_view_without_end_is_garbled(self, mailbox: Mailbox) -> None:
        self.pages_for_ever(mailbox, event("a"))
        mailbox.says(PLAIN, mailbox.page(event("a"), next="/plain"))
        mailbox.says("/plain", mailbox.page(event("b"), next="/plain"))
        with pytest.raises(Garbled):
            mailbox.read()


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="SYNCD_CONFORMANCE does not point to the examples")
class TestMicrosoftsExamples:
    def test_the_documented_rounds(self, mailbox: Mailbox) -> None:
        """Three pages, then a round with a removal and a new event; only their links are made ours."""
        said = json.loads((EXAMPLES / "concept-delta-query-events.json").read_text())["examples"]
        first, *pages, last = [one for one in said if "response" in one]
        start, end = datetime(2016, 12, 1, tzinfo=UTC), datetime(2016, 12, 22, tzinfo=UTC)
        mailbox.says(
            f"{VIEW}/delta?startDateTime=2016-12-01T00:00:00Z&endDateTime=2016-12-30T00:00:00Z",
            self.of(mailbox, first),
        )
        for page in (*pages, last):
            mailbox.says(page["request"]["url"].partition("/v1.0")[2], self.of(mailbox, page))
        changes = mailbox.read(start=start, end=end)
        assert changes.complete
        assert len(changes.upserts) == 5
        assert all(len(one.intervals) == 1 and not one.problems for one in changes.upserts)
        again = mailbox.read(start=start, end=end)
        assert [days(one) for one in again.upserts] == [[25]]
        assert not again.gone

    @pytest.mark.parametrize("number", range(3))
    def test_the_refusals_seen_in_the_field(self, mailbox: Mailbox, number: int) -> None:
        said = json.loads((EXAMPLES / "curated-410.json").read_text())["examples"][number]
        mailbox.starts_with(event("a"))
        mailbox.says(NEXT, (said["status"], said["body"]))
        assert mailbox.read().complete

    def of(self, mailbox: Mailbox, example: dict[str, Any]) -> Answer:
        body = json.dumps(example["response"]["body"])
        return 200, json.loads(body.replace("https://graph.microsoft.com/v1.0", mailbox.script.link("")))

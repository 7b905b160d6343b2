"""The fake Graph's delta: first rounds and further ones, and everything that goes wrong with them (points 18 to 24)."""

from collections import Counter
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from graphs import ANNA, IMMUTABLE, MONTH, GraphServer, at, event, path_of, weekly

VIEW = f"/users/{ANNA}/calendarView/delta"
STUB = {"@odata.type", "@odata.etag", "id", "seriesMasterId", "type", "start", "end"}


def series(graph: GraphServer, **more: Any) -> str:
    """Mondays and Thursdays at 10: nine times in March."""
    return graph.fake.add_event(ANNA, at(2, 10), at(2, 11), recurrence=weekly("monday", "thursday"), **more)


def test_a_first_round_holds_the_window(graph: GraphServer) -> None:
    inside = graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    graph.fake.add_event(ANNA, at(3, 9) + timedelta(days=60), at(3, 10) + timedelta(days=60))
    reaching_in = graph.fake.add_event(ANNA, at(1, 0) - timedelta(hours=1), at(1, 1))
    ending_there = graph.fake.add_event(ANNA, at(1, 0) - timedelta(hours=2), at(1, 0))
    found = graph.first_round()
    assert {item["id"] for item in found.items} == {inside, reaching_in}
    assert ending_there not in {item["id"] for item in found.items}
    assert found.delta
    assert all(item["@odata.type"] == "#microsoft.graph.event" for item in found.items)
    assert graph.round(found.delta).items == []


def test_a_window_is_required_and_its_offset_counts(graph: GraphServer) -> None:
    assert graph.get(VIEW).status == 400
    assert graph.get(f"{VIEW}?startDateTime=2026-03-01T00:00:00Z").status == 400
    assert graph.get(f"{VIEW}?startDateTime=2026-03-01T00:00:00+01:00&endDateTime=2026-04-01").status == 400
    assert graph.get(f"{VIEW}?startDateTime=2026-03-01T00:00:00%2B01:00&endDateTime=2026-04-01").status == 200
    assert graph.get(f"{VIEW}?startDateTime=2026-04-01&endDateTime=2026-03-01").status == 400


@pytest.mark.parametrize(
    "option", ["$filter=subject eq 'a'", "$orderby=subject", "$expand=instances", "$search=x"]
)
def test_options_that_delta_does_not_have(graph: GraphServer, option: str) -> None:
    assert graph.get(f"{VIEW}?{MONTH}&{option}").status == 400


def test_select_is_refused_or_ignored(graph: GraphServer) -> None:
    graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    assert "subject" in graph.get(f"{VIEW}?{MONTH}&$select=id").said["value"][0]
    graph.fake.knobs.delta_select = "refused"
    assert graph.get(f"{VIEW}?{MONTH}&$select=id").status == 400


def test_pages_are_of_the_size_asked_for_but_a_series_stays_whole(graph: GraphServer) -> None:
    key = series(graph)
    for day in range(10, 15):
        graph.fake.add_event(ANNA, at(day, 15), at(day, 16))
    found = graph.first_round(prefer=f"{IMMUTABLE}, odata.maxpagesize=2")
    assert [len(page) for page in found.pages] == [10, 2, 2, 1]
    assert {item.get("seriesMasterId") for item in found.pages[0][1:]} == {key}
    graph.fake.knobs.page_size = 3
    assert [len(page) for page in graph.first_round().pages] == [10, 3, 2]


def test_occurrences_come_as_stubs_behind_their_master(graph: GraphServer) -> None:
    key = series(graph)
    master, *parts = graph.first_round().items
    assert (master["type"], master["id"]) == ("seriesMaster", key)
    assert master["start"]["dateTime"].startswith("2026-03-02T10")
    assert len(parts) == 9
    assert all(set(part) == STUB for part in parts)
    graph.fake.knobs.occurrences_as_stubs = False
    assert all("showAs" in part for part in graph.first_round().of("occurrence"))


def test_links_are_opaque_and_sealed(graph: GraphServer) -> None:
    link = graph.first_round().delta
    cut = link[:-1] + ("A" if link[-1] != "A" else "B")
    assert graph.get(cut).status == 400
    assert graph.get(link.replace("$deltatoken=", "$deltatoken=x")).status == 400
    other = graph.fake.add_calendar(ANNA, "Work")
    elsewhere = link.replace("/calendarView/", f"/calendars/{quote(other, safe='')}/calendarView/")
    assert graph.get(elsewhere).status == 400


def test_a_further_round_tells_what_changed_in_full(graph: GraphServer) -> None:
    key = graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    stays = graph.fake.add_event(ANNA, at(4, 9), at(4, 10))
    link = graph.first_round().delta
    graph.fake.edit(ANNA, key, showAs="free")
    made = graph.post(f"/users/{ANNA}/events", event(5)).said["id"]
    found = graph.round(link)
    assert {item["id"] for item in found.items} == {key, made}
    assert {item["showAs"] for item in found.items} == {"free", "busy"}
    assert stays not in {item["id"] for item in found.items}
    assert graph.round(link).items == found.items
    assert graph.round(found.delta).items == []


def test_a_deleted_event_is_removed_also_one_never_seen(graph: GraphServer) -> None:
    key = graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    link = graph.first_round().delta
    graph.fake.delete(ANNA, key)
    brief = graph.fake.add_event(ANNA, at(4, 9), at(4, 10))
    graph.fake.delete(ANNA, brief)
    removed = {"@odata.type": "#microsoft.graph.event", "@removed": {"reason": "deleted"}}
    assert graph.round(link).items == [{**removed, "id": key}, {**removed, "id": brief}]


def test_what_is_touched_outside_the_window_is_removed_or_not_told(graph: GraphServer) -> None:
    for told in (True, False):
        graph.fake.knobs.out_of_window_removed = told
        leaves = graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
        link = graph.first_round().delta
        far = graph.fake.add_event(ANNA, at(3, 9) + timedelta(days=60), at(3, 10) + timedelta(days=60))
        graph.fake.move(ANNA, leaves, at(3, 9) + timedelta(days=61), at(3, 10) + timedelta(days=61))
        assert set(graph.round(link).removed) == ({leaves, far} if told else {leaves})


def test_a_changed_series_comes_as_a_whole(graph: GraphServer) -> None:
    key = series(graph)
    link = graph.first_round().delta
    graph.fake.edit(ANNA, graph.fake.occurrence(ANNA, key, date(2026, 3, 5)), showAs="oof")
    found = graph.round(link)
    assert Counter(item["type"] for item in found.items) == {
        "seriesMaster": 1,
        "occurrence": 8,
        "exception": 1,
    }
    (exception,) = found.of("exception")
    assert (exception["showAs"], exception["seriesMasterId"]) == ("oof", key)
    assert exception["originalStart"] == "2026-03-05T10:00:00.0000000Z"


def test_a_deleted_occurrence_is_silent_or_removed(graph: GraphServer) -> None:
    key = series(graph)
    link = graph.first_round().delta
    gone = graph.fake.occurrence(ANNA, key, date(2026, 3, 5))
    graph.fake.delete(ANNA, gone)
    found = graph.round(link)
    assert (len(found.of("occurrence")), len(found.of("seriesMaster")), found.removed) == (8, 1, [])
    assert gone not in {item["id"] for item in found.items}
    graph.fake.knobs.deleted_occurrence_removed = True
    assert graph.round(link).removed == [gone]


def test_a_rescheduled_series_has_new_ids_and_the_old_ones_are_silent(graph: GraphServer) -> None:
    key = series(graph)
    first = graph.first_round()
    graph.fake.move(ANNA, key, at(2, 14), at(2, 15))
    found = graph.round(first.delta)
    old, new = ({item["id"] for item in one.of("occurrence")} for one in (first, found))
    assert (len(new), old & new, found.removed) == (9, set(), [])
    assert {item["start"]["dateTime"][11:13] for item in found.of("occurrence")} == {"14"}


def test_a_deleted_series_is_one_removal_or_many(graph: GraphServer) -> None:
    key = series(graph)
    first = graph.first_round()
    graph.fake.delete(ANNA, key)
    assert graph.round(first.delta).removed == [key]
    graph.fake.knobs.removed_series_whole = True
    assert set(graph.round(first.delta).removed) == {item["id"] for item in first.items}


def test_a_move_to_another_calendar_is_a_removal_here(graph: GraphServer) -> None:
    other = graph.fake.add_calendar(ANNA, "Work")
    there = f"/users/{ANNA}/calendars/{quote(other, safe='')}/calendarView/delta?{MONTH}"
    key = graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    here, away = graph.first_round().delta, graph.round(there).delta
    graph.fake.move_to_calendar(ANNA, key, other)
    assert graph.round(here).removed == [key]
    assert [item["id"] for item in graph.round(away).items] == [key]
    graph.fake.move_to_calendar(ANNA, key)
    back = graph.round(here)
    assert ([item["id"] for item in back.items], back.removed) == ([key], [])
    graph.fake.knobs.moved_back_is_lost = True
    assert graph.round(here).removed == [key]


def test_ids_of_a_round_are_of_the_form_asked_for(graph: GraphServer) -> None:
    key = graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    first = graph.first_round(prefer="odata.maxpagesize=5")
    plain = first.items[0]["id"]
    assert plain != key
    graph.fake.delete(ANNA, key)
    assert graph.round(first.delta, prefer="odata.maxpagesize=5").removed == [plain]


def test_the_first_page_may_be_empty(graph: GraphServer) -> None:
    graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    graph.fake.knobs.first_page_empty = True
    assert [len(page) for page in graph.first_round().pages] == [0, 1]


def test_unchanged_items_are_replayed(graph: GraphServer) -> None:
    key = graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    link = graph.first_round().delta
    graph.fake.knobs.replays = 1
    assert [item["id"] for item in graph.round(link).items] == [key]


def test_items_come_twice_in_a_round(graph: GraphServer) -> None:
    keys = {graph.fake.add_event(ANNA, at(day, 9), at(day, 10)) for day in range(3, 8)}
    graph.fake.knobs.duplicates = True
    found = graph.first_round(prefer=f"{IMMUTABLE}, odata.maxpagesize=2")
    assert Counter(item["id"] for item in found.items) == dict.fromkeys(keys, 2)


def test_items_come_in_any_order(graph: GraphServer) -> None:
    series(graph)
    for day in range(10, 15):
        graph.fake.add_event(ANNA, at(day, 15), at(day, 16))
    plain = [item["id"] for item in graph.first_round().items]
    graph.fake.knobs.shuffled = True
    shuffled = [item["id"] for item in graph.first_round().items]
    assert (sorted(shuffled), shuffled != plain) == (sorted(plain), True)


def test_a_master_may_be_missing_and_can_be_read(graph: GraphServer) -> None:
    key = series(graph)
    graph.fake.knobs.master_missing = True
    found = graph.first_round()
    assert (len(found.of("seriesMaster")), len(found.of("occurrence"))) == (0, 9)
    assert graph.get(path_of(key)).said["type"] == "seriesMaster"


def test_a_change_shows_after_its_delay(graph: GraphServer) -> None:
    link = graph.first_round().delta
    graph.fake.knobs.change_delay = timedelta(seconds=30)
    key = graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    early = graph.round(link)
    assert early.items == []
    graph.fake.advance(seconds=31)
    assert [item["id"] for item in graph.round(early.delta).items] == [key]
    assert [item["id"] for item in graph.round(link).items] == [key]


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ("410", 410, "SyncStateNotFound"),
        ("400", 400, "syncStateNotFound"),
        ("400-invalid", 400, "SyncStateInvalid"),
        ("404", 404, "SyncStateNotFound"),
        ("410-resync", 410, "resyncRequired"),
    ],
)
def test_a_dead_link_says_so_in_one_of_many_ways(
    graph: GraphServer, form: Any, status: int, code: str
) -> None:
    link = graph.first_round().delta
    graph.fake.knobs.dead_link = form
    graph.fake.kill_tokens(ANNA)
    dead = graph.get(link)
    assert (dead.status, dead.code) == (status, code)
    assert ("Location" in dead.headers) == (status == 410)
    assert graph.first_round().delta


def test_the_location_of_a_dead_link_begins_anew(graph: GraphServer) -> None:
    key = graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    link = graph.first_round().delta
    graph.fake.kill_tokens()
    anew = graph.round(graph.get(link).headers["Location"])
    assert [item["id"] for item in anew.items] == [key]


def test_links_die_of_age_of_changes_and_of_a_migration(graph: GraphServer) -> None:
    link = graph.first_round().delta
    graph.fake.knobs.tokens_die_after = timedelta(minutes=30)
    graph.fake.advance(minutes=31)
    assert graph.get(link).status == 410
    link = graph.first_round().delta
    graph.fake.knobs.tokens_die_at = 2
    graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    assert graph.get(link).status == 200
    graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    assert graph.get(link).status == 410
    link = graph.first_round().delta
    graph.fake.migrate(ANNA)
    assert graph.get(link).status == 410


def test_a_round_dies_in_the_middle(graph: GraphServer) -> None:
    for day in range(3, 8):
        graph.fake.add_event(ANNA, at(day, 9), at(day, 10))
    graph.fake.knobs.rounds_die = 1
    prefer = f"{IMMUTABLE}, odata.maxpagesize=2"
    page = graph.get(f"{VIEW}?{MONTH}", prefer=prefer)
    assert graph.get(page.said["@odata.nextLink"], prefer=prefer).status == 410
    assert len(graph.first_round(prefer=prefer).items) == 5


def test_a_round_may_never_end(graph: GraphServer) -> None:
    key = graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    graph.fake.knobs.endless = True
    links = [f"{VIEW}?{MONTH}"]
    for _ in range(4):
        page = graph.get(links[-1]).said
        assert [item["id"] for item in page["value"]] == [key]
        assert "@odata.deltaLink" not in page
        links.append(page["@odata.nextLink"])
    assert len(set(links)) == 5
    graph.fake.knobs.endless = False
    assert graph.round(links[-1]).delta


def test_a_page_may_be_smaller_than_asked_for(graph: GraphServer) -> None:
    for day in range(3, 8):
        graph.fake.add_event(ANNA, at(day, 9), at(day, 10))
    prefer = f"{IMMUTABLE}, odata.maxpagesize=4"
    assert [len(page) for page in graph.first_round(prefer=prefer).pages] == [4, 1]
    graph.fake.knobs.largest_page = 2
    assert [len(page) for page in graph.first_round(prefer=prefer).pages] == [2, 2, 1]

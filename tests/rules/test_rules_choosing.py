"""Which calendars are read and written: as configured, as listed, and when a listing loses some of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.interface import CalendarInfo, Listing
from store.model import Calendar, Login
from syncd.rules import choosing, naming
from syncd.rules.choosing import Choice, choose

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WORK = CalendarInfo("/anna/work/", "Work", "r1")
PRIVATE = CalendarInfo("/anna/private/", "Private", "r1")
BIRTHDAYS = CalendarInfo("/anna/birthdays/", "Birthdays", "r1", transparent=True)
SHARED = CalendarInfo("/team/shared/", "Team", "r1", owned=False)
ALL = (WORK, PRIVATE, BIRTHDAYS, SHARED)


def login(check: Sequence[str] | None = None, write: str | None = None) -> Login:
    return Login(
        7, "anna", "cloud", "anna@cloud", "caldav", None if check is None else tuple(check), write, 3, NOW, 0, 1, None, None,
        None, None, "ok", "", "",
    )  # fmt: skip


def chosen(
    wishes: Login, rows: Sequence[Calendar], *listed: CalendarInfo, now: datetime = NOW
) -> tuple[list[Calendar], Choice]:
    """The rows as they stand after the choice (new ones saved under a new id), and the choice itself."""
    choice = choose(wishes, rows, Listing(tuple(listed), "memo"), now=now)
    changed = {row.id: row for row in choice.rows if row.id}
    kept = [changed.get(row.id, row) for row in rows if row.id not in choice.drop]
    new = [row for row in choice.rows if not row.id]
    first = max((row.id for row in rows), default=0) + 1
    return [*kept, *(replace(row, id=first + place) for place, row in enumerate(new))], choice


def read(row: Calendar, **fields: Any) -> Calendar:
    """The row after a successful reading."""
    seen = {"seen_at": NOW - MINUTE, "state": "ok", "revision": "r1", "sync_state": "token", "objects": 4}
    window = {"window_start": NOW - HOUR, "window_end": NOW + 180 * 24 * HOUR}
    return replace(row, **{**seen, **window, **fields})


def known(wishes: Login, *listed: CalendarInfo) -> list[Calendar]:
    return [read(row) for row in chosen(wishes, [], *listed)[0]]


def facts(rows: Sequence[Calendar]) -> set[tuple[str, str | None, bool, bool, str]]:
    return {(row.name, row.wanted, row.checked, row.written, row.state) for row in rows}


# ---------------------------------------------------------------------------------------------------------------------
# what is chosen


def test_a_new_row_knows_whose_it_is_and_nothing_else() -> None:
    (row,), _ = chosen(login(["Work"]), [], *ALL)
    assert row == Calendar(
        1, 7, "anna", "cloud", "anna@cloud", "Work", "/anna/work/", "Work", True, False, "", None, None, None, None, 0, 0,
        "never-seen", "", "", None, None,
    )  # fmt: skip


NEW = "never-seen"


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        (login(), {("Work", None, True, False, NEW), ("Private", None, True, False, NEW)}),
        (login([]), set()),
        (login(["Work"]), {("Work", "Work", True, False, NEW)}),
        (login(["/anna/work"]), {("Work", "/anna/work", True, False, NEW)}),
        (login(["https://cloud.example.com/anna/work/"]), {("Work", "https://cloud.example.com/anna/work/", True, False, NEW)}),
        (login(["Birthdays", "Team"]), {("Birthdays", "Birthdays", True, False, NEW), ("Team", "Team", True, False, NEW)}),
        (login(["Work"], "Work"), {("Work", "Work", True, True, NEW)}),
        (login(["Work"], "/anna/work/"), {("Work", "Work", True, True, NEW)}),
        (login(["Work", "/anna/work/"]), {("Work", "Work", True, False, NEW)}),
        (login(["Work"], "Private"), {("Work", "Work", True, False, NEW), ("Private", "Private", False, True, NEW)}),
        (login(None, "Work"), {("Work", "Work", True, True, NEW), ("Private", None, True, False, NEW)}),
        (
            login(None, "Team"),
            {("Work", None, True, False, NEW), ("Private", None, True, False, NEW), ("Team", "Team", False, True, NEW)},
        ),
    ],
)  # fmt: skip
def test_what_the_configuration_means(wishes: Login, expected: set[Any]) -> None:
    rows, choice = chosen(wishes, [], *ALL)
    assert facts(rows) == expected
    assert choice.drop == ()


def test_a_default_choice_that_finds_nothing_is_fine() -> None:
    assert choose(login(), [], Listing((), "memo"), now=NOW) == Choice((), ())
    assert choose(login(), [], Listing((BIRTHDAYS, SHARED), "memo"), now=NOW) == Choice((), ())


def test_a_calendar_without_a_name_gets_the_end_of_its_address_and_hostile_names_are_cleaned() -> None:
    nameless, hostile = (
        CalendarInfo("/anna/w%C3%B6rk/", " ", "r"),
        CalendarInfo("/anna/x/", "Wo\nrk\u202e", "r"),
    )
    assert {row.name for row in chosen(login(), [], nameless, hostile)[0]} == {"wörk", "Wo rk"}


def test_only_what_changed_is_in_the_choice() -> None:
    rows = known(login(), *ALL)
    renamed = replace(WORK, name="Work 2026")
    _, choice = chosen(login(), rows, renamed, PRIVATE)
    assert [(row.id, row.name, row.sync_state) for row in choice.rows] == [(rows[0].id, "Work 2026", "token")]


def test_what_a_reading_says_of_a_listed_calendar_is_left_alone() -> None:
    for state, error in (
        ("failing", "no answer"),
        ("no-access", "forbidden"),
        ("held", "many events vanished at once"),
    ):
        rows = [read(row, state=state, error=error) for row in known(login(["Work"]), *ALL)]
        assert choose(login(["Work"]), rows, Listing(ALL, "memo"), now=NOW) == Choice((), ())


# ---------------------------------------------------------------------------------------------------------------------
# what is not found, or found twice


def test_a_calendar_that_is_not_there_says_so_and_lists_what_is() -> None:
    (row,), _ = chosen(login(["Wrok"]), [], PRIVATE, WORK)
    assert (row.state, row.error) == ("no-access", "no calendar called 'Wrok' at the server")
    assert row.hint == "there are: Private, Work"
    assert (row.href, row.missing_since, row.name, row.checked) == (None, None, "Wrok", True)


def test_at_an_empty_server_there_are_none() -> None:
    (row,), _ = chosen(login(["Work"]), [])
    assert row.hint == "there are none"


def test_a_long_list_is_cut() -> None:
    many = [CalendarInfo(f"/{n}/", f"Calendar {n:02}", "") for n in range(50)]
    (row,), _ = chosen(login(["Work"]), [], *many)
    assert row.hint.endswith("Calendar 11, ...")


def test_a_name_that_two_calendars_have_is_not_guessed() -> None:
    (row,), _ = chosen(login(["Work"]), [], WORK, replace(PRIVATE, name="Work"))
    assert (row.state, row.error) == ("no-access", "2 calendars called 'Work' at the server")
    assert row.hint == "name one by its URL: /anna/private/, /anna/work/"
    assert row.href is None


def test_one_of_two_namesakes_is_chosen_by_url() -> None:
    (row,), _ = chosen(login(["/anna/private"]), [], WORK, replace(PRIVATE, name="Work"))
    assert (row.href, row.state) == ("/anna/private/", "never-seen")


def test_one_that_vanishes_keeps_what_is_known_and_since_when() -> None:
    wishes = login(["Work"], "Work")
    before = known(wishes, *ALL)
    (gone,), _ = chosen(wishes, before, PRIVATE)
    assert gone == replace(
        before[0], state="no-access", error="no calendar called 'Work' at the server", hint="there are: Private",
        missing_since=NOW,
    )  # fmt: skip
    later, choice = chosen(wishes, [gone], PRIVATE, now=NOW + 30 * 24 * HOUR)
    assert (later, choice) == ([gone], Choice((), ()))


def test_found_again_it_goes_on_where_it_was() -> None:
    wishes = login(["Work"])
    before = known(wishes, *ALL)
    (gone,), _ = chosen(wishes, before)
    assert chosen(wishes, [gone], *ALL, now=NOW + HOUR)[0] == before
    unread = [replace(row, seen_at=None) for row in before]
    (back,), _ = chosen(wishes, chosen(wishes, unread)[0], *ALL)
    assert (back.state, back.missing_since) == ("never-seen", None)


@pytest.mark.parametrize("vanished_first", [False, True])
def test_one_made_anew_under_the_same_name_is_read_anew(vanished_first: bool) -> None:
    wishes = login(["Work"])
    before = [read(row, held="digest") for row in known(wishes, *ALL)]
    if vanished_first:
        before, _ = chosen(wishes, before)
    (row,), choice = chosen(wishes, before, replace(WORK, href="/anna/work-2/"))
    assert (row.id, row.href, row.state) == (before[0].id, "/anna/work-2/", "ok")
    assert (row.sync_state, row.revision, row.window_start, row.window_end, row.held) == (
        None,
        "",
        None,
        None,
        None,
    )
    assert choice.drop == ()


def test_names_that_were_swapped_follow_the_configured_name_and_keep_each_calendars_data() -> None:
    wishes = login(["Work"], "Private")
    before = known(wishes, WORK, PRIVATE)
    rows, choice = chosen(wishes, before, replace(WORK, name="Private"), replace(PRIVATE, name="Work"))
    assert facts(rows) == {("Work", "Work", True, False, "ok"), ("Private", "Private", False, True, "ok")}
    assert {row.id: row.href for row in rows} == {row.id: row.href for row in before}
    assert all(row.sync_state == "token" for row in rows)
    assert choice.drop == ()


def test_a_known_calendar_whose_name_became_ambiguous_keeps_what_is_known() -> None:
    wishes = login(["Work"])
    before = known(wishes, *ALL)
    (row,), _ = chosen(wishes, before, WORK, replace(PRIVATE, name="Work"))
    assert (row.state, row.missing_since, row.href, row.sync_state) == (
        "no-access",
        NOW,
        "/anna/work/",
        "token",
    )
    assert chosen(wishes, [row], *ALL)[0] == before


def test_named_twice_and_gone_it_is_still_one_row() -> None:
    wishes = login(["Work"], "/anna/work/")
    before = known(wishes, *ALL)
    (gone,), _ = chosen(wishes, before, PRIVATE)
    assert (gone.checked, gone.written, gone.wanted, gone.missing_since) == (True, True, "Work", NOW)
    assert chosen(wishes, [gone], *ALL)[0] == before


# ---------------------------------------------------------------------------------------------------------------------
# what is no longer wanted, and what only seems so


def test_what_the_configuration_no_longer_wants_is_dropped_at_once() -> None:
    before = known(login(["Work", "Private"]), *ALL)
    rows, choice = chosen(login(["Work"]), before, *ALL)
    assert [row.name for row in rows] == ["Work"]
    assert choice == Choice((), (before[1].id,))


def test_also_when_it_was_a_default_choice_or_not_even_listed() -> None:
    before = known(login(), *ALL)
    assert chosen(login(["Work"]), before, WORK)[1].drop == (before[1].id,)
    absent, _ = chosen(login(["Nowhere"]), [], *ALL)
    assert chosen(login(["Work"]), absent, *ALL)[1].drop == (absent[0].id,)


def test_a_listing_that_loses_calendars_frees_nobody_for_an_hour() -> None:
    before = known(login(), *ALL)
    gone, choice = chosen(login(), before)
    assert choice.drop == ()
    assert all(row.checked and row.sync_state == "token" and row.missing_since == NOW for row in gone)
    assert {(row.state, row.error) for row in gone} == {("no-access", choosing.UNLISTED)}
    assert chosen(login(), gone, now=NOW + HOUR - MINUTE)[1] == Choice((), ())
    assert chosen(login(), gone, *ALL, now=NOW + HOUR - MINUTE)[0] == before
    assert chosen(login(), gone, now=NOW + HOUR) == ([], Choice((), tuple(row.id for row in before)))


def test_a_calendar_its_owner_says_does_not_count_is_dropped_at_once() -> None:
    before = known(login(), *ALL)
    assert chosen(login(), before, replace(WORK, transparent=True), PRIVATE)[1] == Choice((), (before[0].id,))


def test_what_counted_by_default_choice_counts_on_while_its_name_is_missed() -> None:
    wishes = login(None, "Work")
    before = known(wishes, *ALL)
    rows, _ = chosen(wishes, before, PRIVATE)
    assert ("Work", "Work", True, True, "no-access") in facts(rows)
    assert len(chosen(wishes, rows, PRIVATE, now=NOW + 9 * HOUR)[0]) == 2


def test_a_change_of_configuration_keeps_what_is_known_of_a_calendar() -> None:
    before = known(login(), *ALL)
    rows, choice = chosen(login(["Work", "Private"], "/anna/private/"), before, *ALL)
    assert facts(rows) == {("Work", "Work", True, False, "ok"), ("Private", "Private", True, True, "ok")}
    assert all(row.sync_state == "token" for row in rows)
    assert choice.drop == ()


# ---------------------------------------------------------------------------------------------------------------------
# where meetings are to be shown, but may not be written


LOCKED = replace(WORK, writable=False)


def test_a_read_only_calendar_is_still_read_but_says_what_is_wrong() -> None:
    wishes = login(["Work"], "Work")
    (row,), _ = chosen(wishes, [], LOCKED)
    assert (row.state, row.error, row.hint) == ("never-seen", choosing.READ_ONLY, choosing.READ_ONLY_HINT)
    (row,), _ = chosen(wishes, [read(row, error="", hint="")], LOCKED)
    assert (row.state, row.error) == ("ok", choosing.READ_ONLY)
    (row,), _ = chosen(wishes, [row], WORK)
    assert (row.state, row.error, row.hint) == ("ok", "", "")


def test_a_read_only_calendar_that_is_only_written_is_out_of_reach() -> None:
    (row,), _ = chosen(login([], "Work"), [], LOCKED)
    assert (row.state, row.error) == ("no-access", choosing.READ_ONLY)
    (row,), _ = chosen(login(["Work"], "Work"), [row], LOCKED)
    assert (row.state, row.error) == ("never-seen", choosing.READ_ONLY)
    (row,), _ = chosen(login(["Work"]), [row], LOCKED)
    assert (row.state, row.error) == ("never-seen", "")


def test_a_read_only_calendar_that_is_only_read_is_in_order() -> None:
    (row,), _ = chosen(login(["Work"]), [], LOCKED)
    assert (row.state, row.error) == ("never-seen", "")


def test_a_worse_complaint_is_not_covered_up() -> None:
    wishes = login(["Work"], "Work")
    rows = [read(row, state="failing", error="no answer") for row in known(wishes, WORK)]
    assert chosen(wishes, rows, LOCKED) == (rows, Choice((), ()))


def test_standing_after_a_reading() -> None:
    (row,) = known(login(["Work"], "Work"), WORK)
    assert choosing.standing(row, WORK) is row
    assert choosing.standing(row, None) is row
    assert choosing.standing(row, LOCKED).error == choosing.READ_ONLY


# ---------------------------------------------------------------------------------------------------------------------
# what holds for every configuration and every sequence of listings

hrefs = st.sampled_from(["/a/", "/b/", "/c/", "/d%20d/"])
names = st.sampled_from(["Work", "Private", "Team", ""])
infos = st.builds(CalendarInfo, hrefs, names, st.just("r"), st.booleans(), st.booleans(), st.booleans())
listings = st.lists(infos, max_size=4, unique_by=lambda info: info.href)
texts = st.sampled_from(["Work", "Private", "Team", "/a", "/b/", "https://cloud.example.com/c/", "/d d/"])
logins = st.builds(login, st.none() | st.lists(texts, max_size=3, unique=True), st.none() | texts)
cycles = st.lists(st.tuples(logins, listings, st.integers(0, 90)), min_size=1, max_size=6)


@given(cycles)
def test_choosing_is_settled_one_row_a_calendar_and_frees_nobody_by_accident(
    story: list[tuple[Login, list[CalendarInfo], int]],
) -> None:
    rows: list[Calendar] = []
    now = NOW
    for wishes, listed, minutes in story:
        now += minutes * MINUTE
        before = rows
        rows, choice = chosen(wishes, rows, *listed, now=now)
        assert chosen(wishes, rows, *listed, now=now) == (rows, Choice((), ()))
        assert all(row not in before for row in choice.rows)
        _every_row_is_in_order(wishes, rows, listed)
        _everything_wanted_has_a_row(wishes, rows, listed)
        _nothing_was_dropped_by_accident(wishes, before, choice, listed, now)
        rows = [
            read(row, error="", hint="") if row.href and row.missing_since is None else row for row in rows
        ]


def _every_row_is_in_order(wishes: Login, rows: list[Calendar], listed: list[CalendarInfo]) -> None:
    places = [row.href for row in rows if row.href is not None and row.missing_since is None]
    assert len(places) == len(set(places))
    for row in rows:
        assert row.checked or row.written
        assert row.name
        assert row.wanted is None or row.wanted in (*(wishes.check or ()), wishes.write)
        assert row.written <= (wishes.write is not None)
        found = row.href in [info.href for info in listed] and row.missing_since is None
        assert found or (row.state == "no-access" and row.error and row.hint)
    assert sum(row.written for row in rows) == (wishes.write is not None)


def _everything_wanted_has_a_row(wishes: Login, rows: list[Calendar], listed: list[CalendarInfo]) -> None:
    checked = {row.href for row in rows if row.checked and row.missing_since is None}
    if wishes.check is None:
        assert {info.href for info in listed if info.owned and not info.transparent} <= checked
    for text in wishes.check or ():
        meant = naming.meant(text, listed)
        if len(meant) == 1:
            assert meant[0].href in checked
        else:
            assert any(row.checked and row.state == "no-access" for row in rows)


def _nothing_was_dropped_by_accident(
    wishes: Login, before: list[Calendar], choice: Choice, listed: list[CalendarInfo], now: datetime
) -> None:
    for row in (row for row in before if row.id in choice.drop):
        named = wishes.check is not None or not row.checked or row.href is None
        long_gone = row.missing_since is not None and now - row.missing_since >= HOUR
        assert named or long_gone or row.href in [info.href for info in listed]

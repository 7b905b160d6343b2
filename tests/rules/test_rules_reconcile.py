"""What a server told against what is known: nothing is lost, nothing is taken for ours that is not, nothing is believed at once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.interface import BusyInterval, CalendarObject, Changes, Event, Problem, Status
from store.model import Calendar, Copy, Duplicate, Place
from syncd.rules.delivery import digest
from syncd.rules.reconcile import Round, is_ours, reconcile, stored

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
WORK = Calendar(
    1, 1, "anna", "cloud", "anna", "Work", "/anna/work/", "Work", True, True, "r", "s", NOW, NOW, NOW, 0, 0, "ok", "", "",
    None, None,
)  # fmt: skip
EVENT = Event("uid-1", "mark-1", NOW + HOUR, NOW + 2 * HOUR, "UTC", "Talk")
COPY = Copy(
    7, "m1", "anna", 1, Place("cloud", "anna", "Work"), "uid-1", "mark-1", "present", "/anna/work/uid-1.ics", "e1",
    digest(EVENT), EVENT.start, EVENT.end, EVENT.start, EVENT.end,
)  # fmt: skip


def obj(
    name: str, *, event: Event | None = None, organizer: bool = False, etag: str = "e", **more: object
) -> CalendarObject:
    interval = BusyInterval(NOW + HOUR, NOW + 2 * HOUR, Status.BUSY, False, name)
    return CalendarObject(
        f"/anna/work/{name}.ics", etag, name, (interval,), event=event, organizer=organizer, **more
    )  # type: ignore[arg-type]  # fields by name


def told(
    *upserts: CalendarObject,
    gone: tuple[str, ...] = (),
    complete: bool = False,
    unchanged: tuple[str, ...] = (),
) -> Changes:
    return Changes(upserts, gone, "next", complete, unchanged)


def decide(
    changes: Changes,
    known: dict[str, str] | None = None,
    copies: tuple[Copy, ...] = (),
    held: str | None = None,
) -> Round:
    return reconcile(changes, known or {}, copies, calendar=WORK, held=held, now=NOW)


def hrefs(count: int) -> dict[str, str]:
    return {f"/anna/work/e{number}.ics": "e" for number in range(count)}


def test_a_delta_removes_only_what_it_names_and_a_full_listing_what_it_lacks() -> None:
    known = hrefs(3)
    assert decide(told(gone=("/anna/work/e1.ics", "/never/known.ics")), known).gone == ("/anna/work/e1.ics",)
    assert decide(told(), known).gone == ()
    full = told(obj("new"), complete=True, unchanged=("/anna/work/e0.ics",))
    assert decide(full, known).gone == ("/anna/work/e1.ics", "/anna/work/e2.ics")


def test_an_object_both_removed_and_listed_stays() -> None:
    known = {"/anna/work/a.ics": "old"}
    assert decide(told(obj("a"), gone=("/anna/work/a.ics",)), known).gone == ()


def test_kinds_that_never_block_and_empty_intervals_are_not_stored() -> None:
    kinds = tuple(BusyInterval(NOW, NOW + HOUR, status, False, "u") for status in Status)
    empty = BusyInterval(NOW, NOW, Status.BUSY, False, "u")
    saved = stored(CalendarObject("/h", "e", "u", (*kinds, empty)))
    assert {kind for _, _, kind, _ in saved.intervals} == {
        "busy", "tentative", "out_of_office", "working_elsewhere", "unknown",
    }  # fmt: skip


def test_a_problem_is_kept_only_if_it_is_an_error() -> None:
    assert stored(obj("a", problems=(Problem("a", 3, "odd zone", "warning"),))).problem == ""
    assert stored(obj("a", problems=(Problem("a", 3, "refused rule"),))).problem == "refused rule"


def test_what_is_known_of_an_object_stays_when_nothing_of_it_can_be_read() -> None:
    spoilt = replace(obj("a", problems=(Problem("a", 1, "not iCalendar"),)), intervals=())
    seen = decide(told(spoilt, obj("b")), {"/anna/work/a.ics": "old"})
    assert [one.href for one in seen.upserts] == ["/anna/work/b.ics"]
    assert [(one.href, one.problem) for one in seen.unread] == [("/anna/work/a.ics", "not iCalendar")]
    assert not seen.incomplete
    new = decide(told(spoilt))
    assert [one.problem for one in new.upserts] == ["not iCalendar"]
    emptied = replace(obj("a"), intervals=())
    assert decide(told(emptied), {"/anna/work/a.ics": "old"}).unread == ()


def test_an_object_that_could_not_be_fetched_is_asked_for_again() -> None:
    missing = CalendarObject("/anna/work/a.ics", "", "", (), (Problem("", 0, "can't be fetched"),))
    assert decide(told(missing)).incomplete
    assert decide(told(missing), {"/anna/work/a.ics": "old"}).incomplete


@pytest.mark.parametrize(
    ("count", "vanished", "held"),
    [
        (4, 4, False),
        (5, 5, True),
        (5, 4, False),
        (19, 18, False),
        (20, 10, False),
        (20, 11, True),
        (100, 51, True),
    ],
)
def test_the_brake_by_table(count: int, vanished: int, held: bool) -> None:
    known = hrefs(count)
    gone = tuple(sorted(known))[:vanished]
    first = decide(told(obj("new"), gone=gone), known)
    assert (first.held is not None) == held
    assert first.gone == (() if held else tuple(sorted(gone)))
    assert [one.href for one in first.upserts] == ["/anna/work/new.ics"]
    if held:
        left = tuple(sorted(set(known) - set(gone)))
        again = decide(told(complete=True, unchanged=left), known, held=first.held)
        assert (again.held, again.gone) == (None, tuple(sorted(gone)))


def test_a_second_look_that_is_no_full_listing_or_says_something_else_does_not_release_the_brake() -> None:
    known = hrefs(6)
    first = decide(told(complete=True), known)
    assert decide(told(gone=tuple(known)), known, held=first.held).held is not None
    known = hrefs(20)
    held = decide(told(gone=tuple(sorted(known))[:12]), known).held
    other = decide(told(complete=True, unchanged=tuple(sorted(known))[:5]), known, held=held)
    assert other.held not in (None, held)


def test_our_own_event_has_no_intervals_and_no_drift() -> None:
    seen = decide(told(obj("uid-1", event=EVENT, etag="e1")), copies=(COPY,))
    assert [(one.copy_id, one.intervals) for one in seen.upserts] == [(7, ())]
    assert [copy.drift for copy in seen.copies] == [""]


@pytest.mark.parametrize(
    ("event", "organizer"),
    [
        (replace(EVENT, marker="other"), False),
        (replace(EVENT, uid="other"), False),
        (EVENT, True),
        (None, False),
    ],
)
def test_what_lacks_any_of_our_marks_is_foreign_and_blocks(event: Event | None, organizer: bool) -> None:
    assert not is_ours(COPY, event, organizer=organizer)
    seen = decide(told(obj("x", event=event, organizer=organizer)), copies=(COPY,))
    assert [(one.copy_id, len(one.intervals)) for one in seen.upserts] == [(None, 1)]


def duplicates(seen: Round) -> list[Copy]:
    """The copies that were found duplicated."""
    return [copy for copy, _ in seen.copied]


def test_our_marks_in_another_calendar_are_somebodys_copy() -> None:
    other = replace(WORK, id=2, href="/anna/private/", name="Private", wanted="Private", written=False)
    stolen = replace(obj("uid-1", event=EVENT), href="/anna/private/uid-1.ics")
    seen = reconcile(told(stolen), {}, (COPY,), calendar=other, held=None, now=NOW)
    assert [len(one.intervals) for one in seen.upserts] == [1]
    assert seen.copies == ()
    assert duplicates(seen) == [COPY]


def test_of_two_objects_with_our_marks_only_the_known_one_is_ours() -> None:
    seen = decide(told(obj("copied", event=EVENT), obj("uid-1", event=EVENT)), copies=(COPY,))
    assert {one.href: one.copy_id for one in seen.upserts} == {
        "/anna/work/copied.ics": None,
        "/anna/work/uid-1.ics": 7,
    }
    assert duplicates(seen) == [COPY]
    later = decide(told(obj("copied", event=EVENT)), {"/anna/work/uid-1.ics": "e1"}, (COPY,))
    assert [one.copy_id for one in later.upserts] == [None]
    assert duplicates(later) == [COPY]


def test_a_duplicate_under_another_uid_is_told_and_blocks() -> None:
    duplicate = obj("duplicate", event=replace(EVENT, uid="another"))
    seen = decide(told(duplicate), {"/anna/work/uid-1.ics": "e1"}, (COPY,))
    assert [(one.copy_id, len(one.intervals)) for one in seen.upserts] == [(None, 1)]
    assert seen.copied == ((COPY, Duplicate("/anna/work/duplicate.ics", NOW, EVENT.start, EVENT.end)),)
    assert decide(told(obj("uid-1", event=EVENT)), copies=(COPY,)).copied == ()
    assert decide(told(duplicate), copies=(replace(COPY, state="gone"),)).copied == ()


def test_an_event_that_got_another_href_is_still_ours() -> None:
    seen = decide(told(obj("moved", event=EVENT), gone=(COPY.href,)), {COPY.href: "e1"}, (COPY,))
    assert [one.copy_id for one in seen.upserts] == [7]
    assert [(copy.href, copy.drift) for copy in seen.copies] == [("/anna/work/moved.ics", "")]


def test_a_series_that_was_made_of_our_event_is_edited_and_takes_its_times() -> None:
    seen = decide(told(obj("uid-1", event=replace(EVENT, repeats=True))), copies=(COPY,))
    assert [copy.drift for copy in seen.copies] == ["edited"]
    assert [(one.copy_id, len(one.intervals)) for one in seen.upserts] == [(None, 1)]


def test_drift_is_named_and_dated_once() -> None:
    moved = replace(EVENT, start=EVENT.start + HOUR, end=EVENT.end + HOUR)
    (copy,) = decide(told(obj("uid-1", event=moved)), copies=(COPY,)).copies
    assert (copy.drift, copy.drift_at, copy.found_start) == ("moved", NOW, moved.start)
    later = reconcile(told(obj("uid-1", event=moved)), {}, (copy,), calendar=WORK, held=None, now=NOW + HOUR)
    assert later.copies[0].drift_at == NOW
    assert (
        decide(told(obj("uid-1", event=replace(EVENT, title="Mine"))), copies=(COPY,)).copies[0].drift
        == "edited"
    )
    assert decide(told(gone=(COPY.href,)), {COPY.href: "e1"}, (COPY,)).copies[0].drift == "deleted"
    assert decide(told(complete=True), {COPY.href: "e1"}, (COPY,)).copies[0].drift == "deleted"
    assert decide(told(obj("uid-1", event=EVENT)), copies=(copy,)).copies[0].drift == ""


def test_a_copy_about_to_be_written_has_no_drift_and_one_that_is_to_be_gone_is_a_stray() -> None:
    intended = replace(COPY, state="intended", href="", written="", written_start=None, written_end=None)
    assert decide(told(obj("uid-1", event=EVENT)), copies=(intended,)).copies[0].drift == ""
    assert decide(told(complete=True), copies=(intended,)).copies == ()
    for state in ("gone", "leaving"):
        seen = decide(told(obj("uid-1", event=EVENT)), copies=(replace(COPY, state=state),))
        assert (seen.copies, [copy.id for copy in seen.stray]) == ((), [7])
        assert [one.intervals for one in seen.upserts] == [()]


def test_while_the_brake_holds_no_copy_counts_as_deleted() -> None:
    known = {**hrefs(5), COPY.href: "e1"}
    seen = decide(told(complete=True), known, (COPY,))
    assert seen.held is not None
    assert seen.copies == ()


@given(st.sets(st.integers(0, 40)), st.sets(st.integers(0, 40)), st.sets(st.integers(0, 40)), st.booleans())
def test_known_and_listed_in_any_mixture(
    known: set[int], listed: set[int], named: set[int], complete: bool
) -> None:
    """After saving, what is known is what was listed; in a delta also what was not named as gone. Or it is all held."""
    before = {f"/anna/work/{one}.ics": "e" for one in known}
    upserts = tuple(obj(str(one)) for one in sorted(listed))
    seen = decide(
        told(*upserts, gone=tuple(f"/anna/work/{one}.ics" for one in named), complete=complete), before
    )
    after = (set(before) - set(seen.gone)) | {one.href for one in seen.upserts}
    shown = {one.href for one in upserts}
    removed = set(before) - shown if complete else {f"/anna/work/{one}.ics" for one in named} - shown
    assert after == ((set(before) | shown) if seen.held else ((set(before) | shown) - removed))

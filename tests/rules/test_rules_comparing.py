"""Our busy times against a server's answer: what differs, minute by minute, and what explains it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.interface import NEVER_STORED, BusyInterval, FreeBusy, Status
from syncd.rules.comparing import (
    OPEN,
    Difference,
    Evidence,
    InUtc,
    Ours,
    OwnEvent,
    Seen,
    compare,
)
from syncd.rules.policy import Policy, PolicyLayer, blocks, resolve
from syncd.rules.walls import BusyPiece

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DEFAULT = Policy()
NO_TENTATIVE = resolve(PolicyLayer(tentative=False, places={"tentative": "[groups.loans]"}))


def at(minute: float) -> datetime:
    return NOON + minute * MINUTE


def said(*spans: tuple[int, int], status: Status = Status.BUSY, end: int = 100) -> FreeBusy:
    found = (BusyInterval(at(start), at(last), status, False, "") for start, last in spans)
    return FreeBusy(NOON, at(end), tuple(found))


def piece(start: int, end: int, status: str = "busy", policy: Policy = DEFAULT) -> BusyPiece:
    return BusyPiece(at(start), at(end), status, False, "Work", policy)


def kept(*pieces: BusyPiece, own: Sequence[OwnEvent] = (), held: bool = False) -> Ours:
    return Ours(pieces, own, held)


def seen(start: int, end: int, status: str = "busy", *, ours: bool = False) -> Seen:
    return Seen(at(start), at(end), status, ours)


def told(found: Sequence[Difference]) -> list[tuple[float, float, str, str]]:
    return [((one.start - NOON) / MINUTE, (one.end - NOON) / MINUTE, one.busy, one.why) for one in found]


class TestExplanations:
    def test_the_same_on_both_sides_is_no_difference_however_it_is_cut(self) -> None:
        assert compare(said((0, 10), (10, 30), (20, 25)), kept(piece(0, 30))) == ()

    def test_what_meets_only_at_an_edge_does_not_overlap(self) -> None:
        found = compare(said((10, 20)), kept(piece(20, 30)))
        assert told(found) == [(10, 20, "server", "unexplained"), (20, 30, "here", "unexplained")]

    def test_our_own_event_names_its_meeting(self) -> None:
        (found,) = compare(said((10, 20)), kept(own=[OwnEvent(at(10), at(20), "m1")]))
        assert (found.why, found.meeting, found.explained) == ("own-event", "m1", True)

    def test_our_own_event_explains_no_more_than_its_time(self) -> None:
        found = compare(said((0, 40)), kept(own=[OwnEvent(at(10), at(20), "m1")]))
        assert told(found) == [
            (0, 10, "server", "unexplained"), (10, 20, "server", "own-event"), (20, 40, "server", "unexplained"),
        ]  # fmt: skip

    def test_a_kind_that_the_policy_lets_pass_names_the_line(self) -> None:
        (found,) = compare(said((10, 20)), kept(piece(10, 20, "tentative", NO_TENTATIVE)))
        assert (found.why, found.status, found.policy) == (
            "policy",
            "tentative",
            "tentative = false ([groups.loans])",
        )

    def test_a_free_day_explains_nothing_that_the_server_counts_besides(self) -> None:
        """A birthday is no reason why a server says busy for one hour of its day: something else is."""
        day = Evidence([seen(0, 60, "free")])
        assert told(compare(said((10, 20)), kept(), day)) == [(10, 20, "server", "unexplained")]
        assert told(compare(said((0, 20), (20, 60)), kept(), day)) == [(0, 60, "server", "free")]
        assert told(compare(said((0, 50), end=50), kept(), day)) == [(0, 50, "server", "free")]

    def test_what_the_server_says_is_free_is_free(self) -> None:
        assert compare(said((10, 20), status=Status.FREE), kept()) == ()
        (found,) = compare(said((10, 20), status=Status.FREE), kept(piece(10, 20)))
        assert found.busy == "here"

    @pytest.mark.parametrize("status", sorted(NEVER_STORED))
    def test_kinds_that_never_block_and_the_server_counts(self, status: Status) -> None:
        evidence = Evidence([seen(10, 20, status)])
        assert told(compare(said((10, 20)), kept(), evidence)) == [(10, 20, "server", status.value)]

    def test_an_event_that_is_not_kept_was_missed_whatever_else_stands_there(self) -> None:
        evidence = Evidence([seen(10, 20), seen(10, 20, "declined"), seen(10, 20, "tentative")])
        ours = kept(piece(10, 20, "tentative", NO_TENTATIVE), own=[OwnEvent(at(10), at(20), "m1")])
        (found,) = compare(said((10, 20)), ours, evidence)
        assert (found.why, found.status, found.explained) == ("missed", "busy", False)

    def test_an_event_without_length_to_which_the_server_gives_a_second(self) -> None:
        answer = FreeBusy(
            NOON, at(100),
            (BusyInterval(at(10), at(10) + timedelta(seconds=1), Status.BUSY, False, ""),),
        )  # fmt: skip
        (found,) = compare(answer, kept(), Evidence([seen(10, 10)]))
        assert found.why == "no-length"
        (longer,) = compare(said((11, 12)), kept(), Evidence([seen(10, 10)]))
        assert longer.why == "unexplained"

    def test_a_whole_day_in_another_zone(self) -> None:
        evidence = Evidence([seen(10, 40)], in_utc=[InUtc(at(20), at(50))])
        found = compare(said((20, 50)), kept(piece(10, 40)), evidence)
        assert told(found) == [(10, 20, "here", "zone"), (40, 50, "server", "zone")]

    def test_what_the_calendar_holds_and_the_server_leaves_out(self) -> None:
        evidence = Evidence([seen(10, 40)], in_utc=[InUtc(at(10), at(40))])
        assert told(compare(said(), kept(piece(10, 40)), evidence)) == [(10, 40, "here", "left-out")]

    def test_what_the_server_counts_at_another_hour(self) -> None:
        evidence = Evidence([seen(0, 10), seen(60, 80)], in_utc=[InUtc(at(0), at(10)), InUtc(at(60), at(80))])
        found = compare(said((0, 10), (20, 40)), kept(piece(0, 10), piece(60, 80)), evidence)
        assert told(found) == [(20, 40, "server", "other-hour"), (60, 80, "here", "other-hour")]
        another = compare(said((0, 10), (20, 35)), kept(piece(0, 10), piece(60, 80)), evidence)
        assert told(another) == [(20, 35, "server", "unexplained"), (60, 80, "here", "left-out")]

    def test_a_day_later_is_no_other_hour_and_what_stands_at_its_own_hour_too_stands_for_nothing_else(
        self,
    ) -> None:
        day = 24 * 60
        evidence = Evidence([seen(0, 10), seen(20, 30)])
        ours = kept(piece(0, 10), piece(20, 30))
        far = compare(said((0, 10), (20 + day, 30 + day), end=2 * day), ours, evidence)
        assert told(far) == [(20, 30, "here", "left-out"), (20 + day, 30 + day, "server", "unexplained")]
        twice = compare(said((0, 10), (20, 30), (40, 50)), ours, evidence)
        assert told(twice) == [(40, 50, "server", "unexplained")]

    def test_what_the_calendar_holds_no_more(self) -> None:
        evidence = Evidence([seen(10, 40, "cancelled")])
        assert told(compare(said(), kept(piece(10, 40)), evidence)) == [(10, 40, "here", "outdated")]
        assert told(compare(said(), kept(piece(10, 40), held=True), evidence)) == [(10, 40, "here", "held")]

    def test_only_the_time_that_the_server_answered_for_is_compared(self) -> None:
        answer = replace(said((10, 20)), start=at(15), end=at(30))
        found = compare(answer, kept(piece(0, 12), piece(25, 90)))
        assert told(found) == [(15, 20, "server", "unexplained"), (25, 30, "here", "unexplained")]
        assert compare(replace(answer, end=at(5)), kept(piece(0, 90))) == ()


# ---------------------------------------------------------------------------------------------------------------------
# Whatever there is

minutes = st.integers(-5, 65)
spans = st.tuples(minutes, minutes).map(lambda pair: (min(pair), max(pair)))
kinds = st.sampled_from(["busy", "tentative", "out_of_office", "working_elsewhere", "unknown"])
pieces = st.lists(
    st.builds(lambda span, kind, policy: piece(*span, kind, policy), spans, kinds, st.sampled_from([DEFAULT, NO_TENTATIVE])),
    max_size=6,
)  # fmt: skip
answers = st.lists(
    st.builds(
        lambda span, status: BusyInterval(at(span[0]), at(span[1]), status, False, ""), spans, st.sampled_from(Status)
    ),
    max_size=6,
).map(lambda found: FreeBusy(NOON, at(60), tuple(found)))  # fmt: skip
owns = st.lists(st.builds(lambda span: OwnEvent(at(span[0]), at(span[1]), "m1"), spans), max_size=2)
events = st.lists(
    st.builds(lambda span, kind, ours: seen(*span, kind, ours=ours), spans, st.sampled_from([one.value for one in Status]), st.booleans()),
    max_size=6,
)  # fmt: skip
evidences = st.none() | st.builds(
    Evidence, events,
    st.none() | st.lists(st.builds(lambda span: InUtc(at(span[0]), at(span[1])), spans), max_size=4))  # fmt: skip


def covers(one: BusyInterval | BusyPiece | Difference, minute: int) -> bool:
    """The minute that begins then, half-open."""
    return one.start <= at(minute) < one.end


@given(answers, pieces, owns, st.booleans(), evidences)
def test_the_differences_are_exactly_the_minutes_in_which_one_says_busy(
    answer: FreeBusy, found: list[BusyPiece], own: list[OwnEvent], held: bool, evidence: Evidence | None
) -> None:
    differences = compare(answer, Ours(found, own, held), evidence)
    for minute in range(-5, 65):
        server = any(covers(one, minute) and one.status not in NEVER_STORED for one in answer.intervals)
        here = any(covers(one, minute) and blocks(one.policy, one.status, one.all_day) for one in found)
        said_so = [one.busy for one in differences if covers(one, minute)]
        wanted = ["server"] if server and not here else ["here"] if here and not server else []
        assert said_so == [one for one in wanted if 0 <= minute < 60]
    starts = [one.start for one in differences]
    assert starts == sorted(starts)
    assert all(NOON <= one.start < one.end <= at(60) for one in differences)


@given(pieces, owns)
def test_a_server_that_counts_all_that_stands_there_is_explained(
    found: list[BusyPiece], own: list[OwnEvent]
) -> None:
    """Without another look at the calendar: by our own events and the policy alone."""
    intervals = [BusyInterval(one.start, one.end, Status.BUSY, False, "") for one in (*found, *own)]
    differences = compare(FreeBusy(NOON, at(60), tuple(intervals)), Ours(found, own))
    assert {one.why for one in differences} <= {"own-event", "policy"}


@given(pieces, events, st.integers(0, 5), answers)
def test_an_event_that_was_forgotten_is_never_explained_away(
    found: list[BusyPiece], others: list[Seen], number: int, answer: FreeBusy
) -> None:
    """Where the server counts a busy event that the calendar holds and the store does not, and nothing else blocks."""
    lost = seen(10 * number, 10 * number + 10)
    counted = BusyInterval(lost.start, lost.end, Status.BUSY, False, "")
    free = [one for one in found if not blocks(one.policy, one.status, one.all_day)]
    whole = replace(answer, intervals=(*answer.intervals, counted))
    differences = compare(whole, Ours(free, ()), Evidence([*others, lost]))
    there = [one for one in differences if one.start < lost.end and lost.start < one.end]
    assert there
    assert all(one.why == "missed" and one.why in OPEN for one in there)

"""Reasons that are one stretch of the same are told once; what differs in anything else stays apart."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.rules.availability import merged
from syncd.rules.walls import Reason

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def busy(start: int, end: int, calendar: str = "Work") -> Reason:
    return Reason("calendar", "busy", at(start), at(end), calendar=calendar, seen_at=NOON)


def spans(*reasons: Reason) -> list[tuple[int, int]]:
    minute = timedelta(minutes=1)
    return [
        ((one.start - NOON) // minute, (one.end - NOON) // minute)
        for one in merged(reasons)
        if one.start and one.end
    ]


@pytest.mark.parametrize(
    ("given_spans", "told"),
    [
        ([(0, 30), (30, 60)], [(0, 60)]),
        ([(0, 30), (31, 60)], [(0, 30), (31, 60)]),
        ([(0, 60), (10, 20)], [(0, 60)]),
        ([(0, 60), (10, 20), (60, 70), (65, 80)], [(0, 80)]),
        ([(30, 60), (0, 30)], [(0, 60)]),
        ([], []),
    ],
)
def test_what_overlaps_or_meets_is_one(
    given_spans: list[tuple[int, int]], told: list[tuple[int, int]]
) -> None:
    assert spans(*(busy(*span) for span in given_spans)) == told


@pytest.mark.parametrize(
    "other",
    [
        replace(busy(30, 60), calendar="Private"),
        replace(busy(30, 60), status="tentative"),
        replace(busy(30, 60), kind="buffer"),
        replace(busy(30, 60), policy="all_day = true (default)"),
        Reason("meeting", None, at(30), at(60), title="T", meeting="m2"),
        Reason("never-seen", calendar="Work"),
    ],
)
def test_what_differs_in_anything_but_its_times_stays_apart(other: Reason) -> None:
    assert set(merged([busy(0, 30), other])) == {busy(0, 30), other}


some = st.lists(
    st.builds(
        lambda start, length, calendar: busy(start, start + length, calendar),
        st.integers(0, 60), st.integers(1, 20), st.sampled_from("AB"),
    ),
    max_size=12,
)  # fmt: skip


@given(some, st.randoms(use_true_random=False))
def test_nothing_is_lost_nothing_added_and_the_order_given_never_matters(
    reasons: list[Reason], dice: object
) -> None:
    def covered(told: tuple[Reason, ...] | list[Reason]) -> set[tuple[str | None, int]]:
        minutes = range(100)
        return {
            (one.calendar, n)
            for one in told
            for n in minutes
            if one.start and one.end and one.start <= at(n) < one.end
        }

    found = merged(reasons)
    assert covered(found) == covered(reasons)
    assert merged(reasons[::-1]) == merged(found) == found
    for one in found:
        for other in found:
            apart = one is other or one.calendar != other.calendar
            assert (
                apart
                or (one.end and other.start and one.end < other.start)
                or (other.end and one.start and other.end < one.start)
            )

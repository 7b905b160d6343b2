"""Revisions that count, and count back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.rules import retry
from syncd.rules.revisions import UNSTEADY, kept_identity, made_anew, runs_back


@pytest.mark.parametrize(
    ("before", "after", "back"),
    [
        ("http://sabre.io/ns/sync/12 at https://x.example:8443/", "http://sabre.io/ns/sync/9 at https://x.example:8443/", True),
        ("http://sabre.io/ns/sync/9 at https://x.example/", "http://sabre.io/ns/sync/12 at https://x.example/", False),
        ("data:,77-12 at https://x/", "data:,77-11 at https://x/", True),
        ("data:,78-12 at https://x/", "data:,77-11 at https://x/", False),  # another series
        ("mark-12", "mark-12", False),
        ("mark-12", "", False),
        ("", "mark-12", False),
        ('"9f3a" at https://x/', '"9e3a" at https://x/', False),
        ("mark-12 at https://x/", "mark-11 at https://y/", False),  # another server
    ],
)  # fmt: skip
def test_runs_back(before: str, after: str, back: bool) -> None:
    assert runs_back(before, after) is back


@given(st.text(max_size=40), st.text(max_size=40))
def test_never_both_ways(one: str, other: str) -> None:
    assert not (runs_back(one, other) and runs_back(other, one))


@given(st.integers(min_value=0, max_value=2**40))
def test_each_calendar_is_listed_once_or_twice_a_day(calendar: int) -> None:
    assert retry.AUDIT_WAIT <= retry.audit_wait(calendar) < 2 * retry.AUDIT_WAIT


def test_not_all_at_once() -> None:
    """Of 240 calendars about ten are due in each twentieth of those hours."""
    late = sorted((retry.audit_wait(number) - retry.AUDIT_WAIT) / retry.AUDIT_WAIT for number in range(240))
    shares = [sum(part / 20 <= one < (part + 1) / 20 for one in late) for part in range(20)]
    assert min(shares) >= 3
    assert max(shares) <= 30


@pytest.mark.parametrize(
    ("before", "after", "anew"),
    [
        ("resource-id /.resources/7", "resource-id /.resources/8", True),
        ("resource-id /.resources/7", "resource-id /.resources/7", False),
        ("resource-id 7", "share-resource-uri 8", False),
        ("", "resource-id 7", False),
        ("resource-id 7", "", False),
        (UNSTEADY, "resource-id 7", False),
    ],
)
def test_made_anew(before: str, after: str, anew: bool) -> None:
    assert made_anew(before, after) is anew


def test_the_identity_kept_is_the_last_one_said_until_one_was_said_for_nothing() -> None:
    assert kept_identity("", "id 1", same=True) == "id 1"
    assert kept_identity("id 1", "", same=False) == "id 1"
    assert kept_identity("id 1", "id 2", same=False) == "id 2"
    assert kept_identity("id 1", "id 2", same=True) == UNSTEADY
    assert kept_identity(UNSTEADY, "id 3", same=False) == UNSTEADY

"""How long to wait: around the interval, doubling after failures, never outside one second to one hour."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.interface import (
    CalendarGone,
    ConnectorError,
    Garbled,
    NoAccess,
    OutcomeUnknown,
    SignInRefused,
    Throttled,
    Unreachable,
    Unsupported,
)  # fmt: skip
from syncd.rules import retry

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
jitters = st.floats(0, 1, exclude_max=True)
intervals = st.integers(1, 7200).map(lambda seconds: seconds * SECOND)


@pytest.mark.parametrize(("jitter", "wait"), [(0.0, 54), (0.5, 60), (0.9999999999, 66)])
def test_the_poll_interval_is_spread_by_a_tenth(jitter: float, wait: int) -> None:
    assert abs(retry.poll_interval(MINUTE, jitter) - wait * SECOND) < timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("failures", "wait"), [(0, 60), (1, 60), (2, 120), (3, 240), (4, 480), (5, 960), (6, 1920)]
)
def test_waits_double(failures: int, wait: int) -> None:
    assert retry.back_off(failures, interval=MINUTE, jitter=0.5) == wait * SECOND


def test_first_waits_of_a_delivery() -> None:
    waits = [retry.back_off(n, interval=retry.DELIVERY_INTERVAL, jitter=0.5) for n in range(1, 5)]
    assert waits == [5 * SECOND, 10 * SECOND, 20 * SECOND, 40 * SECOND]


@given(st.integers(0, 10**6), intervals, jitters)
def test_a_wait_is_between_a_second_and_an_hour(failures: int, interval: timedelta, jitter: float) -> None:
    assert SECOND <= retry.back_off(failures, interval=interval, jitter=jitter) <= HOUR


@given(st.integers(1, 10**6), intervals, jitters)
def test_one_more_failure_never_means_sooner(failures: int, interval: timedelta, jitter: float) -> None:
    once = retry.back_off(failures, interval=interval, jitter=jitter)
    assert retry.back_off(failures + 1, interval=interval, jitter=jitter) >= once


@given(st.integers(1, 10**6), intervals)
def test_even_the_longest_waits_are_spread_out(failures: int, interval: timedelta) -> None:
    soonest = retry.back_off(failures, interval=interval, jitter=0.0)
    latest = retry.back_off(failures, interval=interval, jitter=1.0)
    assert latest >= soonest * 1.09


def test_a_tiny_interval_is_still_a_second() -> None:
    assert retry.back_off(1, interval=timedelta(milliseconds=1), jitter=0.5) == SECOND


@pytest.mark.parametrize(
    ("error", "least"),
    [
        (SignInRefused("no"), 15 * MINUTE),
        (NoAccess("no"), 5 * MINUTE),
        (Unsupported("no"), 5 * MINUTE),
        (Throttled("wait", retry_after=7 * MINUTE), 7 * MINUTE),
        (Throttled("wait", retry_after=9 * HOUR), HOUR),
    ],
)
@pytest.mark.parametrize("jitter", [0.0, 0.5, 0.999])
def test_errors_that_ask_for_patience(error: Exception, least: timedelta, jitter: float) -> None:
    for failures in (1, 3):
        wait = retry.after(error, failures, interval=5 * SECOND, jitter=jitter)
        assert least <= wait <= min(least * 1.1, HOUR)


@pytest.mark.parametrize(
    "error",
    [
        Unreachable("down"), Garbled("?"), CalendarGone("gone"), OutcomeUnknown("cut"), Throttled("wait"),
        Throttled("wait", retry_after=SECOND), Throttled("wait", retry_after=-HOUR), ValueError("not ours"),
    ],
)  # fmt: skip
def test_other_errors_back_off_as_usual(error: Exception) -> None:
    usual = retry.back_off(3, interval=MINUTE, jitter=0.3)
    assert retry.after(error, 3, interval=MINUTE, jitter=0.3) == usual


errors = st.sampled_from([Unreachable, SignInRefused, NoAccess, Garbled, Unsupported]).map(
    lambda kind: kind("x")
)
throttled = st.integers(-100, 10**6).map(lambda seconds: Throttled("wait", retry_after=seconds * SECOND))


@given(errors | throttled, st.integers(1, 100), intervals, jitters)
def test_no_error_shortens_the_back_off_or_outlasts_an_hour(
    error: ConnectorError, failures: int, interval: timedelta, jitter: float
) -> None:
    usual = retry.back_off(failures, interval=interval, jitter=jitter)
    assert usual <= retry.after(error, failures, interval=interval, jitter=jitter) <= HOUR


# ---------------------------------------------------------------------------------------------------------------------
# Push


@given(intervals, st.integers(3, 100), jitters, st.booleans())
def test_push_never_makes_polling_slower_than_a_third_of_stale(
    interval: timedelta, times: int, jitter: float, pushed: bool
) -> None:
    """But for an interval that is so slow by itself."""
    every = retry.polling(interval, interval * times, pushed=pushed)
    assert every >= interval
    assert every == interval or pushed
    assert every == interval or retry.poll_interval(every, jitter) <= interval * times / 3


@given(st.integers(-10, 5000).map(lambda minutes: minutes * MINUTE), jitters)
def test_a_subscription_is_renewed_around_half_of_its_life(left: timedelta, jitter: float) -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    wait = retry.renewal(now, now + left, jitter)
    assert wait >= SECOND
    assert wait == SECOND or left * 0.44 < wait < left * 0.56


@pytest.mark.parametrize(
    ("error", "refuses"),
    [(NoAccess("x"), True), (Unsupported("x"), True), (CalendarGone("x"), True), (SignInRefused("x"), False),
     (Unreachable("x"), False), (Throttled("x"), False), (OSError(), False)],
)  # fmt: skip
def test_what_counts_as_a_mailbox_that_refuses_push(error: Exception, refuses: bool) -> None:
    assert retry.refuses(error) is refuses
    wait = retry.after_subscribing(error, 1, jitter=0.5)
    assert (wait == HOUR) is refuses


@given(st.integers(0, 10**6), jitters)
def test_a_mailbox_that_refuses_push_is_asked_again_about_daily_at_the_rarest(
    failures: int, jitter: float
) -> None:
    wait = retry.after_subscribing(NoAccess("x"), failures, jitter=jitter)
    assert HOUR * 0.9 <= wait <= timedelta(days=1.1)

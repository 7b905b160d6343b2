"""When to look again: the poll interval, and how long to wait after failures.

`jitter` is a random number in [0, 1) that the caller draws, so that many logins never come back at the same moment.
`Retry-After` (RFC 9110 section 10.2.3) is obeyed when it asks for longer than we would have waited anyway.
"""

from datetime import timedelta

from connectors.interface import NoAccess, SignInRefused, Throttled, Unsupported

DELIVERY_INTERVAL = timedelta(seconds=5)
"""The first wait after a failed delivery."""

LONGEST = timedelta(hours=1)
SHORTEST = timedelta(seconds=1)
SPREAD = 0.1
"""The jitter: a tenth to either side."""

SIGN_IN_WAIT = timedelta(minutes=15)
"""After a refused sign-in: an account that was locked is worse than one that is late."""

RIGHTS_WAIT = timedelta(minutes=5)
"""After a missing right or ability: only a person can change it."""

_MOST_DOUBLINGS = 30


def poll_interval(interval: timedelta, jitter: float) -> timedelta:
    """The interval, a tenth more or less."""
    return interval * (1 - SPREAD + 2 * SPREAD * jitter)


def back_off(failures: int, *, interval: timedelta, jitter: float) -> timedelta:
    """The wait after `failures` (>= 1) in a row: from the interval, doubling, a tenth more or less; 1 s to 1 h.

    The doubling stops short of the hour, so that the longest waits are still spread out below it.
    """
    doublings = min(max(failures, 1) - 1, _MOST_DOUBLINGS)
    longest = LONGEST / (1 + SPREAD)
    wait = longest if interval > longest / 2**doublings else interval * 2**doublings
    return min(max(poll_interval(wait, jitter), SHORTEST), LONGEST)


def after(error: Exception, failures: int, *, interval: timedelta, jitter: float) -> timedelta:
    """The wait after this error: the back-off, or longer where the error says that sooner is useless or harmful."""
    wait = back_off(failures, interval=interval, jitter=jitter)
    return min(max(wait, _at_least(error) * (1 + SPREAD * jitter)), LONGEST)


def _at_least(error: Exception) -> timedelta:
    match error:
        case Throttled(retry_after=timedelta() as asked):
            return min(asked, LONGEST)
        case SignInRefused():
            return SIGN_IN_WAIT
        case NoAccess() | Unsupported():
            return RIGHTS_WAIT
        case _:
            return timedelta(0)

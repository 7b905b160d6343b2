"""When to look again: the poll interval, with push and without, and how long to wait after failures.

`jitter` is a random number in [0, 1) that the caller draws, so that many logins never come back at the same moment.
`Retry-After` (RFC 9110 section 10.2.3) is obeyed when it asks for longer than we would have waited anyway.
"""

import zlib
from datetime import datetime, timedelta

from connectors.interface import CalendarGone, NoAccess, SignInRefused, Throttled, Unsupported

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

SUBSCRIBE_INTERVAL = timedelta(seconds=30)
"""The first wait after a subscription could not be made or renewed."""

AUDIT_WAIT = timedelta(hours=12)
"""How long a server's word that nothing changed is taken, at least; at most twice as long."""

PROBE_WAIT, LONGEST_PROBE_WAIT = timedelta(hours=1), timedelta(days=1)
"""How long a mailbox that refuses to push is left to polling before it is asked again: rights and licences change."""

_MOST_DOUBLINGS = 30


def poll_interval(interval: timedelta, jitter: float) -> timedelta:
    """The interval, a tenth more or less."""
    return interval * (1 - SPREAD + 2 * SPREAD * jitter)


def polling(interval: timedelta, stale_after: timedelta, *, pushed: bool) -> timedelta:
    """The interval at which a login is asked. One whose server tells of changes is asked less often, but never stops
    being asked: notifications get lost, for days at times, and even at its slowest it stays within `stale_after` / 3."""
    return max(interval, stale_after / 3 / (1 + SPREAD)) if pushed else interval


def audit_wait(calendar_id: int) -> timedelta:
    """How long after a full listing the next one is due, whatever the server says of changes: 12 to 24 hours, each calendar's
    own, so that a server is never asked to list everything at once."""
    return AUDIT_WAIT * (1 + zlib.crc32(str(calendar_id).encode()) / 2**32)


def renewal(now: datetime, expires_at: datetime, jitter: float) -> timedelta:
    """When to renew what ends at `expires_at`: after half of what is left, a tenth of that sooner or later."""
    return max(poll_interval((expires_at - now) / 2, jitter), SHORTEST)


def after_subscribing(error: Exception, failures: int, *, jitter: float) -> timedelta:
    """The wait before a subscription is tried again: long where the mailbox refuses, else the back-off."""
    if not refuses(error):
        return after(error, failures, interval=SUBSCRIBE_INTERVAL, jitter=jitter)
    wait = PROBE_WAIT * 2 ** min(max(failures, 1) - 1, _MOST_DOUBLINGS)
    return poll_interval(min(wait, LONGEST_PROBE_WAIT), jitter)


def refuses(error: Exception) -> bool:
    """Does this error say that the mailbox will not push, as things are? Then it is polled, which is no failure."""
    return isinstance(error, NoAccess | Unsupported | CalendarGone)


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

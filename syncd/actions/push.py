"""Being told of changes: a notification makes a login due, and says nothing else that is believed.

Whoever knows the address can send one (Graph's change notifications, by webhook), so it counts only with the secret that
its subscription was made with. Bursts, repetitions and any order come to the same: one look, a moment later. A lost one
costs the time until the next poll.
"""

import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from store import due, subscriptions
from store.database import Tx
from store.subscriptions import Notice, Subscription
from syncd.actions.context import Context
from syncd.config import Config
from syncd.rules import retry

PUSH_PATH = "/push/outlook"

GATHER = timedelta(seconds=2)
"""How long after the first notification a login is looked at: one change comes as several, and is not readable at once."""

LIFECYCLE: Mapping[str, Notice] = {"subscriptionRemoved": "removed", "reauthorizationRequired": "reauthorize"}
"""What Graph says of a subscription itself (lifecycle notifications). `missed` asks for a look, as all of them do."""


@dataclass(frozen=True, slots=True)
class Notification:
    """What counts of a notification: whose, the secret that came with it, and what it says of the subscription itself."""

    subscription: str
    client_state: str
    lifecycle: str = ""


def push_url(config: Config) -> str:
    """Where servers send their notifications; "" if the outside can't reach us."""
    return config.http.public_url.rstrip("/") + PUSH_PATH if config.http.public_url else ""


def poll_every(ctx: Context, tx: Tx, logins: Collection[int]) -> dict[int, timedelta]:
    """How often each of these logins is asked: less often while its server tells of changes by itself."""
    url, sync = push_url(ctx.config), ctx.config.sync
    pushed = subscriptions.working(tx, logins, url, ctx.clock()) if url else set()
    return {one: retry.polling(sync.interval, sync.stale_after, pushed=one in pushed) for one in logins}


def notified(ctx: Context, notifications: Collection[Notification]) -> int:
    """Make due what genuine notifications are about; returns how many were genuine.

    A notification about what is looked at in a moment anyway writes nothing. Raises `StoreError`.
    """
    by = ctx.clock() + GATHER
    with ctx.store.reading() as tx:
        known = {
            one.subscription: one
            for one in subscriptions.known(tx, {one.subscription for one in notifications})
        }
        genuine = [(known[one.subscription], one) for one in notifications if _genuine(one, known)]
        waiting = subscriptions.unaware(tx, {row.login_id for row, _ in genuine}, by)
    notices = {(row.login_id, LIFECYCLE[one.lifecycle]) for row, one in genuine if one.lifecycle in LIFECYCLE}
    if waiting or notices:
        with ctx.store.writing() as tx:
            for login_id in sorted(waiting):
                due.make_login_due(tx, login_id, by)
            for login_id, notice in sorted(notices):
                subscriptions.take_notice(tx, login_id, notice)
    return len(genuine)


def _genuine(one: Notification, known: Mapping[str | None, Subscription]) -> bool:
    """Does it come with its subscription's secret? Compared in constant time, so that it can't be guessed bit by bit."""
    row = known.get(one.subscription)
    return row is not None and hmac.compare_digest(_bytes(row.client_state), _bytes(one.client_state))


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")

"""Every fault at every request about subscriptions (Graph: resource type subscription): push comes back by itself, once.

Meanwhile the login is read as ever. After healing, within two tries, one subscription of the mailbox stands at Graph, and it
is the one that the store knows, with its secret.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from faults import Fault
from graphground import GraphGround, graph_ordeal
from mishaps import EVERY_FAULT
from ordeals import IMPATIENT, MOST_TRIES, PATIENT, Ordeal
from starlette.types import ASGIApp, Receive, Scope, Send
from stores import sqlite_only

from store import subscriptions
from store.database import Store
from store.subscriptions import Notice, Subscription
from syncd.actions.subscribe import subscribe
from syncd.rules import retry
from syncd.web.app import make_app
from syncd.web.server import WebServer

HTTP = """
[http]
listen = "{address}"
public_url = "http://{address}"
"""

LONGEST = timedelta(days=1)
"""So long a mailbox that refuses is only polled."""


@pytest.fixture
def ordeal(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ordeal]:
    """Anna's calendar is known, and the address of notifications answers."""
    apps: list[ASGIApp] = []

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        await apps[0](scope, receive, send)

    web = WebServer(door, "127.0.0.1:0")  # so that the port is ours before the configuration names it
    with graph_ordeal(store, tmp_path, monkeypatch, more=HTTP.format(address=web.address)) as made:
        ground_of(made).fake.knobs.plain_http = True
        made.join("anna")
        apps.append(make_app(made.ctx))
        made.cycle()
        yield made
        web.stop(10)


def ground_of(ordeal: Ordeal) -> GraphGround:
    assert isinstance(ordeal.ground, GraphGround)
    return ordeal.ground


# ---------------------------------------------------------------------------------------------------------------------
# What happens, and the request that it leads to


def nothing(_ordeal: Ordeal) -> None:
    """There is no subscription yet."""


def half_its_life_is_over(ordeal: Ordeal) -> None:
    look_after(ordeal)
    wait(ordeal)


def noticed(notice: Notice) -> Callable[[Ordeal], None]:
    """Graph says something of the subscription itself."""

    def act(ordeal: Ordeal) -> None:
        look_after(ordeal)
        with ordeal.store.writing() as tx:
            subscriptions.take_notice(tx, row_of(ordeal).login_id, notice)

    return act


ROWS = (
    ("listing", nothing, "GET", ""),
    ("creation", nothing, "POST", ""),
    ("renewal", half_its_life_is_over, "PATCH", "*"),
    ("sign of life", noticed("reauthorize"), "POST", "*/reauthorize"),
    ("renewal after a sign of life", noticed("reauthorize"), "PATCH", "*"),
    ("end of the old one", noticed("removed"), "DELETE", "*"),
    ("creation after the old one", noticed("removed"), "POST", ""),
)
OPEN = [fault for fault in EVERY_FAULT if fault.door == "open"]
EVERY = 61
"""Of all combinations, so many-th are short."""

CASES = [
    pytest.param(
        *row[1:], fault, stays, id=f"{row[0]}: {fault.name}{', lasting' if stays else ''}",
        marks=() if number % EVERY == 0 else pytest.mark.long,
    )
    for number, (fault, row, stays) in enumerate(product(OPEN, ROWS, (False, True)))
]  # fmt: skip


@sqlite_only
@pytest.mark.parametrize(("act", "method", "path", "fault", "stays"), CASES)
def test_whatever_fails_push_comes_back_once(
    ordeal: Ordeal, act: Callable[[Ordeal], None], method: str, path: str, fault: Fault, stays: bool
) -> None:
    act(ordeal)
    ordeal.proxy.program(
        fault, lambda one: (one.method, kind_of(one.target)) == (method, path), times=None if stays else 1
    )
    with ordeal.limited(IMPATIENT if fault.waits else PATIENT):
        for _ in range(MOST_TRIES):
            look_after(ordeal)
            if ordeal.proxy.hits:
                break
            wait(ordeal)
    assert ordeal.proxy.hits, "the request was not made"
    assert row_of(ordeal).state != "new"
    ordeal.cycle()
    ordeal.proxy.heal()
    for _ in range(2):
        wait(ordeal)
        look_after(ordeal)
    assert row_of(ordeal).state == "ok"
    assert standing(ordeal) == [(row_of(ordeal).subscription, row_of(ordeal).client_state)]
    ordeal.cycle()
    ordeal.check()


# ---------------------------------------------------------------------------------------------------------------------


def kind_of(target: str) -> str:
    """`` for all subscriptions, `*` for one, `*/...` for what is done with one; `-` for anything else."""
    head, _, rest = target.partition("/v1.0/subscriptions")
    if head:
        return "-"
    _, slash, after = rest.strip("/").partition("/")
    return f"*/{after}" if slash else "*" if rest.strip("/") else ""


def look_after(ordeal: Ordeal) -> None:
    """What the daemon does when a subscription is due."""
    subscribe(ordeal.ctx)


def wait(ordeal: Ordeal) -> None:
    """Until it is due again, which is not too long."""
    row = row_of(ordeal)
    limit = LONGEST if row.state != "ok" else retry.renewal(ordeal.now, row.expires_at or ordeal.now, 1.0)
    assert row.due_at - ordeal.now <= limit
    later = max(ordeal.now + timedelta(minutes=1), row.due_at)
    ground_of(ordeal).fake.state.clock.advance(later - ground_of(ordeal).fake.now())
    ordeal.now = later


def row_of(ordeal: Ordeal) -> Subscription:
    with ordeal.store.reading() as tx:
        (row,) = subscriptions.subscriptions(tx)
    return row


def standing(ordeal: Ordeal) -> list[tuple[str, str]]:
    """Id and secret of the subscriptions at Graph that have not ended."""
    fake = ground_of(ordeal).fake
    with fake.state.lock:
        held = fake.state.subscriptions.values()
        return [(one.id, one.said["clientState"]) for one in held if one.expires_at > fake.now()]

"""The push endpoint on a real uvicorn: it shakes hands, hears what is genuine, and nothing else does anything.

Graph is scripted (tests/graphbells.py) where one is needed; store, application, server and HTTP are real.
"""

import json
import logging
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from graphbells import HOUR, NOW, Tower, subscribed, tower_with
from hypothesis import given
from hypothesis import strategies as st
from killing import start_daemon
from servers import free_port
from stores import sqlite_only

from store import due
from store.database import Store
from syncd.actions.push import GATHER
from syncd.actions.subscribe import subscribe
from syncd.web import push
from syncd.web.app import serve
from syncd.web.listening import CantListen
from syncd.web.server import WebServer

SOON = NOW + GATHER
LATER = NOW + HOUR


class Door:
    """A tower whose subscriptions are made, with the real server before it; each login is due in an hour."""

    def __init__(self, tower: Tower, web: WebServer) -> None:
        self.tower, self.web = tower, web
        self.url = f"http://{web.address}/push/outlook"
        subscribe(tower.ctx)
        self.rest()

    def rest(self) -> None:
        """Nothing is due for an hour."""
        with self.tower.store.writing() as tx:
            for login in self.tower.logins().values():
                due.make_login_due(tx, login.id, LATER)
        self.commits = self.tower.store.commits

    def ring(self, *items: object) -> int:
        """Send notifications; the status of the answer."""
        return requests.post(self.url, json={"value": items}, timeout=10).status_code

    def send(self, body: bytes, **headers: str) -> int:
        return requests.post(self.url, data=body, headers=headers, timeout=10).status_code

    @property
    def called(self) -> set[str]:
        """Whose login is looked at soon."""
        logins = self.tower.logins().values()
        assert {one.due_at for one in logins} <= {SOON, LATER}
        return {one.agent for one in logins if one.due_at == SOON}

    @property
    def written(self) -> int:
        """Transactions since `rest`."""
        return self.tower.store.commits - self.commits


@pytest.fixture
def tower(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tower]:
    monkeypatch.setenv("SYNCD_TEST_SECRET", "secret")
    with tower_with(store, tmp_path, "anna", "ben") as made:
        yield made


@pytest.fixture
def door(tower: Tower) -> Iterator[Door]:
    web = serve(tower.ctx)
    yield Door(tower, web)
    assert web.stop(10)


# ---------------------------------------------------------------------------------------------------------------------
# The handshake


@sqlite_only
@pytest.mark.parametrize("token", ["abc", "Validation: Testing client <script>&+%/=", "ünï 日", "x" * 1024])
def test_the_handshake_gives_the_token_back_as_text(door: Door, token: str) -> None:
    said = requests.post(f"{door.url}?validationToken={quote(token)}", timeout=10)
    assert (said.status_code, said.content) == (200, token.encode())
    assert said.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert said.headers["X-Content-Type-Options"] == "nosniff"
    assert "server" not in {name.lower() for name in said.headers}
    assert door.written == 0


@sqlite_only
@pytest.mark.parametrize("query", ["validationToken=" + "x" * 1025, "validationToken=a&validationToken=b"])
def test_a_handshake_that_is_none_is_refused_without_an_echo(door: Door, query: str) -> None:
    said = requests.post(f"{door.url}?{query}", timeout=10)
    assert (said.status_code, said.content) == (400, b"")


@sqlite_only
def test_graph_itself_shakes_hands_with_it_before_it_makes_a_subscription(
    tower: Tower, monkeypatch: pytest.MonkeyPatch
) -> None:
    tower.bells.shakes = True
    web = serve(tower.ctx)
    tower.configure("anna", public_url=f"http://{web.address}")
    assert subscribe(tower.ctx) == 1
    assert tower.row().state == "ok"
    assert web.stop(10)
    tower.configure("anna", public_url=f"http://127.0.0.1:{free_port()}")
    tower.bells.handshake = lambda _url: False  # nobody answers there
    assert subscribe(tower.ctx) == 1
    assert tower.row().state == "failing"


# ---------------------------------------------------------------------------------------------------------------------
# Notifications


def test_a_notification_makes_the_login_due_in_a_moment(door: Door) -> None:
    assert door.ring(subscribed(door.tower.rows()["anna"])) == 202
    assert door.called == {"anna"}


@sqlite_only
def test_one_body_may_be_about_several_mailboxes(door: Door) -> None:
    assert door.ring(*(subscribed(row) for row in door.tower.rows().values())) == 202
    assert door.called == {"anna", "ben"}
    assert door.written == 1


def test_a_burst_is_one_look(door: Door) -> None:
    """One change comes as created, updated, updated; a busy mailbox sends hundreds."""
    items = [
        subscribed(door.tower.rows()["anna"], changeType=kind) for kind in ("created", "updated", "updated")
    ]
    assert [door.ring(*items) for _ in range(5)] == [202] * 5
    assert door.called == {"anna"}
    assert door.written == 1


@sqlite_only
def test_many_at_once_are_one_look_too(door: Door) -> None:
    item = subscribed(door.tower.rows()["anna"])
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: door.ring(item), range(40))) == {202}
    assert door.called == {"anna"}


@sqlite_only
def test_what_comes_while_a_worker_looks_is_looked_at_after_that(door: Door) -> None:
    tower = door.tower
    with tower.store.writing() as tx:
        (claimed,) = due.claim_logins(tx, NOW, agent="anna", even_if_early=True)
    assert [door.ring(subscribed(tower.rows()["anna"])) for _ in range(3)] == [202] * 3
    assert door.written == 2
    with tower.store.writing() as tx:
        due.save_unchanged(tx, [due.Unchanged(claimed.id, claimed.epoch, LATER, NOW, ())])
    assert door.called == {"anna"}


@sqlite_only
def test_forged_ones_are_answered_alike_and_do_nothing(door: Door) -> None:
    anna, ben = door.tower.rows()["anna"], door.tower.rows()["ben"]
    forged = [
        subscribed(anna, clientState="guess"),
        subscribed(anna, clientState=ben.client_state),
        subscribed(anna, clientState=""),
        subscribed(anna, clientState=None),
        subscribed(anna, clientState=anna.client_state + "\0"),
        subscribed(anna, clientState="\ud800ü"),
        subscribed(anna, subscriptionId="7f105c7d-0000-4530-97cd-000000000000"),
        subscribed(anna, subscriptionId="\ud800\0"),
        subscribed(anna, subscriptionId={"$ne": None}),
        subscribed(anna, clientState="guess", lifecycleEvent="subscriptionRemoved"),
        {},
        None,
        7,
        ["value"],
    ]
    for item in forged:
        assert door.ring(item) == 202
    assert door.ring(*forged) == 202
    assert (door.called, door.written) == (set(), 0)
    assert door.ring(*forged, subscribed(ben)) == 202
    assert door.called == {"ben"}


@sqlite_only
def test_what_was_sent_for_an_older_subscription_does_nothing(door: Door) -> None:
    before = subscribed(door.tower.rows()["anna"])
    door.ring(subscribed(door.tower.rows()["anna"], lifecycleEvent="subscriptionRemoved"))
    subscribe(door.tower.ctx)
    door.rest()
    assert door.ring(before) == 202
    assert (door.called, door.written) == (set(), 0)


@sqlite_only
@pytest.mark.parametrize(
    ("event", "notice"),
    [
        ("subscriptionRemoved", "removed"),
        ("reauthorizationRequired", "reauthorize"),
        ("missed", ""),
        ("new?", ""),
    ],
)
def test_lifecycle_events_are_noted_and_looked_after(door: Door, event: str, notice: str) -> None:
    rows = door.tower.rows()
    assert door.ring(subscribed(rows["anna"], lifecycleEvent=event)) == 202
    assert door.called == {"anna"}
    assert door.tower.rows()["anna"].notice == notice
    assert door.tower.rows()["ben"] == rows["ben"]


# ---------------------------------------------------------------------------------------------------------------------
# Bodies that are none


@sqlite_only
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b'{"value": {}}',
        b"null",
        b"[" * 100_000,
        b'{"value": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_notification_is_refused(door: Door, body: bytes) -> None:
    assert door.send(body, **{"Content-Type": "application/json"}) == 400
    assert door.written == 0


@sqlite_only
def test_a_body_that_is_too_large_is_not_read_to_its_end(door: Door) -> None:
    host, _, port = door.web.address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as there:
        there.sendall(
            b"POST /push/outlook HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000000\r\n\r\n" + b"[" * 262_145
        )
        assert there.recv(100).startswith(b"HTTP/1.1 413 ")
    assert door.ring(subscribed(door.tower.rows()["anna"])) == 202


@sqlite_only
def test_a_body_that_does_not_come_is_not_waited_for(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "SECONDS_TO_READ", 0)
    host, _, port = door.web.address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as there:
        there.sendall(b"POST /push/outlook HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n[")
        assert there.recv(100).startswith(b"HTTP/1.1 408 ")


@sqlite_only
def test_whoever_hangs_up_in_the_middle_leaves_no_trace(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    host, _, port = door.web.address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as there:
        there.sendall(b"POST /push/outlook HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n[")
    assert door.ring(subscribed(door.tower.rows()["anna"])) == 202
    assert door.web.stop(10)
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []


@sqlite_only
def test_for_strangers_there_is_nothing_beside_it(door: Door) -> None:
    root = door.url.removesuffix("/push/outlook")
    for path in ("/docs", "/push", "/push/outlook/x"):
        assert requests.get(f"{root}{path}", timeout=10).status_code == 404
    assert requests.get(f"{root}/v1/agents", timeout=10).status_code == 401
    assert requests.get(f"{root}/openapi.json", timeout=10).json()["openapi"].startswith("3.1")
    assert requests.get(door.url, timeout=10).status_code == 405


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
items = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("subscriptionId", "clientState", "lifecycleEvent", "resource"), any_json)
)


@given(st.lists(items | any_json) | any_json)
def test_no_body_is_too_strange_to_be_understood_or_refused(value: object) -> None:
    found = push.understood(json.dumps({"value": value}).encode())
    if isinstance(value, list):
        assert found is not None
        assert len(found) == sum(isinstance(one, dict) for one in value)
    else:
        assert found is None


@given(st.binary())
def test_no_bytes_are_either(body: bytes) -> None:
    assert push.understood(body) is None or body.strip()


# ---------------------------------------------------------------------------------------------------------------------
# The store, the log, the listening


@sqlite_only
def test_without_the_store_graph_is_asked_to_try_again(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    item = subscribed(door.tower.rows()["anna"])
    path = Path(str(door.tower.store._address.database))
    door.tower.store.dispose()
    kept = path.read_bytes()
    path.write_bytes(b"This is no database at all, but something else." * 100)
    assert door.ring(item) == 503
    assert "store_failed" in caplog.text
    door.tower.store.dispose()
    path.write_bytes(kept)
    assert door.ring(item) == 202


@sqlite_only
def test_a_defect_is_told_by_type_and_place_and_nothing_else(
    door: Door, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> int:
        raise ZeroDivisionError("anna@example.com")

    item = subscribed(door.tower.rows()["anna"])
    monkeypatch.setattr(push, "notified", broken)
    assert door.ring(item) == 500
    assert door.web.stop(10)
    assert "defect error=ZeroDivisionError" in caplog.text
    assert "anna@example.com" not in caplog.text


@sqlite_only
def test_an_address_that_is_taken_is_said_so(door: Door) -> None:
    with pytest.raises(CantListen, match=door.web.address):
        WebServer(lambda *_: None, door.web.address)  # type: ignore[arg-type]  # never asked anything
    with pytest.raises(CantListen):
        WebServer(lambda *_: None, "192.0.2.1:80")  # type: ignore[arg-type]  # never asked anything


def test_it_listens_on_ipv6_too() -> None:
    async def hello(_scope: object, _receive: object, send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    web = WebServer(hello, "[::1]:0")
    assert web.address.startswith("[::1]:")
    assert requests.get(f"http://{web.address}/", timeout=10).status_code == 204
    assert web.stop(10)


@sqlite_only
def test_the_daemon_serves_it_and_subscribes_by_itself(tower: Tower, store_url: str) -> None:
    """The whole: `syncd run` listens, Graph shakes hands, the subscription stands, a ring is heard, SIGTERM ends it."""
    port = free_port()
    tower.bells.shakes = True
    tower.configure("anna", public_url=f"http://127.0.0.1:{port}")
    path = tower.folder / "config.toml"
    text = path.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}")
    path.write_text(f'{text}\n[store]\nurl = "{store_url}"\n')
    daemon = start_daemon(path, tower.folder / "daemon.log")
    try:
        until(lambda: any(one.state == "ok" for one in tower.rows().values()), daemon)
        row = tower.row()
        assert row.subscription in tower.bells.held
        said = requests.post(row.url, json={"value": [subscribed(row)]}, timeout=10)
        assert said.status_code == 202
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(30) == 0
    finally:
        daemon.kill() if daemon.poll() is None else None
        daemon.wait()
    log = (tower.folder / "daemon.log").read_text()
    assert f"listening address=127.0.0.1:{port} push=http://127.0.0.1:{port}/push/outlook" in log
    assert "push_on agent=anna" in log
    assert row.client_state not in log


def until(holds, daemon: subprocess.Popen[bytes]) -> None:
    """Wait as long as it takes, while the daemon lives."""
    while not holds():
        assert daemon.poll() is None
        time.sleep(timedelta(milliseconds=50).total_seconds())

"""What the HTTP door keeps out, and what it says when something is wrong with it rather than with the request."""

import json
import logging
import socket
from pathlib import Path
from sqlite3 import connect
from threading import Thread

import pytest
import requests
from apis import PLAN, Api
from stores import postgresql_only, sqlite_only

from store import sqlite
from syncd.actions import look
from syncd.config import HttpConfig
from syncd.web import limits
from syncd.web.hosts import is_own, own_names


def raw(api: Api, text: bytes) -> bytes:
    """Send these bytes; all that comes back until the server hangs up."""
    host, _, port = api.web.address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=30) as there:
        there.sendall(text)
        return b"".join(iter(lambda: there.recv(4096), b""))


def put(api: Api, body: bytes, **headers: str) -> requests.Response:
    wanted = {"Authorization": f"Bearer {api.token}", "Content-Type": "application/json"} | headers
    return requests.put(f"{api.url}/v1/meetings/m1", data=body, headers=wanted, timeout=30)


# ---------------------------------------------------------------------------------------------------------------------
# Bodies


@sqlite_only
def test_a_body_that_is_no_json_is_told_so(api: Api) -> None:
    for body in (
        b"",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b"NaN",
        b'"x"',
        b"[]",
        b"null",
        b'{"a": ' + b"9" * 5000 + b"}",
    ):
        said = put(api, body)
        assert (said.status_code, said.headers["Content-Type"]) == (422, "application/problem+json"), body[
            :20
        ]
        assert said.json()["type"] == "urn:syncd:problem:invalid"
    said = put(api, json.dumps(PLAN).encode(), **{"Content-Type": "text/plain"})
    assert said.status_code == 422, "a form of another site can't send JSON by this name"


@sqlite_only
def test_who_sends_no_json_object_is_told_how(api: Api) -> None:
    how = [{"path": "body", "message": "expected a JSON object, sent with Content-Type: application/json"}]
    for body in (b"", b'"x"', b"[]", b"null"):
        assert put(api, body).json()["errors"] == how, body
    as_form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert put(api, json.dumps(PLAN).encode(), **as_form).json()["errors"] == how, "as curl -d sends it"


@sqlite_only
def test_a_body_that_is_too_large_is_refused_and_the_sender_hears_it(api: Api) -> None:
    plan = json.dumps(PLAN).encode()
    assert put(api, plan + b" " * (limits.LARGEST_BODY - len(plan))).status_code == 201
    for size in (limits.LARGEST_BODY + 1, limits.MOST_READ):
        said = put(api, b" " * size)
        assert (said.status_code, said.json()["type"]) == (413, "urn:syncd:problem:too-large")
    pieces = (b" " * 65_536 for _ in range(8))
    said = requests.put(
        f"{api.url}/v1/meetings/m1", data=pieces, headers={"Authorization": f"Bearer {api.token}"}, timeout=30
    )
    assert said.status_code == 413


@sqlite_only
def test_one_that_is_announced_as_far_too_large_is_not_read(api: Api) -> None:
    for length in (b"9000000", b"9" * 30):
        said = raw(
            api,
            b"PUT /v1/meetings/m1 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " + length + b"\r\n\r\n[",
        )
        assert said.startswith((b"HTTP/1.1 413 ", b"HTTP/1.1 400 "))


@sqlite_only
def test_a_body_that_does_not_come_is_not_waited_for(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SECONDS_TO_READ", 0)
    said = raw(api, b"PUT /v1/meetings/m1 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\n[")
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"urn:syncd:problem:too-slow" in said


@sqlite_only
def test_an_answer_that_takes_too_long_is_not_waited_for(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SECONDS_TO_ANSWER", 0)
    said = api.ask("GET", "/v1/agents")
    assert (said.status, said.problem, said.headers["Retry-After"]) == (503, "busy", "5")


# ---------------------------------------------------------------------------------------------------------------------
# Paths, methods, hosts


@sqlite_only
def test_a_path_or_a_method_there_is_not(api: Api) -> None:
    for path in (
        "/v1",
        "/v1/",
        "/v2/agents",
        "/v1/agents/",
        "/v1/meetings/a/b/c",
        "/docs",
        "/redoc",
        "/v1/meetings/..%2Fagents",
    ):
        said = api.ask("GET", path)
        assert (said.status, said.problem) == (404, "no-such-path"), path
    for path, allow in {
        "agents": "GET",
        "meetings/m1": "GET, PUT",
        "blocks": "GET, POST",
        "meetings/m1/cancel": "POST",
    }.items():
        said = api.ask("PATCH", f"/v1/{path}")
        assert (said.status, said.problem, said.headers["Allow"]) == (405, "no-such-method", allow)


@sqlite_only
def test_what_is_no_request_is_refused_and_fills_no_log(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    for text in (
        b"\x16\x03\x01\x02\x00\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v1/agents HTTP/1.1\r\n\r\n",
    ):
        assert raw(api, text).startswith(b"HTTP/1.1 4"), text
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []


@sqlite_only
def test_it_is_asked_by_its_own_names_only(api: Api) -> None:
    for host in (
        "127.0.0.1",
        "127.0.0.1:99",
        "localhost:8420",
        "[::1]:8420",
        "10.0.0.7",
        "syncd.example.com",
        "SYNCD.example.com:443",
    ):
        assert api.ask("GET", "/v1/agents", headers={"Host": host}).status == 200, host
    for host in (
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example:8420",
        "syncd.example.com.",
        "a@b",
        "",
    ):
        said = api.ask("GET", "/v1/agents", headers={"Host": host})
        assert (said.status, said.problem) == (421, "other-host"), host


def test_its_names_are_those_of_the_configuration() -> None:
    names = own_names(HttpConfig(listen="Syncd.internal:80", public_url="https://meet.example.com/syncd/"))
    assert names == {"localhost", "syncd.internal", "meet.example.com"}
    assert is_own("meet.example.com", names)
    assert own_names(HttpConfig(listen="[::1]:80")) == {"localhost", "::1"}
    assert own_names(HttpConfig(listen="unix:/run/syncd/http.sock")) == {"localhost"}
    assert not is_own("[::1", names)


# ---------------------------------------------------------------------------------------------------------------------
# The store, and defects


@sqlite_only
def test_a_store_that_is_locked_can_be_read_and_is_to_be_tried_again(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "PRAGMAS", ("PRAGMA busy_timeout=50", *sqlite.PRAGMAS[1:]))
    api.plan()
    api.world.store.dispose()
    path = str(api.world.store._address.database)
    lock = connect(path, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    try:
        assert api.ask("GET", "/v1/meetings/m1").status == 200
        said = api.ask("POST", "/v1/meetings/m1/cancel", {"reason": "ill"})
        assert (said.status, said.problem, said.headers["Retry-After"]) == (503, "store", "5")
        assert path not in str(said.body)
    finally:
        lock.rollback()
        lock.close()
    assert api.ok("POST", "/v1/meetings/m1/cancel", {"reason": "ill"})["status"] == "cancelled"


@sqlite_only
def test_a_store_that_is_gone_is_to_be_tried_again(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    path = Path(str(api.world.store._address.database))
    api.world.store.dispose()
    kept = path.read_bytes()
    path.write_bytes(b"This is no database at all, but something else." * 100)
    for method, where, body in (("GET", "/v1/agents", None), ("PUT", "/v1/meetings/m1", PLAN)):
        said = api.ask(method, where, body)
        assert (said.status, said.problem, said.headers["Retry-After"]) == (503, "store", "5")
        assert "sqlite" not in str(said.body)
    assert "store_failed" in caplog.text
    api.world.store.dispose()
    path.write_bytes(kept)
    assert api.ask("GET", "/v1/agents").status == 200


@postgresql_only
def test_two_who_change_one_meeting_at_once_are_both_answered(api: Api) -> None:
    api.plan()
    found: list[int] = []

    def invite(number: int) -> None:
        said = api.ask("POST", "/v1/meetings/m1/guests", {"email": f"g{number}@example.org"})
        found.append(said.status)

    threads = [Thread(target=invite, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 8
    assert api.ok("GET", "/v1/meetings/m1")["version"] == 9


@sqlite_only
def test_a_defect_is_told_without_its_words(
    api: Api, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("anna@example.com")

    monkeypatch.setattr(look, "list_agents", broken)
    said = api.ask("GET", "/v1/agents")
    assert (said.status, said.problem) == (500, "failed")
    assert "ZeroDivision" not in str(said.body)
    assert api.web.stop(10)
    assert "defect error=ZeroDivisionError" in caplog.text
    assert "anna@example.com" not in caplog.text

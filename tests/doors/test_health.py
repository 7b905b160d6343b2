"""/livez, /readyz and /metrics: who may ask, what they say when all is well, and what when the store is not."""

from datetime import timedelta
from pathlib import Path

import requests
from apis import PLAN, Api
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from stores import sqlite_only
from worlds import World

from store import meta
from syncd.actions.tokens import create_token, revoke_token
from syncd.meter import Meter
from syncd.web import figures
from syncd.web.counting import Counting
from syncd.words import STATES


def get(api: Api, path: str, token: str = "", **headers: str) -> requests.Response:
    wanted = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.get(api.url + path, headers={**wanted, **headers}, timeout=30)


def told(api: Api) -> dict[str, float]:
    """Every sample, as `name{label="value"}`."""
    said = get(api, "/metrics", api.token)
    assert said.status_code == 200
    assert said.headers["Content-Type"].startswith("text/plain; version=")
    return {
        one.name + (str(dict(sorted(one.labels.items()))) if one.labels else ""): one.value
        for family in text_string_to_metric_families(said.text)
        for one in family.samples
    }


def test_alive_and_ready(api: Api) -> None:
    for path, body in (("/livez", {"live": True}), ("/readyz", {"ready": True})):
        said = get(api, path)
        assert (said.status_code, said.json()) == (200, body)
        assert get(api, path, Host="syncd.pod.cluster.local").status_code == 200, "a probe asks by any name"
        assert requests.head(api.url + path, timeout=30).status_code == 200, "or for the status alone"


@sqlite_only
def test_without_the_store_it_is_alive_and_not_ready(api: Api) -> None:
    path = Path(str(api.world.store._address.database))
    api.world.store.dispose()
    kept = path.read_bytes()
    path.write_bytes(b"This is no database at all, but something else." * 100)
    assert get(api, "/livez").status_code == 200
    for where in ("/readyz", "/metrics"):
        said = get(api, where, api.token)
        assert (said.status_code, said.json()["type"], said.headers["Retry-After"]) == (
            503,
            "urn:syncd:problem:store",
            "5",
        )
        assert "sqlite" not in said.text
    api.world.store.dispose()
    path.write_bytes(kept)
    assert get(api, "/readyz").status_code == 200


def test_with_tables_of_another_version_it_is_not_ready(api: Api) -> None:
    with api.world.store.writing() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert get(api, "/readyz").status_code == 503
    with api.world.store.writing() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert get(api, "/readyz").status_code == 503
    assert get(api, "/livez").status_code == 200


@sqlite_only
def test_a_broken_calendar_does_not_make_it_unready(api: Api) -> None:
    api.world.now += timedelta(days=1)
    assert told(api)["syncd_calendars{'state': 'stale'}"] == 3
    assert get(api, "/readyz").status_code == 200


@sqlite_only
def test_the_metrics_are_for_operators(api: Api) -> None:
    assert get(api, "/metrics").status_code == 401
    assert get(api, "/metrics", api.new_token("read", "anna")).status_code == 403
    assert get(api, "/metrics", api.new_token("read")).status_code == 200


# ---------------------------------------------------------------------------------------------------------------------
# How things stand


def test_how_things_stand(api: Api) -> None:
    api.plan()
    found = told(api)
    assert found["syncd_agents"] == 3
    assert {state: found[f"syncd_calendars{{'state': '{state}'}}"] for state in STATES} == {
        **dict.fromkeys(STATES, 0), "ok": 3,
    }  # fmt: skip
    assert (found["syncd_deliveries_pending"], found["syncd_delivery_oldest_pending_seconds"]) == (1, 0)
    api.world.now += timedelta(minutes=5)
    assert told(api)["syncd_delivery_oldest_pending_seconds"] == 300
    api.world.deliver()
    assert told(api)["syncd_deliveries_pending"] == 0
    assert found["syncd_store_size_bytes"] > 4096
    assert [value for name, value in found.items() if name.startswith("syncd_build_info")] == [1]
    assert (found["syncd_drift"], found["syncd_orphaned_meetings"], found["syncd_deliveries_failed"]) == (
        0,
        0,
        0,
    )


def test_when_the_next_token_expires(api: Api) -> None:
    name = "syncd_token_expiry_timestamp_seconds"
    assert name not in told(api), "none ever does"
    ctx, now = api.world.ctx, api.world.now
    for days, label in ((30, "later"), (9, "gone"), (10, "sooner"), (1, "over")):
        made = create_token(ctx, "read", by="test", name=label, lasts=timedelta(days=days))
        if label == "gone":
            revoke_token(ctx, made.token.id, by="test")
    api.world.now += timedelta(days=2)
    assert told(api)[name] == (now + timedelta(days=10)).timestamp()
    read = told(api)["syncd_config_last_reload_success_timestamp_seconds"]
    assert read == now.timestamp(), "when the server was made, however long ago"


def test_the_states_are_those_of_status() -> None:
    assert set(figures.STATES) == set(STATES)


def test_the_store_knows_how_large_it_is(world: World) -> None:
    with world.store.reading() as tx:
        assert meta.size(tx) > 4096


# ---------------------------------------------------------------------------------------------------------------------
# What was counted


def test_work_is_counted_by_what_became_of_it(counted: Api) -> None:
    world = counted.world
    world.now += timedelta(seconds=90)
    world.sync()
    counted.plan()
    world.deliver()
    world.server.down = True
    counted.ok("POST", "/v1/meetings/m1/assign", {"to": "ben"})
    world.deliver()
    world.sync("anna")
    found = told(counted)
    assert found["syncd_calendar_sync_total{'connector': 'caldav', 'result': 'ok'}"] == 3
    assert found["syncd_calendar_sync_total{'connector': 'caldav', 'result': 'failed'}"] == 1
    assert found["syncd_calendar_sync_duration_seconds_count{'connector': 'caldav'}"] == 4
    assert (found["syncd_calendar_lag_seconds_count"], found["syncd_calendar_lag_seconds_sum"]) == (3, 270)
    assert found["syncd_delivery_total{'kind': 'put', 'result': 'delivered'}"] == 1
    assert found["syncd_delivery_total{'kind': 'put', 'result': 'retry'}"] >= 1


@sqlite_only
def test_requests_are_counted_by_route(counted: Api) -> None:
    counted.plan("a")
    counted.plan("b")
    counted.ok("GET", "/v1/meetings/a/candidates")
    for path in ("/wp-login.php", "/v1/meetings/a", "/v1/meetings/nothing"):
        counted.ask("GET", path)
    counted.ask("BREW", "/v1/agents")
    found = told(counted)
    put = "syncd_http_requests_total{'code': '201', 'method': 'PUT', 'path': '/v1/meetings/{id}'}"
    assert found[put] == 2
    assert found["syncd_http_requests_total{'code': '404', 'method': 'GET', 'path': 'other'}"] == 1
    assert (
        found["syncd_http_requests_total{'code': '404', 'method': 'GET', 'path': '/v1/meetings/{id}'}"] == 1
    )
    assert [name for name in found if "'method': 'other'" in name]
    assert found["syncd_candidate_query_seconds_count"] == 1
    assert not [name for name in found if "wp-login" in name or "BREW" in name]


@sqlite_only
def test_no_figure_names_anybody(counted: Api) -> None:
    counted.plan()
    counted.world.deliver()
    counted.ok("GET", "/v1/agents/anna")
    said = get(counted, "/metrics", counted.token).text
    for name in ("anna", "ben", "gerda", "example", "m1", "platform"):
        assert name not in said, name


def test_who_does_not_count_is_told_all_the_same() -> None:
    """A command has a meter that counts nothing; the daemon's has every call that this one has."""
    calls = {name for name in vars(Meter) if not name.startswith("_")}
    assert calls <= {name for name in vars(Counting) if not name.startswith("_")}


@sqlite_only
def test_nothing_to_send_a_body_for(api: Api) -> None:
    assert requests.put(f"{api.url}/metrics", json=PLAN, timeout=10).status_code == 405

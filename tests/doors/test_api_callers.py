"""Who may do what over HTTP: nobody without a token, each scope its own, an agent's token what is this agent's."""

from datetime import timedelta

import requests
from apis import PLAN, Api
from stores import sqlite_only

from syncd.actions.tokens import revoke_token, token_list

DAY = {"start": "2026-03-02T09:00:00Z", "end": "2026-03-02T17:00:00Z"}
ROOM = {"start": "2026-03-02T14:00:00Z", "end": "2026-03-02T15:00:00Z"}


def everything(api: Api) -> list[tuple[str, str]]:
    """Every operation there is, as (method, path)."""
    return [
        (method.upper(), path.replace("{id}", "1"))
        for path, item in api.document["paths"].items()
        for method in item
    ]


@sqlite_only
def test_nothing_is_to_be_had_without_a_token(api: Api) -> None:
    operations = everything(api)
    assert len(operations) > 20
    for method, path in operations:
        said = api.ask(method, path, {}, token="")
        assert (said.status, said.problem) == (401, "token"), (method, path)
        assert said.headers["WWW-Authenticate"] == 'Bearer realm="syncd"'


@sqlite_only
def test_nor_with_one_that_is_none(api: Api) -> None:
    revoked = api.new_token()
    revoke_token(api.world.ctx, token_list(api.world.ctx)[-1].id, by="test")
    for token in ("x", "syncd_1_", "syncd_1_" + "a" * 43, revoked, api.token + "x", "\u00fc"):
        assert api.ask("GET", "/v1/agents", token=token).problem == "token", token
    for header in ("Basic YTpi", f"Token {api.token}", api.token, "Bearer", "Bearer "):
        assert api.ask("GET", "/v1/agents", token="", headers={"Authorization": header}).status == 401, header
    assert api.ask("GET", "/v1/agents", token="", headers={"Cookie": f"token={api.token}"}).status == 401


@sqlite_only
def test_a_token_that_expires_lets_in_until_then(api: Api) -> None:
    from_now = api.world.now
    api.world.now += timedelta(days=1)
    assert api.ask("GET", "/v1/agents").status == 200
    assert token_list(api.world.ctx)[0].last_used_at == from_now + timedelta(days=1)


@sqlite_only
def test_a_token_that_may_only_read_changes_nothing(api: Api) -> None:
    reader = api.new_token("read")
    commits = api.world.store.commits
    for method, path in everything(api):
        said = api.ask(method, path, {}, token=reader)
        assert (said.status == 403) is (method != "GET"), (method, path)
        if method != "GET":
            assert said.problem == "not-permitted"
            assert "insufficient_scope" in said.headers["WWW-Authenticate"]
    assert api.world.store.commits == commits + 1, "the token's last use, and nothing else"


@sqlite_only
def test_an_admin_may_what_a_writer_may(api: Api) -> None:
    admin = api.new_token("admin")
    assert api.ask("PUT", "/v1/meetings/m1", PLAN, token=admin).status == 201
    assert api.ask("GET", "/v1/deliveries", token=admin).status == 200


# ---------------------------------------------------------------------------------------------------------------------
# An agent's own


def two_meetings(api: Api) -> str:
    """m1 is anna's, m2 ben's; a token of anna's."""
    api.plan("m1")
    api.plan("m2", agent="ben", title="Ben's secret talk", **ROOM)
    return api.new_token("write", "anna")


@sqlite_only
def test_an_agent_sees_what_is_theirs(api: Api) -> None:
    anna = two_meetings(api)
    assert [one["id"] for one in api.ok("GET", "/v1/agents", token=anna)["items"]] == ["anna"]
    assert [one["id"] for one in api.ok("GET", "/v1/meetings", token=anna)["items"]] == ["m1"]
    assert api.ok("GET", "/v1/meetings", token=anna, agent="anna") == api.ok(
        "GET", "/v1/meetings", token=anna
    )
    for path in ("/v1/agents/anna", "/v1/meetings/m1", "/v1/meetings/m1/changes"):
        assert api.ask("GET", path, token=anna).status == 200
    for path in ("busy", "explain"):
        assert api.ask("GET", f"/v1/agents/anna/{path}", token=anna, **DAY).status == 200


@sqlite_only
def test_what_is_anothers_is_not_there(api: Api) -> None:
    """It is answered like what nobody has."""
    anna = two_meetings(api)
    for theirs, nobodys, query in (
        ("/v1/meetings/m2", "/v1/meetings/m9", {}),
        ("/v1/meetings/m2/changes", "/v1/meetings/m9/changes", {}),
        ("/v1/meetings/m2/candidates", "/v1/meetings/m9/candidates", {}),
        ("/v1/agents/ben", "/v1/agents/dora", {}),
        ("/v1/agents/ben/busy", "/v1/agents/dora/busy", DAY),
        ("/v1/agents/ben/explain", "/v1/agents/dora/explain", DAY),
    ):
        said, missing = (
            api.ask("GET", theirs, token=anna, **query),
            api.ask("GET", nobodys, token=anna, **query),
        )
        assert (said.status, missing.status) == (404, 404), theirs
        same = str(said.body).replace("m2", "m9").replace("ben", "dora")
        assert same == str(missing.body)
    assert api.ask("GET", "/v1/meetings", token=anna, agent="ben").status == 404


@sqlite_only
def test_an_agent_changes_what_is_theirs(api: Api) -> None:
    anna = two_meetings(api)
    api.ok(
        "POST", "/v1/meetings/m1/reschedule", {"start": "2026-03-02T16:00:00Z", "reason": "ill"}, token=anna
    )
    api.ok("PUT", "/v1/meetings/m3", {**PLAN, **ROOM}, token=anna)
    given = api.ok(
        "POST", "/v1/meetings/m1/assign", {"to": "ben"}, token=anna, headers={"Idempotency-Key": "k"}
    )
    assert given["agent"] == "ben"
    assert api.ask("GET", "/v1/meetings/m1", token=anna).status == 404, "it is hers no more"
    again = api.ask(
        "POST", "/v1/meetings/m1/assign", {"to": "ben"}, token=anna, headers={"Idempotency-Key": "k"}
    )
    assert again.status == 200, "but what was sent twice is answered twice"


@sqlite_only
def test_what_is_anothers_can_not_be_changed(api: Api) -> None:
    anna = two_meetings(api)
    key = {"Idempotency-Key": "ben-1"}
    api.ok("POST", "/v1/meetings/m2/guests", {"email": "a@example.org"}, headers=key)
    before = api.ok("GET", "/v1/meetings/m2")
    for path, body in (
        ("reschedule", {"start": "2026-03-02T16:00:00Z", "reason": "ill"}),
        ("cancel", {"reason": "ill"}),
        ("assign", {"to": "anna"}),
        ("guests", {"email": "a@example.org"}),
        ("status", {"status": "live"}),
    ):
        for how in ({}, {"If-Match": '"7"'}):
            for dry in ("false", "true"):
                said = api.ask("POST", f"/v1/meetings/m2/{path}", body, token=anna, headers=how, dry_run=dry)
                assert (said.status, said.problem) == (404, "unknown"), path
    guessed = api.ask("POST", "/v1/meetings/m2/guests", {"email": "a@example.org"}, token=anna, headers=key)
    assert (guessed.status, guessed.problem) == (409, "key-used")
    assert "Ben" not in str(guessed.body)
    taken = api.ask("PUT", "/v1/meetings/m2", PLAN, token=anna)
    assert (taken.status, taken.problem) == (409, "refused")
    assert "Ben" not in str(taken.body)
    other = api.ask("PUT", "/v1/meetings/m4", {**PLAN, "agent": "ben"}, token=anna)
    assert (other.status, other.problem) == (403, "not-permitted")
    assert api.ok("GET", "/v1/meetings/m2") == before
    assert api.ask("GET", "/v1/meetings/m4").status == 404


@sqlite_only
def test_of_others_an_agent_learns_that_they_are_not_available_and_no_more(api: Api) -> None:
    anna = two_meetings(api)
    api.ok("POST", "/v1/meetings/m1/reschedule", {"start": ROOM["start"], "reason": "ill"})
    mine = api.ok("GET", "/v1/meetings/m1/candidates", token=anna)
    assert "secret" not in str(mine)
    marks = {one["agent"]: one for one in mine["candidates"]}
    assert marks["ben"]["mark"] == "not available"
    assert [sorted(reason) for reason in marks["ben"]["reasons"]] == [["end", "kind", "start"]]
    whole = {one["agent"]: one for one in api.ok("GET", "/v1/meetings/m1/candidates")["candidates"]}
    assert whole["ben"]["reasons"][0]["title"] == "Ben's secret talk"
    assert marks["anna"] == whole["anna"]


@sqlite_only
def test_what_stood_in_anothers_way_stays_theirs(api: Api) -> None:
    anna = two_meetings(api)
    api.ok("POST", "/v1/meetings/m1/reschedule", {"start": ROOM["start"], "reason": "ill"})
    api.ok("POST", "/v1/meetings/m1/assign", {"to": "ben"})
    api.ok("POST", "/v1/meetings/m1/assign", {"to": "anna"})
    (override,) = api.ok("GET", "/v1/meetings/m1")["overrides"]
    assert override["reasons"][0]["title"] == "Ben's secret talk"
    for path in ("/v1/meetings/m1", "/v1/meetings/m1/changes", "/v1/meetings"):
        assert "secret" not in str(api.ok("GET", path, token=anna)), path


@sqlite_only
def test_an_agent_blocks_their_own_time_only(api: Api) -> None:
    anna = api.new_token("write", "anna")
    companys = api.ok("POST", "/v1/blocks", {"scope": "company", "title": "Strategy", **DAY})
    for scope in ("company", "group:advice", "agent:ben", "agent:annabel"):
        said = api.ask("POST", "/v1/blocks", {"scope": scope, **DAY}, token=anna)
        assert (said.status, said.problem) == (403, "not-permitted"), scope
    own = api.ok("POST", "/v1/blocks", {"scope": "agent:anna", **DAY}, token=anna)
    assert api.ok("GET", "/v1/blocks", token=anna)["items"] == [own]
    assert len(api.ok("GET", "/v1/blocks")["items"]) == 2
    assert api.ask("DELETE", f"/v1/blocks/{companys['id']}", token=anna).problem == "unknown"
    assert api.ok("DELETE", f"/v1/blocks/{own['id']}", token=anna) == own


@sqlite_only
def test_deliveries_and_drift_are_for_operators(api: Api) -> None:
    anna = api.new_token("write", "anna")
    for method, path in everything(api):
        if "/deliveries" in path or "/drift" in path:
            said = api.ask(method, path, token=anna)
            assert (said.status, said.problem) == (403, "not-permitted"), path


@sqlite_only
def test_whose_agent_is_gone_is_let_in_no_more(api: Api) -> None:
    anna = api.new_token("write", "anna")
    path = api.world.folder / "config.toml"
    text = path.read_text()
    start = text.index("[[agents]]")
    api.world.configure(text[:start] + text[text.index("[[agents]]", start + 1) :])
    assert api.ask("GET", "/v1/meetings", token=anna).problem == "token"


@sqlite_only
def test_a_secret_is_never_sent_back(api: Api) -> None:
    """Not in an answer, not in a header, whatever is asked."""
    for path in ("/v1/agents", f"/v1/agents/{api.token}x", "/nothing"):
        said = requests.get(api.url + path, headers={"Authorization": f"Bearer {api.token}"}, timeout=10)
        assert api.token not in str(said.headers)
        assert said.status_code in (200, 404)

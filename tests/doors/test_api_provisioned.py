"""Agents made over HTTP: by what a body says, beside those of the configuration, at work without a restart, and gone again.

Their secrets never come over HTTP: the account says where they are.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from apis import HTTP, Api, document_of
from desks import Desk, day
from stores import sqlite_only
from worlds import AGENT, AGENTS, ELEVEN, HEAD, TEN, World

from store.database import open_store
from syncd.actions.context import Context
from syncd.actions.provisioning import provision
from syncd.actions.sessions import known_by_proxy
from syncd.config import load
from syncd.errors import NotPermitted
from syncd.rules.availability import Mark

DORA = {
    "name": "Dora Dijk", "email": "dora@example.com", "timezone": "Europe/Lisbon", "groups": ["advice"],
    "calendars": [{"account": "shared", "login": "dora", "check": ["Work"], "write": "Work"}],
}  # fmt: skip
SHARED = """
[accounts.shared]
kind = "caldav"
url = "https://memory.example.com/"
password = { file = "secrets/{login}" }
"""
PROXY = 'person_header = "X-Remote-User"\nproxies = ["127.0.0.1"]\n'


@pytest.fixture
def api(world: World, tmp_path: Path) -> Iterator[Api]:
    """The interface for a platform that provisions; nobody knows dora yet, but the calendar server."""
    made = Api(world, None)  # type: ignore[arg-type]  # served below
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "dora").touch(0o600)
    (secrets / "dora").write_text("canary-of-dora\n")
    world.configure(HEAD + SHARED + HTTP + PROXY + "".join(AGENT.format(id=agent) for agent in AGENTS))
    made.restart()
    made.token = made.new_token("admin", name="platform")
    made.document = document_of(made)
    world.server.add_login("dora", "canary-of-dora")
    world.server.add_calendar("dora", "Work")
    yield made
    assert made.web.stop(10)


@sqlite_only
def test_one_is_made_and_at_work_without_a_restart(api: Api) -> None:
    world = api.world
    world.enter("dora", "busy", TEN, ELEVEN)
    said = api.ask("PUT", "/v1/agents/dora", DORA)
    assert said.status == 201
    assert said.body == {
        "id": "dora", **DORA, "aliases": [], "language": "en", "active": True, "provisioned_by": "platform",
    }  # fmt: skip
    assert api.ok("GET", "/v1/agents/dora") == said.body
    assert said.body in api.ok("GET", "/v1/agents")["items"]
    api.plan()
    assert world.candidates()["dora"].verdict.mark is Mark.UNKNOWN, "silence never reads as free"
    world.tick()
    assert world.candidates()["dora"].verdict.mark is Mark.NOT_AVAILABLE
    assert world.health("dora").state == "ok"


@sqlite_only
def test_who_has_asked_before_hears_of_them_too(api: Api) -> None:
    """Everybody is kept ready for the next question, in each process, and yet nobody is missed."""
    api.plan(group="advice")

    def names() -> set[str]:
        found = api.ok("GET", "/v1/meetings/m1/candidates")["candidates"]
        assert {one["agent"] for one in found} == set(api.world.candidates())
        return {one["name"] for one in found}

    before = names()
    api.ok("PUT", "/v1/agents/dora", DORA)
    assert names() == before | {"Dora Dijk"}
    api.ok("PUT", "/v1/agents/dora", {**DORA, "name": "Dora"})
    assert names() == before | {"Dora"}
    api.ok("PUT", "/v1/agents/dora", {**DORA, "groups": []})
    assert names() == before
    api.ok("PUT", "/v1/agents/dora", DORA)
    api.ok("DELETE", "/v1/agents/dora")
    assert names() == before


@sqlite_only
def test_their_meetings_stand_in_their_calendar(api: Api) -> None:
    api.ok("PUT", "/v1/agents/dora", DORA)
    api.world.sync()
    api.plan(agent="dora")
    api.world.deliver()
    (text,) = api.world.ours("dora")
    assert "TZID=Europe/Lisbon" in text, "in their own zone"
    api.ok("POST", "/v1/meetings/m1/assign", {"to": "ben"})
    api.world.deliver()
    assert (api.world.ours("dora"), len(api.world.ours("ben"))) == ([], 1)


@sqlite_only
def test_the_same_again_changes_nothing_and_another_body_does(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "syncd")
    assert api.ask("PUT", "/v1/agents/dora", DORA).status == 201
    api.world.sync()
    caplog.clear()
    again = api.ask("PUT", "/v1/agents/dora", DORA, token=api.new_token("admin", name="another"))
    assert (again.status, again.body["provisioned_by"]) == (200, "platform")
    assert "agent_provisioned" not in caplog.text
    assert api.world.health("dora").state == "ok", "nothing is read anew"
    moved = api.ask("PUT", "/v1/agents/dora", {**DORA, "calendars": [], "active": False})
    assert (moved.status, moved.body["calendars"], moved.body["active"]) == (200, [], False)
    assert "agent_provisioned agent=dora by=platform" in caplog.text
    assert "canary" not in caplog.text


@sqlite_only
def test_another_zone_has_everything_read_anew(api: Api) -> None:
    api.ok("PUT", "/v1/agents/dora", DORA)
    api.world.sync()
    api.ok("PUT", "/v1/agents/dora", {**DORA, "timezone": "Asia/Tokyo"})
    assert api.world.row("dora").relist_at is not None


@sqlite_only
def test_those_of_the_configuration_are_the_configurations(api: Api) -> None:
    before = api.ok("GET", "/v1/agents/anna")
    for method, body in (("PUT", DORA), ("DELETE", None)):
        refused = api.ask(method, "/v1/agents/anna", body)
        assert (refused.status, refused.problem) == (409, "refused")
        assert "in the configuration" in refused.body["detail"]
    assert api.ok("GET", "/v1/agents/anna") == before


@sqlite_only
def test_the_configuration_takes_over_whom_it_names(api: Api) -> None:
    api.ok("PUT", "/v1/agents/dora", DORA)
    api.world.sync()
    text = HEAD + SHARED + HTTP + "".join(AGENT.format(id=agent) for agent in (*AGENTS, "dora"))
    api.world.configure(text)
    assert api.ok("GET", "/v1/agents/dora")["provisioned_by"] is None
    assert api.web.stop(10)
    api.restart()
    assert api.ask("PUT", "/v1/agents/dora", DORA).status == 409


@sqlite_only
def test_following_the_configuration_leaves_them_be(api: Api) -> None:
    api.ok("PUT", "/v1/agents/dora", DORA)
    api.world.sync()
    api.world.configure((api.world.folder / "config.toml").read_text())
    assert api.ok("GET", "/v1/agents/dora")["calendars"] == DORA["calendars"]
    assert api.world.health("dora").state == "ok"


@sqlite_only
def test_gone_as_if_out_of_the_configuration(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "syncd")
    api.ok("PUT", "/v1/agents/dora", DORA)
    api.world.sync()
    api.plan(agent="dora")
    api.world.deliver()
    own = api.new_token("read", agent="dora")
    gone = api.ok("DELETE", "/v1/agents/dora")
    assert (gone["name"], gone["orphaned_meetings"]) == ("Dora Dijk", ["m1"])
    assert "agent_withdrawn agent=dora by=platform" in caplog.text
    assert "meeting_orphaned meeting=m1" in caplog.text
    assert api.ask("GET", "/v1/agents/dora").status == 404
    assert api.ask("DELETE", "/v1/agents/dora").status == 404
    assert api.ask("GET", "/v1/agents", token=own).status == 401, "their tokens let nobody in"
    assert [one.state for one in api.world.copies().values()] == ["abandoned"]
    assert api.ok("GET", "/v1/meetings/m1")["agent"] == "dora", "history stays"
    assert "dora" not in api.world.candidates()
    api.ok("POST", "/v1/meetings/m1/assign", {"to": "ben"})
    back = api.ask("PUT", "/v1/agents/dora", DORA)
    assert back.status == 201
    api.world.sync()
    assert api.world.health("dora").state == "ok"


@sqlite_only
def test_an_account_that_is_gone_leaves_them_unknown_not_free(api: Api) -> None:
    api.ok("PUT", "/v1/agents/dora", DORA)
    api.world.sync()
    api.plan()
    api.world.configure(HEAD + HTTP + "".join(AGENT.format(id=agent) for agent in AGENTS))
    api.world.tick(timedelta(minutes=20))
    health = api.world.health("dora")
    assert (health.state, "[accounts.shared]" in health.hint) == ("failing", True)
    assert api.world.candidates()["dora"].verdict.mark is Mark.UNKNOWN


WRONG: list[tuple[dict[str, object], str, str]] = [
    ({"timezone": "Europe/Amsterdm"}, "timezone", "zone"),
    ({"email": "dora@"}, "email", "address"),
    ({"language": "n"}, "language", "language tag"),
    ({"groups": ["advise"]}, "groups[0]", "did you mean 'advice'"),
    ({"calendars": [{"account": "shard", "login": "dora"}]}, "calendars[0].account", "did you mean 'shared'"),
    ({"calendars": [{"account": "memory", "login": "dora"}]}, "calendars[0].account", "does not say where"),
    ({"calendars": [{"account": "shared", "login": "../anna"}]}, "calendars[0].login", "secret's name"),
    ({"calendars": [{"account": "shared", "login": ".ssh"}]}, "calendars[0].login", "secret's name"),
    ({"calendars": [DORA["calendars"][0]] * 2}, "calendars[1]", "stands in calendars[0]"),
    ({"calendars": [{"account": "shared", "login": "dora", "check": ["A", "A"]}]}, "calendars[0].check[1]", "twice"),
    ({"calendars": [{"account": "shared", "login": "dora", "password": {"env": "HOME"}}]}, "calendars[0].password", "not permitted"),
    ({"policy": {"tentative": False}}, "policy", "not permitted"),
]  # fmt: skip


@sqlite_only
def test_what_is_wrong_is_named(api: Api) -> None:
    for more, path, said in WRONG:
        refused = api.ask("PUT", "/v1/agents/dora", {**DORA, **more})
        assert (refused.status, refused.paths) == (422, [path])
        assert said in refused.body["errors"][0]["message"]
    assert api.ask("GET", "/v1/agents/dora").status == 404


@sqlite_only
def test_it_takes_an_operators_token_of_scope_admin(api: Api) -> None:
    for token in (api.new_token("write"), api.new_token("write", agent="anna")):
        assert api.ask("PUT", "/v1/agents/dora", DORA, token=token).status == 403
        assert api.ask("DELETE", "/v1/agents/dora", token=token).status == 403
    assert api.ask("PUT", "/v1/agents/no%20id", DORA).paths == ["path.id"]


@sqlite_only
def test_they_are_known_by_their_addresses_too(api: Api) -> None:
    """At the page behind a proxy, and as guests: an invitation in a guest's own calendar is the meeting itself."""
    ctx: Context = api.world.ctx
    with pytest.raises(NotPermitted):
        known_by_proxy(ctx, "Dora@Example.com", "")
    api.ok("PUT", "/v1/agents/dora", {**DORA, "aliases": ["d.dijk@example.com"]})
    for name in ("dora", "DORA@example.com", "d.dijk@EXAMPLE.com"):
        assert known_by_proxy(ctx, name, "").caller.agent == "dora"
    api.ok("DELETE", "/v1/agents/dora")
    with pytest.raises(NotPermitted):
        known_by_proxy(ctx, "dora@example.com", "")


@sqlite_only
def test_times_are_theirs_where_nobody_names_a_zone(api: Api) -> None:
    api.ok("PUT", "/v1/agents/dora", DORA)
    block = {"scope": "agent:dora", "start": "2026-03-02T18:00:00Z", "end": "2026-03-03T06:00:00Z"}
    assert api.ok("POST", "/v1/blocks", block)["timezone"] == "Europe/Lisbon"


def test_commands_know_of_them_too(desk: Desk) -> None:
    desk.ok("migrate")
    desk.ok("sync")
    settings = load(desk.config)
    with Context(settings, open_store(settings.store.url)) as ctx:
        provision(
            ctx,
            "dora",
            {"name": "Dora Dijk", "email": "dora@example.com", "timezone": "Europe/Lisbon"},
            by="platform",
        )
    said = desk.ok("agents")
    assert ("dora" in said.out, "platform" in said.out, said.err) == (True, True, ""), (
        "and the store does not lag"
    )
    (dora,) = [one for one in desk.json("agents")["items"] if one["id"] == "dora"]
    assert (dora["provisioned_by"], dora["calendars"]) == ("platform", [])
    planned = desk.plan("m1", agent="dora")
    assert planned["start"].endswith("T10:00:00Z" if not summer() else "T09:00:00Z"), (
        "by the clocks of Lisbon"
    )
    desk.ok("sync")
    assert "dora" in desk.ok("agents").out, "following the configuration leaves them be"
    refused = desk.run("privacy", "erase", "dora")
    assert (refused.code, "DELETE /v1/agents/dora" in refused.err) == (1, True)


def summer() -> bool:
    """Do the clocks of Lisbon show summer time on the day of the meeting?"""
    return bool(datetime.combine(day(), time(10), ZoneInfo("Europe/Lisbon")).dst())

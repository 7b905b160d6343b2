"""Blocks, deliveries and drift over HTTP."""

from datetime import timedelta

import pytest
from apis import Api
from stores import sqlite_only

DAY = {"start": "2026-03-02T09:00:00Z", "end": "2026-03-02T17:00:00Z"}

# ---------------------------------------------------------------------------------------------------------------------
# Blocks


def test_a_block_hits_until_it_is_removed(api: Api) -> None:
    said = api.ask("POST", "/v1/blocks", {"scope": "group:advice", "title": "Training", **DAY})
    assert said.status == 201
    made = said.body
    assert (made["by"], made["timezone"], made["repeat"]) == ("platform", "Europe/Amsterdam", None)
    assert api.ok("GET", "/v1/blocks") == {"items": [made], "next": None}
    assert api.ok("GET", "/v1/agents/anna/explain", **DAY)["mark"] == "not available"
    assert api.ok("DELETE", f"/v1/blocks/{made['id']}") == made
    assert api.ok("GET", "/v1/agents/anna/explain", **DAY)["mark"] == "available"
    again = api.ask("DELETE", f"/v1/blocks/{made['id']}")
    assert (again.status, again.problem) == (404, "unknown")


@sqlite_only
def test_a_block_repeats_by_its_own_clocks(api: Api) -> None:
    more = {"repeat": "FREQ=WEEKLY;BYDAY=MO", "until": "2026-12-31T00:00:00Z", "timezone": "America/New_York"}
    made = api.ok("POST", "/v1/blocks", {"scope": "company", **DAY, **more})
    assert (made["repeat"], made["until"], made["timezone"]) == tuple(more.values())
    june = {"start": "2026-06-01T07:00:00Z", "end": "2026-06-01T09:30:00Z"}
    (slot,) = api.ok("GET", "/v1/agents/anna/busy", **june)["slots"]
    assert slot["start"] == "2026-06-01T08:00:00Z", "four in the morning in New York, in summer as in winter"


@sqlite_only
def test_what_can_not_be_blocked_is_told_where(api: Api) -> None:
    wrong = {
        "backwards": ({"end": "2026-03-02T08:00:00Z"}, ["end"]),
        "no rule": ({"repeat": "hourly"}, ["repeat"]),
        "a rule without end to its cost": ({"repeat": "FREQ=SECONDLY"}, ["repeat"]),
        "no zone": ({"timezone": "Mars/Base"}, ["timezone"]),
        "until for once": ({"until": "2026-04-01T00:00:00Z"}, ["until"]),
        "until before": ({"until": "2026-01-01T00:00:00Z", "repeat": "daily"}, ["until"]),
        "no scope": ({"scope": "everyone"}, ["scope"]),
        "no title": ({"title": "\t"}, ["title"]),
        "the end of time": ({"end": "9999-12-31T23:59:59Z"}, ["end"]),
    }
    for name, (more, paths) in wrong.items():
        said = api.ask("POST", "/v1/blocks", {"scope": "company", **DAY, **more})
        assert (said.status, said.paths) == (422, paths), (name, said)
    for scope in ("agent:dora", "group:none"):
        assert api.ask("POST", "/v1/blocks", {"scope": scope, **DAY}).problem == "unknown"
    assert api.ok("GET", "/v1/blocks")["items"] == []


@sqlite_only
def test_blocks_come_in_pages(api: Api) -> None:
    for hour in range(3):
        api.ok("POST", "/v1/blocks", {"scope": "company", **DAY, "title": f"B{hour}"})
    first = api.ok("GET", "/v1/blocks", limit=2)
    assert [one["title"] for one in first["items"]] == ["B0", "B1"]
    last = api.ok("GET", "/v1/blocks", limit=2, after=first["next"])
    assert ([one["title"] for one in last["items"]], last["next"]) == (["B2"], None)


@sqlite_only
def test_a_block_of_the_configuration_stays(api: Api) -> None:
    path = api.world.folder / "config.toml"
    block = '[[blocks]]\nscope = "company"\ntitle = "Night"\nstart = "2026-03-02T19:00"\nend = "2026-03-03T08:00"\n'
    api.web.stop(10)
    api.world.configure(path.read_text() + block)
    api.restart()
    (listed,) = api.ok("GET", "/v1/blocks")["items"]
    assert (listed["id"], listed["by"]) == ("config-0", None)
    said = api.ask("DELETE", "/v1/blocks/config-0")
    assert (said.status, said.problem) == (409, "refused")


# ---------------------------------------------------------------------------------------------------------------------
# Deliveries


def test_what_is_owed_is_listed_and_tried_again(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "syncd")
    for number in range(3):
        api.plan(f"m{number}")
    first = api.ok("GET", "/v1/deliveries", limit=2)
    assert [one["meeting"] for one in first["items"]] == ["m0", "m1"]
    last = api.ok("GET", "/v1/deliveries", limit=2, after=first["next"])
    assert ([one["meeting"] for one in last["items"]], last["next"]) == (["m2"], None)
    number = first["items"][0]["id"]
    assert api.ok("POST", f"/v1/deliveries/{number}/retry")["state"] == "pending"
    assert f"delivery_retried delivery={number} by=platform" in caplog.text
    api.world.deliver()
    assert api.ok("GET", "/v1/deliveries")["items"] == []
    assert len(api.ok("GET", "/v1/deliveries", state=["delivered", "failed"])["items"]) == 3
    said = api.ask("POST", f"/v1/deliveries/{number}/retry")
    assert (said.status, said.problem) == (409, "refused")


@sqlite_only
def test_a_number_that_is_none_and_one_that_nothing_has(api: Api) -> None:
    for path in ("deliveries/{}/retry", "drift/{}/accept", "drift/{}/restore"):
        for number in (77, 2**63 - 1):
            assert api.ask("POST", "/v1/" + path.format(number)).problem == "unknown"
        for number in ("x", 0, -1, 2**63, "1.5"):
            said = api.ask("POST", "/v1/" + path.format(number))
            assert (said.status, said.paths) == (422, ["path.id"])
    assert api.ask("GET", "/v1/deliveries", state="lost").paths == ["query.state[0]"]


# ---------------------------------------------------------------------------------------------------------------------
# Drift


def move(api: Api) -> int:
    """Anna moves our event by three hours; the number of the drift."""
    world = api.world
    href = next(copy.href for copy in world.copies().values() if copy.state == "present")
    text = (world.server.text(href) or "").replace("T120000", "T150000").replace("T110000", "T140000")
    world.server.store(world.work("anna"), href.rpartition("/")[2], text)
    world.tick(timedelta(minutes=2))
    (one,) = api.ok("GET", "/v1/drift")["items"]
    assert (one["what"], one["state"], one["theirs"]["start"]) == ("moved", "open", "2026-03-02T13:00:00Z")
    number: int = one["id"]
    return number


def test_a_move_is_taken_for_what_is_meant(api: Api) -> None:
    api.plan()
    api.world.deliver()
    number = move(api)
    assert api.ok("POST", f"/v1/drift/{number}/accept")["state"] == "accepted"
    assert api.ok("GET", "/v1/meetings/m1")["start"] == "2026-03-02T13:00:00Z"
    assert api.ok("GET", "/v1/meetings/m1/changes")["items"][-1]["by"] == "platform"
    said = api.ask("POST", f"/v1/drift/{number}/accept")
    assert said.status in (404, 409), "a delivery is at it, or has settled it"


def test_or_it_is_put_back(api: Api) -> None:
    api.plan()
    api.world.deliver()
    number = move(api)
    assert api.ok("POST", f"/v1/drift/{number}/restore")["state"] == "restored"
    said = api.ask("POST", f"/v1/drift/{number}/restore")
    assert (said.status, said.problem) == (409, "refused")
    api.world.deliver()
    assert "T110000" in api.world.ours("anna")[0]
    assert api.ok("GET", "/v1/meetings/m1")["version"] == 1

"""What the platform reads over HTTP: agents and their time, meetings page by page, candidates, the journal."""

from datetime import timedelta

from apis import PLAN, Api
from stores import counted, sqlite_only

from syncd.actions.suggest import candidates

DAY = {"start": "2026-03-02T00:00:00Z", "end": "2026-03-03T00:00:00+00:00"}


def pages(api: Api, path: str, **query: object) -> list[list[str]]:
    """The ids of each page, until the last."""
    found, cursor = [], None
    while not found or cursor is not None:
        page = api.ok("GET", path, **query, **({"after": cursor} if cursor else {}))
        found.append([one["id"] for one in page["items"]])
        cursor = page["next"]
    return found


def test_agents_come_by_name_and_in_pages(api: Api) -> None:
    assert pages(api, "/v1/agents") == [["anna", "ben", "cleo"]]
    assert pages(api, "/v1/agents", limit=2) == [["anna", "ben"], ["cleo"]]
    assert pages(api, "/v1/agents", limit=3) == [["anna", "ben", "cleo"]]
    anna = api.ok("GET", "/v1/agents/anna")
    assert (anna["id"], anna["email"], anna["timezone"]) == ("anna", "anna@example.com", "Europe/Amsterdam")
    assert api.ask("GET", "/v1/agents/dora").problem == "unknown"


def test_an_agents_time_and_why(api: Api) -> None:
    world = api.world
    api.plan(start="2026-03-02T14:00:00Z", end="2026-03-02T15:00:00Z")
    world.enter("anna", "dentist", world.now.replace(hour=10), world.now.replace(hour=11))
    world.sync()
    busy = api.ok("GET", "/v1/agents/anna/busy", **DAY)
    assert [(one["source"], one["start"], one["blocks"]) for one in busy["slots"]] == [
        ("calendar", "2026-03-02T10:00:00Z", True), ("meeting", "2026-03-02T14:00:00Z", True),
    ]  # fmt: skip
    assert "private" not in str(busy)
    span = {"start": "2026-03-02T11:30:00+01:00", "end": "2026-03-02T12:30:00+01:00"}
    why = api.ok("GET", "/v1/agents/anna/explain", **span)
    assert (why["mark"], why["next_free"]) == ("not available", "2026-03-02T11:00:00Z")
    assert [one["kind"] for one in why["reasons"]] == ["calendar"]
    for path in ("busy", "explain"):
        assert api.ask("GET", f"/v1/agents/dora/{path}", **DAY).problem == "unknown"


@sqlite_only
def test_an_interval_has_to_be_one(api: Api) -> None:
    wrong = {
        "nothing": ({}, ["query.start", "query.end"]),
        "no offset": ({**DAY, "start": "2026-03-02T00:00:00"}, ["query.start"]),
        "backwards": ({"start": DAY["end"], "end": DAY["start"]}, ["query"]),
        "empty": ({**DAY, "end": DAY["start"]}, ["query"]),
        "too long": ({**DAY, "end": "2027-03-04T00:00:00Z"}, ["query"]),
        "twice": ({**DAY, "start": [DAY["start"], "x"]}, ["query.start"]),
        "the end of time": ({**DAY, "end": "9999-12-31T23:59:59Z"}, ["query.end"]),
        "before it": ({**DAY, "start": "0001-01-01T00:00:00+14:00"}, ["query.start"]),
        "something else": ({**DAY, "until": "x"}, ["query.until"]),
    }
    for path in ("busy", "explain"):
        for name, (query, paths) in wrong.items():
            said = api.ask("GET", f"/v1/agents/anna/{path}", **query)
            assert (said.status, said.problem, said.paths) == (422, "invalid", paths), name


def test_meetings_are_found_by_time_status_and_agent(api: Api) -> None:
    for number, (agent, hour) in enumerate([("anna", 10), ("ben", 12), ("anna", 14), ("anna", 16)], 1):
        times = {"start": f"2026-03-02T{hour}:00:00Z", "end": f"2026-03-02T{hour + 1}:00:00Z"}
        api.plan(f"m{number}", agent=agent, **times)
    api.ok("POST", "/v1/meetings/m3/cancel", {"reason": "ill"})
    assert pages(api, "/v1/meetings") == [["m1", "m2", "m3", "m4"]]
    assert pages(api, "/v1/meetings", limit=3) == [["m1", "m2", "m3"], ["m4"]]
    assert pages(api, "/v1/meetings", agent="anna", limit=1) == [["m1"], ["m3"], ["m4"]]
    assert pages(api, "/v1/meetings", status="cancelled") == [["m3"]]
    assert pages(api, "/v1/meetings", status=["cancelled", "scheduled"], agent="anna") == [["m1", "m3", "m4"]]
    assert pages(api, "/v1/meetings", from_="2026-03-02T13:00:00Z", to="2026-03-02T15:00:00+00:00") == [
        ["m3"]
    ]
    (first, *_) = api.ok("GET", "/v1/meetings")["items"]
    assert first == api.ok("GET", "/v1/meetings/m1"), "a list shows the same as one alone"
    assert first["deliveries"]


@sqlite_only
def test_a_page_nobody_was_given_a_cursor_for_is_refused(api: Api) -> None:
    api.plan()
    api.ok("POST", "/v1/blocks", {"scope": "company", **DAY})
    for path in ("agents", "meetings", "blocks", "deliveries", "drift"):
        for cursor in ("x", "|", "x|m1", "9" * 30 + "|m1", "-1|", "9" * 5000, ""):
            said = api.ask("GET", f"/v1/{path}", after=cursor)
            assert said.status == 422 or (path, cursor) == ("meetings", "-1|"), (path, cursor, said)
            assert said.status == 200 or said.paths == ["query.after"]
        for limit in ("0", "1001", "x", "-1", "1.5"):
            assert api.ask("GET", f"/v1/{path}", limit=limit).paths == ["query.limit"]


@sqlite_only
def test_what_a_query_does_not_have_is_refused_everywhere(api: Api) -> None:
    """A token in an address would stand in the logs of every proxy on the way."""
    api.plan()
    reaching = api.new_token("admin")
    for path, item in api.document["paths"].items():
        for method in item:
            where = path.replace("{id}", "1")
            said = api.ask(method.upper(), where, {}, access_token="x", token=reaching)
            assert said.status == 422, (method, path)
            assert "query.access_token" in said.paths, (method, path)


def test_candidates_are_ranked_and_say_why(api: Api) -> None:
    world = api.world
    world.enter("ben", "dentist", world.now.replace(hour=10), world.now.replace(hour=11))
    world.sync()
    api.plan()
    api.ok("POST", "/v1/blocks", {"scope": "agent:cleo", "title": "Training", **DAY})
    found = api.ok("GET", "/v1/meetings/m1/candidates")
    assert [(one["agent"], one["mark"], one["assigned"]) for one in found["candidates"]] == [
        ("anna", "available", True), ("ben", "not available", False), ("cleo", "not available", False),
    ]  # fmt: skip
    assert found["candidates"][2]["reasons"][0]["title"] == "Training"
    assert found["candidates"][0]["load"] == {"day": 1, "week": 1}
    assert found["total"] == 3
    few = api.ok("GET", "/v1/meetings/m1/candidates", limit=1)
    assert (few["total"], few["candidates"]) == (3, found["candidates"][:1])
    assert api.ask("GET", "/v1/meetings/nothing/candidates").problem == "unknown"
    for limit in (0, 201):
        assert api.ask("GET", "/v1/meetings/m1/candidates", limit=limit).paths == ["query.limit"]


@sqlite_only
def test_the_journal_keeps_what_was_asked(api: Api) -> None:
    api.plan()
    api.plan()
    api.ok("PUT", "/v1/meetings/m1", PLAN, headers={"Idempotency-Key": "again"})
    first, unchanged = api.ok("GET", "/v1/meetings/m1/changes")["items"]
    assert (first["kind"], first["body"]["title"]) == ("plan", "Mortgage talk")
    assert unchanged["detail"] == {"unchanged": True}, (
        "a plan with a key is remembered, also if it changed nothing"
    )
    assert api.ask("GET", "/v1/meetings/nothing/changes").problem == "unknown"
    later = api.world.now + timedelta(hours=1)
    assert first["at"] < later.isoformat()


@sqlite_only
def test_what_is_asked_about_a_meeting_does_not_read_its_story(api: Api) -> None:
    api.plan()
    api.ok("GET", "/v1/meetings/m1/candidates")
    with counted(api.world.store) as by_itself:
        candidates(api.world.ctx, "m1")
    with counted(api.world.store) as over_http:
        api.ok("GET", "/v1/meetings/m1/candidates")
    assert len(over_http) - len(by_itself) == 2, "a look at the token, in a transaction of its own"
    agents = api.new_token("read", agent="anna")
    api.ok("GET", "/v1/meetings/m1/candidates", token=agents)
    with counted(api.world.store) as over_http:
        api.ok("GET", "/v1/meetings/m1/candidates", token=agents)
    beside = len(over_http) - len(by_itself)
    assert beside <= 6, "likewise with whether the agent is there, and a look at whose meeting it is"

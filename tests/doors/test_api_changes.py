"""A meeting's life over HTTP: planned, changed, told; once however often it is sent, and never over somebody faster."""

from apis import PLAN, Api
from stores import sqlite_only

LATER = {"start": "2026-03-02T13:00:00Z", "reason": "ill"}


def test_the_whole_life_of_a_meeting(api: Api) -> None:
    """Each change is a version further, and stands in the journal with the token's name."""
    planned = api.ask("PUT", "/v1/meetings/m1", PLAN)
    assert (planned.status, planned.headers["ETag"], planned.body["version"]) == (201, '"1"', 1)
    assert planned.body["start"] == "2026-03-02T10:00:00Z"
    assert [one["kind"] for one in planned.body["deliveries"]] == ["put"]
    eva = {"name": "Eva", "email": "eva@example.org", "language": "nl", "timezone": "Europe/Amsterdam"}
    invited = api.ok("POST", "/v1/meetings/m1/guests", eva)
    assert invited["guests"][1] == eva
    moved = api.ok("POST", "/v1/meetings/m1/reschedule", LATER)
    assert (moved["start"], moved["end"], moved["reason"]) == (
        "2026-03-02T13:00:00Z",
        "2026-03-02T14:00:00Z",
        "ill",
    )
    assert api.ok("POST", "/v1/meetings/m1/assign", {"to": "ben"})["agent"] == "ben"
    assert api.ok("POST", "/v1/meetings/m1/status", {"status": "live"})["status"] == "live"
    assert (
        api.ok("POST", "/v1/meetings/m1/cancel", {"reason": "rain", "by": "guest"})["cancelled_by"] == "guest"
    )
    assert api.ask("GET", "/v1/meetings/m1").headers["ETag"] == '"6"'
    journal = api.ok("GET", "/v1/meetings/m1/changes")["items"]
    kinds = ["plan", "invite", "reschedule", "assign", "status", "cancel"]
    assert [(one["kind"], one["version"], one["by"]) for one in journal] == [
        (kind, number, "platform") for number, kind in enumerate(kinds, 1)
    ]
    api.world.deliver()
    assert api.world.ours("anna") == api.world.ours("ben") == []


def test_the_same_plan_again_changes_nothing_and_another_is_refused(api: Api) -> None:
    api.plan()
    again = api.ask("PUT", "/v1/meetings/m1", {**PLAN, "start": "2026-03-02T10:00:00Z"})
    assert (again.status, again.body["version"]) == (200, 1)
    other = api.ask("PUT", "/v1/meetings/m1", {**PLAN, "title": "Something else"})
    assert (other.status, other.problem) == (409, "refused")
    assert "title" in other.body["detail"]


def test_a_change_with_a_key_happens_once(api: Api) -> None:
    api.plan()
    key = {"Idempotency-Key": "k-1"}
    first = api.ok("POST", "/v1/meetings/m1/reschedule", LATER, headers=key)
    api.ok("POST", "/v1/meetings/m1/reschedule", {**LATER, "start": "2026-03-02T15:00:00Z"})
    again = api.ok("POST", "/v1/meetings/m1/reschedule", {**LATER, "end": None}, headers=key)
    assert (first["version"], again["version"], again["start"]) == (2, 3, "2026-03-02T15:00:00Z")
    other = api.ask("POST", "/v1/meetings/m1/reschedule", {**LATER, "reason": "late"}, headers=key)
    assert (other.status, other.problem) == (409, "key-used")
    assert api.ask("POST", "/v1/meetings/m1/cancel", {"reason": "ill"}, headers=key).problem == "key-used"


SEEN = {
    '"1"': 200, "*": 200, '"2"': 412, 'W/"1"': 412, "1": 412, '"x"': 412, '""': 412, '"9999999999"': 412,
}  # fmt: skip


@sqlite_only
def test_a_change_of_what_was_seen(api: Api) -> None:
    for number, (seen, status) in enumerate(SEEN.items()):
        api.plan(f"m{number}")
        said = api.ask("POST", f"/v1/meetings/m{number}/reschedule", LATER, headers={"If-Match": seen})
        assert said.status == status, seen
        assert status == 200 or said.problem == "version"
        assert api.ok("GET", f"/v1/meetings/m{number}")["version"] == (2 if status == 200 else 1)


@sqlite_only
def test_a_plan_that_names_a_version_is_no_new_one(api: Api) -> None:
    assert api.ask("PUT", "/v1/meetings/m1", PLAN, headers={"If-Match": '"1"'}).status == 412
    assert api.ask("GET", "/v1/meetings/m1").status == 404
    api.plan()
    assert api.ask("PUT", "/v1/meetings/m1", PLAN, headers={"If-Match": '"1"'}).status == 200


def test_a_dry_run_says_what_would_follow_and_does_nothing(api: Api) -> None:
    said = api.ok("PUT", "/v1/meetings/m1", PLAN, dry_run="true")
    assert [(one["do"], one["agent"]) for one in said["writes"]] == [("put", "anna")]
    assert api.ask("GET", "/v1/meetings/m1").status == 404
    api.plan()
    api.world.deliver()
    commits = api.world.store.commits
    said = api.ok("POST", "/v1/meetings/m1/assign", {"to": "ben"}, dry_run="true")
    assert [(one["do"], one["agent"]) for one in said["writes"]] == [("put", "ben"), ("remove", "anna")]
    assert said["meeting"]["agent"] == "ben"
    assert api.world.store.commits == commits
    assert api.ok("GET", "/v1/meetings/m1")["agent"] == "anna"


def test_who_is_chosen_though_not_available_is_recorded_with_the_tokens_name(api: Api) -> None:
    world = api.world
    world.enter("ben", "dentist", world.now.replace(hour=10), world.now.replace(hour=11))
    world.sync()
    api.plan()
    (override,) = api.ok("POST", "/v1/meetings/m1/assign", {"to": "ben"})["overrides"]
    assert (override["agent"], override["by"]) == ("ben", "platform")
    assert [one["kind"] for one in override["reasons"]] == ["calendar"]


@sqlite_only
def test_a_misspelt_address_is_replaced(api: Api) -> None:
    api.plan()
    said = api.ok(
        "POST", "/v1/meetings/m1/guests", {"email": "gerda@example.com", "replace": "gerda@example.org"}
    )
    assert [(one["name"], one["email"]) for one in said["guests"]] == [("Gerda Guest", "gerda@example.com")]
    nobody = api.ask(
        "POST", "/v1/meetings/m1/guests", {"email": "x@example.com", "replace": "nobody@example.org"}
    )
    assert (nobody.status, nobody.problem) == (409, "refused")


# ---------------------------------------------------------------------------------------------------------------------
# Refusals


EVERY_CHANGE = {
    "reschedule": LATER, "cancel": {"reason": "ill"}, "assign": {"to": "ben"}, "guests": {"email": "a@example.org"},
    "status": {"status": "live"},
}  # fmt: skip


@sqlite_only
def test_a_meeting_nobody_planned_can_not_be_changed(api: Api) -> None:
    for path, body in EVERY_CHANGE.items():
        said = api.ask("POST", f"/v1/meetings/nothing/{path}", body)
        assert (said.status, said.problem) == (404, "unknown"), path
        assert api.ask("POST", f"/v1/meetings/nothing/{path}", body, dry_run=True).status == 404


@sqlite_only
def test_what_a_rule_forbids_is_a_conflict(api: Api) -> None:
    api.plan()
    api.ok("POST", "/v1/meetings/m1/status", {"status": "live"})
    for path, body in (
        ("assign", {"to": "ben"}),
        ("reschedule", LATER),
        ("guests", {"email": "a@example.org"}),
    ):
        said = api.ask("POST", f"/v1/meetings/m1/{path}", body)
        assert (said.status, said.problem) == (409, "refused"), said
        assert "live" in said.body["detail"]


@sqlite_only
def test_agents_and_groups_nobody_knows_are_unknown(api: Api) -> None:
    api.plan()
    assert api.ask("POST", "/v1/meetings/m1/assign", {"to": "dora"}).problem == "unknown"
    assert api.ask("PUT", "/v1/meetings/m2", {**PLAN, "agent": "dora"}).problem == "unknown"
    assert api.ask("PUT", "/v1/meetings/m2", {**PLAN, "group": "none"}).problem == "unknown"


WRONG = {
    "no time": ({"start": "soon"}, ["start"]),
    "no offset": ({"start": "2026-03-02T10:00:00"}, ["start"]),
    "a date": ({"start": "2026-03-02"}, ["start"]),
    "no such day": ({"start": "2026-02-30T10:00:00Z"}, ["start"]),
    "a slip": ({"end": "3026-03-02T10:00:00Z"}, ["end"]),
    "a number": ({"end": 1772445600}, ["end"]),
    "backwards": ({"end": "2026-03-02T09:00:00Z"}, ["end"]),
    "too long": ({"end": "2026-03-04T09:00:00Z"}, ["end"]),
    "no title": ({"title": ""}, ["title"]),
    "a title of nothing": ({"title": " \u202e\t"}, ["title"]),
    "a long title": ({"title": "x" * 251}, ["title"]),
    "a title that is none": ({"title": 7}, ["title"]),
    "no agent": ({"agent": None}, ["agent"]),
    "a guest without address": ({"guests": [{"name": "Eva"}]}, ["guests[0].email"]),
    "an address that is none": ({"guests": [{"email": "a@b.example"}, {"email": "eva"}]}, ["guests[1].email"]),
    "a long name": ({"guests": [{"email": "a@b.example", "name": "x" * 121}]}, ["guests[0].name"]),
    "one guest": ({"guests": {"email": "a@b.example"}}, ["guests"]),
    "too many guests": ({"guests": [{"email": f"g{n}@b.example"} for n in range(101)]}, ["guests"]),
    "something else": ({"organiser": "x"}, ["organiser"]),
    "half a character": ({"title": "\ud800"}, ["title"]),
    "a long link": ({"link": "x" * 2001}, ["link"]),
}  # fmt: skip


@sqlite_only
def test_a_body_that_is_wrong_is_told_where(api: Api) -> None:
    for name, (more, paths) in WRONG.items():
        said = api.ask("PUT", "/v1/meetings/m1", {**PLAN, **more})
        assert (said.status, said.problem, said.paths) == (422, "invalid", paths), name
        assert "gerda" not in str(said.body)
    assert api.ask("GET", "/v1/meetings/m1").status == 404


WRONG_CHANGES = [
    ("reschedule", {"start": "2026-03-02T13:00:00Z"}, ["reason"]),
    ("reschedule", {**LATER, "reason": " "}, ["reason"]),
    ("reschedule", {**LATER, "end": "2026-03-02T12:00:00Z"}, ["end"]),
    ("cancel", {"reason": "ill", "by": "weather"}, ["by"]),
    ("status", {"status": "cancelled"}, ["status"]),
    ("assign", {}, ["to"]),
    ("guests", {"email": "eva at example.org"}, ["email"]),
]


@sqlite_only
def test_so_it_is_of_every_change(api: Api) -> None:
    api.plan()
    for path, body, paths in WRONG_CHANGES:
        said = api.ask("POST", f"/v1/meetings/m1/{path}", body)
        assert (said.status, said.paths) == (422, paths), body


def test_an_id_that_is_none_is_refused(api: Api) -> None:
    for name in ("%20x", "x" * 201, "a%0Ab", "a%00"):
        said = api.ask("PUT", f"/v1/meetings/{name}", PLAN)
        assert (said.status, said.paths) == (422, ["id"])
        assert api.ask("GET", f"/v1/meetings/{name}").status == 404


@sqlite_only
def test_a_key_has_to_be_one(api: Api) -> None:
    api.plan()
    for key in ("with space", "x" * 201, "ü"):
        said = api.ask("POST", "/v1/meetings/m1/cancel", {"reason": "x"}, headers={"Idempotency-Key": key})
        assert (said.status, said.paths) == (422, ["header.Idempotency-Key"])

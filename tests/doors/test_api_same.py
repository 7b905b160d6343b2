"""The bodies over HTTP are what the command line prints, field by field, for the same configuration and store."""

from collections.abc import Iterator

import pytest
import requests
from desks import Desk, day

from store.database import open_store
from syncd.actions.context import Context
from syncd.config import load
from syncd.web.app import serve

SPAN = {"start": f"{day()}T00:00:00Z", "end": f"{day()}T23:00:00Z"}


@pytest.fixture
def both(desk: Desk) -> Iterator[tuple[Desk, requests.Session, str]]:
    """A desk with two meetings and a block, and the server over the same store."""
    desk.ok("migrate")
    desk.ok("sync")
    desk.plan("m1", "--guest", "Eva Jansen <eva@example.org>", hour=10)
    desk.plan("m2", agent="bert", hour=11)
    desk.ok("block", "add", "--scope", "agent:bert", "--start", f"{day()}T08:00", "--end", f"{day()}T18:00")
    desk.ok("meeting", "assign", "m1", "--to", "bert")
    asking = requests.Session()
    asking.headers["Authorization"] = "Bearer " + desk.json("token", "create", "--scope", "write")["token"]
    settings = load(desk.config)
    with Context(settings, open_store(settings.store.url)) as ctx:
        web = serve(ctx)
        yield desk, asking, f"http://{web.address}/v1"
        assert web.stop(10)


SAME = {
    "agents": "agents",
    "agents/anna/busy": f"busy anna --from {SPAN['start']} --to {SPAN['end']}",
    "agents/bert/explain": f"explain bert {SPAN['start']} {SPAN['end']}",
    "meetings": "meeting list",
    "meetings/m2/candidates": "candidates m2",
    "blocks": "block list",
    "deliveries": "deliveries list",
    "drift": "drift list",
}


def test_what_is_read_is_the_same(both: tuple[Desk, requests.Session, str]) -> None:
    desk, asking, url = both
    for path, command in SAME.items():
        query = SPAN if path.startswith("agents/") else {}
        said = asking.get(f"{url}/{path}", params=query, timeout=30).json()
        printed = desk.json(*command.split())
        said.pop("as_of", None), printed.pop("as_of", None)
        assert said == printed, path
    story = desk.json("meeting", "show", "m1")
    assert asking.get(f"{url}/meetings/m1/changes", timeout=30).json() == {
        "items": story.pop("changes"),
        "next": None,
    }
    assert asking.get(f"{url}/meetings/m1", timeout=30).json() == story


def test_a_change_and_its_dry_run_are_the_same(both: tuple[Desk, requests.Session, str]) -> None:
    desk, asking, url = both
    body, words = {"to": "anna"}, ("meeting", "assign", "m1", "--to", "anna")
    said = asking.post(f"{url}/meetings/m1/assign", json=body, params={"dry_run": "true"}, timeout=30).json()
    assert said == desk.json(*words, "--dry-run")
    said = asking.post(f"{url}/meetings/m1/assign", json=body, timeout=30).json()
    assert said == desk.json(*words), "the second one changes nothing, and shows the same"


def test_a_refusal_is_the_same(both: tuple[Desk, requests.Session, str]) -> None:
    desk, asking, url = both
    for path, body, words in (
        ("nothing/assign", {"to": "anna"}, ("assign", "nothing", "--to", "anna")),
        ("m1/cancel", {"reason": "x" * 1001}, ("cancel", "m1", "--reason", "x" * 1001)),
        ("m1/assign", {"to": "cleo"}, ("assign", "m1", "--to", "cleo")),
    ):
        said = asking.post(f"{url}/meetings/{path}", json=body, timeout=30).json()
        printed = desk.run("meeting", *words, "--json").problem
        if path != "m1/cancel":  # over HTTP the body's own limit is told, before any rule is asked
            for problem in (said, printed):
                problem.pop("hint", None)
            assert said == printed, path
        assert (said["type"], said["status"]) == (printed["type"], printed["status"])

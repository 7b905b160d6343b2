"""docs/http.md is true: every operation with its parameters and body stands in it, every problem, and no other."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import FastAPI

from syncd.config import Config
from syncd.problems import FAILED, KINDS
from syncd.web import api, limits, server
from syncd.web.api.description import by_name, document
from syncd.web.problems import ONLY_HERE

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "http.md").read_text(encoding="utf-8")
NESTED = {
    "guests": {"name", "email", "language", "timezone"},
    "calendars": {"account", "login", "check", "write"},
}
"""Fields of a body that are named with it."""


@pytest.fixture(scope="module")
def described():
    """The OpenAPI document."""
    app = FastAPI(title="syncd", version="1", generate_unique_id_function=by_name)
    app.state.ctx = SimpleNamespace(config=Config())
    app.include_router(api.routes())
    return document(app)


def section(title):
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def asked_for(described, operation):
    """The query's parameters and the body's fields, as the document has them."""
    query = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    fields = set()
    if body:
        fields = set(described["components"]["schemas"][body["$ref"].rpartition("/")[2]]["properties"])
    return query | fields | {name for field in fields for name in NESTED.get(field, ())}


def test_every_request_is_documented_with_all_it_takes_and_no_other(described):
    rows = re.findall(r"^\| `([A-Z]+) (/v1/\S+)` \|(.*?)\|.+\|$", section("Every request"), re.MULTILINE)
    told = {(method, path): takes for method, path, takes in rows}
    real = {
        (method.upper(), path): operation
        for path, item in described["paths"].items()
        for method, operation in item.items()
    }
    assert told.keys() == real.keys()
    for one, operation in real.items():
        values = re.sub(r"\((?!each )[^)]*\)", "", told[one])
        named = set(re.findall(r"`(\w+)`", values))
        assert named == asked_for(described, operation), one


def test_every_problem_is_documented_with_its_status_and_no_other():
    text = section("Problems")
    told = {
        (name, int(status)) for name, status in re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", text, re.MULTILINE)
    }
    elsewhere = set(re.findall(r"`([a-z-]+)`", text.split("on the command line only:")[1]))
    kinds = {(kind.name, kind.status.value) for kind in (*ONLY_HERE, FAILED, *(one for _, one in KINDS))}
    assert told == {(name, status) for name, status in kinds if name not in elsewhere}
    assert elsewhere <= {name for name, _ in kinds}


def test_the_limits_are_those_of_the_code():
    text = section("Times, lists and limits")
    assert f"at most {limits.LARGEST_BODY // 1024} KiB, within {limits.SECONDS_TO_READ} s" in text
    assert f"within {limits.SECONDS_TO_ANSWER} s" in text
    assert f"{server.MOST_AT_ONCE} requests" in text


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does(described):
    operations = [one for item in described["paths"].values() for one in item.values()]
    names = [one["operationId"] for one in operations]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z]+(_[a-z]+)+", name) for name in names)
    assert all(one["description"] and one["security"] == [{"token": []}] for one in operations)
    answers = [one["responses"] for one in operations]
    assert all({"401", "403", "422", "503"} <= set(one) for one in answers)
    for answer in answers:
        for status, told in answer.items():
            kind = "application/json" if status < "300" else "application/problem+json"
            assert list(told["content"]) == [kind]


def test_every_metric_is_documented_and_no_other():
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `(syncd_\w+)` \|", operations, re.MULTILINE))
    source = "".join(
        (ROOT / "syncd" / "web" / name).read_text(encoding="utf-8") for name in ("counting.py", "figures.py")
    )
    counters = set(re.findall(r'(?:_counter|CounterMetricFamily)\(\s*"(syncd_\w+)"', source))
    others = set(re.findall(r'"(syncd_\w+)"', source)) - counters
    assert told == others | {f"{name}_total" for name in counters}

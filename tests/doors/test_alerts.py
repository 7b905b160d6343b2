"""The alert rules that come with syncd ask for nothing that /metrics does not answer: each metric, label and value in them is real."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from apis import Api
from prometheus_client.parser import text_string_to_metric_families
from stores import sqlite_only

ROOT = Path(__file__).parents[2]
FILE = ROOT / "packaging" / "prometheus" / "syncd.rules.yml"
RULES: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))["groups"][0]["rules"]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")

SELECTOR = re.compile(r"\b(syncd_\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)(=~|=)"([^"]*)"')


def asked(rule: dict[str, Any]) -> Iterator[tuple[str, list[tuple[str, list[str]]]]]:
    """Each metric a rule names, with the labels and the values that it wants of them."""
    for name, matchers in SELECTOR.findall(rule["expr"]):
        yield name, [(label, value.split("|")) for label, _, value in MATCHER.findall(matchers)]


def documented(metric: str) -> str:
    """The row of the metric in docs/operations.md."""
    plain = re.sub(r"_bucket$", "", metric)
    return next(line for line in OPERATIONS.splitlines() if line.startswith(f"| `{plain}` |"))


@sqlite_only
def test_every_metric_and_label_is_there(counted: Api) -> None:
    world = counted.world
    counted.plan()
    world.sync()
    world.deliver()
    counted.ok("GET", "/v1/meetings/m1/candidates")
    bearer = {"Authorization": f"Bearer {counted.token}"}
    told = requests.get(f"{counted.url}/metrics", headers=bearer, timeout=30).text
    samples: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(told):
        labels = {label for one in family.samples for label in one.labels}
        samples |= {one.name: labels for one in family.samples} or {
            family.name: labels,
            f"{family.name}_total": labels,
        }
    unseen = {
        "syncd_webhook_subscriptions": {"state"},
        "syncd_mail_total": {"result"},
        "syncd_token_expiry_timestamp_seconds": set(),
        "syncd_webhook_total": {"result"},
    }
    for rule in RULES:
        for name, matchers in asked(rule):
            labels = samples.get(name) or unseen.get(name, set())
            assert name in samples or name in unseen, (rule["alert"], name)
            assert {label for label, _ in matchers} <= labels, (rule["alert"], name)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_value_is_one_that_comes_and_whoever_is_woken_is_told_what_to_do(rule: dict[str, Any]) -> None:
    found = list(asked(rule))
    assert found or rule["expr"].startswith('up{job="syncd"}')
    for name, matchers in found:
        row = documented(name)
        for label, values in matchers:
            assert f"`{label}`" in row, (name, label)
            told = row + (OPERATIONS if label == "state" and name == "syncd_calendars" else "")
            assert [
                one for one in values if not re.search(rf"`{one}`|\b{one}\b", told) and label != "code"
            ] == [], name
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["description"].endswith(".")


def test_what_is_worth_an_alert_by_the_documentation_has_one() -> None:
    worth = re.findall(r"^\| `(syncd_\w+)` \|.*\| (\S[^|]*?) \|$", OPERATIONS, re.MULTILINE)
    asked_for = {re.sub(r"_bucket$", "", name) for rule in RULES for name, _ in asked(rule)}
    wanted = {name for name, when in worth if when != "by the size of the disk"}
    assert {"syncd_calendars", "syncd_deliveries_failed"} <= wanted
    assert wanted - asked_for == set()


def test_no_two_are_called_alike() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"Syncd[A-Z]\w+", name) for name in names)

"""The referee sees every exchange of the connector with the fake Graph, whatever the test: a plugin for all of them.

What a fake recorded is judged when the test (or the module, where a fake serves one) has taken it down. Errors in what our
connector said fail the test always; errors in what the fake said do where no knob was turned and no fault struck. The
referee is others' and found through SYNCD_CONFORMANCE; without it nothing is judged.
"""

import importlib.util
import json
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from mishaps import AGAIN

from syncd.demo.graph.serving import RECORD

CONFORMANCE = os.environ.get("SYNCD_CONFORMANCE", "")
OURS = "syncd"
"""The connector's User-Agent; exchanges of a test's plain client are part of the story, and not judged."""


def pytest_configure(config: pytest.Config) -> None:
    if CONFORMANCE:
        folder = tempfile.mkdtemp(prefix="syncd-record-")
        os.environ[RECORD] = folder
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Generator[None]:
    yield
    findings = [found for record in records() for found in judged(record)]
    if findings:
        pytest.fail("the referee finds:\n" + "\n".join(findings[:20]), pytrace=False)


def records() -> Iterator[list[dict[str, Any]]]:
    """What fakes left behind since the last look, each as its exchanges in order."""
    if not CONFORMANCE:
        return
    for path in sorted(Path(os.environ[RECORD]).glob("*.jsonl")):
        exchanges = [json.loads(line) for line in path.read_text().splitlines()]
        path.unlink()
        if any(is_ours(one) for one in exchanges):
            yield exchanges


def judged(exchanges: list[dict[str, Any]]) -> Iterator[str]:
    """The errors that count. The referee sees all of a record, for some rules reach over several exchanges."""
    module, description = referee()
    judge = module.Referee(description)
    for exchange in exchanges:
        if not isinstance(exchange.get("status"), int) or exchange.get("kind") == "notification":
            continue
        known = len(judge.out)
        judge.exchange(exchange)
        if is_ours(exchange):
            yield from (told(one, exchange) for one in judge.out[known:] if counts(one, exchange))


def counts(finding: dict[str, Any], exchange: dict[str, Any]) -> bool:
    """Is it an error of ours, or one of the fake's that is not there on purpose?"""
    knobs = exchange.get("knobs") or {}
    if exchange["url"].endswith(AGAIN):
        return False  # where the fault's redirect led, not what the connector would ask for
    if finding["rule"] == "sub-https" and "plain_http" in knobs:
        return False  # the demo's fake takes an address of this machine without TLS, where nothing leaves it
    return finding["sev"] == "ERROR" and (not knobs or str(finding["where"]).startswith("request"))


def told(finding: dict[str, Any], exchange: dict[str, Any]) -> str:
    asked = f"{exchange['method']} {exchange['url']} -> {exchange['status']}"
    return f"{finding['rule']} {finding['where']}: {finding['msg']} [{asked}]"


def is_ours(exchange: dict[str, Any]) -> bool:
    headers = {name.lower(): value for name, value in (exchange.get("request_headers") or {}).items()}
    return headers.get("user-agent") == OURS


@lru_cache(maxsize=1)
def referee() -> tuple[Any, dict[str, Any]]:
    """The referee's module, and Microsoft's description that it judges by."""
    folder = Path(CONFORMANCE, "graph")
    found = importlib.util.spec_from_file_location("graph_validate", folder / "graph_validate.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module, json.loads((folder / "graph-openapi-calendar.json").read_text())

"""Schemathesis explores the OpenAPI document on the running server, alone and in chains: no 5xx, and nothing it does not say.

All its checks: what is documented is what comes (status, media type, headers, shape), what the document forbids is refused,
nothing is to be had without a token, what was deleted is gone.
"""

import json
import logging
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from apis import Api

SETTINGS = """
hooks = "explorer"
continue-on-failure = true
[generation]
deterministic = true
database = "none"
max-examples = 30
[checks.positive_data_acceptance]
# What a value means no schema says: that an end comes after a start, that a cursor was given out.
expected-statuses = ["2xx", "401", "403", "404", "409", "412", "422"]
[checks.negative_data_rejection]
# A version that was not seen is told before a value that makes no sense.
expected-statuses = ["401", "403", "404", "405", "409", "412", "422"]
"""
REACHED = (
    "change=plan", "change=invite", "change=reschedule", "change=assign", "change=cancel", "change=status", "block_added",
    "block_removed", "delivery_retried", "drift_",
)  # fmt: skip
"""What stands in the log when it got far enough for its checks to mean something."""


@pytest.mark.long
def test_nothing_it_finds_out_is_other_than_documented(
    api: Api, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "syncd")
    furnish(api)
    caplog.clear()
    told = explored(api, tmp_path / "explored")
    assert told.returncode == 0, told.stdout
    assert api.web.stop(10)
    assert [one.message for one in caplog.records if one.levelno >= logging.ERROR] == [], "no defect"
    assert [what for what in REACHED if what not in caplog.text] == []


def furnish(api: Api) -> None:
    """Meetings, blocks, deliveries, a drift: something for every operation to be about."""
    for number, agent in enumerate(("anna", "ben", "cleo", "anna"), 1):
        hour = 10 + number
        api.plan(
            f"m{number}", agent=agent, start=f"2026-03-03T{hour}:00:00Z", end=f"2026-03-03T{hour}:45:00Z"
        )
        api.ok(
            "POST",
            "/v1/blocks",
            {"scope": "company", "start": "2026-03-02T18:00:00Z", "end": "2026-03-03T06:00:00Z"},
        )
    world = api.world
    world.deliver()
    href = next(copy.href for copy in world.copies().values())
    moved = (world.server.text(href) or "").replace("T120000", "T150000").replace("T124500", "T154500")
    world.server.store(world.work("anna"), href.rpartition("/")[2], moved)
    world.tick(timedelta(minutes=2))
    assert len(api.ok("GET", "/v1/drift")["items"]) == 1
    api.plan("owed", agent="cleo", start="2026-03-04T09:00:00Z", end="2026-03-04T09:45:00Z")


def still_owed(api: Api) -> str:
    """The delivery of a meeting whose name nobody guesses: whatever is changed meanwhile, it can be tried again."""
    (one,) = (each["id"] for each in api.ok("GET", "/v1/deliveries")["items"] if each["meeting"] == "owed")
    return str(one)


def explored(api: Api, folder: Path) -> "subprocess.CompletedProcess[str]":
    folder.mkdir()
    (folder / "explorer.py").write_text(Path(__file__).with_name("explorer.py").read_text())
    (folder / "schemathesis.toml").write_text(SETTINGS)
    (folder / "openapi.json").write_text(json.dumps(api.document))
    token = f"Authorization: Bearer {api.new_token('admin')}"
    program = Path(sys.executable).with_name("schemathesis")
    words = ("run", "openapi.json", "--url", api.url, "--checks", "all", "--no-color", "-H", token)
    surroundings = {
        **os.environ,
        "SYNCD_EXPLORED_AT": api.world.now.isoformat(),
        "SYNCD_EXPLORED_OWED": still_owed(api),
    }
    return subprocess.run(
        [program, *words], cwd=folder, env=surroundings, capture_output=True, text=True, timeout=900
    )

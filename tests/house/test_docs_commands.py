"""docs/commands.md is true: every command and option stands in it and the other way round, and its JSON has the real shapes.

The shapes are compared with what the commands really print: for a configuration with one agent whose calendar server does
not answer, which needs no server and brings every part of an answer that can fail.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from servers import free_port
from typer.main import get_command

from store import copies
from store.database import open_store
from store.model import Copy, Place
from syncd.cli.app import app
from syncd.cli.ending import main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
DOCS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
COMMON = {"--config", "--json", "--help"}
CHANGES = {"--wait", "--dry-run", "--if-version", "--key"}
OPTION = re.compile(r"^\| `(--[a-z-]+)", re.MULTILINE)

# ---------------------------------------------------------------------------------------------------------------------
# Commands and options


def tree(command, path=("syncd",)):
    """ "syncd busy" -> its options, for all commands and groups."""
    found = {" ".join(path): {word for one in command.params for word in one.opts if word.startswith("--")}}
    for name in command.list_commands(None) if hasattr(command, "list_commands") else ():
        found |= tree(command.get_command(None, name), (*path, name))
    return found


COMMANDS = tree(get_command(app))


def documented():
    """ "syncd busy" -> the options that its section lists."""
    parts = re.split(r"^##+ (.+)$", PAGE, flags=re.MULTILINE)[1:]
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return {head.strip("`"): set(OPTION.findall(text)) for head, text in pairs if head.startswith("`syncd ")}


SECTIONS = documented()


def test_every_command_is_documented_and_no_other():
    assert set(SECTIONS) == set(COMMANDS) - {"syncd"}


@pytest.mark.parametrize("command", SECTIONS)
def test_every_option_is_documented_and_no_other(command):
    changing = COMMANDS[command] >= CHANGES
    assert SECTIONS[command] == COMMANDS[command] - COMMON - (CHANGES if changing else set())


def test_the_options_of_all_changes_are_documented_once():
    changes = PAGE.split("\n### Changes\n")[1].split("\n### ")[0]
    assert set(OPTION.findall(changes)) == CHANGES
    changing = {name.rpartition(" ")[2] for name, options in COMMANDS.items() if options >= CHANGES}
    assert changing == set(re.findall(r"`([a-z]+)`", changes.split(" return when ")[0]))


def test_the_options_of_all_commands_are_documented_once():
    shared = PAGE.split("\n## What all of them share\n")[1].split("\n## ")[0]
    assert set(OPTION.findall(shared)) == COMMON
    assert all("--config" in options for options in COMMANDS.values())


LINE = re.compile(r"^(?:.*?(?:-- |-u syncd ))?(?:\S*/bin/)?syncd ([^#\n]+?)(?:\s+#.*)?$", re.MULTILINE)
INLINE = re.compile(r"`(?:\S*/)?syncd ([^`]+)`")


def asked_for():
    """Every command line in the documents, in code blocks and in sentences."""
    for path in DOCS:
        text = path.read_text(encoding="utf-8")
        blocks = "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
        yield from ((path.name, line) for line in (*LINE.findall(blocks), *INLINE.findall(text)))


def test_every_command_line_in_the_documents_is_one():
    lines = list(asked_for())
    assert len(lines) > 20
    for document, line in lines:
        words = line.replace("COMMAND", "busy").split()
        command = "syncd"
        while words and f"{command} {words[0]}" in COMMANDS:
            command += f" {words.pop(0)}"
        options = {word for word in words if word.startswith("--")}
        assert command != "syncd" or options == {"--version"}, f"{document}: syncd {line}"
        assert options <= COMMANDS[command] | COMMON, f"{document}: syncd {line}"


# ---------------------------------------------------------------------------------------------------------------------
# Shapes

SHAPES = {
    name: json.loads(text)
    for name, text in re.findall(
        r"^<!-- shape: ([a-z-]+) -->\n```json\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE
    )
}

MAY_BE_ABSENT = {
    "reasons": {"status", "start", "end", "calendar", "title", "meeting", "seen_at", "policy"},
    "not_blocking": {"policy"},
    "differences": {"status", "meeting", "policy"},
    "slots": {"calendar", "meeting"},
    "deliveries": {"calendar"},
    "writes": {"event"},
    "event": {"uid"},
}
"""Field -> what may be missing in its items: only what says nothing is left out."""

CONFIG = """
timezone = "Europe/Amsterdam"
[store]
url = "sqlite:///{folder}/syncd.db"
[sync]
engine = "other"
[accounts.cloud]
kind = "caldav"
url = "http://127.0.0.1:{port}/"
[[agents]]
id = "anna"
name = "Anna de Vries"
email = "anna@example.com"
[[agents.calendars]]
account = "cloud"
login = "anna"
password = {{ env = "SYNCD_TEST_SECRET" }}
write = "Work"
[[agents]]
id = "bram"
name = "Bram Bakker"
email = "bram@example.com"
[[blocks]]
scope = "company"
title = "Evening"
start = "2026-01-01T19:00"
end = "2026-01-01T23:00"
repeat = "daily"
"""

DAY = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
LATER = datetime(2030, 1, 1, tzinfo=UTC)
ICS = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20260302T090000Z\r\nDTEND:20260302T100000Z\r\n"
    "RRULE:FREQ=DAILY;INTERVAL=0\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.fixture
def ask(tmp_path, monkeypatch, capsys):
    """Runs a command for an agent with a planned meeting whose server does not answer; gives its JSON (or its problem)."""
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(folder=tmp_path, port=free_port()))
    (tmp_path / "file.ics").write_text(ICS)
    monkeypatch.setenv("SYNCD_CONFIG", str(config))
    monkeypatch.setenv("SYNCD_TEST_SECRET", "secret")
    monkeypatch.chdir(tmp_path)

    def asked(line):
        capsys.readouterr()
        main([*line.replace("DAY", DAY).split(), "--json"])
        out, err = capsys.readouterr()
        return json.loads(out or err.strip().rpartition("\n")[2])

    asked("migrate")
    asked(
        "meeting plan m-1 --agent anna --start DAYT10:00 --end DAYT10:45 --title Advice --guest eva@example.org"
    )
    drifted(f"sqlite:///{tmp_path}/syncd.db")
    return asked


def drifted(url):
    """An event of the meeting that its agent moved."""
    moved = {"written_start": LATER, "written_end": LATER, "found_start": LATER, "found_end": LATER}
    place = Place("cloud", "anna", "Work")
    store = open_store(url)
    with store.writing() as tx:
        copies.save_copy(
            tx, Copy(0, "m-1", "anna", 1, place, "u", "m", "present", drift="moved", drift_at=LATER, **moved)
        )
    store.dispose()


def differences(real, told, path="", name=""):
    """Where a real answer and the documented one have different fields; lists by the fields that any item shows."""
    if isinstance(real, list) and isinstance(told, list):
        items = [one for one in told if isinstance(one, dict)]
        merged = {key: value for one in items for key, value in one.items()}
        for number, one in enumerate(real):
            yield from differences(one, merged if items else None, f"{path}[{number}]", name)
    elif isinstance(real, dict) and isinstance(told, dict):
        yield from (f"{path}.{key} is not documented" for key in real.keys() - told.keys())
        absent = told.keys() - real.keys() - MAY_BE_ABSENT.get(name, set())
        yield from (f"{path}.{key} is documented and not there" for key in absent)
        for key in real.keys() & told.keys():
            yield from differences(real[key], told[key], f"{path}.{key}", key)
    elif isinstance(real, dict):
        yield f"{path} has fields that are not documented"


ANSWERS = {
    "migrate": ("migrate", "store"), "check-config": ("check-config --connect", "connections"), "sync": ("sync", "delivered"),
    "status": ("status", "calendars"), "agents": ("agents", "items"), "explain": ("explain anna DAYT09:00 DAYT09:30", "reasons"),
    "verify": ("verify", "calendars"),
    "busy": ("busy anna --from DAY --to DAYT23:59", "slots"), "candidates": ("candidates m-1", "candidates"),
    "slots": ("slots m-1 --from DAY --to DAYT12:00 --agent anna --agent bram", "items"),
    "ical": ("ical file.ics --owner a@example.com --timezone UTC --from 2026-03-01 --to 2026-03-09", "problems"),
    "meeting": ("meeting invite m-1 --guest bob@example.org", "deliveries"),
    "dry-run": ("meeting reschedule m-1 --start DAYT12:00 --reason ill --dry-run", "writes"),
    "deliveries": ("deliveries --all", "items"), "drift": ("drift list", "items"), "block": ("block list", "items"),
    "day": ("day anna DAY", "agents"), "problem": ("meeting show nothing", "detail"),
    "token": ("token create --scope read", "token"),
    "privacy-export": ("privacy export anna", "changes"),
}  # fmt: skip
"""Shape -> the command that prints it, and the field that must not be empty for the comparison to mean anything."""


@pytest.mark.parametrize("shape", ANSWERS)
def test_the_documented_json_is_what_the_command_prints(ask, shape):
    command, must_say = ANSWERS[shape]
    real = ask(command)
    assert real[must_say]
    assert list(differences(real, SHAPES[shape], shape)) == []


def test_a_meetings_story_is_documented(ask):
    story = ask("meeting show m-1")
    changes = story.pop("changes")
    assert list(differences(story, SHAPES["meeting"])) == []
    assert changes
    assert all(set(one) == set(SHAPES["change"]) for one in changes)


def test_every_shape_is_compared():
    assert set(SHAPES) == {*ANSWERS, "change"}


def test_the_comparison_finds_what_differs():
    told = {"items": [{"id": 1}], "next": None}
    assert list(differences({"items": [{"id": 2}], "next": 3}, told)) == []
    assert list(differences({"items": [{"id": 2, "new": 1}], "next": 3}, told)) == [
        ".items[0].new is not documented"
    ]
    assert list(differences({"items": []}, told)) == [".next is documented and not there"]

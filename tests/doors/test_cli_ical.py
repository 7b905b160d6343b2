"""`syncd ical`: what a calendar file means, from a file and from standard input, and how it ends."""

import json
import subprocess
import sys

import pytest

from syncd.__main__ import main

GOOD = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//a test//EN
BEGIN:VEVENT
UID:daily
DTSTAMP:20260101T000000Z
DTSTART;TZID=Europe/Amsterdam:20260302T100000
DTEND;TZID=Europe/Amsterdam:20260302T110000
RRULE:FREQ=DAILY;COUNT=3
SUMMARY:Secret dentist
END:VEVENT
BEGIN:VEVENT
UID:away
DTSTAMP:20260101T000000Z
DTSTART;VALUE=DATE:20260303
SUMMARY:Away
TRANSP:TRANSPARENT
END:VEVENT
END:VCALENDAR
"""

BROKEN = GOOD.replace("DTSTART;TZID=Europe/Amsterdam:20260302T100000", "DTSTART:soon")

OPTIONS = (
    "--owner",
    "anna@example.com",
    "--timezone",
    "Europe/Amsterdam",
    "--from",
    "2026-03-02",
    "--to",
    "2026-03-04",
)


@pytest.fixture
def calendar(tmp_path):
    def make(text: str) -> str:
        path = tmp_path / "calendar.ics"
        path.write_text(text.replace("\n", "\r\n"), newline="")
        return str(path)

    return make


def test_a_file_is_told_by_its_intervals_and_kinds(calendar, capsys):
    assert main(["ical", calendar(GOOD), *OPTIONS, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"intervals", "problems"}
    assert [
        (one["start"], one["end"], one["status"], one["all_day"], one["uid"]) for one in found["intervals"]
    ] == [
        ("2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z", "busy", False, "daily"),
        ("2026-03-02T23:00:00Z", "2026-03-03T23:00:00Z", "free", True, "away"),
        ("2026-03-03T09:00:00Z", "2026-03-03T10:00:00Z", "busy", False, "daily"),
    ]
    assert found["problems"] == []
    assert main(["ical", calendar(GOOD), *OPTIONS]) == 0
    text = capsys.readouterr().out
    assert "Mon 2026-03-02 10:00-11:00" in text
    assert "dentist" not in text


def test_what_can_not_be_read_is_told_and_ends_with_1(calendar, capsys):
    assert main(["ical", calendar(BROKEN), *OPTIONS, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert {one["uid"] for one in found["problems"] if one["level"] == "error"} == {"daily"}
    assert all(set(one) == {"uid", "line", "message", "level"} for one in found["problems"])
    assert "away" in {one["uid"] for one in found["intervals"]}
    assert main(["ical", calendar(BROKEN), *OPTIONS]) == 1
    assert "error: UID daily" in capsys.readouterr().out


def test_standard_input_is_a_file_too():
    ended = subprocess.run(
        [sys.executable, "-m", "syncd", "ical", "-", *OPTIONS, "--json"],
        input=GOOD.encode(), capture_output=True, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert len(json.loads(ended.stdout)["intervals"]) == 3


@pytest.mark.parametrize(
    "change",
    [
        ("--timezone", "Mars/Olympus"),
        ("--from", "soon"),
        ("--to", "2026-03-02"),
        ("--from", "2026-03-29T02:30"),
    ],
)
def test_wrong_options_end_with_64(calendar, capsys, change):
    words = list(OPTIONS)
    words[words.index(change[0]) + 1] = change[1]
    assert main(["ical", calendar(GOOD), *words]) == 64
    assert capsys.readouterr().out == ""


def test_a_file_that_is_not_there_ends_with_64(capsys, tmp_path):
    assert main(["ical", str(tmp_path / "none.ics"), *OPTIONS]) == 64
    assert main(["ical", str(tmp_path), *OPTIONS]) == 64
    assert "none.ics" in capsys.readouterr().err


def test_the_limits_of_a_configuration_that_is_named_count(calendar, capsys, tmp_path):
    file = tmp_path / "config.toml"
    file.write_text("[limits]\noccurrences = 1\n", encoding="utf-8")
    assert main(["ical", calendar(GOOD), *OPTIONS, "--config", str(file), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert {one["status"] for one in told["intervals"] if one["uid"] == "daily"} == {"unknown"}
    assert ["more than 1 occurrences" in one["message"] for one in told["problems"]] == [True]

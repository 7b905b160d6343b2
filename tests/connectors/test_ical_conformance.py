"""Vectors and bombs of other projects, read from where SYNCD_CONFORMANCE points (skipped without it), and a fuzz."""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from memory import most_held

from connectors.ical import occurrences, read, read_object

ROOT = Path(os.environ.get("SYNCD_CONFORMANCE", "/nowhere")) / "ical"
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not ROOT.is_dir(), reason="SYNCD_CONFORMANCE does not point to the vectors"),
]
HELPERS = Path(__file__).parents[1]
START, END = datetime(2026, 11, 21, tzinfo=UTC), datetime(2027, 5, 21, tzinfo=UTC)


EXPLAINED = {
    "ics-50e0d8adc02d", "ics-f09c6b7e3f06", "ics-e679975025ee", "ics-8975cd68370a", "ics-652c9b463dec", "ics-f31a888facd1",
    "ics-bd7be6e425a4", "ics-44de7d393f90",
}  # fmt: skip
"""Files of which docs/conformance.md says why they are read otherwise."""


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def vectors(name: str) -> list[dict]:
    return json.loads((ROOT / name).read_text())


def report(name: str, passed: Counter, differing: list[str]) -> None:
    print(f"{name}: {sum(passed.values())} passed {dict(passed)}, {len(differing)} differing: {differing}")  # noqa: T201  # the report


def first_of(vector: dict):
    text = vector["dtstart"]
    if vector["is_date"]:
        return datetime.strptime(text[:8], "%Y%m%d").replace(tzinfo=UTC).date()
    wall = datetime.fromisoformat(text.rstrip("Z"))
    return wall.replace(tzinfo=ZoneInfo(vector["tzid"] or "UTC"))


def test_rules_name_what_their_sources_say():
    passed, differing = Counter(), []
    for vector in vectors("rules.json"):
        start, end = map(instant, vector["window"])
        found = list(occurrences(vector["rrule"], first_of(vector), start=start, end=end))
        if found == [instant(begin) for begin, _ in vector["expected"]]:
            passed[vector["source"]] += 1
        else:
            differing.append(vector["id"])
    report("rules", passed, differing)
    # BYSETPOS=2 counted from an uncounted DTSTART; YEARLY;BYMONTHDAY without a month, which RFC 5545 takes from DTSTART.
    assert set(differing) <= {"rule-0cf2f065524f", "rule-7b5f5d4fefb0"}


def test_files_mean_what_most_readers_say():
    passed, differing = Counter(), []
    for vector in vectors("ics_expected.json"):
        start, end = map(instant, vector["window"])
        result = read((ROOT / vector["ics"]).read_bytes(), zone=vector["owner_tz"], start=start, end=end)
        found = sorted((interval.start, interval.end) for interval in result.intervals)
        if found == sorted((instant(begin), instant(until)) for begin, until in vector["expected"]):
            passed[vector["source"]] += 1
        else:
            differing.append(vector["id"])
    report("files", passed, differing)
    assert {one.rpartition("-")[0] for one in differing} <= EXPLAINED
    assert sum(passed.values()) >= 236


def test_broken_files_are_read_without_an_error_leaving_the_reader():
    files = vectors("ics_robust.json")
    for vector in files:
        result = read((ROOT / vector["ics"]).read_bytes(), zone="UTC", start=START, end=END)
        assert len(result.problems) <= 101
    assert len(files) >= 146


def test_the_reduced_form_of_every_file_means_the_same():
    owner = {"zone": "Europe/Amsterdam", "addresses": ("a@example.com",)}
    for path in sorted((ROOT / "ics").iterdir()):
        for year in (1998, 2004, 2014, 2019, 2024):
            window = {"start": datetime(year, 1, 1, tzinfo=UTC), "end": datetime(year, 7, 1, tzinfo=UTC)}
            item = read_object("h", "e", path.read_bytes(), **owner, **window)
            if item.reduced is None:
                continue
            later = {"start": window["end"], "end": window["end"] + timedelta(days=60)}
            again = read_object("h", "e", item.reduced, **owner, **later)
            assert again.intervals == read_object("h", "e", path.read_bytes(), **owner, **later).intervals, (
                path.name
            )


BOMBS_WITH_THEIR_FILE_REFUSED = {"desc_50mb", "desc_20mb_folded"}
RIGHT = {
    "daily_count_1e9": 181, "byday_100k": 49, "feb30_yearly": 1, "feb30_monthly": 1, "feb30_daily": 1, "feb30_hourly": 1,
    "feb30_secondly": 1, "setpos_never": 1, "setpos_never_weekly": 1, "interval_1e9": 1, "until_before_start": 0,
    "year_0001": 181, "year_9999": 0, "minutely_gcd_never": 1, "hourly_yearday_neg366": 0, "exdate_20k_lines": 0,
    "overrides_10k": 181, "params_100k": 1, "attendees_50k": 1,
}  # fmt: skip
ONE = """
import sys
from datetime import UTC, datetime
from connectors.ical import read
from memory import most_held
data = open(sys.argv[1], "rb").read()
before = most_held()
result = read(data, zone="UTC", start=datetime(2026, 11, 21, tzinfo=UTC), end=datetime(2027, 5, 21, tzinfo=UTC))
grown = (most_held() - before) // 1024
bad = [interval for interval in result.intervals if interval.uid != "good"]
print(len(bad), len(result.intervals) - len(bad), sum(problem.level == "error" for problem in result.problems),
      len(result.problems), grown)
"""


def test_bombs_end_with_the_right_answer_or_a_problem_and_the_good_event_is_read(tmp_path):
    made = subprocess.run(
        [sys.executable, ROOT / "bombs.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    bombs = sorted((tmp_path / "bombs").iterdir())
    assert len(bombs) == int(made.stdout)
    for bomb in bombs:
        run = subprocess.run(
            [sys.executable, "-c", ONE, bomb],
            cwd=HELPERS,
            capture_output=True,
            text=True,
            check=True,
            timeout=20,
        )
        bad, good, errors, problems, grown = map(int, run.stdout.split())
        assert good == (bomb.stem not in BOMBS_WITH_THEIR_FILE_REFUSED), bomb.stem
        assert grown < 100, bomb.stem
        if bomb.stem in RIGHT:
            assert (bad, errors) == (RIGHT[bomb.stem], 0), bomb.stem
        else:
            assert problems, bomb.stem


TOKENS = [
    b"BEGIN:VEVENT\r\n", b"END:VEVENT\r\n", b"RRULE:FREQ=", b"SECONDLY", b"COUNT=", b"UNTIL=", b"00010101T000000Z",
    b"99991231T235959Z", b"-", b";", b":", b"\r\n", b"\r\n ", b'"', b"TZID=", b"P999999999D", b"PT999999999999H", b"\0", b"\xff",
    b"EXDATE:", b"RDATE;VALUE=PERIOD:", b"RECURRENCE-ID;RANGE=THISANDFUTURE:", b"BYSETPOS=-1;", b"INTERVAL=", b"BYDAY=53SU",
    b"END:VTIMEZONE", b"TZOFFSETTO:+2359", b"99999999",
]  # fmt: skip


def mutated(data: bytes, chance: random.Random) -> bytes:
    text = bytearray(data)
    for _ in range(chance.randint(1, 12)):
        place = chance.randrange(len(text) + 1)
        way = chance.randrange(4)
        if way == 0:
            text[place:place] = chance.choice(TOKENS)
        elif way == 1:
            del text[place : place + chance.randint(1, 30)]
        elif way == 2:
            text[place : place + 1] = bytes([chance.randrange(256)])
        else:
            source = chance.randrange(len(text) + 1)
            text[place:place] = text[source : source + chance.randint(1, 300)]
    return bytes(text)


def fuzz(examples: int) -> int:
    """Read so many mutated files, and each again from its reduced form; the most that this process has held, in MiB."""
    chance = random.Random(20261121)
    files = [data for path in sorted((ROOT / "ics").iterdir()) if len(data := path.read_bytes()) < 30_000]
    for _ in range(examples):
        data = mutated(chance.choice(files), chance)
        start = datetime(chance.choice([1, 1996, 2004, 2019, 2026, 9990]), 1, 1, tzinfo=UTC)
        owner = {
            "zone": chance.choice(["UTC", "Europe/Amsterdam", "Australia/Lord_Howe"]),
            "addresses": ("a@example.com",),
        }
        window = {"start": start, "end": start + timedelta(days=chance.choice([1, 180, 900]))}
        item = read_object("h", "e", data, **owner, **window)
        if item.reduced and len(item.intervals) < 2_000:
            assert read_object("h", "e", item.reduced, **owner, **window).intervals == item.intervals
    return most_held() // 1024


def test_mutated_files_never_raise_reduce_to_the_same_and_need_less_than_256_mib():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
        most = alone.submit(fuzz, int(os.environ.get("SYNCD_FUZZ", "10000"))).result()
    assert most < 256

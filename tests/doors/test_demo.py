"""The demo as a newcomer meets it: a process of its own that tells the story, serves, ends, and leaves nothing behind.

Its temporary folder is put where the test can look; every process it starts has that folder's name in its command line.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
import requests
from killing import DEAF

from connectors.ical import read
from connectors.interface import NEVER_STORED
from syncd.config import load
from syncd.demo import calendars, people
from syncd.demo.calendars import Entry
from syncd.demo.days import Days
from syncd.demo.people import PEOPLE

LIMIT = 120
ENDS_WITHIN = 20
"""Seconds; it takes two or three, but the machine may be busy."""


@contextmanager
def demo(
    folder: Path, *arguments: str, program: tuple[str, ...] = ("-m", "syncd")
) -> Iterator["subprocess.Popen[str]"]:
    """`syncd demo` with its temporary files under `folder`; killed if the test did not end it."""
    process = subprocess.Popen(
        [sys.executable, *program, "demo", *arguments], text=True, stdout=subprocess.PIPE,
        stderr=(folder.parent / "stderr").open("w"), env={**os.environ, "TMPDIR": str(folder)}, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "temporary"
    made.mkdir()
    return made


def lines_until(process: "subprocess.Popen[str]", text: str) -> list[str]:
    """The lines the demo prints, up to the first that holds the text."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return lines
    pytest.fail(f"{text!r} was never printed, but:\n{''.join(lines)}")


def servers(folder: Path) -> list[int]:
    """The processes that have to do with this folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue  # it ended meanwhile
            if os.fsencode(folder) in command:
                found.append(int(entry.name))
    return found


def left_behind(folder: Path) -> tuple[list[int], list[str]]:
    return servers(folder), [path.name for path in folder.iterdir()]


@pytest.mark.parametrize(
    ("more", "known"),
    [
        pytest.param((), 5, id="CalDAV"),
        pytest.param(("--outlook",), 4, id="half in Outlook", marks=pytest.mark.long),
    ],
)
def test_the_story_is_told_and_every_step_verified(folder: Path, more: tuple[str, ...], known: int) -> None:
    """Exchange takes a declined invitation out of the calendar: in Outlook Daniel has one object less."""
    with demo(folder, "--once", *more) as process:
        told, _ = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, told
    steps = re.split(r"\nStep (\d+) of 12: .*\n", told)
    assert steps[1::2] == [str(number) for number in range(1, 13)]
    assert all("  verified: " in step for step in steps[2::2]), told
    checks = re.search(r"All 12 steps verified: (\d+) checks", told)
    assert checks is not None
    assert int(checks[1]) == told.count("  verified: ")
    assert f"1 object of {known} was fetched" in told
    assert left_behind(folder) == ([], [])


@pytest.mark.parametrize(
    ("number", "more"),
    [
        (signal.SIGINT, ()),
        pytest.param(signal.SIGTERM, (), marks=pytest.mark.long),
        pytest.param(signal.SIGINT, ("--outlook",), marks=pytest.mark.long),
    ],
)
def test_stopped_in_the_middle_it_leaves_nothing(
    folder: Path, number: signal.Signals, more: tuple[str, ...]
) -> None:
    with demo(folder, "--once", *more) as process:
        lines_until(process, "Step 2 of 12")
        assert servers(folder)
        process.send_signal(number)
        told, _ = process.communicate(timeout=ENDS_WITHIN)
    assert process.returncode == 128 + number, told
    assert left_behind(folder) == ([], [])


@pytest.mark.long
def test_killed_outright_it_takes_the_calendar_server_along(folder: Path) -> None:
    with demo(folder, "--once") as process:
        lines_until(process, "Step 1 of 12")
        assert servers(folder)
        process.kill()
        process.wait()
        until = time.monotonic() + ENDS_WITHIN
        while servers(folder) and time.monotonic() < until:
            time.sleep(0.05)
    assert servers(folder) == []


def test_a_failed_step_is_named_and_nothing_is_left(folder: Path) -> None:
    with demo(folder, "--once") as process:
        lines_until(process, "Step 2 of 12")
        for server in servers(folder):
            os.kill(server, signal.SIGKILL)
        told, _ = process.communicate(timeout=LIMIT)
    assert process.returncode == 1, told
    assert re.search(r"^Step \d failed \(.+\): ", told, re.MULTILINE), told
    assert "steps verified" not in told
    assert left_behind(folder) == ([], [])


def test_serving_it_says_where_everything_is_and_ends_when_told(folder: Path) -> None:
    with demo(folder, "--listen", "127.0.0.1:0") as process:
        told = "".join(lines_until(process, "Ctrl-C"))
        url = re.search(r"calendar server +(http://127\.0\.0\.1:\d+/)", told)
        config = re.search(r"configuration +(\S+)", told)
        assert url is not None
        assert config is not None
        assert {agent.id for agent in load(Path(config[1])).agents} == {person.id for person in PEOPLE}
        passwords = dict(re.findall(r"^  (\w+) +(\S{12}) +[A-Z]", told, re.MULTILINE))
        assert set(passwords) == {person.id for person in PEOPLE}
        for login, password in passwords.items():
            assert calendars_of(url[1], login, password) == {"/work/", "/private/"}
            assert sign_in(url[1], login, password + "x") == requests.codes.unauthorized
        page, token = (re.search(rf"{name} +(\S+)", told) for name in ("page", "token"))
        assert page is not None
        assert token is not None
        assert "First advice on a mortgage" in requests.get(page[1], timeout=10).text
        assert requests.get(page[1], headers={"X-Forwarded-For": "192.0.2.7"}, timeout=10).url.endswith(
            "/sign-in"
        )
        meetings = requests.get(
            f"{page[1]}v1/meetings", headers={"Authorization": f"Bearer {token[1]}"}, timeout=10
        )
        assert {one["id"] for one in meetings.json()["items"]} == {"demo-1", "demo-2"}
        process.terminate()
        process.communicate(timeout=ENDS_WITHIN)
    assert process.returncode == 0
    assert left_behind(folder) == ([], [])


@pytest.mark.long
def test_a_signal_right_before_it_waits_is_not_lost(folder: Path) -> None:
    with demo(folder, "--listen", "127.0.0.1:0", program=("-c", DEAF)) as process:
        lines_until(process, "Ctrl-C")
        process.terminate()
        process.communicate(timeout=ENDS_WITHIN)
    assert process.returncode == 0
    assert left_behind(folder) == ([], [])


def calendars_of(url: str, login: str, password: str) -> set[str]:
    answer = requests.request(
        "PROPFIND", f"{url}{login}/", auth=(login, password), headers={"Depth": "1"}, timeout=10
    )
    return set(re.findall(rf"<(?:D:)?href>/{login}(/\w+/)</", answer.text))


def sign_in(url: str, login: str, password: str) -> int:
    return requests.request("PROPFIND", f"{url}{login}/", auth=(login, password), timeout=10).status_code


# The example calendars, without any server: on whatever day somebody types the command. --------------------------------

MOMENTS = [
    *(datetime(2026, 6, day, 21, tzinfo=UTC) for day in range(1, 8)),  # each day of a week
    datetime(2026, 3, 7, 23, tzinfo=UTC),  # before America moves its clocks
    datetime(2026, 3, 27, 23, 30, tzinfo=UTC),  # before Europe does
    datetime(2026, 10, 24, 12, tzinfo=UTC),
    datetime(2026, 12, 31, 22, 59, tzinfo=UTC),
    datetime(2028, 2, 28, 12, tzinfo=UTC),
]


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_the_calendars_give_what_the_story_expects_on_any_day(now: datetime) -> None:
    """Judged by an independent expander of series, and by syncd's own reader."""
    days = Days.around(now)
    assert now + timedelta(hours=12) < days.start < now + timedelta(days=5)
    assert days.day.weekday() < 4
    written = calendars.entries(days)
    for agent, obstacle in calendars.expected(days).items():
        mine = [entry for entry in written if entry.person.id == agent]
        found = [one for entry in mine for one in blocking(entry, days)]
        assert found == ([] if obstacle is None else [(obstacle.start, obstacle.end)]), agent
        ours = [one for entry in mine for one in own_reading(entry, days)]
        assert ours == ([] if obstacle is None else [(obstacle.status, obstacle.start, obstacle.end)]), agent


def blocking(entry: Entry, days: Days) -> list[tuple[datetime, datetime]]:
    series = recurring_ical_events.of(icalendar.Calendar.from_ical(entry.text))
    return [
        (in_utc(event.start, entry.person.zone), in_utc(event.end, entry.person.zone))
        for event in series.between(days.start, days.end)
        if not any(one.params.get("PARTSTAT") == "DECLINED" for one in event.attendees)
        and event.get("TRANSP") != "TRANSPARENT"
        and event.get("STATUS") != "CANCELLED"
    ]


def own_reading(entry: Entry, days: Days) -> list[tuple[str, datetime, datetime]]:
    who = entry.person
    reading = read(entry.text.encode(), zone=who.zone, start=days.start, end=days.end, addresses=[who.email])
    assert reading.problems == ()
    kept = [one for one in reading.intervals if one.status not in NEVER_STORED]
    return [(one.status.value, one.start, one.end) for one in kept]


def in_utc(value: date, zone: str) -> datetime:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime(value.year, value.month, value.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_the_calendars_are_as_people_have_them() -> None:
    """Moved and cancelled instances, whole days, tentative, free, declined, private; two calendars each, three zones."""
    written = calendars.entries(Days.around(datetime(2026, 6, 3, 12, tzinfo=UTC)))
    text = "".join(entry.text for entry in written)
    for mark in (
        "RRULE:FREQ=WEEKLY", "RECURRENCE-ID", "STATUS:CANCELLED", "EXDATE", "VALUE=DATE", "STATUS:TENTATIVE",
        "TRANSP:TRANSPARENT", "PARTSTAT=DECLINED", "PARTSTAT=TENTATIVE", "CLASS:PRIVATE", "BUSYSTATUS:OOF",
    ):  # fmt: skip
        assert mark in text
    assert {(entry.person, entry.calendar) for entry in written} == {
        (one, name) for one in PEOPLE for name in people.CALENDARS
    }
    assert len({person.zone for person in PEOPLE}) == 3

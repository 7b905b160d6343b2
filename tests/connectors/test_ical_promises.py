"""What the reader promises beside being right: the same under either zone database, its caps, and that nothing of a text stays."""

import gc
import os
import subprocess
import sys
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from test_ical_text import at, calendar, event, reading, spans

from bench.objects import END, START, objects
from connectors.ical import Limits, read_object
from connectors.ical.component import Component

SEEN = """
import sys
from datetime import UTC, datetime
from zoneinfo import TZPATH
from connectors.ical import read
start, end = datetime(2026, 11, 21, tzinfo=UTC), datetime(2027, 5, 21, tzinfo=UTC)
result = read(sys.stdin.buffer.read(), zone="Australia/Lord_Howe", start=start, end=end)
print(len(TZPATH), *(f"{one.start:%m%d%H%M}-{one.end:%m%d%H%M}" for one in result.intervals), len(result.problems))
"""


def under(path: str, data: bytes) -> tuple[int, str]:
    """What another process reads with the zone database at that path; with none it is the package's."""
    environment = {**os.environ, "PYTHONTZPATH": path}
    run = subprocess.run(
        [sys.executable, "-c", SEEN], input=data, env=environment, capture_output=True, check=True
    )
    places, _, answer = run.stdout.decode().partition(" ")
    return int(places), answer


@pytest.mark.skipif(not Path("/usr/share/zoneinfo").is_dir(), reason="the system has no zone database")
def test_the_package_and_the_system_tell_the_same_time():
    zones = ("Europe/Amsterdam", "america/new_york", "W. Europe Standard Time", "/x/Asia/Kolkata")
    data = calendar(
        *[
            line
            for zone in zones
            for line in event(f"DTSTART;TZID={zone}:20261201T090000", "RRULE:FREQ=WEEKLY", uid=zone)
        ],
        *event("DTSTART;VALUE=DATE:20270404", uid="whole"),
    )
    package, system = under("", data), under("/usr/share/zoneinfo", data)
    assert (package[0], system[0]) == (0, 1)
    assert package[1] == system[1]
    assert package[1].endswith(" 0\n")


def test_every_cap_is_named_where_it_is_set_and_has_a_default():
    for cap in fields(Limits):
        assert f"`{cap.name}`" in (Limits.__doc__ or ""), cap.name
        assert cap.default > 0


def test_whole_days_in_casablanca_follow_the_zone_database_of_today():
    zone = ZoneInfo("Africa/Casablanca")
    data = calendar(*event("DTSTART;VALUE=DATE:20270101", "RRULE:FREQ=DAILY"))
    found = reading(data, zone="Africa/Casablanca", start=at("2027-01-02"), end=at("2027-05-01")).intervals
    for one in found:
        day = one.start.astimezone(zone)
        assert day.replace(tzinfo=None).time() == datetime.min.time()
        following = day.date() + timedelta(days=1)
        midnight = datetime(following.year, following.month, following.day, tzinfo=zone)
        assert one.end == midnight.astimezone(UTC)
    assert len(found) == 120


@pytest.mark.parametrize(
    ("zone", "hours"), [("Europe/Amsterdam", ("08:00", "07:00")), ("America/New_York", ("13:00", "13:00"))]
)
def test_a_floating_series_keeps_the_owners_wall_clock(zone, hours):
    data = calendar(*event("DTSTART:20270327T090000", "RRULE:FREQ=DAILY;COUNT=2"))
    assert spans(reading(data, zone=zone)) == [f"03-27 {hours[0]}/{hours[0]}", f"03-28 {hours[1]}/{hours[1]}"]


def test_this_and_future_moves_instances_out_of_the_window():
    series = event("DTSTART:20261208T090000Z", "DURATION:PT30M", "RRULE:FREQ=WEEKLY;COUNT=3")
    later = event(
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20261215T090000Z", "DTSTART:20280115T090000Z", "DURATION:PT30M"
    )
    data = calendar(*series, *later)
    assert spans(reading(data)) == ["12-08 09:00/09:30"]
    assert spans(reading(data, start=at("2028-01-01"), end=at("2028-03-01"))) == [
        "01-15 09:00/09:30",
        "01-22 09:00/09:30",
    ]


def test_nothing_of_a_text_stays_once_it_is_read():
    """A first sync reads object after object: what it keeps are intervals and reduced forms, never what was scanned."""

    def scanned() -> int:
        gc.collect()
        return sum(isinstance(one, Component) for one in gc.get_objects())

    texts = objects(240)
    kept = [read_object("h", "e", text, zone="UTC", start=START, end=END) for text in texts[:40]]
    before = scanned()
    kept += [read_object("h", "e", text, zone="UTC", start=START, end=END) for text in texts[40:]]
    assert scanned() == before
    assert sum(len(one.intervals) for one in kept) > 1000

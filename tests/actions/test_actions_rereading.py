"""What would now be read otherwise: another zone of an agent, another edition of the zone database."""

import zoneinfo
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import pytest
from worlds import AGENTS, ELEVEN, TEN, World, event

from connectors.ical import READER_VERSION
from store import calendars
from store.model import Calendar
from syncd.actions.follow import reader

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

WHOLE_DAY = (
    event("{}", TEN, ELEVEN)
    .replace("DTSTART:20260302T100000Z", "DTSTART;VALUE=DATE:20260303")
    .replace("DTEND:20260302T110000Z", "DTEND;VALUE=DATE:20260304")
)
IN_AMSTERDAM = datetime.fromisoformat("2026-03-02T23:00:00Z")
IN_NEW_YORK = datetime.fromisoformat("2026-03-03T05:00:00Z")


def moved_to_new_york(world: World, *agents: str) -> None:
    text = (world.folder / "config.toml").read_text()
    for name in agents:
        text = text.replace(f'id = "{name}"', f'id = "{name}"\ntimezone = "America/New_York"')
    world.configure(text)


def test_another_zone_reads_everything_anew_within_the_hour(world: World) -> None:
    world.server.store(world.work("anna"), "holiday", WHOLE_DAY.format("holiday"))
    world.sync()
    (before,) = world.known("anna")
    assert before[0] == IN_AMSTERDAM
    moved_to_new_york(world, "anna")
    assert world.known("anna") == [before]
    world.tick(HOUR)
    assert [one[0] for one in world.known("anna")] == [IN_NEW_YORK]


def test_another_zone_expands_series_at_once_from_what_is_kept_of_them(world: World) -> None:
    *others, last = AGENTS
    weekly = WHOLE_DAY.format("weekly").replace("SUMMARY", "RRULE:FREQ=WEEKLY\r\nSUMMARY")
    world.server.store(world.work(last), "weekly", weekly)
    world.server.store(world.work(last), "once", WHOLE_DAY.format("once"))
    world.sync()
    week = timedelta(days=7)
    later = IN_NEW_YORK + week - HOUR  # the clocks there are set forward on the 8th

    def starts() -> list[datetime]:
        return [one[0] for one in world.known(last, IN_AMSTERDAM - HOUR, IN_AMSTERDAM + week + DAY)]

    world.now += 3 * HOUR
    moved_to_new_york(world, *others, last)
    assert world.row(last).relist_at == world.now + HOUR * len(others) / len(AGENTS)
    assert starts() == [IN_AMSTERDAM, IN_AMSTERDAM, IN_AMSTERDAM + week]
    world.tick(2 * MINUTE)
    nothing_fetched = "what takes place once has yet to be"
    assert starts() == [IN_AMSTERDAM, IN_NEW_YORK, later], nothing_fetched
    expanded = world.row(last).window_end
    world.tick(2 * MINUTE)
    assert world.row(last).window_end == expanded, "once is enough"
    world.tick(HOUR)
    assert starts() == [IN_NEW_YORK, IN_NEW_YORK, later]


def test_another_edition_of_the_zone_database_has_everything_read_anew(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tzdata.zi").write_text("# version 2099z\n# This zic input file is in the public domain.\n")
    world.configure()
    assert [row.relist_at for row in rows(world)] == [None] * len(AGENTS)
    monkeypatch.setattr(zoneinfo, "TZPATH", (str(tmp_path / "nothing"), str(tmp_path)))
    assert reader(world.ctx.config) == f"{READER_VERSION} 2099z"
    world.configure()
    assert all(world.now <= row.relist_at < world.now + HOUR for row in rows(world))
    monkeypatch.setattr(zoneinfo, "TZPATH", ())
    assert reader(world.ctx.config) == f"{READER_VERSION} {version('tzdata')}"


def test_another_cap_of_the_reader_has_everything_read_anew_and_holds_for_series_at_once(
    world: World,
) -> None:
    last = AGENTS[-1]
    daily = WHOLE_DAY.format("daily").replace("SUMMARY", "RRULE:FREQ=DAILY\r\nSUMMARY")
    world.server.store(world.work(last), "daily", daily)
    world.sync()
    assert {one[2] for one in world.known(last, IN_AMSTERDAM, IN_AMSTERDAM + 30 * DAY)} == {"busy"}
    world.now += 3 * HOUR
    text = (world.folder / "config.toml").read_text()
    world.configure(text.replace("[sync]", "[limits]\noccurrences = 5\n[sync]"))
    assert reader(world.ctx.config).endswith(" occurrences=5")
    assert all(world.now <= row.relist_at for row in rows(world))
    world.tick(2 * MINUTE)
    kinds = [one[2] for one in world.known(last, IN_AMSTERDAM, IN_AMSTERDAM + 30 * DAY)]
    assert kinds == ["busy"] * 4 + ["unknown"] * 2, "from 25 hours before the first that is not counted"


def rows(world: World) -> list[Calendar]:
    with world.store.reading() as tx:
        return calendars.calendars(tx)

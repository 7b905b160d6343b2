"""Files of public holidays: read with the configuration, refused with file and line, and in force for whom they are named."""

import pickle
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from desks import Desk, day

from syncd.config import load
from syncd.errors import ConfigInvalid


def ics(*days: date, more: str = "") -> str:
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{one}\r\nSUMMARY:Day {one:%d}\r\nDTSTART;VALUE=DATE:{one:%Y%m%d}\r\nEND:VEVENT\r\n"
        for one in days
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}{more}END:VCALENDAR\r\n"


GOOD = ics(date(2026, 12, 25))
BROKEN = "BEGIN:VEVENT\r\nUID:x\r\nDTSTART;VALUE=DATE:2026\r\nEND:VEVENT\r\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "can't be read: No such file"),
        ("", "this is not iCalendar text"),
        ("<html>404</html>", "this is not iCalendar text"),
        (ics(), "there is no event in it"),
        (ics(date(1998, 1, 1)), "there is no event in it"),
        (ics(date(2026, 12, 25), more=BROKEN), "nl.ics: line "),
        (GOOD.replace("END:VCALENDAR\r\n", ""), "has no END"),
        (GOOD + "X" * 1024 * 1024, "is larger than"),
    ],
)
def test_what_can_not_be_read_whole_is_refused_with_its_file_and_line(
    tmp_path, content: str | None, told: str
):
    if content is not None:
        (tmp_path / "nl.ics").write_text(content, newline="")
    file = tmp_path / "config.toml"
    file.write_text('timezone = "UTC"\nholidays = "nl.ics"\n')
    with pytest.raises(ConfigInvalid) as refusal:
        load(file)
    (problem,) = refusal.value.problems
    assert (problem.file, problem.key) == (str(file), "holidays")
    assert problem.message.startswith(f"{tmp_path / 'nl.ics'}")
    assert told in problem.message


def test_a_broken_line_is_named_by_its_number(tmp_path):
    (tmp_path / "nl.ics").write_text(ics(date(2026, 12, 25), more=BROKEN), newline="")
    file = tmp_path / "config.toml"
    file.write_text('timezone = "UTC"\n[groups.nl]\nholidays = "nl.ics"\n')
    with pytest.raises(ConfigInvalid) as refusal:
        load(file)
    (problem,) = refusal.value.problems
    assert problem.key == "groups.nl.holidays"
    assert "line 10: " in problem.message


def test_the_file_is_read_once_with_the_configuration(tmp_path):
    (tmp_path / "nl.ics").write_text(GOOD, newline="")
    file = tmp_path / "config.toml"
    file.write_text('timezone = "UTC"\nholidays = "nl.ics"\n')
    config = load(file)
    (tmp_path / "nl.ics").unlink()
    assert config.holidays is not None
    assert (config.holidays.path, config.holidays.data) == (str(tmp_path / "nl.ics"), GOOD.encode())
    assert pickle.loads(pickle.dumps(config)) == config


def test_they_block_everyone_or_a_group_each_in_their_own_zone(desk: Desk):
    folder = desk.config.parent
    (folder / "all.ics").write_text(ics(day(4)), newline="")
    (folder / "loans.ics").write_text(ics(day(6)), newline="")
    text = desk.config.read_text().replace("[store]", 'holidays = "all.ics"\n[store]', 1)
    desk.config.write_text(text.replace('name = "Loans"', 'name = "Loans"\nholidays = "loans.ics"', 1))
    desk.ok("migrate")
    desk.ok("sync")

    def told(agent: str, ahead: int) -> list[tuple[str, str, str]]:
        found = desk.json("explain", agent, f"{day(ahead)}T08:00", f"{day(ahead)}T09:00")
        return [(one["kind"], one["title"], one["policy"]) for one in found["reasons"]]

    everyone = ("block", f"Day {day(4):%d}", "holidays (top level)")
    assert [told("anna", ahead) for ahead in (3, 4, 5)] == [[], [everyone], []]
    assert told("anna", 6) == [("block", f"Day {day(6):%d}", "holidays ([groups.loans])")]
    assert [told("bert", ahead) for ahead in (4, 6)] == [[everyone], []]
    (slot,) = desk.json("busy", "bert", "--from", f"{day(4)}", "--to", f"{day(5)}")["slots"]
    midnight = datetime.combine(day(4), datetime.min.time(), ZoneInfo("America/New_York"))
    assert slot["start"] == f"{midnight.astimezone(ZoneInfo('UTC')):%Y-%m-%dT%H:%M:%SZ}"
    assert (slot["source"], slot["blocks"]) == ("block", True)
    free = desk.json("explain", "bert", f"{day(4)}T08:00", f"{day(4)}T09:00")["next_free"]
    assert free == f"{(midnight + timedelta(days=1)).astimezone(ZoneInfo('UTC')):%Y-%m-%dT%H:%M:%SZ}"


def test_a_file_that_has_none_for_next_year_is_said_to_run_out(desk: Desk):
    folder = desk.config.parent
    desk.config.write_text(
        desk.config.read_text().replace('name = "Loans"', 'name = "Loans"\nholidays = "nl.ics"', 1)
    )
    (folder / "nl.ics").write_text(ics(day(2), day(200)), newline="")
    assert desk.json("check-config")["notes"] == []
    (folder / "nl.ics").write_text(ics(day(2)), newline="")
    (note,) = desk.json("check-config")["notes"]
    assert note.startswith(f"groups.loans.holidays: {folder / 'nl.ics'} has no holidays later")
    assert note in desk.ok("check-config").out

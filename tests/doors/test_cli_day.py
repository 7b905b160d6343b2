"""`syncd day`: a picture that fits into 80 columns, plain where nobody sees colours, and never with an event's title."""

import re
from datetime import UTC, datetime

import pytest
from desks import EVENT, day, hours

from syncd.cli.day import SIGNS, _meaning
from syncd.rules.timeline import Piece, State

DATE = str(day())


def bar(text, name):
    """The half hours behind a name."""
    (line,) = [line for line in text.splitlines() if line.startswith(name)]
    return line[25:]


def test_a_day_shows_meetings_and_blocks_where_they_are(desk):
    desk.ok("migrate")
    desk.plan(hour=10)
    desk.ok("block", "add", "--scope", "company", *hours(12), "--title", "Lunch")
    out = desk.ok("day", "anna", DATE).out
    assert bar(out, "Anna de Vries") == "." * 20 + "MM" + ".." + "BB" + "." * 22
    assert "(Europe/Amsterdam)" in out
    assert "M meeting   B block   . free" in out
    assert "Lunch" not in out


def test_the_hours_stand_above_where_they_begin(desk):
    desk.ok("migrate")
    desk.ok("sync")
    summer = desk.ok("day", "anna", "2026-06-02").out.splitlines()[1]
    assert summer[25:] == "00    03    06    09    12    15    18    21"
    spring = desk.ok("day", "anna", "2026-03-29").out.splitlines()[1]
    assert spring[25:] == "00  03    06    09    12    15    18    21"
    autumn = desk.ok("day", "anna", "2026-10-25").out.splitlines()[1]
    assert autumn[25:] == "00      03    06    09    12    15    18    21"


@pytest.mark.parametrize(("date", "halves"), [("2026-03-29", 46), ("2026-10-25", 50), ("2026-03-02", 48)])
def test_a_day_has_as_many_half_hours_as_its_clocks_show(desk, date, halves):
    desk.ok("migrate")
    desk.ok("sync")
    assert len(bar(desk.ok("day", "anna", date).out, "Anna")) == halves


def test_an_agents_day_is_in_the_agents_zone_and_a_groups_in_the_one_for_all(desk):
    desk.ok("migrate")
    desk.config.write_text(
        desk.config.read_text().replace(
            'timezone = "America/New_York"', 'timezone = "America/New_York"\ngroups = ["loans"]'
        )
    )
    desk.plan("m1", agent="anna", hour=10)
    desk.plan("m2", agent="bert", hour=10)
    assert bar(desk.ok("day", "bert", DATE).out, "Bert")[20:22] == "MM"
    both = desk.ok("day", "group:loans", DATE).out
    assert bar(both, "Anna")[20:22] == "MM"
    assert bar(both, "Bert")[20:22] == ".."
    assert bar(both, "Bert").index("M") in (30, 32)  # New York is five or six hours behind
    assert "Cleo" not in both


def test_a_line_stays_within_80_columns_whatever_the_name(desk):
    desk.config.write_text(desk.config.read_text().replace("Anna de Vries", "王小明" * 20))
    desk.ok("migrate")
    desk.ok("sync")
    (line,) = [
        line for line in desk.ok("day", "anna", "2026-10-25").out.splitlines() if line.startswith("王")
    ]
    assert line.count("…") == 1
    assert line.endswith(" " + "." * 50)


def test_a_calendar_is_shown_by_its_kinds_and_never_by_a_title(office):
    office.ok("migrate")
    office.plan("m1", agent="bert")  # the store follows the configuration, and nothing was read yet
    stamp = DATE.replace("-", "")
    office.add_event("anna", f"{stamp}T080000Z", f"{stamp}T090000Z")
    office.add_event("anna", f"{stamp}T100000Z", f"{stamp}T110000Z", uid="maybe", more="STATUS:TENTATIVE\r\n")
    before = office.ok("day", "anna", DATE).out
    assert set(bar(before, "Anna")) == {"?"}
    assert "never, at least one of them" in before
    office.ok("sync")
    after = office.ok("day", "anna", DATE)
    assert set(bar(after.out, "Anna")) == {".", "#", "T"}
    assert "# busy   T tentative   . free" in after.out
    shapes = office.ok("day", "anna", DATE, "--json")
    assert "dentist" not in after.out + shapes.out
    pieces = shapes.json["agents"][0]["pieces"]
    assert [one["state"] for one in pieces] == ["free", "busy", "free", "tentative", "free"]
    assert pieces[1]["names"] == ["Work"]


def test_what_does_not_block_is_shown_small(office):
    office.config.write_text(office.config.read_text() + "[policy]\ntentative = false\n")
    office.ok("migrate")
    stamp = DATE.replace("-", "")
    office.add_event("anna", f"{stamp}T100000Z", f"{stamp}T110000Z", more="STATUS:TENTATIVE\r\n")
    office.ok("sync")
    out = office.ok("day", "anna", DATE).out
    assert "tt" in bar(out, "Anna")
    assert "t tentative, does not block" in out


def test_busy_that_does_not_block_is_not_taken_for_busy_that_does(office):
    """Whole days are let pass, and an hour on such a day is not."""
    office.config.write_text(office.config.read_text() + "[policy]\nall_day = false\n")
    office.ok("migrate")
    stamp = DATE.replace("-", "")
    office.add_event("anna", f"{stamp}T100000Z", f"{stamp}T110000Z")
    whole = EVENT.format(uid="fair", start=stamp, end=f"{day(4)}".replace("-", ""), more="")
    whole = re.sub("^(DTSTART|DTEND):", r"\1;VALUE=DATE:", whole, flags=re.MULTILINE).replace("\n", "\r\n")
    office.server.put(office.logins["anna"], office.calendars["anna"], "fair", whole)
    office.ok("sync")
    out = office.ok("day", "anna", DATE).out
    assert re.fullmatch(":+##:+", bar(out, "Anna"))
    assert "# busy   : busy, does not block" in out


def test_nothing_is_coloured_when_piped(desk, monkeypatch):
    desk.ok("migrate")
    desk.ok("sync")
    assert "\x1b" not in desk.ok("day", "anna", DATE).out


@pytest.mark.parametrize(("no_color", "coloured"), [(None, True), ("1", False)])
def test_a_terminal_gets_colours_unless_it_wants_none(desk, monkeypatch, no_color, coloured):
    desk.ok("migrate")
    desk.ok("sync")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    if no_color:
        monkeypatch.setenv("NO_COLOR", no_color)
    else:
        monkeypatch.delenv("NO_COLOR", raising=False)
    out = desk.ok("day", "anna", DATE).out
    assert bool(re.search(r"\x1b\[[0-9;]*3[0-9]", out)) is coloured


def test_who_is_not_there_is_said_to_be_so(desk):
    desk.ok("migrate")
    assert "there is no agent 'nobody'" in desk.run("day", "nobody").err
    assert "there is no group 'nobody'" in desk.run("day", "group:nobody").err
    wrong = desk.run("day", "anna", "tomorrow")
    assert (wrong.code, "is not a day" in wrong.err) == (64, True)
    for slip in ("0001-01-01", "9999-12-31"):
        assert desk.run("day", "anna", slip).code == 64


def test_a_group_without_active_agents_is_empty(desk):
    desk.config.write_text(desk.config.read_text().replace('groups = ["loans"]\n', ""))
    desk.ok("migrate")
    assert "there are no active agents" in desk.ok("day", "group:loans", DATE).out


def test_every_state_has_a_sign_of_its_own():
    assert set(SIGNS) == set(State)
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    both = set(State) - {State.MEETING, State.BLOCK, State.OFF_WORK, State.BUFFER}
    signs = {_meaning(Piece(moment, moment, state, True)) for state in State}
    signs |= {_meaning(Piece(moment, moment, state, False)) for state in both}
    assert len({sign for sign, _ in signs}) == len({meaning for _, meaning in signs}) == len(signs)
    assert len({sign.lower() for sign, _, _ in SIGNS.values()}) == len(SIGNS)

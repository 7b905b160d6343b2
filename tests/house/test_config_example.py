"""config.example.toml is true: it holds every setting, loads, and each of its keys, mistyped, is refused by name."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from syncd.config import Config, load
from syncd.config.keys import every_key
from syncd.errors import ConfigInvalid

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
TEXT = EXAMPLE.read_text(encoding="utf-8")
SWITCHED_ON = re.sub(r"^#(?=[a-z\[])", "", TEXT, flags=re.MULTILINE)
HEADER = re.compile(r"\[+([a-z0-9.-]+)\]+")
SETTING = re.compile(r"([a-z_]+) = (.+)")


@dataclass(frozen=True)
class Line:
    """A setting in the example: its line, and its path as syncd writes it."""

    number: int
    path: str
    key: str
    value: object


def settings(text):
    """Every `key = value` line, with the place it belongs to."""
    counts, table = {}, ""
    for number, line in enumerate(text.splitlines()):
        if header := HEADER.fullmatch(line):
            table = _place(header[1], counts, is_list=line.startswith("[["))
        elif setting := SETTING.fullmatch(line):
            value = tomllib.loads(line)[setting[1]]
            yield Line(number, f"{table}.{setting[1]}".removeprefix("."), setting[1], value)


def _place(name, counts, *, is_list):
    """`agents.calendars` as `agents[1].calendars[0]`; a list begins anew below each item of the list it stands in."""
    if is_list:
        counts[name] = counts.get(name, -1) + 1
        for below in [other for other in counts if other.startswith(f"{name}.")]:
            del counts[below]
    parts = name.split(".")
    prefixes = [".".join(parts[: n + 1]) for n in range(len(parts))]
    return ".".join(
        f"{part}[{counts[full]}]" if full in counts else part
        for part, full in zip(parts, prefixes, strict=True)
    )


LINES = list(settings(SWITCHED_ON))


def changed(line, replacement):
    rows = SWITCHED_ON.splitlines()
    rows[line.number] = replacement(rows[line.number])
    return "\n".join(rows)


HOLIDAYS = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\nSUMMARY:Christmas\r\nDTSTART;VALUE=DATE:20261225\r\n"
    "RRULE:FREQ=YEARLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.fixture
def file(tmp_path):
    """A configuration's place, with what it names beside it."""
    (tmp_path / "holidays.ics").write_text(HOLIDAYS, encoding="utf-8")
    return tmp_path / "config.toml"


def problems_of(file, text):
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigInvalid) as refusal:
        load(file)
    assert all(problem.file == str(file) for problem in refusal.value.problems)
    return {problem.key: problem.message for problem in refusal.value.problems}


def test_it_loads_as_it_stands():
    config = load(EXAMPLE)
    assert [agent.id for agent in config.agents] == ["anna", "ben"]
    assert [entry.name for entry in config.agents[0].calendars[0].check] == ["Work", "Private"]


def test_it_loads_with_everything_switched_on(file):
    file.write_text(SWITCHED_ON, encoding="utf-8")
    config = load(file)
    assert config.mail is not None
    assert config.blocks[0].until is not None
    assert config.accounts["m365-with-certificate"].certificate is not None


def _plain(path):
    """A key's path without places in lists and chosen names, policies as one: what it is, wherever it stands."""
    parts = [part for part in re.sub(r"\[\d+\]", "", path).split(".") if part != "*"]
    return ".".join(
        part for n, part in enumerate(parts) if not (n == 1 and parts[0] in ("accounts", "groups"))
    )


def test_every_setting_stands_in_it():
    wanted = {".".join(str(part) for part in path) for path in every_key()}
    # Written in line, since one login has several of them: see the test below. `agent_edits` is the global policy's.
    in_line = re.compile(r".*\.(password|client_secret|certificate|check\.\*)\..*|.*\..*policy\.agent_edits")
    wanted = {
        _plain(path.replace("accounts.*", "accounts.X").replace("groups.*", "groups.X"))
        for path in wanted
        if not in_line.fullmatch(path)
    }
    sections = {
        _plain(header.replace("[", "").replace("]", ""))
        for header in re.findall(r"^(\[.+\])$", SWITCHED_ON, re.MULTILINE)
    }
    written = {_plain(line.path) for line in LINES}
    assert wanted - written - sections == set()
    assert written - wanted == set()


def test_the_keys_of_tables_in_line_stand_in_it():
    for key in ("credential", "file", "env"):
        assert f"{{ {key} = " in TEXT
    assert '{ name = "Private", policy = { all_day = false } }' in TEXT


def test_every_paragraph_with_settings_explains_them():
    for paragraph in TEXT.split("\n\n"):
        lines = paragraph.strip().splitlines()
        if any(SETTING.fullmatch(line.removeprefix("#")) for line in lines):
            assert any(line.startswith("# ") for line in lines), paragraph


def test_the_values_in_it_are_the_defaults_where_there_are_defaults(file):
    file.write_text('timezone = "Europe/Amsterdam"\n', encoding="utf-8")
    plain, example = load(file), load(EXAMPLE)
    for section in ("store", "sync", "policy", "meetings", "limits", "http", "mail"):
        assert getattr(plain, section) == getattr(example, section), section


def test_the_walk_over_the_lines_finds_them_all():
    assert len(LINES) > 70
    assert {"sync.interval", "agents[0].calendars[0].policy.all_day", "agents[1].calendars[0].login"} <= {
        line.path for line in LINES
    }
    assert "path" not in {str(path[0]) for path in every_key()}
    assert "path" in Config.model_fields


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.path)
def test_a_key_with_a_slip_is_refused_and_the_right_one_named(file, line):
    slip = line.key[:-1] + line.key[-1] * 2
    problems = problems_of(file, changed(line, lambda row: row.replace(line.key, slip, 1)))
    place = line.path.removesuffix(line.key) + slip
    assert f"did you mean '{line.key}'?" in problems[place]


WRONG = {int: '"many"', str: "17", bool: '"yes"', list: "5", dict: "5"}
EXPECTED = re.compile(
    r"expected .*(text|whole number|true or false|list|table|duration|time|'caldav'|'basic'|'flag'|'starttls')"
)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.path)
def test_a_value_of_the_wrong_type_is_refused_saying_what_was_expected(file, line):
    problems = problems_of(file, changed(line, lambda _: f"{line.key} = {WRONG[type(line.value)]}"))
    assert EXPECTED.match(problems[line.path]), problems


SECTIONS = sorted(
    {match[1].split(".")[0] for match in map(HEADER.fullmatch, SWITCHED_ON.splitlines()) if match}
)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_with_a_slip_is_refused_and_the_right_one_named(file, section):
    slip = section[:-1] + section[-1] * 2
    problems = problems_of(file, re.sub(rf"^(\[+){section}\b", rf"\1{slip}", SWITCHED_ON, flags=re.MULTILINE))
    assert f"did you mean '{section}'?" in problems[slip]


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_that_is_no_section_is_refused(file, section):
    assert problems_of(file, f"{section} = 5\n")[section].startswith("expected a ")

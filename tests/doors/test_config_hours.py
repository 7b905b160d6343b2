"""Lines of working hours: what they mean and what is refused."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.config import AgentConfig, load
from syncd.config.hours import DAYS, WorkingTime, working_time
from syncd.errors import ConfigInvalid

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("line", "days", "opens", "closes"),
    [
        ("mon-fri 09:00-17:30", (0, 1, 2, 3, 4), 9, 17.5),
        ("sat 10:00-12:00", (5,), 10, 12),
        ("  Sat   10:00 - 12:00 ", (5,), 10, 12),
        ("mon,wed 10:00-12:00", (0, 2), 10, 12),
        ("mon, wed-fri 10:00-12:00", (0, 2, 3, 4), 10, 12),
        ("fri-mon 10:00-12:00", (0, 4, 5, 6), 10, 12),
        ("mon-sun 00:00-24:00", tuple(range(7)), 0, 24),
        ("fri 22:00-06:00", (4,), 22, 30),
        ("fri 22:00-00:00", (4,), 22, 24),
        ("fri 00:00-00:01", (4,), 0, 1 / 60),
    ],
)
def test_what_a_line_means(line, days, opens, closes):
    assert working_time(line) == WorkingTime(days, opens * HOUR, closes * HOUR)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "expected days and times"),
        ("09:00-17:00", "expected days and times"),
        ("mon 9:00-17:00", "expected days and times"),
        ("mon 09.00-17.00", "expected days and times"),
        ("mon 09:00", "expected days and times"),
        ("mon \u0660\u0669:00-17:00", "expected days and times"),
        ("mon 09:60-17:00", "expected times of the clock"),
        ("mon 09:00-24:01", "expected times of the clock"),
        ("mon 09:00-09:00", "two different times"),
        ("mon 24:00-09:00", "two different times"),
        ("moon 09:00-17:00", "did you mean 'mon'?"),
        ("mon- 09:00-17:00", "expected days out of mon"),
        ("mon,,tue 09:00-17:00", "expected days out of mon"),
        (5, "expected days and times"),
        (None, "expected days and times"),
    ],
)
def test_no_lines(line, told):
    with pytest.raises(ValueError, match="expected") as refusal:
        working_time(line)
    assert told in str(refusal.value)


@given(st.text(max_size=20) | st.from_regex(r"\A[a-z]{3}([-,][a-z]{3})? \d\d:\d\d-\d\d:\d\d\Z"))
def test_a_text_is_a_line_or_refused_never_an_accident(text):
    try:
        found = working_time(text)
    except ValueError as error:
        assert "expected" in str(error)  # noqa: PT017 - either outcome is right, an accident is not
    else:
        assert found.days
        assert 0 * HOUR <= found.opens < found.closes <= found.opens + 24 * HOUR


@given(st.integers(0, 6), st.integers(0, 6))
def test_a_range_of_days_begins_and_ends_with_those_named(first, last):
    days = working_time(f"{DAYS[first]}-{DAYS[last]} 09:00-17:00").days
    assert {first, last} <= set(days)
    assert len(days) == (last - first) % 7 + 1


def test_they_belong_to_agents_and_groups_and_are_refused_by_line(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text(
        'timezone = "UTC"\n[groups.a]\nworking_hours = []\n[[agents]]\nid = "anna"\nname = "A"\nemail = "a@b"\n'
        'working_hours = ["mon 09:00-17:00", "tuesday 9-17"]\n',
        encoding="utf-8",
    )
    with pytest.raises(ConfigInvalid) as refusal:
        load(file)
    told = {problem.key: problem.message for problem in refusal.value.problems}
    assert set(told) == {"groups.a.working_hours", "agents[0].working_hours[1]"}
    assert "at least one line" in told["groups.a.working_hours"]


def test_they_can_be_built_by_hand():
    anna = AgentConfig(
        id="anna", name="Anna", email="anna@example.com", timezone="UTC", working_hours=("mon 09:00-17:00",)
    )
    assert anna.working_hours == (WorkingTime((0,), 9 * HOUR, 17 * HOUR),)

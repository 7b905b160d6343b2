"""A step of the budget is a small piece of work, whatever a rule looks like: counted in the interpreter's own instructions."""

import sys
from types import FrameType
from typing import Any

import pytest
from test_ical_text import calendar, event, messages, reading

from connectors.ical import Limits

STEPS = 500
LARGEST = 1_200
"""Instructions for a step: a month of days that are only counted. Most steps take a tenth of it."""


def both_ways(most: int) -> str:
    return ",".join(str(number) for number in range(-most, most + 1) if number)


WEEKS, YEAR_DAYS, MONTH_DAYS = both_ways(53), both_ways(366), both_ways(31)
WEEKDAYS = "MO,TU,WE,TH,FR,SA,SU"
COUNTED = ",".join(f"{nth}{day}" for nth in both_ways(53).split(",") for day in WEEKDAYS.split(","))
HOURS, SIXTY = ",".join(map(str, range(24))), ",".join(map(str, range(60)))
LONG_RULES = (
    f"FREQ=YEARLY;BYWEEKNO={WEEKS};BYDAY=MO",
    f"FREQ=YEARLY;BYWEEKNO={WEEKS};BYDAY={WEEKDAYS};BYSETPOS=1",
    f"FREQ=DAILY;BYWEEKNO={WEEKS}",
    f"FREQ=HOURLY;BYWEEKNO={WEEKS}",
    f"FREQ=WEEKLY;BYWEEKNO={WEEKS};BYDAY={WEEKDAYS}",
    f"FREQ=MONTHLY;BYWEEKNO={WEEKS};BYDAY={WEEKDAYS}",
    f"FREQ=YEARLY;BYDAY={COUNTED}",
    f"FREQ=YEARLY;BYDAY={COUNTED};BYYEARDAY={YEAR_DAYS};BYMONTHDAY={MONTH_DAYS};BYWEEKNO={WEEKS}",
    f"FREQ=YEARLY;BYYEARDAY={YEAR_DAYS};BYWEEKNO=10",
    f"FREQ=YEARLY;BYMONTH={','.join(map(str, range(1, 13)))};BYMONTHDAY={MONTH_DAYS}",
    f"FREQ=HOURLY;BYMINUTE={SIXTY};BYSECOND={SIXTY}",
    f"FREQ=DAILY;BYHOUR={HOURS};BYMINUTE={SIXTY};BYSECOND={SIXTY};BYSETPOS=-1",
    f"FREQ=DAILY;BYHOUR={HOURS};BYSETPOS={YEAR_DAYS}",
)


def instructions(data: bytes, steps: int) -> int:
    """How many the interpreter carries out to read a text with so many steps."""
    found = 0

    def trace(frame: FrameType, what: str, _: Any) -> Any:
        nonlocal found
        found += what == "opcode"
        frame.f_trace_opcodes = True
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        reading(data, limits=Limits(rule_steps=steps))
    finally:
        sys.settrace(before)
    return found


@pytest.mark.parametrize("rule", LONG_RULES, ids=lambda rule: rule[:40])
def test_no_step_is_large(rule):
    data = calendar(*event("DTSTART:19010101T090000Z", "DURATION:PT1M", f"RRULE:{rule};COUNT=9999999"))
    assert any(
        "too many steps" in message for message in messages(reading(data, limits=Limits(rule_steps=STEPS)))
    )
    assert instructions(data, 2 * STEPS) - instructions(data, STEPS) < LARGEST * STEPS


def test_many_changes_from_then_on_do_not_slow_down_each_instance():
    series = event("DTSTART:20200101T000000Z", "DURATION:PT1M", "RRULE:FREQ=HOURLY;COUNT=9999999")
    changes = [
        line
        for number in range(400)
        for line in event(
            f"RECURRENCE-ID;RANGE=THISANDFUTURE:21{number % 100:02}0{1 + number // 100}01T000000Z",
            "DTSTART:22000101T000000Z",
        )
    ]
    data = calendar(*series, *changes)
    assert instructions(data, 2 * STEPS) - instructions(data, STEPS) < LARGEST * STEPS

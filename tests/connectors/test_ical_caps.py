"""Each cap of the reader: what needs exactly so much is read in silence, and what needs one more is told and cut."""

from dataclasses import fields, replace

import pytest
from servers import SECRET, CalDavServer
from test_ical_text import END, GOOD, START, calendar, event, reading
from test_ical_zones import definition

from connectors import Account, Connections, open_connector
from connectors.ical import Limits
from connectors.ical.limits import DEFAULTS
from connectors.interface import Calendar, Reading
from syncd.config.sections import LimitsConfig

ONE = ("DTSTART:20261201T090000Z", "DURATION:PT30M")
DAILY = (*ONE, "RRULE:FREQ=DAILY;COUNT=10")
DAYS = ",".join(f"202612{day:02}T090000Z" for day in range(1, 11))
CHANGED = [
    line
    for day in range(1, 11)
    for line in event(f"RECURRENCE-ID:202612{day:02}T090000Z", f"DTSTART:202612{day:02}T100000Z")
]
ZONE = [line.replace("FREQ=YEARLY", "FREQ=YEARLY;COUNT=5") for line in definition("Mine")]
IN_ZONES = [
    line
    for name in ("Mine", "Yours", "Theirs")
    for line in (*definition(name), *event(f"DTSTART;TZID={name}:20261201T120000", uid=name))
]
NESTED = event(*ONE, "BEGIN:VALARM", "BEGIN:X-A", "TRIGGER:-PT5M", "END:X-A", "END:VALARM")

CASES = {
    "bytes": (calendar(*GOOD), len(calendar(*GOOD)), "is not read"),
    "lines": (calendar(*GOOD), calendar(*GOOD).count(b"\n"), "is not read"),
    "line": (calendar(*event(*ONE, f"RDATE:{DAYS}")), len(f":{DAYS}"), "is left out"),
    "properties": (calendar(*GOOD), 5, "the rest is not read"),
    "components": (calendar(*GOOD), 2, "the rest is not read"),
    "nesting": (calendar(*NESTED), 4, "nested deeper"),
    "overrides": (calendar(*event(*DAILY), *CHANGED), 10, "changed instances"),
    "exceptions": (calendar(*event(*DAILY, f"EXDATE:{DAYS}")), 10, "EXDATE: more"),
    "extras": (calendar(*event(*DAILY, f"RDATE:{DAYS}")), 10, "RDATE: more"),
    "rules": (calendar(*event(*DAILY, "RRULE:FREQ=WEEKLY")), 2, "more than 1 rules"),
    "zones": (calendar(*IN_ZONES), 3, "more than 2 in one text"),
    "observances": (calendar(*ZONE, *event("DTSTART;TZID=Mine:20261201T120000")), 2, "more than 1 parts"),
    "zone_steps": (calendar(*ZONE, *event("DTSTART;TZID=Mine:20261201T120000")), 24, "too many steps"),
    "occurrences": (calendar(*event(*DAILY)), 10, "more than 9 occurrences"),
    "all_occurrences": (
        calendar(*event(*DAILY), *event(*DAILY, uid="two")),
        20,
        "more than 9 occurrences",
    ),
    "rule_steps": (calendar(*event(*DAILY)), 10, "too many steps"),
    "all_steps": (calendar(*event(*DAILY), *event(*DAILY, uid="two")), 20, "too many steps"),
    "problems": (calendar(*["BEGIN:VEVENT", "END:VEVENT"] * 5), 5, "1 more problems"),
}
"""Cap -> a text, how much of it that text needs, and what is said where it is one too little."""


def within(cap: str, allowed: int) -> Reading:
    return reading(CASES[cap][0], limits=replace(DEFAULTS, **{cap: allowed}))


@pytest.mark.parametrize("cap", CASES)
def test_exactly_so_much_is_read_and_one_less_is_told(cap):
    _, needed, said = CASES[cap]
    usual = reading(CASES[cap][0])
    assert within(cap, needed) == usual, "the default allows it, too"
    assert not any(said in problem.message for problem in usual.problems)
    assert any(said in problem.message for problem in within(cap, needed - 1).problems)


def test_every_cap_is_a_setting_with_the_same_default():
    caps = {cap.name: cap.default for cap in fields(Limits)}
    assert set(CASES) == set(caps)
    assert {name: field.default for name, field in LimitsConfig.model_fields.items()} == caps
    assert LimitsConfig(occurrences=7).caps() == Limits(occurrences=7)


def test_the_caps_of_an_account_hold_for_what_its_server_answers(
    radicale: CalDavServer, connections: Connections
) -> None:
    user = radicale.add_user()
    home = radicale.add_calendar(user, "Work")
    text = calendar(*event(*DAILY))
    assert radicale.request("PUT", f"{home}one.ics", user, text).status_code < 300
    asked = Calendar(home, "UTC", (), START, END)
    for caps, kept in ((DEFAULTS, 10), (Limits(occurrences=4), 5)):
        account = Account("caldav", radicale.url, caps=caps)
        changes = open_connector(account, user, SECRET, connections).changes(asked, None, {})
        assert [len(one.intervals) for one in changes.upserts] == [kept]


def test_a_text_with_many_long_series_is_cut_and_hides_none_of_them():
    hourly = [
        line for number in range(5) for line in event(*ONE, "RRULE:FREQ=HOURLY;COUNT=100", uid=f"{number}")
    ]
    found = reading(calendar(*hourly), limits=Limits(all_occurrences=250)).intervals
    assert len(found) <= 250 + 5 + 2
    for number in range(5):
        mine = [one for one in found if one.uid == f"{number}"]
        assert len(mine) == 100 or any(one.status == "unknown" for one in mine)
        assert max(one.end for one in mine) >= START.replace(month=12, day=5, hour=12, minute=30)

"""What the page makes of values: menus that offer what the rules allow, times in few words, repeats, percents of a day."""

import re
from datetime import date, timedelta
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import ELEVEN, NOW, TEN

from store.model import ChangeKind, DeliveryState, Guest, Meeting, MeetingStatus, Notice
from syncd.config import HttpConfig
from syncd.rules.availability import Reason
from syncd.rules.meetings import (
    Hindrance,
    OfferedChange,
    Refused,
    assign,
    cancel,
    hindrance,
    invite,
    reschedule,
)
from syncd.rules.timeline import Piece, State, day_in
from syncd.web.pages import drawing, guard, telling
from syncd.web.pages.frame import HERE, Frame
from syncd.web.pages.people import REPEATS
from syncd.words import STATES

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize("status", list(MeetingStatus))
@pytest.mark.parametrize("now", [NOW, TEN, ELEVEN, ELEVEN + HOUR])
def test_the_menu_offers_just_what_the_rules_allow(status: MeetingStatus, now) -> None:
    one = Meeting("m1", 1, status, "anna", TEN, ELEVEN, "Talk")
    tries = {
        "invite": lambda: invite(one, Guest("", "e@example.org"), now=now),
        "reschedule": lambda: reschedule(one, now + DAY, None, "why", now=now),
        "assign": lambda: assign(one, "ben", now=now, by="x", active=True, obstacles=()),
        "cancel": lambda: cancel(one, "why", "agent", now=now),
    }
    for change, attempt in tries.items():
        forbidden = hindrance(one, change, now=now) is not None
        if change == "cancel" and status is MeetingStatus.CANCELLED:
            assert forbidden  # cancelling twice is one cancel: no mistake, and nothing to offer
        elif forbidden:
            with pytest.raises(Refused):
                attempt()
        else:
            attempt()


# ---------------------------------------------------------------------------------------------------------------------
# How times are told


def test_times_say_the_day_only_where_it_is_another() -> None:
    assert telling.when(TEN, ELEVEN, "Europe/Amsterdam") == "Mon 2 Mar 2026, 11:00\u201312:00"
    late = TEN.replace(hour=22, minute=30)
    assert telling.hours(late, late + HOUR, "Europe/Amsterdam") == "23:30\u2013Tue 3 Mar 00:30"
    assert telling.length(TEN, TEN + timedelta(minutes=90)) == "1 h 30 min"
    assert telling.length(TEN, TEN + timedelta(minutes=45)) == "45 min"
    assert telling.field(TEN, "America/New_York") == "2026-03-02T05:00"
    assert telling.day_name(NOW.date(), NOW.date() - DAY) == "Tomorrow, Monday 2 March"
    assert telling.day_name(NOW.date(), NOW.date() - 9 * DAY) == "Monday 2 March 2026"


WORDS = Frame().words


def test_repeats_are_told_in_words_where_there_are_some() -> None:
    assert telling.repeats(WORDS, "daily") == "Every day"
    assert telling.repeats(WORDS, "FREQ=WEEKLY") == "Every week"
    assert telling.repeats(WORDS, "RRULE:FREQ=WEEKLY;BYDAY=MO,FR") == "Every week: Monday, Friday"
    assert telling.repeats(WORDS, "FREQ=MONTHLY;BYDAY=-1FR") == "Every month: last Friday"
    assert telling.repeats(WORDS, "FREQ=MONTHLY;BYDAY=1MO,+3MO") == "Every month: first Monday, third Monday"
    for rule in (
        "FREQ=WEEKLY;INTERVAL=2", "FREQ=SECONDLY", "nonsense", "FREQ=MONTHLY;BYDAY=-5FR", "FREQ=MONTHLY;BYDAY=1FR,XX",
        "FREQ=YEARLY;BYDAY=1FR", "FREQ=HOURLY;BYDAY=MO", "FREQ=MONTHLY;BYDAY=,",
    ):  # fmt: skip
        assert telling.repeats(WORDS, rule) == rule


EVERY_KIND = ("calendar", "block", "meeting", "buffer", "working-hours", "never-seen", "stale", "horizon")


def test_reasons_say_which_and_whose_to_those_who_may_know() -> None:
    busy = Reason("calendar", "out_of_office", TEN, ELEVEN, "Work", seen_at=NOW)
    assert (
        telling.reason(WORDS, busy, "UTC")
        == "Mon 2 Mar, 10:00\u201311:00: out of office in the calendar Work"
    )
    meeting = Reason("meeting", None, TEN, ELEVEN, title="Divorce", meeting="m9")
    assert telling.reason(WORDS, meeting, "UTC") == "Mon 2 Mar, 10:00\u201311:00: another meeting, Divorce"
    stale = Reason("stale", calendar="Work", seen_at=NOW)
    assert telling.reason(WORDS, stale, "UTC") == "Work was last read Mon 2 Mar, 08:00, which is too long ago"
    for kind in EVERY_KIND:
        assert telling.reason(WORDS, Reason(kind), "UTC")


def test_reasons_told_discreetly_say_kind_and_times_alone() -> None:
    told = telling.reason(
        WORDS, Reason("meeting", None, TEN, ELEVEN, title="Divorce", meeting="m9"), "UTC", discreet=True
    )
    assert told == "Mon 2 Mar, 10:00\u201311:00: another meeting"
    kept = {
        "kind": "calendar",
        "status": "busy",
        "start": "2026-03-02T10:00:00Z",
        "end": "2026-03-02T11:00:00Z",
        "calendar": "Work",
    }
    assert telling.recorded(WORDS, kept, "UTC", discreet=True) == "Mon 2 Mar, 10:00\u201311:00: busy"
    for kind in EVERY_KIND:
        said = telling.reason(
            WORDS, Reason(kind, None, TEN, ELEVEN, "Work", "Divorce", "m9", NOW), "UTC", discreet=True
        )
        assert not any(word in said for word in ("Divorce", "Work", "m9", "None", "{"))


def test_whatever_can_be_has_a_word() -> None:
    for section, wanted in {
        "status": list(MeetingStatus), "calendar_state": list(STATES), "menu": [*get_args(OfferedChange), *get_args(Hindrance)],
        "change": get_args(ChangeKind), "delivery": [*{*get_args(DeliveryState)} - {"superseded"}, "put", "remove"],
        "deed": ["put", "remove", "mail"], "notice": get_args(Notice),
        "drift": ["moved", "edited", "deleted", "copied", "owed", "open"], "owed": get_args(telling.Owed), "reason": EVERY_KIND,
        "scope": ["company", "group", "agent"], "repeat": REPEATS,
    }.items():  # fmt: skip
        assert set(wanted) <= set(WORDS[section]), section


def test_no_word_is_there_in_vain() -> None:
    files = [path for path in HERE.rglob("*") if path.suffix in (".html", ".py")]
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    sections = {name: inner for name, inner in WORDS.items() if isinstance(inner, dict)}
    chosen = {name for name in sections if f"t.{name}[" in text or f'words["{name}"]' in text}
    alone = {f"t.{name}" for name in WORDS.keys() - sections.keys()}
    inside = {f"t.{name}.{word}" for name in sections.keys() - chosen for word in sections[name]}
    said = {word for word in alone | inside if word not in text}
    assert {word for word in said if not re.search(rf'words\["{word.split(".")[1]}"\]', text)} == set()


def test_every_state_has_a_name_and_a_colour() -> None:
    style = Frame().files["page.css"].decode()
    for state in State:
        assert drawing.SAID[state]
        assert f".{drawing.kind(state, True)} {{ fill:" in style


pieces_of_a_day = st.lists(st.integers(0, 24 * 60), min_size=1, max_size=8, unique=True).map(sorted)


@given(pieces_of_a_day, st.sampled_from([date(2026, 3, 2), date(2026, 3, 29), date(2026, 10, 25)]))
def test_a_picture_lies_within_its_day_without_overlap(edges, day) -> None:
    whole = day_in(day, "Europe/Amsterdam")
    moments = [whole.start + timedelta(minutes=edge - 60) for edge in edges]
    pieces = [Piece(one, other, State.BUSY, True) for one, other in pairwise(moments)]
    bars = [(float(one.x.rstrip("%")), float(one.width.rstrip("%"))) for one in drawing.bars(pieces, whole)]
    assert all(x >= 0 and width > 0 and x + width <= 100.01 for x, width in bars)
    assert all(x + width <= other + 0.01 for (x, width), (other, _) in pairwise(bars))


def test_the_meeting_is_drawn_on_its_day_alone() -> None:
    day = day_in(date(2026, 3, 2), "Europe/Amsterdam")
    slot = drawing.slot(TEN, ELEVEN, day)
    assert slot is not None
    assert (slot.x, slot.width, slot.says) == ("45.833%", "4.167%", "11:00\u201312:00")
    assert drawing.slot(TEN + DAY, ELEVEN + DAY, day) is None
    assert drawing.now(NOW, day) == "37.500%"
    assert drawing.now(NOW + DAY, day) is None


# ---------------------------------------------------------------------------------------------------------------------
# What is looked at first


def test_our_public_name_is_where_our_forms_come_from_behind_a_proxy() -> None:
    http = HttpConfig(public_url="https://syncd.example.com")
    passed_on = {"host": "127.0.0.1:8420", "origin": "https://syncd.example.com"}
    assert not guard.comes_from_elsewhere(passed_on, http)
    assert guard.comes_from_elsewhere(passed_on, HttpConfig())
    assert guard.comes_from_elsewhere({"host": "", "origin": "null"}, http)
    assert guard.comes_from_elsewhere({"host": "a", "origin": "http://[bad"}, http)
    assert not guard.comes_from_elsewhere({"host": "a"}, http)


@pytest.mark.parametrize("then", ["/", "/meeting?id=m1", "/person?id=%2F%2Fx"])
def test_an_address_of_ours_is_gone_on_to(then: str) -> None:
    assert guard.inside(then) == then

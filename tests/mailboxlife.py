"""What people do in a mailbox, at random, and how oddly Graph can tell of it: shared by the tests that look for the truth."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from graphstage import BOSS, OnGraph
from hypothesis import strategies as st
from stages import START, WINDOW, to_read

from connectors.interface import CalendarObject
from connectors.outlook.calendars import calendar_href, default_href
from connectors.outlook.reading import MARGIN
from syncd.demo.graph import Refused

HOUR = timedelta(hours=1)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SHOWN = {
    "free": "free", "tentative": "tentative", "busy": "busy", "oof": "out_of_office", "unknown": "unknown",
    "workingElsewhere": "working_elsewhere",
}  # fmt: skip
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
KNOBS: dict[str, list[Any]] = {
    "first_page_empty": [True, False], "replays": [0, 1, 3], "duplicates": [True, False], "shuffled": [True, False],
    "master_missing": [True, False], "occurrences_as_stubs": [True, False], "removed_series_whole": [True, False],
    "deleted_occurrence_removed": [True, False], "out_of_window_removed": [True, False], "rounds_die": [0, 1, 3],
    "dead_link": ["410", "400", "400-invalid", "404", "410-resync"], "endless": [True, False],
    "tokens_die_at": [0, 2], "declined_stays": [True, False], "reschedule_drops_exceptions": [True, False],
    "change_delay": [timedelta(0), timedelta(minutes=5)],
}  # fmt: skip


class Life:
    """A mailbox with a second calendar, what its owner and others do there, and what a client knows of it."""

    def __init__(self, stage: OnGraph) -> None:
        self.fake, self.user = stage.fake, stage.add_user()
        self.other = self.fake.add_calendar(self.user, "Private")
        self.connector = stage.connector(self.user)
        if self.fake.state.found(BOSS) is None:
            self.fake.add_mailbox(BOSS)
        self.hrefs = {"": default_href(self.user), self.other: calendar_href(self.user, self.other)}
        self.states: dict[str, str | None] = dict.fromkeys(self.hrefs)
        self.known: dict[str, dict[str, CalendarObject]] = {calendar: {} for calendar in self.hrefs}

    def add(self, day: int, hour: int, kind: str) -> None:
        at = START + timedelta(days=day, hours=hour)
        self.fake.add_event(self.user, at, at + HOUR, show_as=kind)

    def add_day(self, day: int, hour: int, kind: str) -> None:
        first = START.date() + timedelta(days=day)
        self.fake.add_event(self.user, first, first + timedelta(days=1 + hour % 3), show_as=kind)

    def add_series(self, day: int, hour: int, kind: str) -> None:
        at = START + timedelta(days=day - 20, hours=hour)
        pattern = {"type": "weekly", "interval": 1, "daysOfWeek": [DAYS[at.weekday()]]}
        rule = {
            "pattern": pattern,
            "range": {"type": "numbered", "startDate": f"{at:%Y-%m-%d}", "numberOfOccurrences": 5},
        }
        self.fake.add_event(self.user, at, at + HOUR, show_as=kind, recurrence=rule)

    def be_invited(self, day: int, hour: int, kind: str) -> None:
        at = START + timedelta(days=day, hours=hour)
        self.fake.add_event(BOSS, at, at + HOUR, show_as=kind, attendees=[self.user])

    def delete(self, which: int) -> None:
        self._some(which, self.fake.delete)

    def move(self, which: int, day: int) -> None:
        at = START + timedelta(days=day, hours=10)
        self._some(which, lambda user, key: self.fake.move(user, key, at, at + HOUR))

    def show(self, which: int, kind: str) -> None:
        self._some(which, lambda user, key: self.fake.edit(user, key, showAs=kind))

    def touch(self, which: int) -> None:
        self._some(which, self.fake.touch)

    def decline(self, which: int) -> None:
        self._some(which, self.fake.decline)

    def shift(self, which: int, calendar: bool) -> None:
        self._some(
            which,
            lambda user, key: self.fake.move_to_calendar(user, key, self.other if calendar else ""),
            parts=False,
        )

    def kill_tokens(self) -> None:
        self.fake.kill_tokens(self.user)

    def turn(self, name: str, which: int) -> None:
        setattr(self.fake.knobs, name, KNOBS[name][which % len(KNOBS[name])])

    def wait(self) -> None:
        self.fake.advance(minutes=10)

    def read(self) -> None:
        for calendar, href in self.hrefs.items():
            known = self.known[calendar]
            etags = {one: found.etag for one, found in known.items()}
            changes = self.connector.changes(to_read(href), self.states[calendar], etags)
            kept = changes.unchanged if changes.complete else set(known) - set(changes.gone)
            self.known[calendar] = {one: known[one] for one in kept} | {
                one.href: one for one in changes.upserts
            }
            self.states[calendar] = changes.state

    def check(self) -> None:
        """Once all is replicated, what is known is what is true."""
        self.fake.knobs.change_delay = timedelta(0)
        self.read()
        for calendar in self.hrefs:
            found = self.known[calendar].values()
            assert not [problem for one in found for problem in one.problems]
            told = Counter(
                (at.start, at.end, at.status.value, at.all_day) for one in found for at in one.intervals
            )
            assert told == self._truth(calendar)

    def _truth(self, calendar: str) -> Counter[tuple[datetime, datetime, str, bool]]:
        true = self.fake.busy(self.user, START, START + WINDOW + MARGIN, calendar)
        return Counter(
            (*as_meant(one.start, one.end, one.all_day), kind_of(one), one.all_day) for one in true
        )

    def _some(self, which: int, do: Callable[[str, str], object], *, parts: bool = True) -> None:
        """To one of all there is, or one of its occurrences; Outlook may refuse."""
        window = START - timedelta(days=30), START + timedelta(days=90)
        true = [one for calendar in self.hrefs for one in self.fake.busy(self.user, *window, calendar)]
        keys = [one.id for one in true if parts or one.series is None] + [
            one.series for one in true if one.series
        ]
        if not keys:
            return
        try:
            do(self.user, keys[which % len(keys)])
        except Refused:
            return


def as_meant(start: datetime, end: datetime, all_day: bool) -> tuple[datetime, datetime]:
    return (_midnight(start.date()), _midnight(end.date())) if all_day else (start, end)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=AMSTERDAM).astimezone(UTC)


def kind_of(one: Any) -> str:
    if one.cancelled:
        return "cancelled"
    if one.response == "declined":
        return "declined"
    open_question = one.response in ("notResponded", "tentativelyAccepted") and one.show_as in ("busy", "oof")
    return "tentative" if open_question else SHOWN[one.show_as]


day, hour, which = st.integers(-3, 45), st.integers(0, 23), st.integers(0, 30)
kind = st.sampled_from(sorted(SHOWN))
done = st.one_of(
    *(st.tuples(st.just(name), day, hour, kind) for name in ("add", "add_day", "add_series", "be_invited")),
    st.tuples(st.just("add_series"), day, hour, kind),
    *(st.tuples(st.just(name), which) for name in ("delete", "touch", "decline")),
    st.tuples(st.just("move"), which, day),
    st.tuples(st.just("show"), which, kind),
    st.tuples(st.just("shift"), which, st.booleans()),
    st.tuples(st.just("turn"), st.sampled_from(sorted(KNOBS)), which),
    st.tuples(st.just("turn"), st.sampled_from(sorted(KNOBS)), which),
    *(st.tuples(st.just(name)) for name in ("kill_tokens", "wait")),
)
"""A method of `Life` and its arguments: what people and servers do."""

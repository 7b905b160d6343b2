"""Whatever is changed in whatever order, and wherever a worker dies: in the end one event, in the right calendar."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.interface import Event
from store.model import Agent, Copy, Guest, Meeting, MeetingStatus, Place
from syncd.rules import delivery as rule
from syncd.rules import drift
from syncd.rules.delivery import Create, Done, Owed, Put, Remove, Wait

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
RELEASE = timedelta(minutes=15)
AGENTS = {
    name: Agent(name, name.title(), f"{name}@example.com", "Europe/Amsterdam")
    for name in ("anna", "ben", "cleo")
}
PLACES = {name: Place("cloud", name, "Work") for name in AGENTS}
MEETING = Meeting(
    "m1", 1, MeetingStatus.SCHEDULED, "anna", NOW + timedelta(hours=2), NOW + timedelta(hours=3), "Talk",
    link="https://meet/m1", guests=(Guest("Gerda", "gerda@example.org"),),
)  # fmt: skip


def step(
    meeting: Meeting, agent: str, copies: list[Copy], now: datetime = NOW, places: dict[str, Place] = PLACES
) -> rule.Step:
    return rule.next_step(
        meeting, AGENTS[agent], places=places, copies=copies, now=now, release_after=RELEASE, private=True,
        reminder=timedelta(0),
    )  # fmt: skip


def copy_of(
    agent: str, generation: int = 1, state: str = "present", meeting: Meeting = MEETING, **more: object
) -> Copy:
    made = Copy(
        generation,
        "m1",
        agent,
        generation,
        PLACES[agent],
        f"uid-{agent}-{generation}",
        f"mark-{agent}-{generation}",
        "intended",
    )
    event = event_for(meeting, made)
    return replace(made, state=state, written=rule.digest(event), **more)  # type: ignore[arg-type]  # fields by name


def event_for(meeting: Meeting, copy: Copy) -> Event:
    return rule.event_of(meeting, AGENTS[copy.agent], copy, private=True, reminder=timedelta(0))


def test_steps_by_table() -> None:
    moved_on = replace(MEETING, version=2, agent="ben", assigned_at=NOW)
    cancelled = replace(MEETING, version=2, status=MeetingStatus.CANCELLED)
    anna, ben = copy_of("anna"), copy_of("ben", meeting=moved_on)
    assert step(MEETING, "anna", []) == Create(PLACES["anna"], 1)
    assert step(MEETING, "anna", [replace(anna, state="gone")]) == Create(PLACES["anna"], 2)
    assert step(MEETING, "anna", [replace(anna, state="leaving")]) == Create(PLACES["anna"], 2)
    assert step(MEETING, "anna", [replace(anna, state="intended")]) == Put(replace(anna, state="intended"))
    assert step(MEETING, "anna", [anna]) == Done()
    assert step(replace(MEETING, title="Other"), "anna", [anna]) == Put(anna)
    assert step(MEETING, "anna", [replace(anna, drift="moved")]) == Put(replace(anna, drift="moved"))
    assert step(MEETING, "anna", [replace(anna, state="leaving"), copy_of("anna", 2)]) == Remove(
        replace(anna, state="leaving")
    )
    assert step(moved_on, "anna", [anna]) == Wait(NOW + RELEASE)
    assert step(moved_on, "anna", [anna], NOW + RELEASE) == Remove(anna)
    assert step(moved_on, "anna", [anna, replace(ben, state="intended")]) == Wait(NOW + RELEASE)
    assert step(moved_on, "anna", [anna, ben]) == Remove(anna)
    assert step(moved_on, "anna", [anna], places={"anna": PLACES["anna"]}) == Remove(anna)
    assert step(moved_on, "anna", []) == Done()
    assert step(cancelled, "anna", [anna]) == Remove(anna)
    assert step(cancelled, "anna", [replace(anna, state="gone")]) == Done()
    elsewhere = {**PLACES, "anna": Place("cloud", "anna", "Private")}
    assert step(MEETING, "anna", [anna], places=elsewhere) == Create(elsewhere["anna"], 2)


def test_a_cancelled_meeting_keeps_the_event_that_stands_there_and_makes_none() -> None:
    cancelled = replace(MEETING, version=2, status=MeetingStatus.CANCELLED)
    anna, ben = copy_of("anna"), copy_of("ben")
    elsewhere = {**PLACES, "anna": Place("cloud", "anna", "Private")}

    def kept(copies: list[Copy], agent: str = "anna", places: dict[str, Place] = PLACES) -> rule.Step:
        return rule.next_step(
            cancelled, AGENTS[agent], places=places, copies=copies, now=NOW, release_after=RELEASE, private=True,
            reminder=timedelta(0), keep_cancelled=True,
        )  # fmt: skip

    def owed(copies: list[Copy]) -> tuple[Owed, ...]:
        return rule.owed(MEETING, cancelled, PLACES, copies, keep_cancelled=True)

    assert (kept([anna]), owed([anna])) == (Put(anna), (Owed("anna", "put"),))
    assert kept([copy_of("anna", meeting=cancelled)]) == Done()
    assert (kept([]), owed([])) == (Done(), (Owed("anna", "remove"),))
    for standing in (replace(anna, state="intended"), replace(anna, drift="deleted")):
        assert (kept([standing]), owed([standing])) == (Remove(standing), (Owed("anna", "remove"),))
    assert kept([anna, ben], "ben") == Remove(ben)
    assert kept([anna], places=elsewhere) == Remove(anna)
    assert kept([anna], places={}) == Remove(anna)


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("fr", ["Guest: ", "Link: ", "Reason of the change: ill", "Meeting m1, kept up to date"]),
        ("nl-BE", ["Gast: ", "Link: ", "Reden van de wijziging: ill", "Gesprek m1, bijgehouden"]),
        ("DE", ["Gast: ", "Link: ", "Grund der Änderung: ill", "Gespräch m1, von der"]),
    ],
)
def test_an_event_speaks_its_agents_language(language: str, lines: list[str]) -> None:
    """But for what people wrote. Of a change in the agent's own calendar the reason is syncd's, and is said in that language, too."""
    guest = Guest("Eva", "eva@example.org")
    meeting = replace(MEETING, reason="ill", link="https://x.example/1", guests=(guest,))
    agent = replace(AGENTS["anna"], language=language)

    def text(reason: str) -> list[str]:
        one = replace(meeting, reason=reason)
        made = rule.event_of(one, agent, copy_of("anna"), private=True, reminder=timedelta(0))
        return made.text.splitlines()

    said = text("ill")
    assert len(said) == len(lines)
    assert all(line.startswith(start) for line, start in zip(said, lines, strict=True))
    assert (drift.REASON in "".join(text(drift.REASON))) == (language == "fr")


def test_an_event_of_a_cancelled_meeting_says_so_takes_no_time_and_does_not_ring() -> None:
    cancelled = replace(MEETING, version=2, status=MeetingStatus.CANCELLED, reason="ill")
    quarter = timedelta(minutes=15)
    plain, struck = (
        rule.event_of(
            one, replace(AGENTS["anna"], language="nl"), copy_of("anna"), private=True, reminder=quarter
        )
        for one in (MEETING, cancelled)
    )
    assert (plain.title, plain.free, plain.reminder) == ("Talk", False, quarter)
    assert (struck.title, struck.free, struck.reminder) == ("Geannuleerd: Talk", True, timedelta(0))
    german = replace(AGENTS["anna"], language="de-AT")
    assert (
        rule.event_of(cancelled, german, copy_of("anna"), private=True, reminder=quarter).title
        == "Abgesagt: Talk"
    )
    assert not rule.agrees(replace(plain, free=True), plain), "whether it takes time is part of what it says"


def test_what_a_change_owes() -> None:
    ben = replace(MEETING, version=2, agent="ben", assigned_at=NOW)
    assert rule.owed(None, MEETING, PLACES, []) == (Owed("anna", "put"),)
    assert rule.owed(MEETING, ben, PLACES, [copy_of("anna")]) == (Owed("ben", "put"), Owed("anna", "remove"))
    assert rule.owed(MEETING, ben, PLACES, []) == (Owed("ben", "put"), Owed("anna", "remove"))
    assert (
        rule.owed(MEETING, replace(MEETING, version=2, status=MeetingStatus.LIVE), PLACES, [copy_of("anna")])
        == ()
    )
    cancelled = replace(MEETING, version=2, status=MeetingStatus.CANCELLED)
    assert rule.owed(MEETING, cancelled, PLACES, [copy_of("anna")]) == (Owed("anna", "remove"),)
    assert rule.owed(None, MEETING, {}, []) == ()


def test_the_uid_is_fit_for_an_href_and_unguessable_without_the_marker() -> None:
    uid = rule.uid_of("m/1 ü", "anna", 1, "marker")
    assert set(uid) <= set("0123456789abcdef-")
    assert uid == rule.uid_of("m/1 ü", "anna", 1, "marker")
    assert len({uid, *(rule.uid_of("m/1 ü", "anna", 1, other) for other in ("a", "b"))}) == 3


@given(st.text(max_size=30), st.text(max_size=30))
def test_what_agrees_has_one_digest(title: str, text: str) -> None:
    event = event_for(replace(MEETING, title=title), copy_of("anna"))
    spaced = replace(
        event, title=f"  {event.title.replace(' ', '  ')} ", zone="UTC", text=event.text.replace("\n", "\r\n")
    )
    other = replace(event, text=text)
    assert rule.agrees(event, spaced)
    assert rule.digest(event) == rule.digest(spaced)
    assert rule.agrees(event, other) == (rule.digest(event) == rule.digest(other))
    assert not rule.agrees(event, None)


# ---------------------------------------------------------------------------------------------------------------------


@dataclass
class Model:
    """Calendars as sets of UIDs, copies as stored, and workers that may die between any two effects."""

    meeting: Meeting = MEETING
    now: datetime = NOW
    copies: dict[tuple[str, int], Copy] = field(default_factory=dict)
    calendars: dict[str, dict[str, Event]] = field(default_factory=lambda: {name: {} for name in AGENTS})

    def change(self, after: Meeting) -> None:
        for owed in rule.owed(self.meeting, after, PLACES, self.copies.values()):
            if owed.kind == "remove":
                for copy in self._of(owed.agent):
                    if copy.state in ("intended", "present"):
                        self._save(replace(copy, state="leaving"))
        self.meeting = after

    def run(self, agent: str, effects: int) -> None:
        """One worker's steps for one agent; it dies after so many effects (writes to a calendar or to the store)."""
        for _ in range(30):
            match step(self.meeting, agent, list(self.copies.values()), self.now):
                case Done() | Wait():
                    return
                case Create(place, generation):
                    made = Copy(
                        generation,
                        "m1",
                        agent,
                        generation,
                        place,
                        f"{agent}-{generation}",
                        f"m-{agent}-{generation}",
                        "intended",
                    )
                    planned = [lambda made=made: self._save(made)]
                case Put(copy):
                    event = event_for(self.meeting, copy)
                    present = replace(copy, state="present", written=rule.digest(event), drift="")
                    planned = [
                        lambda copy=copy, event=event: self.calendars[copy.agent].update({copy.uid: event}),
                        lambda present=present: self._save(present),
                    ]
                case Remove(copy):
                    planned = [
                        lambda copy=copy: self._save(replace(copy, state="leaving")),
                        lambda copy=copy: self.calendars[copy.agent].pop(copy.uid, None),
                        lambda copy=copy: self._save(replace(copy, state="gone")),
                    ]
            for effect in planned:
                if effects == 0:
                    return
                effects -= 1
                effect()

    def _of(self, agent: str) -> list[Copy]:
        return [copy for copy in self.copies.values() if copy.agent == agent]

    def _save(self, copy: Copy) -> None:
        self.copies[copy.agent, copy.generation] = copy


CHANGES = st.one_of(
    st.tuples(st.just("assign"), st.sampled_from(sorted(AGENTS))),
    st.tuples(st.just("reschedule"), st.integers(1, 5)),
    st.tuples(st.just("work"), st.sampled_from(sorted(AGENTS)), st.integers(0, 6)),
    st.tuples(st.just("cancel"), st.just(0)),
)


@given(st.lists(CHANGES, max_size=25))
def test_any_history_ends_with_one_event_in_the_right_calendar(history: list[tuple]) -> None:
    model = Model()
    for what, *how in history:
        meeting = model.meeting
        if what == "work":
            model.run(*how)
        elif meeting.status is MeetingStatus.CANCELLED:
            continue
        elif what == "assign":
            model.change(replace(meeting, version=meeting.version + 1, agent=how[0], assigned_at=model.now))
        elif what == "reschedule":
            start = MEETING.start + timedelta(hours=how[0])
            model.change(
                replace(meeting, version=meeting.version + 1, start=start, end=start + timedelta(hours=1))
            )
        else:
            model.change(replace(meeting, version=meeting.version + 1, status=MeetingStatus.CANCELLED))
    for _ in range(2):
        for agent in AGENTS:
            model.run(agent, 100)
    standing = {agent: list(events.values()) for agent, events in model.calendars.items() if events}
    if model.meeting.status is MeetingStatus.CANCELLED:
        assert standing == {}
        return
    assert list(standing) == [model.meeting.agent]
    (event,) = standing[model.meeting.agent]
    assert (event.start, event.end) == (model.meeting.start, model.meeting.end)


@given(st.lists(st.sampled_from(sorted(AGENTS)), min_size=1, max_size=6), st.integers(0, 8))
def test_the_meeting_is_always_in_some_calendar_while_it_is_handed_on(path: list[str], effects: int) -> None:
    """Put before remove: from the first delivery on there is no moment at which no calendar shows the meeting."""
    model = Model()
    model.run("anna", 100)
    for to in path:
        model.change(
            replace(model.meeting, version=model.meeting.version + 1, agent=to, assigned_at=model.now)
        )
        for agent in AGENTS:
            model.run(agent, effects)
            assert any(model.calendars.values())

"""What may happen to a meeting: each change, each refusal in words, and what holds for every sequence of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.model import Guest, Meeting, MeetingStatus, Override
from syncd.rules import meetings
from syncd.rules.meetings import LIVE_GRACE, Refused

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE, HOUR, SECOND = timedelta(minutes=1), timedelta(hours=1), timedelta(seconds=1)
GUS = Guest("Gus Tav", "gus@example.com")
MEETING = Meeting(
    "m1", 3, MeetingStatus.SCHEDULED, "anna", NOON, NOON + HOUR, "Mortgage advice", guests=(GUS,)
)
EARLY = NOON - HOUR
S = MeetingStatus


def wanted(**fields: Any) -> Meeting:
    return replace(MEETING, **{"version": 1, **fields})


def planned(
    before: Meeting | None = None, *, now: datetime = EARLY, active: bool = True, **fields: Any
) -> Meeting:
    return meetings.plan(before, wanted(**fields), now=now, active=active)


# ---------------------------------------------------------------------------------------------------------------------
# plan


def test_a_plan_is_a_scheduled_meeting_at_version_1() -> None:
    assert planned() == wanted()


def test_a_plan_brings_nothing_that_only_changes_bring() -> None:
    full = planned(
        version=9, status=S.COMPLETED, reason="r", cancelled_by="guest", live_at=NOON, assigned_at=NOON,
        overrides=(Override("bob", NOON, "x", ()),),
    )  # fmt: skip
    assert full == wanted()


def test_texts_are_cleaned_times_become_utc_and_whole_seconds_guests_are_gathered() -> None:
    amsterdam = timezone(HOUR)
    meeting = planned(
        title=" Mortgage\nadvice\u202e ", link="https://meet.example.com/{guest}\r\n",
        start=(NOON + timedelta(microseconds=5)).astimezone(amsterdam), end=NOON + HOUR + timedelta(microseconds=999_999),
        guests=(GUS, Guest("Gustav", "GUS@example.com")),
    )  # fmt: skip
    assert meeting == wanted(
        link="https://meet.example.com/{guest}", guests=(Guest("Gustav", "gus@example.com"),)
    )
    assert meeting.start.tzinfo is UTC


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"title": " \n"}, "no title"),
        ({"title": "x" * 251}, "title is longer than 250"),
        ({"link": "x" * 2001}, "link is longer than 2000"),
        ({"end": NOON}, "end is not after the start"),
        ({"end": NOON - MINUTE}, "end is not after the start"),
        ({"end": NOON + timedelta(milliseconds=1)}, "end is not after the start"),
        ({"end": NOON + 24 * HOUR + SECOND}, "^the conversation would be longer than 24 hours$"),
        ({"start": NOON.replace(tzinfo=None)}, "start has no offset"),
        ({"end": (NOON + HOUR).replace(tzinfo=None)}, "end has no offset"),
        ({"start": datetime(9999, 12, 31, 23, tzinfo=UTC)}, "year 9999"),
        ({"start": datetime(1, 1, 1, tzinfo=timezone(HOUR))}, "year 1$"),
        ({"id": ""}, "id is 1 to 200"),
        ({"id": "m\n1"}, "id is 1 to 200"),
        ({"id": " m1"}, "id is 1 to 200"),
        ({"id": "m" * 201}, "id is 1 to 200"),
        ({"guests": (Guest("Gus", "gus"),)}, "not a mail address"),
        ({"now": NOON + HOUR}, "already passed"),
        ({"active": False}, "'anna' is not active"),
    ],
)
def test_plans_that_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(Refused, match=message):
        planned(**fields)


def test_a_plan_may_last_24_hours_and_have_begun() -> None:
    assert planned(end=NOON + 24 * HOUR, now=NOON + HOUR).version == 1
    assert planned(id="m" * 200, title="x" * 250, link="x" * 2000).id == "m" * 200


def test_the_same_plan_again_changes_nothing_whatever_became_of_the_meeting() -> None:
    for status in S:
        before = replace(MEETING, status=status, version=7)
        assert planned(before, now=NOON + 9 * HOUR, active=False) is before


def test_the_same_plan_in_other_words_is_the_same_plan() -> None:
    before = replace(MEETING, version=7)
    other_zone = timezone(-5 * HOUR)
    same = planned(
        before,
        title="Mortgage advice ",
        start=NOON.astimezone(other_zone),
        guests=(Guest("Gus Tav", "Gus@Example.com"),),
    )
    assert same is before


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"agent": "bob"}, "agent"),
        ({"start": NOON + MINUTE}, "start"),
        ({"end": NOON + 2 * HOUR}, "end"),
        ({"title": "Pension"}, "title"),
        ({"link": "https://x"}, "link"),
        ({"agent_link": "https://x"}, "agent_link"),
        ({"group": "mortgage"}, "group"),
        ({"guests": ()}, "guests"),
        ({"guests": (Guest("Other", GUS.email),)}, "guests"),
        ({"agent": "bob", "title": "Pension", "guests": ()}, "agent, title, guests"),
    ],
)
def test_a_plan_that_differs_is_refused_and_names_what_differs(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(Refused, match=f"planned differently: {named}$") as refusal:
        planned(MEETING, **fields)
    assert "reschedule" in refusal.value.hint
    assert GUS.email not in refusal.value.message


# ---------------------------------------------------------------------------------------------------------------------
# invite, reschedule, cancel, assign


def invite(m: Meeting, now: datetime = EARLY) -> Meeting:
    return meetings.invite(m, Guest("Bea", "bea@example.com"), now=now)


def reschedule(m: Meeting, now: datetime = EARLY) -> Meeting:
    return meetings.reschedule(m, NOON + 3 * HOUR, None, "ill", now=now)


def assign(m: Meeting, now: datetime = EARLY) -> Meeting:
    return meetings.assign(m, "bob", now=now, by="api", active=True, obstacles=())


CHANGES: list[Callable[..., Meeting]] = [invite, reschedule, assign]


def test_a_further_guest() -> None:
    assert invite(MEETING) == replace(MEETING, version=4, guests=(GUS, Guest("Bea", "bea@example.com")))


def test_the_same_address_is_the_same_guest() -> None:
    assert meetings.invite(MEETING, Guest("Gus Tav", "GUS@example.com"), now=EARLY) is MEETING
    corrected = meetings.invite(MEETING, Guest("Gustav", "gus@example.com"), now=EARLY)
    assert (corrected.version, corrected.guests) == (4, (Guest("Gustav", "gus@example.com"),))


def test_another_time_keeps_the_length_unless_told() -> None:
    start = NOON + 3 * HOUR
    assert reschedule(MEETING) == replace(MEETING, version=4, start=start, end=start + HOUR, reason="ill")
    longer = meetings.reschedule(MEETING, start, start + 2 * HOUR, " ill\n", now=EARLY)
    assert (longer.start, longer.end, longer.reason) == (start, start + 2 * HOUR, "ill")


def test_the_time_it_already_has_changes_nothing() -> None:
    assert meetings.reschedule(MEETING, NOON, None, "ill", now=EARLY) is MEETING
    assert (
        meetings.reschedule(MEETING, NOON.astimezone(timezone(HOUR)), NOON + HOUR, "ill", now=EARLY)
        is MEETING
    )


@pytest.mark.parametrize(
    ("start", "end", "reason", "message"),
    [
        (NOON, NOON + 2 * HOUR, "", "a reason is needed"),
        (NOON, NOON + 2 * HOUR, " \x00\n", "a reason is needed"),
        (NOON, NOON + 2 * HOUR, "x" * 1001, "reason is longer than 1000"),
        (NOON, NOON, "ill", "end is not after"),
        (NOON, NOON + 25 * HOUR, "ill", "longer than 24 hours"),
        (NOON - 3 * HOUR, None, "ill", "already passed"),
        (EARLY - HOUR, EARLY, "ill", "already passed"),
        (NOON.replace(tzinfo=None), None, "ill", "no offset"),
    ],
)
def test_reschedules_that_are_refused(
    start: datetime, end: datetime | None, reason: str, message: str
) -> None:
    with pytest.raises(Refused, match=message):
        meetings.reschedule(MEETING, start, end, reason, now=EARLY)


def test_a_reason_of_exactly_the_limit_is_kept_whole() -> None:
    assert meetings.cancel(MEETING, "x" * 1000, "agent", now=EARLY).reason == "x" * 1000


@pytest.mark.parametrize("status", [S.SCHEDULED, S.LIVE])
@pytest.mark.parametrize("now", [EARLY, NOON + MINUTE, NOON + 2 * HOUR])
@pytest.mark.parametrize("by", ["guest", "agent"])
def test_cancel_keeps_who_and_why_and_can_be_done_twice(
    status: MeetingStatus, now: datetime, by: Any
) -> None:
    cancelled = meetings.cancel(replace(MEETING, status=status), " ill ", by, now=now)
    assert cancelled == replace(MEETING, version=4, status=S.CANCELLED, reason="ill", cancelled_by=by)
    assert meetings.cancel(cancelled, "another reason", "agent", now=now) is cancelled


@pytest.mark.parametrize("status", [S.COMPLETED, S.MISSED, S.FAILED])
def test_what_has_ended_is_not_cancelled(status: MeetingStatus) -> None:
    with pytest.raises(Refused, match=f"is {status}: there is nothing left"):
        meetings.cancel(replace(MEETING, status=status), "ill", "agent", now=EARLY)


def test_cancels_that_are_refused() -> None:
    with pytest.raises(Refused, match="a reason is needed"):
        meetings.cancel(MEETING, " ", "guest", now=EARLY)
    with pytest.raises(Refused, match="by 'guest' or 'agent', not by 'platform'"):
        meetings.cancel(MEETING, "ill", "platform", now=EARLY)  # type: ignore[arg-type] # what a door may let through


def test_another_agent_takes_it() -> None:
    assert assign(MEETING) == replace(MEETING, version=4, agent="bob", assigned_at=EARLY)


def test_choosing_somebody_not_available_is_recorded_after_what_was_recorded_before() -> None:
    first = Override("eve", EARLY, "api", ({"kind": "block"},))
    before = replace(MEETING, overrides=(first,))
    obstacles = ({"kind": "calendar", "status": "busy"},)
    after = meetings.assign(before, "bob", now=EARLY, by="cli:root", active=True, obstacles=obstacles)
    assert after.overrides == (first, Override("bob", EARLY, "cli:root", obstacles))


def test_the_present_agent_changes_nothing_even_when_not_available_or_not_active() -> None:
    same = meetings.assign(MEETING, "anna", now=EARLY, by="x", active=False, obstacles=({"kind": "block"},))
    assert same is MEETING


def test_an_inactive_agent_is_not_chosen() -> None:
    with pytest.raises(Refused, match="'bob' is not active"):
        meetings.assign(MEETING, "bob", now=EARLY, by="x", active=False, obstacles=())


@pytest.mark.parametrize("change", CHANGES)
def test_also_after_the_start_if_the_agent_never_entered(change: Callable[..., Meeting]) -> None:
    assert change(MEETING, NOON + HOUR - SECOND).version == 4


@pytest.mark.parametrize("change", CHANGES)
def test_live_says_so_in_words(change: Callable[..., Meeting]) -> None:
    with pytest.raises(Refused, match="'m1' is live, the agent is in the conversation") as refusal:
        change(replace(MEETING, status=S.LIVE))
    assert "cancel it" in refusal.value.hint


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("status", [S.COMPLETED, S.MISSED, S.FAILED, S.CANCELLED])
def test_what_is_over_is_not_changed(change: Callable[..., Meeting], status: MeetingStatus) -> None:
    with pytest.raises(Refused, match=f"'m1' is {status}: "):
        change(replace(MEETING, status=status))


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("now", [NOON + HOUR, NOON + 9 * HOUR])
def test_once_the_end_has_passed_nothing_is_changed(change: Callable[..., Meeting], now: datetime) -> None:
    with pytest.raises(Refused, match="'m1' ended at 2026-03-02T13:00:00Z"):
        change(MEETING, now)


# ---------------------------------------------------------------------------------------------------------------------
# what holds for every meeting and every sequence of changes

moments = st.integers(-300, 300).map(lambda minutes: NOON + minutes * MINUTE)
lengths = st.integers(1, 180).map(lambda minutes: minutes * MINUTE)
reasons = st.sampled_from(["ill", "", "late\nagain"])
a_guest = st.builds(
    Guest, st.sampled_from(["", "Bea"]), st.sampled_from(["bea@x", "BEA@x", "cor@x", "not an address"])
)
Step = Callable[[Meeting, datetime], Meeting]
hindered = st.sampled_from([(), ({"kind": "block"},)])
steps = st.one_of(
    a_guest.map(lambda guest: lambda m, now: meetings.invite(m, guest, now=now)),
    st.builds(
        lambda start, length, reason: lambda m, now: meetings.reschedule(
            m, start, None if length is None else start + length, reason, now=now
        ),
        moments, st.none() | lengths, reasons,
    ),
    st.builds(
        lambda reason, by: lambda m, now: meetings.cancel(m, reason, by, now=now),
        reasons, st.sampled_from(["guest", "agent"]),
    ),
    st.builds(
        lambda to, active, walls: lambda m, now: meetings.assign(m, to, now=now, by="x", active=active, obstacles=walls),
        st.sampled_from(["anna", "bob"]), st.booleans(), hindered,
    ),
    st.sampled_from(S).map(lambda status: lambda m, now: meetings.set_status(m, status, now=now)),
    st.just(lambda m, now: meetings.overdue(m, now) or m),
)  # fmt: skip
ENDED = {S.COMPLETED, S.MISSED, S.FAILED, S.CANCELLED}


@given(st.lists(st.tuples(steps, moments), max_size=15))
def test_every_accepted_change_is_one_version_on_and_the_end_is_the_end(
    story: list[tuple[Step, datetime]],
) -> None:
    meeting, refusals = planned(), []
    for step, now in story:
        try:
            after = step(meeting, now)
        except Refused as refusal:
            refusals.append(refusal)
            continue
        if after is meeting:
            continue
        assert after != meeting
        assert after.version == meeting.version + 1
        assert meeting.status not in ENDED
        assert after.start < after.end <= after.start + meetings.LONGEST
        assert after.overrides[: len(meeting.overrides)] == meeting.overrides
        assert (after.status is S.CANCELLED) == (after.cancelled_by is not None)
        assert after.id == meeting.id
        meeting = after
    assert all(refusal.message and "@x" not in refusal.message + refusal.hint for refusal in refusals)


@given(st.sampled_from(S), moments, st.sampled_from(CHANGES))
def test_only_scheduled_meetings_whose_end_lies_ahead_are_changed(
    status: MeetingStatus, now: datetime, change: Callable[..., Meeting]
) -> None:
    before = replace(MEETING, status=status)
    if status is S.SCHEDULED and now < before.end:
        assert change(before, now).version == before.version + 1
    else:
        with pytest.raises(Refused):
            change(before, now)


@given(st.sampled_from(S), moments)
def test_whatever_is_overdue_has_ended_for_good(status: MeetingStatus, now: datetime) -> None:
    before = replace(MEETING, status=status)
    after = meetings.overdue(before, now)
    if after is None:
        assert status in ENDED or now < before.end + LIVE_GRACE
    else:
        assert after.status in ENDED
        assert meetings.overdue(after, now) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_the_platform_writes_ends_as_one_harmless_line(title: str, reason: str) -> None:
    try:
        meeting = meetings.cancel(planned(title=title), reason, "guest", now=EARLY)
    except Refused:
        return
    for line in (meeting.title, meeting.reason):
        assert line
        assert not any(letter < " " or letter in "\x7f\x85\u2028\u2029\u202e" for letter in line)

"""Who is told what: nothing outdated, nobody twice, and nobody of the end of what they never heard of."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from store.model import Guest, Meeting, MeetingStatus, Notice, Target, Told
from syncd.rules import notices
from syncd.rules.notices import OwedNotice, as_told, due_notice, owed

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
GERDA, HANS = Guest("Gerda", "Gerda@example.org"), Guest("Hans", "hans@example.org")
PLAN = Meeting(
    "m1", 1, MeetingStatus.SCHEDULED, "anna", NOW + 5 * HOUR, NOW + 6 * HOUR, "Talk", guests=(GERDA,)
)
MOVED = replace(PLAN, version=2, start=NOW + 7 * HOUR, end=NOW + 8 * HOUR, reason="ill")
BENS = replace(PLAN, version=2, agent="ben", assigned_at=NOW)
CANCELLED = replace(PLAN, version=2, status=MeetingStatus.CANCELLED, reason="ill", cancelled_by="agent")
WITH_HANS = replace(PLAN, version=2, guests=(GERDA, HANS))

ANNA, BEN = Target("m1", "mail", "anna"), Target("m1", "mail", "ben")
TO_GERDA, TO_HANS = (
    Target("m1", "mail", guest="gerda@example.org"),
    Target("m1", "mail", guest="hans@example.org"),
)


def of(whom: Target, notice: Notice, meeting: Meeting = PLAN, at: datetime = NOW) -> Told:
    return as_told(meeting, whom, notice, None, now=at)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, PLAN, {ANNA: "planned", TO_GERDA: "planned"}),
        (PLAN, MOVED, {ANNA: "rescheduled", TO_GERDA: "rescheduled"}),
        (PLAN, CANCELLED, {ANNA: "cancelled", TO_GERDA: "cancelled"}),
        (PLAN, BENS, {BEN: "assigned", ANNA: "handed-over", TO_GERDA: "assigned"}),
        (PLAN, WITH_HANS, {ANNA: "invited", TO_HANS: "invited"}),
        (PLAN, replace(PLAN, version=2, status=MeetingStatus.LIVE), {}),
        (PLAN, replace(PLAN, version=2, status=MeetingStatus.COMPLETED), {}),
        (PLAN, replace(PLAN, version=2, guests=(replace(GERDA, name="Gerda Groot"),)), {}),
        (PLAN, replace(PLAN, version=2, guests=()), {}),
    ],
)
def test_whom_a_change_concerns(
    before: Meeting | None, after: Meeting, expected: dict[Target, Notice]
) -> None:
    assert {one.whom: one.notice for one in owed(before, after)} == expected


@pytest.mark.parametrize(
    ("meeting", "whom", "told", "owed_notice", "expected"),
    [
        # never told: the meeting as it is now, whatever was owed
        (PLAN, TO_GERDA, None, "planned", "planned"),
        (MOVED, TO_GERDA, None, "rescheduled", "planned"),
        (WITH_HANS, TO_HANS, None, "invited", "invited"),
        (BENS, BEN, None, "assigned", "assigned"),
        (CANCELLED, TO_GERDA, None, "cancelled", None),
        (BENS, ANNA, None, "handed-over", None),
        # told: only what is new
        (PLAN, TO_GERDA, "planned", "planned", None),
        (MOVED, TO_GERDA, "planned", "rescheduled", "rescheduled"),
        (MOVED, ANNA, "planned", "rescheduled", "rescheduled"),
        (CANCELLED, TO_GERDA, "planned", "rescheduled", "cancelled"),
        (CANCELLED, TO_GERDA, "cancelled", "cancelled", None),
        (BENS, ANNA, "planned", "handed-over", "handed-over"),
        (BENS, ANNA, "handed-over", "handed-over", None),
        (BENS, TO_GERDA, "planned", "assigned", "assigned"),
        (WITH_HANS, ANNA, "planned", "invited", "invited"),
        (PLAN, TO_GERDA, "planned", "starts-soon", "starts-soon"),
        # a way there and back that was never told of
        (replace(BENS, version=3, agent="anna"), ANNA, "planned", "assigned", None),
        (replace(BENS, version=3, agent="anna"), BEN, None, "handed-over", None),
        # there and back, told of
        (replace(BENS, version=3, agent="anna"), ANNA, "handed-over", "assigned", "assigned"),
        # a guest whose address was put right is told nothing more
        (replace(PLAN, version=2, guests=(HANS,)), TO_GERDA, "planned", "rescheduled", None),
        # an ended conversation, and one that is going on
        (replace(MOVED, status=MeetingStatus.COMPLETED), TO_GERDA, "planned", "rescheduled", None),
        (replace(PLAN, status=MeetingStatus.LIVE), TO_GERDA, "planned", "starts-soon", None),
        (replace(WITH_HANS, status=MeetingStatus.LIVE), TO_HANS, None, "invited", "invited"),
    ],
)
def test_what_goes_out(
    meeting: Meeting, whom: Target, told: Notice | None, owed_notice: Notice, expected: Notice | None
) -> None:
    known = of(whom, told) if told else None
    assert due_notice(owed_notice, meeting, whom, known, now=NOW) == expected


def test_nothing_goes_out_once_the_time_has_passed() -> None:
    for meeting, told in (
        (PLAN, None),
        (CANCELLED, of(TO_GERDA, "planned")),
        (MOVED, of(TO_GERDA, "planned")),
    ):
        assert due_notice("planned", meeting, TO_GERDA, told, now=meeting.end) is None


def test_a_reminder_expires_at_the_start() -> None:
    told = of(TO_GERDA, "planned")
    soon = PLAN.start - timedelta(seconds=1)
    assert due_notice("starts-soon", PLAN, TO_GERDA, told, now=soon) == "starts-soon"
    assert due_notice("starts-soon", PLAN, TO_GERDA, told, now=PLAN.start) is None


def test_who_was_told_shortly_before_needs_no_reminder() -> None:
    early, late = (
        of(TO_GERDA, "planned"),
        of(TO_GERDA, "planned", at=PLAN.start - timedelta(hours=2, minutes=59)),
    )
    assert (notices.wants_reminder(early), notices.wants_reminder(late)) == (True, False)
    assert not notices.wants_reminder(of(ANNA, "handed-over"))


def test_a_reminder_is_given_once_for_each_start() -> None:
    reminded = replace(of(TO_GERDA, "planned"), reminded=PLAN.start)
    assert as_told(BENS, TO_GERDA, "assigned", reminded, now=NOW).reminded == PLAN.start
    assert as_told(MOVED, TO_GERDA, "rescheduled", reminded, now=NOW).reminded is None


def test_other_news_does_not_make_somebody_forget_since_when_they_know_of_the_start() -> None:
    """A guest invited two hours before takes nobody's reminder away."""
    early = of(ANNA, "planned")
    late = PLAN.start - 2 * HOUR
    assert notices.wants_reminder(as_told(WITH_HANS, ANNA, "invited", early, now=late))
    assert not notices.wants_reminder(as_told(MOVED, ANNA, "rescheduled", early, now=MOVED.start - 2 * HOUR))
    back = of(ANNA, "handed-over")
    assert not notices.wants_reminder(as_told(PLAN, ANNA, "assigned", back, now=late))


@pytest.mark.parametrize(
    ("meeting", "whom", "told", "half", "expected"),
    [
        (PLAN, TO_GERDA, None, "planned", "planned"),  # perhaps it never arrived
        (WITH_HANS, TO_HANS, None, "invited", "invited"),
        (MOVED, TO_GERDA, None, "planned", "rescheduled"),  # and perhaps it did
        (PLAN, TO_GERDA, "planned", "rescheduled", "rescheduled"),
        (CANCELLED, TO_GERDA, None, "planned", "cancelled"),  # else a guest sits in an empty room
        (CANCELLED, TO_GERDA, "planned", "cancelled", "cancelled"),
        (CANCELLED, TO_GERDA, None, "cancelled", "cancelled"),  # of an invitation that went out unnoticed
        (BENS, ANNA, None, "handed-over", "handed-over"),
        (BENS, ANNA, None, "planned", "handed-over"),
        (BENS, ANNA, "planned", "handed-over", "handed-over"),
        (BENS, BEN, "handed-over", "handed-over", "assigned"),
        (replace(PLAN, status=MeetingStatus.COMPLETED), TO_GERDA, None, "planned", None),
    ],
)
def test_what_may_have_been_told_is_told_again_and_so_is_its_end(
    meeting: Meeting, whom: Target, told: Notice | None, half: Notice, expected: Notice | None
) -> None:
    known = of(whom, told) if told else None
    assert due_notice("planned", meeting, whom, known, now=NOW, half=of(whom, half)) == expected


def test_a_reminder_that_may_have_gone_out_is_sent_again_as_long_as_it_helps() -> None:
    told, half = of(TO_GERDA, "planned"), of(TO_GERDA, "starts-soon")
    assert due_notice("starts-soon", PLAN, TO_GERDA, told, now=NOW, half=half) == "starts-soon"
    assert due_notice("starts-soon", PLAN, TO_GERDA, told, now=PLAN.start, half=half) is None
    assert due_notice("rescheduled", MOVED, TO_GERDA, told, now=NOW, half=half) == "rescheduled"


CHANGES = st.lists(
    st.sampled_from(
        [
            "move",
            "back",
            "to ben",
            "to anna",
            "invite",
            "misspelt",
            "cancel",
            "mail",
            "sent, unsaved",
            "begun",
        ]
    ),
    max_size=14,
)


@dataclass
class Post:
    """What is remembered as told, what may have been, and what really lies in the mailboxes."""

    told: dict[Target, Told] = field(default_factory=dict)
    half: dict[Target, Told] = field(default_factory=dict)
    mailboxes: dict[Target, Told] = field(default_factory=dict)


@settings(max_examples=600)
@example(["sent, unsaved", "cancel", "begun", "mail"])
@example(["to ben", "sent, unsaved", "to anna", "begun", "mail"])
@given(CHANGES)
def test_whatever_happens_everybody_knows_how_it_stands_once_the_mails_are_out(steps: list[str]) -> None:
    """And nobody is told the same twice, or of the end of what they never heard of, unless a worker died meanwhile."""
    post, waiting, meeting = Post(), dict[Target, Notice](), PLAN
    queue(waiting, owed(None, meeting))
    for step in [*steps, "mail"]:
        if step in ("mail", "sent, unsaved", "begun"):
            send(meeting, post, waiting, step)
            continue
        after = changed(meeting, step)
        queue(waiting, owed(meeting, after) if after is not meeting else ())
        meeting = after
    for whom in (ANNA, BEN, TO_GERDA, TO_HANS):
        check(meeting, whom, post.told.get(whom))
        check(meeting, whom, post.mailboxes.get(whom))


def queue(waiting: dict[Target, Notice], new: tuple[OwedNotice, ...]) -> None:
    waiting.update({one.whom: one.notice for one in new})


def send(meeting: Meeting, post: Post, waiting: dict[Target, Notice], how: str) -> None:
    """Mails go out; the worker may die before that is saved (they stay owed), or before they are sent."""
    for whom, kind in list(waiting.items()):
        before, half = post.told.get(whom), post.half.get(whom)
        notice = due_notice(kind, meeting, whom, before, now=NOW, half=half)
        if notice is None:
            del waiting[whom]
            continue
        said = as_told(meeting, whom, notice, before, now=NOW)
        if half is None:
            assert before is not None or notice in ("planned", "invited", "assigned")
            assert before is None or (before.notice, before.version) != (notice, meeting.version)
        if how != "begun":
            post.mailboxes[whom] = said
        if how == "mail":
            post.told[whom] = said
            post.half.pop(whom, None)
            del waiting[whom]
        else:
            post.half[whom] = said


def changed(meeting: Meeting, step: str) -> Meeting:
    if meeting.status is MeetingStatus.CANCELLED:
        return meeting
    times = {"move": MOVED, "back": PLAN}
    if step in times:
        wanted: dict[str, object] = {"start": times[step].start, "end": times[step].end}
    elif step in ("to ben", "to anna"):
        wanted = {"agent": step.removeprefix("to ")}
        wanted |= {"assigned_at": NOW} if meeting.agent != wanted["agent"] else {}
    elif step == "invite":
        wanted = {"guests": (*[one for one in meeting.guests if one != HANS], HANS)}
    elif step == "misspelt":
        wanted = {"guests": tuple(one for one in meeting.guests if one != HANS)}
    elif step == "cancel":
        wanted = {"status": MeetingStatus.CANCELLED}
    else:
        return meeting
    after = replace(meeting, **wanted)  # type: ignore[arg-type]  # fields by name
    return after if after == meeting else replace(after, version=meeting.version + 1)


def check(meeting: Meeting, whom: Target, told: Told | None) -> None:
    """Does this person know what there is to know?"""
    expects = told is not None and told.notice not in notices.OVER
    if meeting.status is MeetingStatus.CANCELLED or not notices.concerns(meeting, whom):
        assert not expects or (whom.guest is not None and not notices.concerns(meeting, whom))
        return
    assert expects
    assert told is not None
    assert (told.start, told.end) == (meeting.start, meeting.end)

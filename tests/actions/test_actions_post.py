"""Mails follow a meeting's changes: decided when they are sent, at least once, and never in the calendar's way."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from mailboxes import Mailboxes, event_of, text_of
from worlds import AGENT, AGENTS, HEAD, NOW, TEN, World

from connectors.interface import Unreachable
from store import due, told
from store.errors import Fenced
from store.model import Delivery, Guest, Meeting, MeetingStatus
from syncd.actions import changes
from syncd.actions.accept import preview
from syncd.actions.dry_run import mails_of
from syncd.actions.look import story
from syncd.actions.post import post, remind

HOUR = timedelta(hours=1)
GERDA, HANS = Guest("Gerda Guest", "gerda@example.org"), Guest("Hans", "hans@example.org", "nl")

MAIL = """
[mail]
server = "127.0.0.1:{port}"
from = "Meetings <meetings@example.com>"
{more}
"""


def configure(world: World, boxes: Mailboxes, more: str = "", meetings: str = "") -> None:
    people = "".join(AGENT.format(id=agent) for agent in AGENTS)
    world.configure(HEAD + meetings + MAIL.format(port=boxes.port, more=more) + people)


@pytest.fixture
def mailing(world: World, mailboxes: Mailboxes) -> World:
    """The world, with mail."""
    configure(world, mailboxes)
    return world


@pytest.fixture
def arrived(mailboxes: Mailboxes) -> list[tuple[str, str]]:
    """(to whom, subject) of what arrives; a test empties it as it goes."""
    return Arrived(mailboxes)


class Arrived(list[tuple[str, str]]):
    """What arrived since the last look, sorted."""

    def __init__(self, boxes: Mailboxes) -> None:
        super().__init__()
        self.boxes, self.seen = boxes, 0

    def new(self) -> list[tuple[str, str]]:
        fresh = self.boxes.told[self.seen :]
        self.seen = len(self.boxes.told)
        return sorted(fresh)


def states(world: World, meeting: str = "m1") -> list[tuple[str, str]]:
    return [(one.kind, one.state) for one in story(world.ctx, meeting).deliveries if one.target == "mail"]


def test_each_change_is_told_to_whom_it_concerns(mailing: World, arrived: Arrived) -> None:
    mailing.plan()
    assert arrived.new() == [
        ("anna@example.com", "New conversation: Mortgage talk"),
        ("gerda@example.org", "Mortgage talk"),
    ]
    mailing.accept(changes.invite("m1", HANS, by="test"))
    mailing.deliver()
    assert arrived.new() == [("hans@example.org", "Mortgage talk")]
    mailing.accept(changes.reschedule("m1", TEN + HOUR, None, "traffic jam", by="test"))
    mailing.deliver()
    assert arrived.new() == [
        ("anna@example.com", "Moved: Mortgage talk"),
        ("gerda@example.org", "Mortgage talk"),
        ("hans@example.org", "Mortgage talk"),
    ]
    assert "traffic jam" in text_of(arrived.boxes.last("hans@example.org"))
    mailing.assign("ben")
    mailing.deliver()
    assert arrived.new() == [
        ("anna@example.com", "Taken over by ben: Mortgage talk"),
        ("ben@example.com", "Assigned to you: Mortgage talk"),
    ]
    mailing.accept(changes.cancel("m1", "ill", "agent", by="test"))
    mailing.deliver()
    assert arrived.new() == [
        ("ben@example.com", "Cancelled: Mortgage talk"),
        ("gerda@example.org", "Cancelled: Mortgage talk"),
        ("hans@example.org", "Geannuleerd: Mortgage talk"),
    ]
    assert {state for _, state in states(mailing)} == {"delivered"}


def test_a_guests_calendar_can_follow(mailing: World, mailboxes: Mailboxes) -> None:
    mailing.plan()
    method, first = event_of(mailboxes.last("gerda@example.org"))
    mailing.accept(changes.reschedule("m1", TEN + HOUR, None, "jam", by="test"))
    mailing.deliver()
    _, moved = event_of(mailboxes.last("gerda@example.org"))
    mailing.accept(changes.cancel("m1", "ill", "guest", by="test"))
    mailing.deliver()
    last, gone = event_of(mailboxes.last("gerda@example.org"))
    assert (method, last) == ("REQUEST", "CANCEL")
    assert first["UID"] == moved["UID"] == gone["UID"]
    assert [int(one["SEQUENCE"]) for one in (first, moved, gone)] == [1, 2, 3]
    assert moved.decoded("DTSTART") == TEN + HOUR
    (copy,) = mailing.copies().values()
    assert str(first["UID"]) != copy.uid


def test_two_quick_changes_make_one_mail(mailing: World, arrived: Arrived) -> None:
    wish(mailing, MEETING)
    mailing.accept(changes.reschedule("m1", TEN + HOUR, None, "jam", by="test"))
    mailing.accept(changes.reschedule("m1", TEN + 2 * HOUR, None, "jam", by="test"))
    mailing.deliver()
    assert [to for to, _ in arrived.new()] == ["anna@example.com", "gerda@example.org"]
    assert "is planned" in text_of(arrived.boxes.last("gerda@example.org"))


MEETING = Meeting("m1", 1, MeetingStatus.SCHEDULED, "anna", TEN, TEN + HOUR, "Mortgage talk", guests=(GERDA,))


def wish(world: World, meeting: Meeting) -> None:
    world.accept(changes.plan(meeting, by="test"))


def test_who_never_heard_of_a_meeting_does_not_hear_of_its_end(mailing: World, arrived: Arrived) -> None:
    wish(mailing, MEETING)
    mailing.accept(changes.cancel("m1", "ill", "agent", by="test"))
    mailing.deliver()
    assert arrived.new() == []
    assert {state for _, state in states(mailing)} == {"superseded"}


def test_there_and_back_again_is_told_to_nobody_who_did_not_notice(mailing: World, arrived: Arrived) -> None:
    mailing.plan()
    arrived.new()
    mailing.assign("ben")
    mailing.assign("anna")
    mailing.deliver()
    assert arrived.new() == []


def test_without_mail_none_is_owed_and_what_happens_meanwhile_counts_as_told(
    world: World, mailboxes: Mailboxes, arrived: Arrived
) -> None:
    world.plan()
    assert states(world) == []
    configure(world, mailboxes)
    world.accept(changes.reschedule("m1", TEN + HOUR, None, "jam", by="test"))
    world.deliver()
    assert ("anna@example.com", "Moved: Mortgage talk") in arrived.new()
    assert "has been moved" in text_of(mailboxes.last("gerda@example.org"))


def test_each_notice_can_be_switched_off(world: World, mailboxes: Mailboxes, arrived: Arrived) -> None:
    configure(
        world, mailboxes, "[mail.guests]\nplanned = false\n[mail.agents]\nplanned = false\nassigned = false"
    )
    world.plan()
    world.assign("ben")
    world.deliver()
    assert arrived.new() == []
    world.accept(changes.reschedule("m1", TEN + HOUR, None, "jam", by="test"))
    world.deliver()
    assert [to for to, _ in arrived.new()] == ["ben@example.com", "gerda@example.org"]


def test_guests_hear_of_another_agent_only_if_configured(
    world: World, mailboxes: Mailboxes, arrived: Arrived
) -> None:
    configure(world, mailboxes, meetings="[meetings]\ntell_guests_on_assign = true\n")
    world.plan()
    arrived.new()
    world.assign("ben")
    world.deliver()
    assert ("gerda@example.org", "Mortgage talk") in arrived.new()
    assert "ben will hold your conversation" in text_of(mailboxes.last("gerda@example.org"))


def test_a_mail_server_that_refuses_does_not_hold_up_the_calendar(
    mailing: World, mailboxes: Mailboxes, arrived: Arrived
) -> None:
    mailboxes.rcpt = "451 4.3.0 not now"
    mailing.plan()
    assert len(mailing.ours("anna")) == 1
    owed = mailing.owed()
    assert {(one.target, one.state, one.attempts) for one in owed} == {("mail", "pending", 1)}
    assert all(one.due_at > mailing.now and "not take" in one.error for one in owed)
    mailboxes.rcpt = None
    mailing.now += timedelta(minutes=1)
    mailing.deliver()
    assert len(arrived.new()) == 2
    assert mailing.owed() == []


def test_an_address_that_is_refused_waits_for_a_person(mailing: World, mailboxes: Mailboxes) -> None:
    mailboxes.rcpt = "550 5.1.1 no such user"
    mailing.plan()
    assert {(one.state, "meeting invite" in one.hint) for one in mailing.owed()} == {("failed", True)}


def test_a_calendar_that_fails_does_not_hold_up_the_mail(mailing: World, arrived: Arrived) -> None:
    mailing.server.fail_next("anna", "put", Unreachable("down"))
    wish(mailing, MEETING)
    mailing.deliver()
    assert len(arrived.new()) == 2
    assert [one.target for one in mailing.owed()] == ["calendar"]


def test_a_mail_that_perhaps_went_out_is_sent_again_under_the_same_message_id(
    mailing: World, mailboxes: Mailboxes
) -> None:
    mailboxes.hangs_up = True
    mailing.plan()
    mailboxes.hangs_up = False
    mailing.now += timedelta(minutes=1)
    mailing.deliver()
    ids = [str(mail["Message-ID"]) for to, mail in mailboxes.arrived if to == [GERDA.email]]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_what_was_sent_is_remembered_even_if_it_was_taken_over_meanwhile(
    mailing: World, mailboxes: Mailboxes, arrived: Arrived
) -> None:
    """A change is accepted while the mail server reads the text: the next mail tells what is new, not all again."""
    wish(mailing, MEETING)
    owed = claimed(mailing)
    gerdas = next(one for one in owed if one.guest)

    def changed() -> None:
        mailboxes.before_data = lambda: None
        mailing.accept(changes.reschedule("m1", TEN + HOUR, None, "jam", by="test"))

    mailboxes.before_data = changed
    with pytest.raises(Fenced):
        post(mailing.ctx, gerdas)
    mailing.deliver()
    texts = [text_of(mail) for to, mail in mailboxes.arrived if to == [GERDA.email]]
    assert ["is planned" in texts[0], "has been moved" in texts[1]] == [True, True]
    assert len(texts) == 2


def test_a_change_accepted_while_the_mail_is_written_keeps_it_from_going_out(
    mailing: World, arrived: Arrived
) -> None:
    wish(mailing, MEETING)
    gerdas = next(one for one in claimed(mailing) if one.guest)
    looks = iter([False, True])  # the clock is read to decide what to tell, and once more to date the mail

    def clock() -> datetime:
        if next(looks, False):
            mailing.accept(changes.reschedule("m1", TEN + HOUR, None, "jam", by="test"))
        return mailing.now

    with pytest.raises(Fenced):
        post(replace(mailing.ctx, clock=clock), gerdas)
    assert arrived.new() == []
    mailing.now += timedelta(minutes=1)
    mailing.deliver()
    assert [to for to, _ in arrived.new()] == ["anna@example.com", "gerda@example.org"]


def claimed(world: World) -> list[Delivery]:
    with world.store.writing() as tx:
        return due.claim_deliveries(tx, world.now, target="mail")


def test_a_reminder_goes_out_an_hour_before_once(mailing: World, arrived: Arrived) -> None:
    mailing.plan(start=TEN + 4 * HOUR, end=TEN + 5 * HOUR)
    arrived.new()
    assert reminded(mailing, TEN + 2 * HOUR) == 0
    assert reminded(mailing, TEN + 3 * HOUR) == 2
    assert reminded(mailing, TEN + 3 * HOUR + timedelta(minutes=1)) == 0
    assert arrived.new() == [
        ("anna@example.com", "Starts soon: Mortgage talk"),
        ("gerda@example.org", "Starts soon: Mortgage talk"),
    ]


def reminded(world: World, now: object) -> int:
    world.now = now  # type: ignore[assignment]  # a datetime
    count = remind(world.ctx)
    world.deliver()
    return count


def test_a_further_guest_takes_nobodys_reminder_away(mailing: World, arrived: Arrived) -> None:
    mailing.plan(start=TEN + 4 * HOUR, end=TEN + 5 * HOUR)
    mailing.now = TEN + 2 * HOUR
    mailing.accept(changes.invite("m1", HANS, by="test"))
    mailing.deliver()
    arrived.new()
    assert reminded(mailing, TEN + 3 * HOUR) == 2
    assert [to for to, _ in arrived.new()] == ["anna@example.com", "gerda@example.org"]


def test_a_reschedule_brings_another_reminder(mailing: World, arrived: Arrived) -> None:
    mailing.plan(start=TEN + 4 * HOUR, end=TEN + 5 * HOUR)
    assert reminded(mailing, TEN + 3 * HOUR) == 2
    mailing.accept(changes.reschedule("m1", TEN + 9 * HOUR, None, "jam", by="test"))
    mailing.deliver()
    arrived.new()
    assert reminded(mailing, TEN + 8 * HOUR) == 2
    assert len(arrived.new()) == 2


def test_who_was_told_within_three_hours_of_the_start_is_not_reminded(
    mailing: World, arrived: Arrived
) -> None:
    mailing.plan(start=NOW + 2 * HOUR, end=NOW + 3 * HOUR)
    arrived.new()
    assert reminded(mailing, NOW + HOUR) == 0
    assert arrived.new() == []


def test_a_reminder_that_could_not_be_sent_in_time_expires(
    mailing: World, mailboxes: Mailboxes, arrived: Arrived
) -> None:
    mailing.plan(start=TEN + 4 * HOUR, end=TEN + 5 * HOUR)
    arrived.new()
    mailboxes.rcpt = "451 not now"
    reminded(mailing, TEN + 3 * HOUR)
    mailboxes.rcpt = None
    mailing.now = TEN + 4 * HOUR
    mailing.deliver()
    assert arrived.new() == []
    assert mailing.owed() == []


def test_a_cancelled_or_live_meeting_brings_no_reminder(mailing: World, arrived: Arrived) -> None:
    mailing.plan(start=TEN + 4 * HOUR, end=TEN + 5 * HOUR)
    mailing.accept(changes.set_status("m1", MeetingStatus.LIVE, by="test"))
    arrived.new()
    assert reminded(mailing, TEN + 3 * HOUR) == 0


@pytest.mark.parametrize("change", ["reschedule", "cancel", "assign", "invite"])
def test_a_dry_run_names_exactly_the_mails_that_then_go_out(
    mailing: World, arrived: Arrived, change: str
) -> None:
    planned = changes.plan(MEETING, by="test")
    assert forecast(mailing, planned) == happened(mailing, planned, arrived)
    asked = {
        "reschedule": changes.reschedule("m1", TEN + HOUR, None, "jam", by="test"),
        "cancel": changes.cancel("m1", "ill", "agent", by="test"),
        "assign": changes.assign("m1", "ben", by="test"),
        "invite": changes.invite("m1", HANS, by="test"),
    }[change]
    assert forecast(mailing, asked) == happened(mailing, asked, arrived)


def forecast(world: World, asked: object) -> list[tuple[str, str]]:
    mails = mails_of(world.ctx, preview(world.ctx, asked))  # type: ignore[arg-type]  # a Wish
    return sorted((str(one["to"]), str(one["subject"])) for one in mails)


def happened(world: World, asked: object, arrived: Arrived) -> list[tuple[str, str]]:
    arrived.new()
    world.accept(asked)  # type: ignore[arg-type]  # a Wish
    world.deliver()
    return arrived.new()


def test_a_removed_agent_is_not_mailed(mailing: World, mailboxes: Mailboxes, arrived: Arrived) -> None:
    wish(mailing, replace(MEETING, guests=()))
    people = "".join(AGENT.format(id=agent) for agent in AGENTS if agent != "anna")
    mailing.configure(HEAD + MAIL.format(port=mailboxes.port, more="") + people)
    mailing.deliver()
    assert arrived.new() == []
    with mailing.store.reading() as tx:
        assert told.told_of(tx, "m1") == []


def test_who_was_invited_under_a_wrong_address_is_told_nothing_more(mailing: World, arrived) -> None:
    mailing.plan(guests=(Guest("Gerda", "grda@example.org"), HANS))
    arrived.new()
    wish = changes.invite("m1", GERDA, by="test", instead_of="grda@example.org")
    foreseen = [one["to"] for one in mails_of(mailing.ctx, preview(mailing.ctx, wish))]
    mailing.accept(wish)
    mailing.deliver()
    assert [to for to, _ in arrived.new()] == foreseen == ["gerda@example.org"]
    mailing.accept(changes.reschedule("m1", TEN + 2 * HOUR, None, "later", by="test"))
    mailing.accept(changes.cancel("m1", "ill", "agent", by="test"))
    mailing.deliver()
    assert "grda@example.org" not in {to for to, _ in arrived.new()}
    assert [guest.email for guest in story(mailing.ctx, "m1").meeting.guests] == [GERDA.email, HANS.email]

"""Mails of which nobody knows whether they went out: said again under the same number, and what follows is told in any case."""

from datetime import timedelta

import pytest
from mailboxes import Mailboxes, text_of
from seams import Seams
from test_actions_post import HOUR, Arrived, arrived, claimed, mailing
from worlds import TEN, World

from store import told
from store.errors import Fenced
from syncd.actions import changes
from syncd.actions.post import post

__all__ = ["arrived", "mailing"]


@pytest.mark.parametrize("arrives", [True, False])
def test_who_may_have_got_an_invitation_hears_of_the_end(
    mailing: World, mailboxes: Mailboxes, arrived: Arrived, arrives: bool
) -> None:
    """The mail server had the whole mail and ended the connection; then the meeting is cancelled before the next try."""
    if arrives:
        mailboxes.hangs_up = True
    else:
        mailboxes.data = "451 later"
    mailing.plan()
    assert bool(arrived.new()) == arrives
    mailboxes.hangs_up, mailboxes.data = False, None
    mailing.accept(changes.cancel("m1", "ill", "agent", by="test"))
    mailing.now += HOUR
    mailing.deliver()
    told_of_the_end = [
        ("anna@example.com", "Cancelled: Mortgage talk"),
        ("gerda@example.org", "Cancelled: Mortgage talk"),
    ]
    assert arrived.new() == (told_of_the_end if arrives else [])
    assert mailing.owed() == []


def test_what_may_have_been_told_is_said_again_under_the_same_number(
    mailing: World, mailboxes: Mailboxes
) -> None:
    mailing.plan()
    mailboxes.arrived.clear()
    mailboxes.hangs_up = True
    mailing.accept(changes.reschedule("m1", TEN + HOUR, None, "late", by="test"))
    mailing.deliver()
    mailboxes.hangs_up = False
    mailing.now += HOUR
    mailing.deliver()
    numbers = {to[0]: str(mail["Message-ID"]) for to, mail in mailboxes.arrived}
    texts = {(to[0], str(mail["Message-ID"]), text_of(mail)) for to, mail in mailboxes.arrived}
    assert len(mailboxes.arrived) == 4
    assert len(texts) == len(numbers) == 2
    with mailing.store.reading() as tx:
        assert told.half_told_of(tx, "m1") == []


def test_whoever_may_have_heard_of_another_time_is_told_the_right_one(
    mailing: World, mailboxes: Mailboxes, arrived: Arrived
) -> None:
    """Moved and moved back, and of the first move nobody knows whether it was told."""
    mailing.plan()
    mailboxes.hangs_up = True
    mailing.accept(changes.reschedule("m1", TEN + HOUR, None, "late", by="test"))
    mailing.deliver()
    mailboxes.hangs_up = False
    arrived.new()
    mailing.accept(changes.reschedule("m1", TEN, None, "not late", by="test"))
    mailing.now += HOUR
    mailing.deliver()
    assert [to for to, _ in arrived.new()] == ["anna@example.com", "gerda@example.org"]
    assert mailing.owed() == []


def test_who_read_old_news_last_is_told_again(mailing: World, mailboxes: Mailboxes) -> None:
    """A worker stood still right before it handed the mail over, for longer than its lease; another told the news meanwhile."""
    mailing.plan()
    mailing.accept(changes.reschedule("m1", TEN + HOUR, None, "late", by="test"))
    owed = next(one for one in claimed(mailing) if one.guest)

    def others_act() -> None:
        mailing.accept(changes.reschedule("m1", TEN + 3 * HOUR, None, "later still", by="test"))
        mailing.now += timedelta(seconds=11)
        mailing.deliver()

    with pytest.raises(Fenced):
        post(Seams(4, others_act).of(mailing.ctx), owed)
    assert "late\n" in text_of(mailboxes.last("gerda@example.org")).replace("\r", "")
    mailing.deliver()
    assert "later still" in text_of(mailboxes.last("gerda@example.org"))
    numbers = [str(mail["Message-ID"]) for to, mail in mailboxes.arrived if to == ["gerda@example.org"]]
    assert len(set(numbers)) == len(numbers) == 4, "nobody takes it for the one that was there before"
    assert mailing.owed() == []
    with mailing.store.reading() as tx:
        assert told.half_told_of(tx, "m1") == []

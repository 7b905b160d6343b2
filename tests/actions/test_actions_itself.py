"""A meeting never blocks itself: not by the invitation that a guest who is also an agent accepted, nor by a series of its event."""

from datetime import timedelta

import pytest
from rooms import Room
from stores import sqlite_only
from worlds import AGENT, AGENTS, ELEVEN, GUEST, HEAD, TEN, World

from store.model import Guest
from syncd.actions import changes
from syncd.actions.itself import mail_uids
from syncd.actions.look import story
from syncd.rules.availability import Mark

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BEN = Guest("Ben", "Ben@Example.com")


def mark(world: World, agent: str, meeting: str = "m1") -> Mark:
    return world.candidates(meeting)[agent].verdict.mark


@sqlite_only
@pytest.mark.parametrize("form", [0, 1], ids=["as mailed", "as Exchange writes it"])
def test_the_invitation_in_a_guests_own_calendar_does_not_count_for_that_meeting(
    room: Room, form: int
) -> None:
    room.plan(guests=(GUEST, BEN))
    room.plan("m2", "cleo")
    room.at.enter("ben", mail_uids("m1")[form], TEN, ELEVEN)
    room.tick(2 * MINUTE)
    assert room.known("ben") == [(TEN, ELEVEN, "busy")]
    assert mark(room, "ben") is Mark.AVAILABLE
    assert room.candidates()["ben"].next_free == TEN
    assert mark(room, "ben", "m2") is Mark.NOT_AVAILABLE, "it blocks all others"
    assert room.assign("ben").overrides == ()
    assert story(room.ctx, "m1").conflicts == ()
    room.at.enter("ben", "dentist", TEN, ELEVEN)
    room.tick(2 * MINUTE)
    assert len(story(room.ctx, "m1").conflicts) == 1


def test_it_counts_for_agents_who_are_no_guests(world: World) -> None:
    world.plan(guests=(GUEST, BEN))
    world.enter("cleo", mail_uids("m1")[0], TEN, ELEVEN)
    world.enter("ben", mail_uids("m2")[0], TEN, ELEVEN)
    world.sync()
    assert (mark(world, "cleo"), mark(world, "ben")) == (Mark.NOT_AVAILABLE, Mark.NOT_AVAILABLE)


def test_who_is_no_guest_any_more_is_judged_like_others(world: World) -> None:
    world.plan(guests=(GUEST, BEN))
    world.enter("ben", mail_uids("m1")[0], TEN, ELEVEN)
    world.sync()
    assert mark(world, "ben") is Mark.AVAILABLE
    assert list(world.candidates()) == ["anna", "ben", "cleo"]
    world.accept(
        changes.invite("m1", Guest("Ida", "ida@example.org"), by="test", instead_of="ben@example.com")
    )
    assert mark(world, "ben") is Mark.NOT_AVAILABLE
    assert list(world.candidates()) == ["anna", "cleo", "ben"]


def test_a_series_that_its_agent_made_of_our_event_blocks_others_and_not_its_own_meeting(
    world: World,
) -> None:
    world.plan()
    world.plan("m2", "ben")
    href = world.copies()["anna", 1].href
    text = (world.server.text(href) or "").replace("END:VEVENT", "RRULE:FREQ=DAILY;COUNT=3\r\nEND:VEVENT")
    world.server.store(world.work("anna"), href.rpartition("/")[2], text)
    world.tick(2 * MINUTE)
    assert (mark(world, "anna"), mark(world, "anna", "m2")) == (Mark.AVAILABLE, Mark.NOT_AVAILABLE)
    assert story(world.ctx, "m1").conflicts == ()


@sqlite_only
@pytest.mark.parametrize("left", ["agent", "account"])
def test_what_was_given_up_does_not_count_for_its_own_meeting_when_its_agent_is_back(
    world: World, left: str
) -> None:
    """Somebody took an agent out of the configuration and back in again, or called their account otherwise."""
    world.plan()
    world.plan("m2", "ben")
    whole = HEAD + "".join(AGENT.format(id=agent) for agent in AGENTS)
    if left == "agent":
        world.configure(whole.replace(AGENT.format(id="anna"), ""))
        world.tick(2 * MINUTE)
        world.configure(whole)
    else:
        world.configure(whole.replace("accounts.memory", "accounts.cloud").replace('"memory"', '"cloud"'))
    world.tick(2 * MINUTE)
    assert world.known("anna") == [(TEN, ELEVEN, "busy")], "nobody knows it for ours any more"
    assert (mark(world, "anna"), mark(world, "anna", "m2")) == (Mark.AVAILABLE, Mark.NOT_AVAILABLE)
    assert world.candidates()["anna"].next_free == TEN
    assert list(world.candidates()) == ["anna", "cleo", "ben"], "in the order of the marks as they are shown"
    assert story(world.ctx, "m1").conflicts == ()
    moved = world.accept(changes.reschedule("m1", TEN + HOUR / 2, None, "ill", by="test"))
    assert moved.overrides == ()
    assert mark(world, "anna") is Mark.AVAILABLE


def test_an_identity_as_exchange_writes_it_says_how_long_it_is() -> None:
    uid, encoded = mail_uids("m1")
    data = bytes.fromhex(encoded)
    assert data[:16].hex().upper() == "040000008200E00074C5B7101A82E008"
    assert int.from_bytes(data[36:40], "little") == len(data) - 40
    assert data[40:] == b"vCal-Uid\x01\0\0\0" + uid.encode() + b"\0"

"""A meeting's whole life by mail: a guest's own calendar follows it, and each kind of mail can be switched off by itself."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from mailboxes import Mailboxes, event_of
from stores import sqlite_only
from test_actions_post import GERDA, HANS, MAIL, configure
from worlds import TEN, World

from store.model import Guest, Notice, Target
from syncd import config
from syncd.actions import changes
from syncd.actions.look import story
from syncd.actions.owing import is_ours_to_tell
from syncd.actions.post import remind
from syncd.rules.notices import OwedNotice

HOUR = timedelta(hours=1)
START = TEN + 4 * HOUR
ALL_TOLD = "[meetings]\ntell_guests_on_assign = true\n"


def live_through(world: World) -> None:
    """Planned, a guest invited, moved, handed over, about to start, cancelled: all delivered one after the other."""
    world.plan(start=START, end=START + HOUR)
    for wish in (
        changes.invite("m1", HANS, by="test"),
        changes.reschedule("m1", START + HOUR, None, "traffic jam", by="test"),
        changes.assign("m1", "ben", by="test"),
    ):
        world.accept(wish)
        world.deliver()
    world.now = START
    remind(world.ctx)
    world.deliver()
    world.accept(changes.cancel("m1", "ill", "agent", by="test"))
    world.deliver()


def told(world: World) -> set[tuple[str, str]]:
    """(guest or agent, kind) of all that was mailed."""
    deeds = [one for one in story(world.ctx, "m1").deeds if one.target == "mail"]
    return {("guest" if one.guest else "agent", one.kind) for one in deeds}


EVERYTHING: set[tuple[str, Notice]] = {
    ("guest", "planned"), ("guest", "invited"), ("guest", "rescheduled"), ("guest", "assigned"), ("guest", "starts-soon"), ("guest", "cancelled"),
    ("agent", "planned"), ("agent", "invited"), ("agent", "rescheduled"), ("agent", "assigned"), ("agent", "handed-over"), ("agent", "starts-soon"),
    ("agent", "cancelled"),
}  # fmt: skip


SWITCHES = [(role, kind) for role, kind in sorted(EVERYTHING) if kind != "handed-over"]


@pytest.mark.parametrize(("role", "kind"), SWITCHES, ids=[" ".join(one) for one in SWITCHES])
def test_each_kind_can_be_switched_off_by_itself(tmp_path: Path, role: str, kind: Notice) -> None:
    """What an agent hands over is one kind with what another takes over."""
    off = f"{kind.replace('-', '_')} = false\n"
    guests = off if role == "guest" and kind != "assigned" else ""
    agents = off if role == "agent" and kind != "invited" else ""
    agents += "" if (role, kind) == ("agent", "invited") else "invited = true\n"
    meetings = "" if (role, kind) == ("guest", "assigned") else ALL_TOLD
    path = tmp_path / "config.toml"
    path.write_text(
        f"{meetings}{MAIL.format(port=25, more='')}[mail.guests]\n{guests}[mail.agents]\n{agents}"
    )
    loaded = config.load(path)
    whom = {"guest": Target("m1", "mail", guest="eva@example.org"), "agent": Target("m1", "mail", "anna")}
    told = {
        (role, kind) for role, kind in EVERYTHING if is_ours_to_tell(loaded, OwedNotice(whom[role], kind))
    }
    less = {(role, kind)} | ({("agent", "handed-over")} if (role, kind) == ("agent", "assigned") else set())
    assert told == EVERYTHING - less


@sqlite_only
def test_with_all_switched_on_all_is_told(world: World, mailboxes: Mailboxes) -> None:
    configure(world, mailboxes, "[mail.agents]\ninvited = true\n", ALL_TOLD)
    live_through(world)
    assert told(world) == EVERYTHING
    assert len(mailboxes.arrived) == len(
        [one for one in story(world.ctx, "m1").deeds if one.target == "mail"]
    )


@sqlite_only
def test_a_guests_own_calendar_follows_from_the_invitation_to_the_end(
    world: World, mailboxes: Mailboxes
) -> None:
    configure(world, mailboxes, meetings=ALL_TOLD)
    live_through(world)
    held = [
        event_of(mail)
        for to, mail in mailboxes.arrived
        if to == [HANS.email] and "Begint" not in mail["Subject"]
    ]
    assert [method for method, _ in held] == ["REQUEST", "REQUEST", "REQUEST", "CANCEL"]
    events = [event for _, event in held]
    assert len({str(one["UID"]) for one in events}) == 1
    assert [int(one["SEQUENCE"]) for one in events] == [2, 3, 4, 5]
    assert [one.decoded("DTSTART") for one in events] == [START, *[START + HOUR] * 3]
    assert {str(one["ORGANIZER"]) for one in events} == {"mailto:meetings@example.com"}
    assert {str(one["ATTENDEE"]) for one in events} == {f"mailto:{HANS.email}"}
    assert str(events[-1]["STATUS"]) == "CANCELLED"


@sqlite_only
def test_a_corrected_name_stands_in_the_event_and_mails_nobody(world: World, mailboxes: Mailboxes) -> None:
    configure(world, mailboxes)
    world.plan()
    mailboxes.arrived.clear()
    accepted = world.accept(changes.invite("m1", replace(GERDA, name="Gerda B. Guest"), by="test"))
    world.deliver()
    assert (accepted.meeting.version, [guest.name for guest in accepted.meeting.guests]) == (
        2,
        ["Gerda B. Guest"],
    )
    (text,) = world.ours("anna")
    assert "Gerda B. Guest <gerda@example.org>" in text
    assert mailboxes.arrived == []


@sqlite_only
def test_once_it_is_replaced_nothing_is_owed_to_an_address_that_was_refused(
    world: World, mailboxes: Mailboxes
) -> None:
    """Whoever replaced it waits for nothing there, and nothing there needs a person any more."""
    configure(world, mailboxes)
    mailboxes.rcpt = "550 5.1.1 no such user"
    world.plan(guests=(Guest("Gerda", "grda@example.org"), HANS))
    refused = {one.whom.guest for one in world.owed()}
    assert {"grda@example.org", HANS.email} <= refused
    world.accept(changes.invite("m1", GERDA, by="test", instead_of="grda@example.org"))
    assert {one.whom.guest for one in world.owed()} == refused - {"grda@example.org"} | {GERDA.email}

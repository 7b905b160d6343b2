"""The story of a meeting: who did what, when and why, what stood in the way, and what was really written and mailed."""

from datetime import timedelta

from mailboxes import Mailboxes
from test_actions_post import HANS, configure
from worlds import ELEVEN, NOW, TEN, World

from connectors.interface import OutcomeUnknown, Unreachable
from store.model import Deed
from syncd.actions import changes
from syncd.actions.look import story
from syncd.cli.story import told

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ZONE = "Europe/Amsterdam"


def deeds(world: World) -> list[tuple[int, str, str | None]]:
    """(version, what, to whom or whose) in the order in which it was done."""
    return [(one.version, one.kind, one.guest or one.agent) for one in story(world.ctx, "m1").deeds]


def done(world: World, kind: str) -> list[Deed]:
    return [one for one in story(world.ctx, "m1").deeds if one.kind == kind]


def test_each_change_with_what_followed_from_it(world: World, mailboxes: Mailboxes) -> None:
    configure(world, mailboxes)
    world.enter("ben", "dentist", TEN + HOUR, ELEVEN + HOUR)
    world.sync()
    world.plan()
    world.now += MINUTE
    world.accept(changes.invite("m1", HANS, by="anna's boss"))
    world.deliver()
    world.now += MINUTE
    world.accept(changes.reschedule("m1", TEN + HOUR, None, "traffic jam", by="the desk"))
    world.deliver()
    world.now += MINUTE
    world.assign("ben")
    world.deliver()
    world.now += MINUTE
    world.accept(changes.cancel("m1", "ill", "guest", by="the desk"))
    world.deliver()
    assert sorted(deeds(world)) == [
        (1, "planned", "anna"), (1, "planned", "gerda@example.org"), (1, "put", "anna"),
        (2, "invited", "hans@example.org"), (2, "put", "anna"),
        (3, "put", "anna"), (3, "rescheduled", "anna"), (3, "rescheduled", "gerda@example.org"),
        (3, "rescheduled", "hans@example.org"),
        (4, "assigned", "ben"), (4, "handed-over", "anna"), (4, "put", "ben"), (4, "remove", "anna"),
        (5, "cancelled", "ben"), (5, "cancelled", "gerda@example.org"), (5, "cancelled", "hans@example.org"),
        (5, "remove", "ben"),
    ]  # fmt: skip
    sent = [(to[0], str(mail["Subject"])) for to, mail in mailboxes.arrived]
    assert len(sent) == sum(one.target == "mail" for one in story(world.ctx, "m1").deeds)
    found = story(world.ctx, "m1")
    lines = list(told(found.changes, found.deeds, ZONE))
    assert (
        lines[0] == "Mon 2026-03-02 09:00  planned for anna, Mon 2026-03-02 11:00-12:00 (version 1, by test)"
    )
    for line in (
        "Mon 2026-03-02 09:01  invited Hans <hans@example.org> (version 2, by anna's boss)",
        "Mon 2026-03-02 09:02  moved to Mon 2026-03-02 12:00, reason: traffic jam (version 3, by the desk)",
        "    Mon 2026-03-02 09:02  written into anna's calendar 'Work', Mon 2026-03-02 12:00-13:00",
        "    Mon 2026-03-02 09:02  mailed to gerda@example.org: it is moved",
        "Mon 2026-03-02 09:03  handed over to ben (version 4, by test)",
        "    although ben was marked not available:",
        "    Mon 2026-03-02 09:03  removed from anna's calendar 'Work'",
        "    Mon 2026-03-02 09:03  mailed to anna (agent): somebody else has it now",
        "Mon 2026-03-02 09:04  cancelled by the guest, reason: ill (version 5, by the desk)",
    ):
        assert line in lines
    assert "busy in calendar 'Work'" in lines[lines.index("    although ben was marked not available:") + 1]
    assert "private matter" not in "".join(lines)


def test_deliveries_say_when_they_were_made(world: World) -> None:
    world.plan()
    (one,) = story(world.ctx, "m1").deliveries
    assert (one.state, one.done_at) == ("delivered", NOW)
    world.server.down = True
    world.now += MINUTE
    world.accept(changes.reschedule("m1", TEN + HOUR, None, "later", by="test"))
    world.deliver()
    assert [one.done_at for one in world.owed()] == [None]


def test_what_was_not_done_is_not_told_and_two_changes_may_make_one_write(world: World) -> None:
    world.server.down = True
    world.plan()
    world.assign("ben")
    world.accept(changes.reschedule("m1", TEN + HOUR, None, "later", by="test"))
    world.deliver()
    assert deeds(world) == []
    world.server.down = False
    world.tick(2 * HOUR)
    world.deliver()
    assert deeds(world) == [(3, "put", "ben")], "Anna's calendar never showed it: nothing was taken out"
    assert [(one.start, one.end) for one in done(world, "put")] == [(TEN + HOUR, ELEVEN + HOUR)]


def test_a_write_whose_answer_was_lost_is_told_once_it_was_found_there(world: World) -> None:
    world.server.fail_next("anna", "put", OutcomeUnknown("no answer"), after=True)
    world.plan()
    assert deeds(world) == []
    world.tick(2 * MINUTE)
    world.deliver()
    assert (deeds(world), len(world.ours("anna"))) == ([(1, "put", "anna")], 1)


def test_there_and_back_again_is_told_in_order(world: World) -> None:
    world.plan()
    world.server.fail_next("anna", "remove", Unreachable("gone"))
    world.assign("ben")
    world.deliver()
    world.assign("anna")
    world.tick(2 * HOUR)
    world.deliver()
    assert deeds(world)[:2] == [(1, "put", "anna"), (2, "put", "ben")]
    assert sorted(deeds(world)[2:]) == [(3, "put", "anna"), (3, "remove", "anna"), (3, "remove", "ben")]
    assert "an earlier event removed from anna's calendar 'Work'" in "\n".join(
        told(story(world.ctx, "m1").changes, story(world.ctx, "m1").deeds, ZONE)
    )

"""A dry run says exactly what then happens: every calendar write and every mail, for every change, from every beginning.

What happened is seen from outside: what another client finds in the calendars before and after, and what the mail server got.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar
from mailboxes import Mailboxes
from stores import sqlite_only
from test_actions_post import HANS, configure
from worlds import AGENT, AGENTS, ELEVEN, TEN, World

from connectors.interface import Unreachable
from store import deeds
from store.model import Guest, Meeting, MeetingStatus
from syncd.actions import changes
from syncd.actions.accept import Accepted, Wish, accept, preview
from syncd.actions.drifting import accept_drift, drift_list, preview_drift
from syncd.actions.dry_run import mails_of, writes_of
from syncd.actions.look import story
from syncd.errors import Refused

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
KEEP = "[meetings]\nkeep_cancelled = true\n"
TOLD = '[meetings]\ntell_guests_on_assign = true\nreminder = "10m"\nprivate = false\n'
PLAN = Meeting(
    "m1", 1, MeetingStatus.SCHEDULED, "anna", TEN, ELEVEN, "Mortgage talk", link="https://x.example/{agent}"
)

Before = Callable[[World], None]


# ---------------------------------------------------------------------------------------------------------------------
# How things stand before


def nothing(_world: World) -> None:
    """No meeting yet."""


def planned(world: World) -> None:
    world.plan(link="https://x.example/{agent}")


def with_two_guests(world: World) -> None:
    planned(world)
    world.accept(changes.invite("m1", HANS, by="test"))
    world.deliver()


def there_and_back(world: World) -> None:
    planned(world)
    for agent in ("ben", "anna"):
        world.assign(agent)
        world.deliver()


def not_shown_yet(world: World) -> None:
    """Planned while the calendar server is down; the mails are out."""
    world.server.down = True
    planned(world)
    world.server.down = False


def half_handed_over(world: World) -> None:
    """Ben's calendar shows it, Anna's shows it still."""
    planned(world)
    world.server.fail_next("anna", "remove", Unreachable("gone"))
    world.assign("ben")
    world.deliver()
    assert (len(world.ours("anna")), len(world.ours("ben"))) == (1, 1)


def deleted_by_its_agent(world: World) -> None:
    planned(world)
    world.server.delete(next(one.href for one in world.copies().values()))
    world.tick(2 * MINUTE)


def moved_by_its_agent(world: World) -> None:
    planned(world)
    (href,) = [one.href for one in world.copies().values()]
    text = (world.server.text(href) or "").replace("T120000", "T150000").replace("T110000", "T140000")
    world.server.store(world.work("anna"), href.rpartition("/")[2], text)
    world.tick(2 * MINUTE)


def live(world: World) -> None:
    planned(world)
    world.accept(changes.set_status("m1", MeetingStatus.LIVE, by="test"))
    world.deliver()


# ---------------------------------------------------------------------------------------------------------------------
# What is asked for

PLAN_IT = changes.plan(replace(PLAN, guests=(Guest("Gerda", "gerda@example.org"), HANS)), by="test")
PLAN_ALONE = changes.plan(replace(PLAN, link=""), by="test")
INVITE = changes.invite("m1", HANS, by="test")
RENAME = changes.invite("m1", Guest("Gerda B. Guest", "gerda@example.org"), by="test")
REPLACE = changes.invite("m1", HANS, by="test", instead_of="gerda@example.org")
MOVE = changes.reschedule("m1", TEN + 2 * HOUR, None, "traffic jam", by="test")
LONGER = changes.reschedule("m1", TEN, ELEVEN + HOUR, "more to say", by="test")
CANCEL = changes.cancel("m1", "ill", "guest", by="test")
TO_BEN, TO_ANNA = changes.assign("m1", "ben", by="test"), changes.assign("m1", "anna", by="test")
TO_NOBODY = changes.assign("m1", "dora", by="test")
LIVE, DONE, MISSED, FAILED = (
    changes.set_status("m1", MeetingStatus(status), by="test")
    for status in ("live", "completed", "missed", "failed")
)

CASES: list[tuple[str, Before, Wish | None, str]] = [
    ("plan", nothing, PLAN_IT, ""),
    ("plan, told in full", nothing, PLAN_IT, TOLD),
    ("plan without guests", nothing, PLAN_ALONE, ""),
    ("invite", planned, INVITE, ""),
    ("invite to one not shown yet", not_shown_yet, INVITE, ""),
    ("correct a name", planned, RENAME, ""),
    ("invite instead", planned, REPLACE, ""),
    ("invite instead, of two", with_two_guests, changes.invite("m1", Guest("Ida", "ida@example.org"), by="t", instead_of="gerda@example.org"), ""),
    ("move", with_two_guests, MOVE, ""),
    ("make longer", planned, LONGER, TOLD),
    ("move one not shown yet", not_shown_yet, MOVE, ""),
    ("move one half handed over", half_handed_over, MOVE, ""),
    ("move one that its agent moved", moved_by_its_agent, MOVE, ""),
    ("move one that its agent deleted", deleted_by_its_agent, MOVE, ""),
    ("cancel", with_two_guests, CANCEL, ""),
    ("cancel, and keep", with_two_guests, CANCEL, KEEP),
    ("cancel one not shown yet", not_shown_yet, CANCEL, ""),
    ("cancel one not shown yet, and keep", not_shown_yet, CANCEL, KEEP),
    ("cancel one half handed over", half_handed_over, CANCEL, ""),
    ("cancel one half handed over, and keep", half_handed_over, CANCEL, KEEP),
    ("cancel one that its agent deleted", deleted_by_its_agent, CANCEL, ""),
    ("cancel one that its agent deleted, and keep", deleted_by_its_agent, CANCEL, KEEP),
    ("cancel one that its agent moved, and keep", moved_by_its_agent, CANCEL, KEEP),
    ("cancel a live one", live, CANCEL, ""),
    ("assign", with_two_guests, TO_BEN, ""),
    ("assign, and tell guests", with_two_guests, TO_BEN, TOLD),
    ("assign to who has no calendar", planned, TO_NOBODY, ""),
    ("assign back", half_handed_over, TO_ANNA, ""),
    ("assign once more", there_and_back, TO_BEN, ""),
    ("assign one not shown yet", not_shown_yet, TO_BEN, ""),
    ("assign one that its agent deleted", deleted_by_its_agent, TO_BEN, ""),
    ("live", planned, LIVE, ""),
    ("completed", live, DONE, ""),
    ("missed", planned, MISSED, ""),
    ("failed", planned, FAILED, ""),
    ("the same again", planned, TO_ANNA, ""),
    ("accept a move", moved_by_its_agent, None, ""),
    ("accept a deletion", deleted_by_its_agent, None, ""),
    ("accept a deletion, and keep", deleted_by_its_agent, None, KEEP),
]  # fmt: skip

TWICE = {
    "move one half handed over", "cancel one not shown yet, and keep", "cancel one half handed over, and keep",
    "cancel one that its agent deleted, and keep", "cancel one that its agent moved, and keep", "assign, and tell guests",
    "assign one not shown yet", "assign one that its agent deleted", "invite instead, of two", "accept a deletion, and keep",
}  # fmt: skip
"""What puts two of the others together: for the long tests."""


@sqlite_only
@pytest.mark.parametrize(
    ("before", "wish", "meetings"),
    [pytest.param(*case[1:], id=case[0], marks=[pytest.mark.long] * (case[0] in TWICE)) for case in CASES],
)
def test_a_dry_run_says_what_then_happens(
    world: World, mailboxes: Mailboxes, before: Before, wish: Wish | None, meetings: str
) -> None:
    configure(world, mailboxes, meetings=meetings)
    dora = AGENT.format(id="dora").partition("[[agents.calendars]]")[0]
    world.configure((world.folder / "config.toml").read_text() + dora)
    world.sync()
    before(world)
    world.now += MINUTE
    said = preview(world.ctx, wish) if wish else preview_drift(world.ctx, number(world), by="test")
    writes, mails, still = writes_of(world.ctx, said), mails_of(world.ctx, said), Seen.of(world)
    before_it = len(written(world))
    assert Seen.of(world) == still, "a dry run does nothing"
    mailboxes.arrived.clear()
    if wish:
        done = accept(world.ctx, wish)
        assert comparable(done) == comparable(said)
    else:
        accept_drift(world.ctx, number(world), by="test")
    world.now += HOUR  # what failed before is tried again
    world.deliver()
    assert world.owed() == []
    assert happened(still, Seen.of(world), writes) == sorted(map(promised, writes))
    assert sorted(written(world)[before_it:]) == sorted((one["do"], one["agent"]) for one in writes)
    kinds = [
        (one.kind, address(one.guest, one.agent))
        for one in story(world.ctx, "m1").deeds
        if one.target == "mail"
    ]
    told = [(to[0], str(mail["Subject"])) for to, mail in mailboxes.arrived]
    assert sorted(told) == sorted((one["to"], one["subject"]) for one in mails)
    assert sorted(kinds[len(kinds) - len(mails) :]) == sorted((one["kind"], one["to"]) for one in mails)
    dos = [one["do"] for one in writes]
    assert dos == sorted(dos), "put comes before remove"


def written(world: World) -> list[tuple[str, str | None]]:
    """What the journal says was done in calendars."""
    with world.ctx.store.reading() as tx:
        return [(one.kind, one.agent) for one in deeds.deeds(tx, "m1") if one.target == "calendar"]


def number(world: World) -> int:
    (drift,) = drift_list(world.ctx)
    return drift.copy.id


def comparable(accepted: Accepted) -> tuple[Any, ...]:
    return accepted.meeting, accepted.changed, set(accepted.owed), set(accepted.notices), accepted.overrides


def address(guest: str | None, agent: str | None) -> str:
    return guest or f"{agent}@example.com"


# ---------------------------------------------------------------------------------------------------------------------
# What is seen from outside


@dataclass(frozen=True)
class Seen:
    """What another client finds of ours: (agent, UID) -> what it says."""

    events: dict[tuple[str, str], tuple[Any, ...]]

    @classmethod
    def of(cls, world: World) -> "Seen":
        found = {}
        for agent in AGENTS:
            for text in world.ours(agent):
                (part,) = Calendar.from_ical(text).walk("VEVENT")
                found[agent, str(part["UID"])] = told(part)
        return cls(found)


def told(part: Any) -> tuple[Any, ...]:
    alarms = part.walk("VALARM")
    return (
        part.decoded("DTSTART").astimezone(UTC), part.decoded("DTEND").astimezone(UTC), str(part["SUMMARY"]),
        str(part["DESCRIPTION"]), str(part.get("LOCATION", "")), part["CLASS"] == "PRIVATE",
        -alarms[0].decoded("TRIGGER") if alarms else timedelta(0), part["TRANSP"] == "TRANSPARENT",
    )  # fmt: skip


def happened(before: Seen, after: Seen, writes: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """The writes that make one of the other. Only the UID of an event that had an identity could be promised."""
    known = {uid for _, uid in before.events} | {one["event"].get("uid") for one in writes}
    puts = [
        ("put", agent, uid if uid in known else "", said)
        for (agent, uid), said in after.events.items()
        if before.events.get((agent, uid)) != said
    ]
    gone = [("remove", agent, uid, ()) for agent, uid in before.events if (agent, uid) not in after.events]
    return sorted([*puts, *gone])


def promised(write: dict[str, Any]) -> tuple[Any, ...]:
    event = write["event"]
    if write["do"] == "remove":
        return "remove", write["agent"], event["uid"], ()
    said = (
        datetime.fromisoformat(event["start"]), datetime.fromisoformat(event["end"]), event["title"], event["text"],
        event["link"], event["private"], timedelta(minutes=event["reminder_minutes"]), event["free"],
    )  # fmt: skip
    return "put", write["agent"], event.get("uid", ""), said


# ---------------------------------------------------------------------------------------------------------------------


def test_who_loses_is_told_what_the_others_did(world: World) -> None:
    planned(world)
    world.accept(replace(changes.assign("m1", "ben", by="jan"), version=1))
    world.accept(replace(changes.reschedule("m1", TEN + HOUR, None, "late", by="eva"), version=2))
    with pytest.raises(
        Refused,
        match="is at version 3, not 1: someone was faster, it was handed over to ben by jan, then moved to",
    ):
        world.accept(replace(CANCEL, version=1))
    assert story(world.ctx, "m1").meeting.version == 3
    with pytest.raises(Refused, match="is at version 3, not 9: it never was"):
        world.accept(replace(CANCEL, version=9))

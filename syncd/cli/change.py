"""Asking for a change of a meeting, the same way for all six: accept it, or with --dry-run only say what would follow.

A change returns when it is accepted: kept for good, and owed to the calendars. With --wait it returns when it is delivered,
or ends with 75 and what is still owed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from store.model import Override
from syncd.actions import owed
from syncd.actions.accept import Accepted, Wish, accept, preview
from syncd.actions.answers import story_json
from syncd.actions.context import Context
from syncd.actions.dry_run import dry_run, mails_of, writes_of
from syncd.actions.look import Story, story
from syncd.actions.named import zone_of
from syncd.cli.common import opened, print_json
from syncd.cli.tables import say
from syncd.cli.threads import threads
from syncd.errors import NotYet, WrongUse
from syncd.executor import WRITERS
from syncd.moments import patience
from syncd.shapes import Json
from syncd.words import delivery_line, meeting_line, sentence_of

Wait: TypeAlias = Annotated[
    timedelta | None,
    typer.Option(
        "--wait", metavar="TIME", parser=patience, help="Return when delivered, else after TIME with 75."
    ),
]
DryRun: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="Print the writes and mails that would follow, and do nothing.")
]
IfVersion: TypeAlias = Annotated[
    int | None,
    typer.Option("--if-version", metavar="N", help="Refuse when the meeting is at another version."),
]
LONGEST_KEY = 200
REPEATED = "it was asked for before, with this key; so the meeting stands now"


def key_of(text: str) -> str:
    """An idempotency key. Raises `WrongUse`: an empty one, as of a variable that was not set, would be all changes' key."""
    if not 0 < len(text) <= LONGEST_KEY or not text.isprintable() or text != text.strip():
        raise WrongUse(
            f"--key: a key is 1 to {LONGEST_KEY} printable characters without space around them",
            "a new one for each change, such as a random number",
        )
    return text


Key: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--key", metavar="K", parser=key_of, help="Idempotency key: the same change with it happens once."
    ),
]


@dataclass(frozen=True, slots=True)
class How:
    """How a change is asked for: the options that all of them have."""

    config: Path | None
    as_json: bool
    wait: timedelta | None
    dry_run: bool
    version: int | None


def change(how: How, wish_of: Callable[[Context], Wish]) -> int:
    """Ask for the change that `wish_of` builds once configuration and store are open. Raises `NotYet` for --wait."""
    with opened(how.config, follows=not how.dry_run) as ctx:
        wish = replace(wish_of(ctx), version=how.version)
        if how.dry_run:
            print_preview(ctx, preview(ctx, wish), how.as_json)
            return 0
        accepted = accept(ctx, wish)
        delivered = how.wait is None or _waited(ctx, wish.meeting, how.wait)
        _print(ctx, accepted, story(ctx, wish.meeting), how.as_json)
        if not delivered:
            raise _not_yet(story(ctx, wish.meeting))
    return 0


def _waited(ctx: Context, meeting: str, wait: timedelta) -> bool:
    with threads(WRITERS) as pool:
        return owed.wait(ctx, meeting, wait, pool)


def _not_yet(found: Story) -> NotYet:
    still = [delivery_line(one) for one in found.deliveries if one.state in owed.OPEN]
    return NotYet(
        "\n".join([f"meeting {found.meeting.id} is accepted, but not delivered yet:", *still]),
        "the daemon goes on trying; syncd deliveries shows how far it is",
    )


def _print(ctx: Context, accepted: Accepted, found: Story, as_json: bool) -> None:
    if as_json:
        print_json(story_json(found))
        return
    zone = zone_of(ctx, found.meeting.agent)
    if not accepted.changed:
        say(f"nothing changed: {REPEATED if accepted.repeated else 'so it stands already'}")
    say(meeting_line(found.meeting, zone), *_marked(accepted.overrides, zone))
    latest = [one for one in found.deliveries if one.version == accepted.meeting.version]
    say(*(f"  delivery {delivery_line(one)}" for one in latest if one.state != "superseded"))


def _marked(overrides: tuple[Override, ...], zone: str) -> list[str]:
    """Who was chosen although marked not available, and what stood in the way."""
    lines = []
    for one in overrides:
        lines.append(f"{one.agent} is marked not available; chosen all the same, and that is recorded:")
        lines += [f"  {sentence_of(reason, zone)}" for reason in one.reasons]
    return lines


def print_preview(ctx: Context, accepted: Accepted, as_json: bool) -> None:
    """What a change would lead to: the meeting, the writes and the mails."""
    if as_json:
        print_json(dry_run(ctx, accepted))
        return
    writes, mails = writes_of(ctx, accepted), mails_of(ctx, accepted)
    zone = zone_of(ctx, accepted.meeting.agent)
    say("nothing is done, this is what would follow:" if accepted.changed else "nothing would change")
    say(meeting_line(accepted.meeting, zone), *_marked(accepted.overrides, zone))
    say(*map(_write_line, writes))
    say(*(f"  mail to {one['to']}: {one['subject']}" for one in mails))


def _write_line(write: Json) -> str:
    where, event = f"{write['agent']}'s calendar {write['calendar']!r}", write["event"]
    return f"  put {event['title']!r} into {where}" if write["do"] == "put" else f"  remove it from {where}"

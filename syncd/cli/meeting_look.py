"""`syncd meeting list` and `syncd meeting show`: meetings as they stand, and the story of one.

JSON: `list` is a list of meetings; `show` a meeting with "changes": its journal, oldest first, with what was written and mailed.
"""

from typing import Annotated

import typer

from store.model import MeetingStatus
from syncd.actions.answers import story_json, whole_story_json
from syncd.actions.look import Story, list_meetings, story
from syncd.actions.named import zone_of
from syncd.cli.common import opened, print_json
from syncd.cli.options import AsJson, ConfigFile, Limit, MeetingId
from syncd.cli.story import told
from syncd.cli.tables import say, table
from syncd.errors import WrongUse
from syncd.moments import moment, shown, span
from syncd.shapes import items
from syncd.words import delivery_line, meeting_line, sentence, sentence_of

Statuses = Annotated[
    list[MeetingStatus] | None, typer.Option("--status", help="Only these (repeatable). Default: all.")
]
OfAgent = Annotated[str | None, typer.Option("--agent", metavar="A", help="Only this agent's.")]
From = Annotated[str | None, typer.Option("--from", metavar="T", help="Only those that end later.")]
To = Annotated[str | None, typer.Option("--to", metavar="T", help="Only those that start earlier.")]
After = Annotated[str | None, typer.Option(metavar="CURSOR", help="Go on after it (`next` of a page).")]


def list_(
    statuses: Statuses = None, agent: OfAgent = None, start: From = None, end: To = None, limit: Limit = 100,
    after: After = None, config: ConfigFile = None, as_json: AsJson = False,
) -> int:  # fmt: skip
    """Meetings by their start."""
    with opened(config) as ctx:
        zone = zone_of(ctx, agent)
        first = moment(start, zone, "--from", days=True) if start is not None else None
        last = moment(end, zone, "--to", days=True) if end is not None else None
        if first and last and last <= first:
            raise WrongUse("--to is not after --from")
        page, cursor = list_meetings(
            ctx, statuses=statuses or None, agent=agent, start=first, end=last, limit=limit, after=after
        )
    if as_json:
        print_json(items((story_json(one) for one in page), cursor))
        return 0
    rows = [_row(one, zone_of(ctx, one.meeting.agent)) for one in page]
    table(
        ("id", "when", "timezone", "agent", "status", "version", "title", "owed", "conflicts"),
        rows,
        empty="there are no meetings",
    )
    if cursor is not None:
        say(f"more with --after {cursor!r}")
    return 0


def show(meeting: MeetingId, config: ConfigFile = None, as_json: AsJson = False) -> int:
    """One meeting: how it stands, what became of it, and what is owed because of it."""
    with opened(config) as ctx:
        found = story(ctx, meeting)
    if as_json:
        print_json(whole_story_json(found))
    else:
        _print(found, zone_of(ctx, found.meeting.agent))
    return 0


def _row(one: Story, zone: str) -> tuple[str, ...]:
    meeting = one.meeting
    owed = [delivery.state for delivery in one.deliveries if delivery.state in ("pending", "failed")]
    return (
        meeting.id, span(meeting.start, meeting.end, zone), zone, meeting.agent, meeting.status.value,
        str(meeting.version), meeting.title, ", ".join(owed) or "-", _conflicts(one),
    )  # fmt: skip


def _conflicts(one: Story) -> str:
    """How many events came in its way, and who is best instead."""
    if not one.conflicts:
        return "-"
    others = ", ".join(agent.id for agent, _ in one.instead)
    return f"{len(one.conflicts)}, instead: {others or 'nobody'}"


def _print(found: Story, zone: str) -> None:
    meeting = found.meeting
    say(meeting_line(meeting, zone), f"  title: {meeting.title}")
    say(
        *(
            f"  {name}: {value}"
            for name, value in (("link", meeting.link), ("agent link", meeting.agent_link))
            if value
        )
    )
    say(*([f"  group: {meeting.group}"] if meeting.group else []))
    say(*(f"  guest: {f'{one.name} <{one.email}>' if one.name else one.email}" for one in meeting.guests))
    for override in meeting.overrides:
        say(
            f"  chosen though marked not available: {override.agent}, by {override.by}, {shown(override.at, zone)}"
        )
        say(*(f"    {sentence_of(reason, zone)}" for reason in override.reasons))
    if found.conflicts:
        say("came in its way since:", *(f"  {sentence(one, zone)}" for one in found.conflicts))
        others = [f"{agent.id} ({mark.value})" for agent, mark in found.instead]
        say(f"  could take it: {', '.join(others) or 'nobody'}")
    say("what happened:", *(f"  {line}" for line in told(found.changes, found.deeds, zone)))
    say("deliveries:", *([f"  {delivery_line(one)}" for one in found.deliveries] or ["  none"]))

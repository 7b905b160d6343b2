"""`syncd candidates`: who could take a meeting, who is not available and why; whoever is marked can still be chosen."""

from datetime import datetime, timedelta
from typing import Annotated

import typer

from syncd.actions.answers import candidates_answer
from syncd.actions.context import Context
from syncd.actions.named import zone_of
from syncd.actions.refresh import DEADLINE, fresh_candidates
from syncd.actions.suggest import Candidate, Candidates
from syncd.actions.suggest import candidates as ask
from syncd.cli.common import opened, print_json
from syncd.cli.options import AsJson, ConfigFile, MeetingId
from syncd.cli.tables import say, table
from syncd.cli.threads import ending_with, leave
from syncd.executor import by_account
from syncd.moments import ago, patience, shown, span
from syncd.words import sentence

app = typer.Typer(add_completion=False, rich_markup_mode=None)

MaxAge = Annotated[
    timedelta | None,
    typer.Option("--max-age", metavar="TIME", parser=patience, help="First read what was seen longer ago."),
]
Within = Annotated[
    timedelta,
    typer.Option(metavar="TIME", parser=patience, help="Wait no longer than this for it.", show_default="5s"),
]


@app.command()
def candidates(
    meeting: MeetingId,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many agents at most.")] = 50,
    max_age: MaxAge = None,
    within: Within = DEADLINE,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> int:
    """Who could take a meeting: available agents first, then unknown, then those not available, each with why."""
    if max_age is None:
        with opened(config) as ctx:
            _tell(ctx, ask(ctx, meeting, limit=limit), as_json)
        return 0
    with opened(config, follows=True) as ctx, ending_with(by_account("read")) as pool:
        found, done = fresh_candidates(ctx, meeting, pool, max_age=max_age, within=within, limit=limit)
        _tell(ctx, found, as_json)
        if not done:
            leave(0)
    return 0


def _tell(ctx: Context, found: Candidates, as_json: bool) -> None:
    if as_json:
        print_json(candidates_answer(found))
    else:
        _print(found, zone_of(ctx, found.meeting.agent))


def _print(found: Candidates, zone: str) -> None:
    meeting = found.meeting
    say(f"meeting {meeting.id}: {meeting.title}, {span(meeting.start, meeting.end, zone)} ({zone})")
    head = ("agent", "name", "mark", "next free", "day/week", "seen")
    rows = [_row(one, found.as_of, zone) for one in found.page]
    table(head, rows, empty="there are no active agents")
    say(*(line for one in found.page for line in _why(one, zone)))
    if found.total > len(found.page):
        say(f"{len(found.page)} of {found.total} agents; --limit shows more")


def _row(one: Candidate, now: datetime, zone: str) -> tuple[str, ...]:
    """The agent who has the meeting now carries a star; who has no calendar to be read was not «never» seen."""
    return (
        one.agent.id + (" *" if one.assigned else ""), one.agent.name, one.verdict.mark.value, shown(one.next_free, zone),
        f"{one.load_day}/{one.load_week}", ago(one.known.seen_at, now) if one.known.fresh else "-",
    )  # fmt: skip


def _why(one: Candidate, zone: str) -> list[str]:
    lines = [f"{one.agent.id}: {sentence(reason, zone)}" for reason in one.verdict.reasons]
    if one.known.unreadable:
        lines.append(f"{one.agent.id}: calendar objects that can't be read whole: {one.known.unreadable}")
    return lines

"""`syncd slots`: free times for a meeting that is to be rescheduled, with its own agent or with others.

JSON: {"meeting", "length_minutes", "as_of", "items": [{"start", "end", "agents"}], "next": null, "unsure": [{"agent",
"reasons": [as in candidates]}]}
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from syncd.actions.answers import free_times_answer
from syncd.actions.free import HALF_AN_HOUR, LONGEST_RANGE, FreeTimes, Wanted, free_times
from syncd.actions.look import story
from syncd.actions.named import zone_of
from syncd.cli.common import opened, print_json
from syncd.cli.options import AsJson, ConfigFile, MeetingId
from syncd.cli.tables import say, table
from syncd.moments import patience, window
from syncd.words import counted, sentence

app = typer.Typer(add_completion=False, rich_markup_mode=None)

A_WEEK = timedelta(days=7)

From = Annotated[
    str | None, typer.Option("--from", metavar="T", help="The first start that will do. Default: now.")
]
To = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="T",
        help=f"When it must be over. Default: a week later; at most {LONGEST_RANGE.days} days.",
    ),
]
Step = Annotated[
    timedelta,
    typer.Option(
        metavar="TIME", parser=patience, help="Starts by the clock: every 5m, 15m, 30m or 1h, say.", show_default="30m"
    ),
]  # fmt: skip
Notice = Annotated[
    timedelta,
    typer.Option(
        metavar="TIME", parser=patience, help="No start sooner than this from now.", show_default="0m"
    ),
]
Agents = Annotated[
    list[str] | None, typer.Option("--agent", metavar="A", help="With whom (repeatable). Default: its agent.")
]


@app.command()
def slots(
    meeting: MeetingId, start: From = None, end: To = None, step: Step = HALF_AN_HOUR, notice: Notice = timedelta(0),
    agents: Agents = None,
    together: Annotated[
        bool, typer.Option("--all/--any", help="All agents at once, or any of them (the default).")
    ] = False,
    config: ConfigFile = None, as_json: AsJson = False,
) -> int:  # fmt: skip
    """Free times for a meeting's length, by the clock of its agent. The meeting itself is in nobody's way.

    Only what is known to be free is offered: a calendar that was not read lately, or not so far, leaves none.
    """
    with opened(config) as ctx:
        zone = zone_of(ctx, story(ctx, meeting).meeting.agent)
        first, last = window(start, end, zone, now=ctx.clock(), length=A_WEEK)
        found = free_times(ctx, meeting, Wanted(first, last, step, notice, tuple(agents or ()), together))
    if as_json:
        print_json(free_times_answer(found))
    else:
        _print(found, together)
    return 0


def _print(found: FreeTimes, together: bool) -> None:
    zone, length = found.timezone, found.meeting.end - found.meeting.start
    whom = (" and " if together else " or ").join(found.agents)
    say(
        f"meeting {found.meeting.id}, {counted(int(length.total_seconds() // 60), 'minute')}, with {whom} ({zone})"
    )
    table(("day", "free from"), _days(found, zone), empty="no free time is known in this range")
    say(*(f"{agent}: {sentence(reason, zone)}" for agent, reasons in found.unsure for reason in reasons))


def _days(found: FreeTimes, zone: str) -> Iterator[tuple[str, str]]:
    """A line for each day; where anybody of several may be meant, a line for each choice of people."""
    clocks = ZoneInfo(zone)
    for (day, agents), times in groupby(
        found.times, key=lambda one: (f"{one.start.astimezone(clocks):%a %Y-%m-%d}", one.agents)
    ):
        starts = "  ".join(f"{one.start.astimezone(clocks):%H:%M}" for one in times)
        yield day, starts if agents == found.agents else f"{starts}  ({', '.join(agents)})"

"""`syncd busy`: what the store knows of an agent's time, with the kind of each interval and whether it blocks."""

from datetime import timedelta
from typing import Annotated

import typer

from syncd.actions.look import BusyTime, busy
from syncd.actions.named import zone_of
from syncd.cli.common import opened, print_json
from syncd.cli.options import AgentId, AsJson, ConfigFile
from syncd.cli.tables import say, table
from syncd.moments import span, window
from syncd.shapes import busy_json

app = typer.Typer(add_completion=False, rich_markup_mode=None)

A_WEEK = timedelta(days=7)


@app.command("busy")
def show(
    agent: AgentId,
    start: Annotated[str | None, typer.Option("--from", metavar="T", help="Default: now.")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="T", help="Default: a week later.")] = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> int:
    """What the store knows of an agent's time: calendars, blocks and meetings.

    Times without an offset are in the agent's zone; a date alone is its first moment.
    """
    with opened(config) as ctx:
        zone = zone_of(ctx, agent)
        first, last = window(start, end, zone, now=ctx.clock(), length=A_WEEK)
        slots = busy(ctx, agent, first, last)
    if as_json:
        print_json(busy_json(agent, first, last, slots))
    else:
        say(f"{agent}, {span(first, last, zone)} ({zone})")
        head = ("when", "kind", "blocks", "all day", "source", "what")
        table(head, [_row(one, zone) for one in slots], empty="nothing is known to be in the way")
    return 0


def _row(one: BusyTime, zone: str) -> tuple[str, ...]:
    what = one.calendar or " ".join(part for part in (one.meeting, one.title) if part)
    blocks, all_day = ("yes" if flag else "no" for flag in (one.blocks, one.all_day))
    return (span(one.start, one.end, zone), one.status, blocks, all_day, one.source, what)

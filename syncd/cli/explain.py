"""`syncd explain`: why an agent is, or is not, available in an interval; by which policy; seen when; and when next free.

JSON: {"agent", "name", "start", "end", "as_of", "mark", "reasons": [as in candidates], "unreadable", "seen_at", "next_free",
"not_blocking": [reasons that would be, for events that the policy lets pass]}
"""

from typing import Annotated

import typer

from syncd.actions.answers import explanation_json
from syncd.actions.named import zone_of
from syncd.actions.suggest import Explanation
from syncd.actions.suggest import explain as ask
from syncd.cli.common import opened, print_json
from syncd.cli.options import AgentId, AsJson, ConfigFile
from syncd.cli.tables import say
from syncd.errors import WrongUse
from syncd.moments import moment, shown, span
from syncd.words import explained

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def explain(
    agent: AgentId,
    start: Annotated[
        str, typer.Argument(metavar="START", help="RFC 3339; without an offset, the agent's zone.")
    ],
    end: Annotated[str, typer.Argument(metavar="END", help="The first moment no longer asked about.")],
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> int:
    """Why an agent is, or is not, available from START to END, and when next free."""
    with opened(config) as ctx:
        zone = zone_of(ctx, agent)
        first, last = moment(start, zone, "START", days=True), moment(end, zone, "END", days=True)
        if last <= first:
            raise WrongUse("END is not after START")
        found = ask(ctx, agent, first, last)
    if as_json:
        print_json(explanation_json(found))
    else:
        _print(found, zone)
    return 0


def _print(found: Explanation, zone: str) -> None:
    say(
        f"{found.agent.id} ({found.agent.name}) is {found.verdict.mark} {span(found.start, found.end, zone)} ({zone})"
    )
    if not found.agent.active:
        say("not active: no meeting is assigned to this agent, whatever the time")
    say(*(f"  {explained(reason, zone)}" for reason in found.verdict.reasons))
    say(*(f"  {explained(reason, zone, blocks=False)}" for reason in found.not_blocking))
    if found.known.fresh:
        say(f"calendars last seen: {shown(found.known.seen_at, zone, never='never, at least one of them')}")
    else:
        say("no calendar is read for this agent: blocks and meetings decide alone")
    if found.known.unreadable:
        say(f"calendar objects that can't be read whole: {found.known.unreadable} (see syncd status)")
    say(f"next free for that long: {shown(found.next_free, zone, never='not within what is known')}")

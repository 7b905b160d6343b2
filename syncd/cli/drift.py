"""`syncd drift`: events of ours that are not what was written, and how a person settles each.

JSON: a list of drift; `accept` and `restore`: the drift with its new state.
"""

from typing import Annotated

import typer

from syncd.actions.answers import drifted_json
from syncd.actions.drifting import Drift, accept_drift, drift_list, preview_drift, restore_drift
from syncd.actions.named import zone_of
from syncd.cli.change import DryRun, print_preview
from syncd.cli.common import opened, print_json, system_user
from syncd.cli.options import AsJson, ConfigFile
from syncd.cli.tables import say, table
from syncd.moments import ago, span
from syncd.rules.drift import changed, found_at, theirs
from syncd.shapes import items

app = typer.Typer(add_completion=False, rich_markup_mode=None, invoke_without_command=True)

Number = Annotated[int, typer.Argument(metavar="ID", help="The drift's number.")]


@app.callback()
def drift(context: typer.Context, config: ConfigFile = None, as_json: AsJson = False) -> int:
    """Events of ours that their agents moved, edited, deleted or duplicated. Without a command: the list."""
    if context.invoked_subcommand is not None:
        return 0
    return list_(config, as_json)


@app.command("list")
def list_(config: ConfigFile = None, as_json: AsJson = False) -> int:
    """What drifted and is not settled yet."""
    with opened(config) as ctx:
        found, now = drift_list(ctx), ctx.clock()
        zones = {one.copy.agent: zone_of(ctx, one.copy.agent) for one in found}
    if as_json:
        print_json(items(drifted_json(one) for one in found))
        return 0
    head = (
        "id",
        "meeting",
        "agent",
        "calendar",
        "what",
        "ours",
        "theirs",
        "timezone",
        "found",
        "policy",
        "state",
    )
    rows = [_row(one, zones[one.copy.agent], ago(found_at(one.copy), now)) for one in found]
    table(head, rows, empty="every event stands as it was written")
    if found:
        say("hint: syncd drift accept ID takes it for what is meant, syncd drift restore ID puts ours back")
    return 0


@app.command()
def accept(
    number: Number, dry_run: DryRun = False, config: ConfigFile = None, as_json: AsJson = False
) -> int:
    """Take what the agent did for what is meant: a move reschedules, a deletion cancels, an edit or a duplicate stays."""
    if dry_run:
        with opened(config) as ctx:
            print_preview(ctx, preview_drift(ctx, number, by=system_user()), as_json)
        return 0
    with opened(config, follows=True) as ctx:
        _print(accept_drift(ctx, number, by=system_user()), as_json)
    return 0


@app.command()
def restore(number: Number, config: ConfigFile = None, as_json: AsJson = False) -> int:
    """Put the event back as the meeting stands: the daemon, or the next `syncd sync`, does."""
    with opened(config, follows=True) as ctx:
        _print(restore_drift(ctx, number, by=system_user()), as_json)
    return 0


def _print(one: Drift, as_json: bool) -> None:
    if as_json:
        print_json(drifted_json(one))
    else:
        say(f"drift {one.copy.id}, {one.what}: {one.state}, meeting {one.copy.meeting} of {one.copy.agent}")


def _row(one: Drift, zone: str, found: str) -> tuple[str, ...]:
    copy = one.copy
    ours = (
        span(copy.written_start, copy.written_end, zone) if copy.written_start and copy.written_end else "-"
    )
    there = theirs(copy)
    parts = ", ".join(changed(copy))
    what = f"{one.what}: {parts}" if parts else one.what
    return (
        str(copy.id), copy.meeting, copy.agent, one.calendar, what, ours,
        span(*there, zone) if there else "-", zone, found, one.policy, one.state,
    )  # fmt: skip

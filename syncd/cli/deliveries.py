"""`syncd deliveries`: what is still owed to calendars and mailboxes; a person can retry or abandon one.

JSON: a list of deliveries; `retry` and `abandon`: the delivery as it then stands.
"""

from typing import Annotated

import typer

from store.model import Delivery, DeliveryState
from syncd.actions import owed
from syncd.cli.common import opened, print_json
from syncd.cli.options import AsJson, ConfigFile, Limit
from syncd.cli.tables import say, table
from syncd.errors import WrongUse
from syncd.moments import shown
from syncd.shapes import delivery_json, items
from syncd.words import delivery_line

app = typer.Typer(add_completion=False, rich_markup_mode=None, invoke_without_command=True)

KNOWN: tuple[DeliveryState, ...] = ("pending", "delivered", "failed", "abandoned", "superseded")
Number = Annotated[int, typer.Argument(metavar="ID", help="The delivery's number.")]
States = Annotated[
    list[str] | None,
    typer.Option(
        "--state", metavar="|".join(KNOWN), help="Only these (repeatable). Default: pending and failed."
    ),
]
Everything = Annotated[bool, typer.Option("--all", help="Also what was delivered, abandoned or superseded.")]
After = Annotated[int | None, typer.Option(metavar="CURSOR", help="Go on after this one (`next` of a page).")]


@app.callback()
def deliveries(
    context: typer.Context,
    states: States = None,
    everything: Everything = False,
    limit: Limit = 100,
    after: After = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> int:
    """What is still owed to calendars and mailboxes. Without a command: the list."""
    if context.invoked_subcommand is not None:
        return 0
    return list_(states, everything, limit, after, config, as_json)


@app.command("list")
def list_(
    states: States = None,
    everything: Everything = False,
    limit: Limit = 100,
    after: After = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> int:
    """What is pending or failed; with --all also what is over."""
    wanted = None if everything and not states else [_state(one) for one in states or owed.OPEN]
    with opened(config) as ctx:
        found, cursor = owed.list_deliveries(ctx, states=wanted, limit=limit, after=after)
        zone = ctx.config.timezone
    if as_json:
        print_json(items((delivery_json(one) for one in found), None if cursor is None else str(cursor)))
        return 0
    head = ("id", "meeting", "version", "to", "calendar", "kind", "state", "tries", "next try")
    table(head, [_row(one, zone) for one in found], empty="nothing is owed")
    if found:
        say(f"times in {zone}")
    for one in found:
        say(*([f"{one.id}: {one.error or one.hint}"] if one.error or one.hint else []))
        say(*([f"  hint: {one.hint}"] if one.error and one.hint else []))
    if cursor is not None:
        say(f"more with --after {cursor}")
    return 0


@app.command()
def retry(number: Number, config: ConfigFile = None, as_json: AsJson = False) -> int:
    """Try one now instead of at its next turn: the daemon, or the next `syncd sync`, does."""
    with opened(config, follows=True) as ctx:
        _print(owed.retry(ctx, number), as_json)
    return 0


@app.command()
def abandon(number: Number, config: ConfigFile = None, as_json: AsJson = False) -> int:
    """Decide that one is owed no more."""
    with opened(config, follows=True) as ctx:
        _print(owed.abandon(ctx, number), as_json)
    return 0


def _state(text: str) -> DeliveryState:
    found = next((known for known in KNOWN if known == text), None)
    if found is None:
        raise WrongUse(f"--state: {text!r} is none of {', '.join(KNOWN)}")
    return found


def _print(one: Delivery, as_json: bool) -> None:
    if as_json:
        print_json(delivery_json(one))
    else:
        say(delivery_line(one))


def _row(one: Delivery, zone: str) -> tuple[str, ...]:
    due = shown(one.due_at, zone) if one.state in owed.OPEN else "-"
    return (
        str(one.id), one.meeting, str(one.version), one.agent or "a guest", one.calendar or "", one.kind, one.state,
        str(one.attempts), due,
    )  # fmt: skip

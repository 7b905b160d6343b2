"""`syncd block`: availability taken away by hand, for the company, a group or an agent; once or repeating.

JSON: a block; `list` a list of them. `by` is null for a block of the configuration.
"""

from typing import Annotated

import typer

from syncd.actions.answers import listed_json
from syncd.actions.blocking import Listed, add_block, block_list, remove_block, zone_of_scope
from syncd.cli.common import opened, print_json, system_user
from syncd.cli.options import AsJson, ConfigFile
from syncd.cli.tables import say, table
from syncd.config.times import is_zone
from syncd.errors import WrongUse
from syncd.moments import moment, shown, span
from syncd.rules.blocks import Block
from syncd.shapes import items

app = typer.Typer(add_completion=False, rich_markup_mode=None)

ScopeText = Annotated[str, typer.Option("--scope", metavar="company|group:G|agent:A", help="Whom it hits.")]
Start = Annotated[str, typer.Option("--start", metavar="T", help="Its (first) start.")]
End = Annotated[str, typer.Option("--end", metavar="T", help="The first moment after it.")]
Repeat = Annotated[
    str | None,
    typer.Option(metavar="daily|weekly|monthly|yearly|RRULE", help="How it repeats. Default: it is once."),
]
Until = Annotated[str | None, typer.Option(metavar="T", help="The last start, at most.")]
ZoneName = Annotated[
    str | None,
    typer.Option(
        "--timezone", metavar="Z", help="Whose clocks it follows. Default: the agent's, else the top level's."
    ),
]
Count = Annotated[
    int | None, typer.Option(metavar="N", help="How often it begins at most, the first time included.")
]
Except = Annotated[
    list[str] | None,
    typer.Option("--except", metavar="DAY", help="A day on which it does not begin (repeatable)."),
]
Title = Annotated[str, typer.Option("--title", metavar="S", help="What is said of it.")]


@app.callback()
def block(config: ConfigFile = None) -> None:
    """Blocks: time taken away from everyone, a group or an agent."""
    del config  # the commands ask for it


@app.command()
def add(
    scope: ScopeText, start: Start, end: End, repeat: Repeat = None, until: Until = None, count: Count = None,
    exceptions: Except = None, timezone: ZoneName = None, title: Title = "Blocked", config: ConfigFile = None, as_json: AsJson = False,
) -> int:  # fmt: skip
    """Block a time; marks follow at once. A date alone is its first moment, or with --until its last."""
    if timezone is not None and not is_zone(timezone):
        raise WrongUse(
            f"--timezone: {timezone!r} is no time zone", 'an IANA name, such as "Europe/Amsterdam"'
        )
    with opened(config, follows=True) as ctx:
        zone = timezone or zone_of_scope(ctx, scope)
        first, last = moment(start, zone, "--start", days=True), moment(end, zone, "--end", days=True)
        final = moment(until, zone, "--until", days=True, last=True) if until is not None else None
        made = add_block(
            ctx, scope, title, first, last, zone, repeat=repeat, until=final, count=count, exceptions=exceptions or (),
            by=system_user(),
        )  # fmt: skip
    _print(made, as_json)
    return 0


@app.command("list")
def list_(config: ConfigFile = None, as_json: AsJson = False) -> int:
    """All blocks, also those of the configuration."""
    with opened(config) as ctx:
        found = block_list(ctx)
    if as_json:
        print_json(items(listed_json(one) for one in found))
        return 0
    head = ("id", "scope", "title", "when", "timezone", "repeats", "until", "except", "by")
    table(head, [_row(one) for one in found], empty="nothing is blocked")
    return 0


@app.command()
def remove(
    number: Annotated[str, typer.Argument(metavar="ID", help="The block's id.")], config: ConfigFile = None,
    as_json: AsJson = False,
) -> int:  # fmt: skip
    """Take a block away, with all its repetitions."""
    with opened(config, follows=True) as ctx:
        _print(remove_block(ctx, number, by=system_user()), as_json)
    return 0


def _print(one: Listed, as_json: bool) -> None:
    if as_json:
        print_json(listed_json(one))
    else:
        block = one.block
        repeats = f", {_repeats(block)}" if block.repeat else ""
        say(
            f"block {block.id}: {block.scope}, {block.title}, {span(block.start, block.end, block.timezone)}{repeats}"
        )


def _row(one: Listed) -> tuple[str, ...]:
    block = one.block
    return (
        block.id, block.scope, block.title, span(block.start, block.end, block.timezone), block.timezone,
        _repeats(block), shown(block.until, block.timezone), ", ".join(f"{day}" for day in sorted(block.exceptions)) or "-",
        one.by or "configuration",
    )  # fmt: skip


def _repeats(block: Block) -> str:
    times = f", {block.count} times" if block.count else ""
    return f"{block.repeat}{times}" if block.repeat else "-"

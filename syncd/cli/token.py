"""`syncd token`: what lets programs, and people at the page, in over HTTP. The secret is printed once, when it is made.

JSON: a token; `create` with its secret as "token"; `list` a list of them.
"""

import sys
from datetime import timedelta
from typing import Annotated

import typer

from store.model import Token, TokenScope
from syncd.actions.tokens import create_token, revoke_token, token_list
from syncd.cli.common import opened, print_json, system_user
from syncd.cli.options import AsJson, ConfigFile
from syncd.cli.tables import say, table
from syncd.moments import ago, patience, shown
from syncd.shapes import items, token_json

app = typer.Typer(add_completion=False, rich_markup_mode=None)

ScopeOption = Annotated[
    TokenScope, typer.Option("--scope", help="read; write: also changes; admin: everything.")
]
OfAgent = Annotated[
    str | None,
    typer.Option("--agent", metavar="ID", help="Bind it to what is this agent's. Default: an operator's."),
]
Name = Annotated[
    str | None, typer.Option(metavar="S", help="By which the journal tells it. Default: its number.")
]
Expires = Annotated[
    timedelta | None,
    typer.Option(
        "--expires", metavar="TIME", parser=patience, help="Default: it is good until it is revoked."
    ),
]


@app.callback()
def token(config: ConfigFile = None) -> None:
    """Tokens for the HTTP interface and the page."""
    del config  # the commands ask for it


@app.command()
def create(
    scope: ScopeOption, agent: OfAgent = None, name: Name = None, expires: Expires = None, config: ConfigFile = None,
    as_json: AsJson = False,
) -> int:  # fmt: skip
    """Make a token. Its secret is printed now and never again: only its digest is kept."""
    with opened(config, follows=True) as ctx:
        made = create_token(ctx, scope, by=system_user(), agent=agent, name=name, lasts=expires)
        zone = ctx.config.timezone
    if as_json:
        print_json({**token_json(made.token), "token": made.secret})
        return 0
    note = f"{_line(made.token, zone)}; its secret is shown this once:"
    print(note, file=sys.stderr)  # noqa: T201  # so that stdout is the secret alone, ready for a file
    say(made.secret)
    return 0


@app.command("list")
def list_(config: ConfigFile = None, as_json: AsJson = False) -> int:
    """All tokens, also those that are over."""
    with opened(config) as ctx:
        found, zone, now = token_list(ctx), ctx.config.timezone, ctx.clock()
    if as_json:
        print_json(items(token_json(one) for one in found))
        return 0
    head = ("id", "name", "scope", "agent", "by", "created", "expires", "last used", "revoked")
    rows = [
        (
            str(one.id), one.label, one.scope, one.agent or "-", one.made_by, shown(one.created_at, zone),
            shown(one.expires_at, zone, never="never"), ago(one.last_used_at, now), shown(one.revoked_at, zone),
        )
        for one in found
    ]  # fmt: skip
    table(head, rows, empty="there are no tokens")
    return 0


@app.command()
def revoke(
    number: Annotated[int, typer.Argument(metavar="ID", help="The token's number.")], config: ConfigFile = None,
    as_json: AsJson = False,
) -> int:  # fmt: skip
    """Make a token good for nothing, from its next use on."""
    with opened(config, follows=True) as ctx:
        token = revoke_token(ctx, number, by=system_user())
    if as_json:
        print_json(token_json(token))
    else:
        say(f"{_line(token, ctx.config.timezone)}: revoked")
    return 0


def _line(token: Token, zone: str) -> str:
    whose = f"agent {token.agent}" if token.agent else "an operator"
    return f"token {token.id} ({token.label}): scope {token.scope}, for {whose}, expires {shown(token.expires_at, zone, never='never')}"

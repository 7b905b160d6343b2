"""`syncd check-config`: is the configuration right, and with --connect: does every login work?

JSON: {"ok", "file", "agents", "accounts", "logins", "notes": [...], "secrets": [{"key", "agent", "state": "ok"|
"service-only"|"failed", "error", "hint"}], "connections": null | [{"agent", "account", "login", "state": "ok"|"not-tried"|
"failed", "calendars": [{"name", "href", "checked", "written"}], "errors": [{"calendar", "error", "hint"}]}]}
"""

import logging
from pathlib import Path
from typing import Annotated

import typer

from syncd import logs
from syncd.actions.context import utc_now
from syncd.actions.offtime import running_out
from syncd.cli.common import print_json
from syncd.cli.connecting import Connected, sign_in_everywhere
from syncd.cli.options import AsJson, ConfigFile
from syncd.cli.secrets import SecretCheck, checked, secrets_of
from syncd.cli.tables import say, table
from syncd.config import Config, find, load
from syncd.errors import worst_code
from syncd.shapes import Json, record_json
from syncd.words import counted

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def check_config(
    connect: Annotated[
        bool, typer.Option("--connect", help="Also sign in to every login and look for its calendars.")
    ] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> int:
    """Check the configuration; without --connect nothing is asked over the network.

    Ends with 78 if the configuration is wrong, 77 if a secret or a sign-in is refused, 69 if a server can't be reached,
    1 if a calendar is not there. A secret that only the service sees is said to be so.
    """
    logs.set_up(logging.ERROR)
    path = find(config)
    settings = load(path)
    secrets = [checked(one) for one in secrets_of(settings)]
    connections = sign_in_everywhere(settings) if connect else None
    notes = [*settings.notes(), *running_out(settings, utc_now())]
    code = _code(secrets, connections or ())
    if as_json:
        print_json({"ok": code == 0, **_json(path, settings, notes, secrets, connections)})
    else:
        _print(path, settings, notes, secrets, connections)
    return code


def _code(secrets: list[SecretCheck], connections: tuple[Connected, ...]) -> int:
    return worst_code({one.code for one in connections} | {77 for one in secrets if one.state == "failed"})


def _json(
    path: Path,
    settings: Config,
    notes: list[str],
    secrets: list[SecretCheck],
    connections: tuple[Connected, ...] | None,
) -> Json:
    shown = None if connections is None else [_connection_json(one) for one in connections]
    return {
        "file": str(path), "agents": len(settings.agents), "accounts": len(settings.accounts),
        "logins": sum(len(agent.calendars) for agent in settings.agents), "notes": notes,
        "secrets": [record_json(one) for one in secrets], "connections": shown,
    }  # fmt: skip


def _connection_json(one: Connected) -> Json:
    return {name: value for name, value in record_json(one).items() if name != "code"}


def _print(
    path: Path,
    settings: Config,
    notes: list[str],
    secrets: list[SecretCheck],
    connections: tuple[Connected, ...] | None,
) -> None:
    say(f"{path}: {counted(len(settings.agents), 'agent')}, {counted(len(settings.accounts), 'account')}")
    say(*(f"note: {note}" for note in notes))
    for secret in secrets:
        if secret.state != "ok":
            say(f"secret {secret.key}: {secret.error or secret.hint}")
            say(*([f"hint: {secret.hint}"] if secret.error and secret.hint else []))
    if connections is not None:
        head = ("agent", "account", "login", "state", "calendar", "use")
        table(head, [row for one in connections for row in _rows(one)], empty="no logins are configured")
    for connection in connections or ():
        for line in connection.errors:
            say(f"{connection.agent}, {line.calendar or connection.login}: {line.error}")
            say(*([f"hint: {line.hint}"] if line.hint else []))
    if _code(secrets, connections or ()) == 0:
        say("the configuration is right")


def _rows(one: Connected) -> list[tuple[str, ...]]:
    login = (one.agent, one.account, one.login, one.state)
    found = [
        (
            item.name,
            " and ".join(use for use, on in (("checked", item.checked), ("written", item.written)) if on),
        )
        for item in one.calendars
    ]
    return [(*login, name, use or "not used") for name, use in found] or [(*login, "-", "-")]

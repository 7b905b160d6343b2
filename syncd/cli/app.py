"""The table of commands, and the group that reads a command's file when it is asked for.

Typer builds its groups from functions, which would mean importing every action for every command; `Commands` keeps names
only. All commands are read when a list of them is shown, or when a name is unknown and the one that was meant is looked for.
"""

from importlib import import_module
from typing import Annotated

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from syncd import __version__
from syncd.cli.options import ConfigFile

FILES = {
    "run": "run", "demo": "demo", "check-config": "check_config", "migrate": "migrate", "sync": "sync", "status": "status",
    "agents": "agents", "busy": "busy", "explain": "explain", "meeting": "meeting", "candidates": "candidates", "slots": "slots",
    "block": "block", "day": "day", "deliveries": "deliveries", "drift": "drift", "mail": "mail", "privacy": "privacy",
    "verify": "verify", "ical": "ical", "token": "token",
}  # fmt: skip
"""Command -> the module beside this one whose `app` it is."""


class Commands(TyperGroup):
    """The commands by name, each read from its file at the first question about it."""

    def list_commands(self, ctx: object) -> list[str]:
        """All names, in the order of the table."""
        del ctx  # the same in every context
        return list(FILES)

    def get_command(self, ctx: object, cmd_name: str) -> TyperCommand | TyperGroup | None:
        """The command of this name; None if there is none, and then all are read, for one of them was meant."""
        del ctx
        if cmd_name in FILES:
            return _read(cmd_name)
        self.commands.update({name: _read(name) for name in FILES})
        return None


def _read(name: str) -> TyperCommand | TyperGroup:
    command = get_command(import_module(f"syncd.cli.{FILES[name]}").app)
    if not isinstance(command, TyperCommand | TyperGroup):
        raise TypeError(f"syncd.cli.{FILES[name]} holds no command")
    command.name = name
    return command


app = typer.Typer(cls=Commands, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"syncd {__version__}")
        raise typer.Exit


@app.callback()
def root(
    config: ConfigFile = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Keep agents' calendars and a video-meeting platform in step: who is not available, and why.

    Exit codes: 0 done; 1 failed or refused; 64 wrong use; 69 a server can't be reached; 75 try later or not yet
    delivered; 77 permission or sign-in; 78 configuration.
    """
    del config, version  # each command asks the root for its --config (`common.ConfigFile`)

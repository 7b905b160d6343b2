"""How a command ends: the one place where an error becomes words on stderr and an exit code.

What syncd knows is told in a sentence, its hint on a line of its own; with --json a problem (RFC 9457) follows as the last
line of stderr. An error without a name here is a defect and keeps its traceback.
"""

import io
import json
import os
import sys
import threading
from collections.abc import Sequence

import typer
from typer.main import get_command

from connectors.interface import ConnectorError
from store.errors import StoreError
from syncd.cli.app import app
from syncd.cli.threads import leave
from syncd.errors import SyncdError, WrongUse, exit_code
from syncd.problems import kind_of, places_of
from syncd.rules.text import clean
from syncd.shapes import problem_json

Known = SyncdError | ConnectorError | StoreError

INTERRUPTED = 130
"""128 + SIGINT, as shells have it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command (default: of this process's arguments) and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _forgive_encodings()
    try:
        code = _ran(words)
        sys.stdout.flush()
    except BrokenPipeError:
        return _nobody_reads()
    except KeyboardInterrupt:
        return _interrupted()
    return code


def _ran(words: list[str]) -> int:
    as_json = "--json" in words
    try:
        with get_command(app).make_context("syncd", words) as context:
            code = context.command.invoke(context)
    except typer.Exit as ending:
        return ending.exit_code
    except typer.TyperException as error:
        said = error.format_message().replace(
            ": Value error, ", ": "
        )  # pydantic's word, inside of Typer's sentence
        return _told(WrongUse(said, _usage(error)), as_json)
    except (SyncdError, ConnectorError, StoreError) as error:
        return _told(error, as_json)
    return code if isinstance(code, int) else 0


def _usage(error: typer.TyperException) -> str:
    """Where the right use is told: at the command that was asked for, if it is known."""
    path = getattr(getattr(error, "ctx", None), "command_path", "syncd")
    return f"see {path} --help"


def _told(error: Known, as_json: bool) -> int:
    code = exit_code(error)
    lines = ["syncd: " + "\n".join(clean(line) for line in error.message.splitlines())]
    lines += [f"hint: {clean(error.hint)}"] if error.hint else []
    if as_json:
        lines.append(json.dumps(_problem(error)))
    print("\n".join(lines), file=sys.stderr)  # noqa: T201  # a command line's messages go to stderr
    return code


def _problem(error: Known) -> dict[str, object]:
    kind = kind_of(error)
    return problem_json(kind.type, kind.status, error.message, hint=error.hint, errors=places_of(error))


def _forgive_encodings() -> None:
    """A name that the terminal's encoding has no letter for is shown escaped; it does not end the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _nobody_reads() -> int:
    """Whoever read our output has gone (`| head`): no message, and none from the interpreter's last flush either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def _interrupted() -> int:
    """Ctrl-C. Nobody waits for a thread that still waits for a server."""
    print("interrupted", file=sys.stderr)  # noqa: T201  # a command line's messages go to stderr
    if threading.active_count() > 1:
        leave(INTERRUPTED)
    return INTERRUPTED

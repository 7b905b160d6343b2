"""`syncd ical`: what a calendar file (RFC 5545) means to syncd: intervals, kinds, and what could not be read.

JSON: {"intervals": [{"start", "end", "status", "all_day", "uid"}], "problems": [{"uid", "line", "message", "level"}]}
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from connectors.ical import Limits, read
from connectors.interface import Reading
from syncd.cli.common import print_json
from syncd.cli.options import AsJson, ConfigFile
from syncd.cli.tables import say, table
from syncd.config import load
from syncd.config.times import zone as known_zone
from syncd.errors import NotPermitted, WrongUse
from syncd.moments import moment, span
from syncd.shapes import reading_json

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def ical(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A calendar file; - is standard input.")],
    owner: Annotated[
        str, typer.Option(metavar="MAIL", help="Whose calendar it is: decides what was declined.")
    ],
    timezone: Annotated[str, typer.Option(metavar="Z", help="The owner's zone, such as Europe/Amsterdam.")],
    start: Annotated[str, typer.Option("--from", metavar="T", help="The first moment that matters.")],
    end: Annotated[str, typer.Option("--to", metavar="T", help="The first moment that no longer does.")],
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> int:
    """What a calendar file means: every interval in the window with its kind, and what could not be read.

    Ends with 1 if something could not be read. No configuration is needed; of one that is named, [limits] counts.
    """
    limits = load(config).limits.caps() if config is not None else Limits()
    zone = _zone(timezone)
    first, last = moment(start, zone, "--from", days=True), moment(end, zone, "--to", days=True)
    if last <= first:
        raise WrongUse("--to is not after --from")
    reading = read(_bytes(file), zone=zone, start=first, end=last, addresses=(owner,), limits=limits)
    if as_json:
        print_json(reading_json(reading))
    else:
        _print(reading, zone)
    return 1 if any(one.level == "error" for one in reading.problems) else 0


def _zone(name: str) -> str:
    try:
        return known_zone(name)
    except ValueError as error:
        raise WrongUse(f"--timezone: {error}") from None


def _bytes(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except PermissionError as error:
        raise NotPermitted(f"{file}: not readable for this user") from error
    except OSError as error:
        raise WrongUse(f"{file}: {error.strerror}") from error


def _print(reading: Reading, zone: str) -> None:
    rows = [
        (span(one.start, one.end, zone), one.status.value, "yes" if one.all_day else "no", one.uid)
        for one in reading.intervals
    ]
    table((f"when ({zone})", "kind", "all day", "UID"), rows, empty="no intervals in this window")
    for one in reading.problems:
        say(f"{one.level}: UID {one.uid or '?'}, line {one.line or '?'}: {one.message}")

"""`syncd day`: the day of an agent, or of everybody in a group, as a picture of half hours: a line each, in 80 columns.

Each half hour shows what is foremost in it: what blocks, then what is not known, then what does not block. Never an event's
title. On a terminal it is coloured; the signs say the same without (NO_COLOR, or piped).
JSON: the picture in docs/commands.md.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Annotated

import typer
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from syncd.actions.answers import picture_answer
from syncd.actions.days import Drawn, Picture, agent_day, group_day
from syncd.cli.common import opened, print_json
from syncd.cli.options import AsJson, ConfigFile
from syncd.cli.tables import console, say
from syncd.errors import WrongUse
from syncd.moments import shown
from syncd.rules.meetings import FIRST_YEAR, LAST_YEAR
from syncd.rules.text import clean
from syncd.rules.timeline import Day, Piece, State, cells

app = typer.Typer(add_completion=False, rich_markup_mode=None)

NAME = 24
"""Columns for the name: with 50 half hours, as many as the longest day has, a line stays within 80."""

HALF_HOUR = timedelta(minutes=30)
LABEL_EVERY = 3

SIGNS = {
    State.MEETING: ("M", "white on blue", "meeting"),
    State.BLOCK: ("B", "white on magenta", "block"),
    State.OUT_OF_OFFICE: ("O", "white on red", "out of office"),
    State.BUSY: ("#", "white on red", "busy"),
    State.TENTATIVE: ("T", "black on yellow", "tentative"),
    State.UNREADABLE: ("!", "black on yellow", "can only be read in part"),
    State.WORKING_ELSEWHERE: ("E", "white on red", "working elsewhere"),
    State.OFF_WORK: ("-", "bright_black", "outside working hours"),
    State.BUFFER: ("+", "red", "too close to one of these"),
    State.UNKNOWN: ("?", "yellow", "not known"),
    State.FREE: (".", "green", "free"),
}
"""State -> its sign, colour, and what it means. What does not block is shown in small letters, without colour."""

SMALL = {"#": ":", "!": "i"}
"""What stands for the small letter where a sign is none."""


@app.command("day")
def show(
    who: Annotated[str, typer.Argument(metavar="AGENT|group:G", help="An agent's id, or a group.")],
    day: Annotated[str | None, typer.Argument(metavar="DATE", help="Default: today.")] = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> int:
    """The day as a picture: meetings, blocks, calendars, and what is not known.

    An agent's day is in the agent's zone, a group's in the top-level one.
    """
    wanted = _date(day) if day is not None else None
    kind, colon, name = who.partition(":")
    with opened(config) as ctx:
        is_group = bool(colon) and kind == "group"
        picture = group_day(ctx, name, wanted) if is_group else agent_day(ctx, who, wanted)
    if as_json:
        print_json(picture_answer(picture))
    else:
        _print(picture)
    return 0


def _date(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise WrongUse(f"DATE: {text!r} is not a day", "write it like 2026-03-02") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise WrongUse(
            f"DATE: {found.year} must be a slip", f"years from {FIRST_YEAR} to {LAST_YEAR} are taken"
        )
    return found


def _print(picture: Picture) -> None:
    (day,) = picture.days
    say(f"{day.date:%a %Y-%m-%d} ({day.zone})", " " * (NAME + 1) + _scale(day))
    drawn = [(line, list(cells(line.pieces, day, HALF_HOUR))) for line in picture.lines]
    for line, halves in drawn:
        console().print(Text.assemble(_name(line), " ", *(_cell(piece) for piece in halves)), soft_wrap=True)
    if not drawn:
        say("there are no active agents")
        return
    say("", *_legend(piece for _, halves in drawn for piece in halves))
    say(*_freshness(picture, day.zone))


def _scale(day: Day) -> str:
    """`00    03    06`: an hour stands where it begins. Where the clocks change it stands nearer or further."""
    line = ""
    for moment, hour in day.hours:
        column = (moment - day.start) // HALF_HOUR
        if hour % LABEL_EVERY == 0 and column >= len(line):
            line = line.ljust(column) + f"{hour:02} "
    return line.rstrip()


def _name(line: Drawn) -> str:
    name = clean(line.agent.name)
    if cell_len(name) > NAME:
        name = set_cell_size(name, NAME - 1).rstrip() + "…"
    return set_cell_size(name, NAME)


def _cell(piece: Piece) -> tuple[str, str]:
    sign, colour, _ = SIGNS[piece.state]
    return (sign, colour) if _speaks(piece) else (SMALL.get(sign, sign.lower()), "")


def _speaks(piece: Piece) -> bool:
    """Does its colour hold? What does not block, though it is neither free nor unknown, is only mentioned."""
    return piece.blocks or piece.state in (State.FREE, State.UNKNOWN)


def _legend(pieces: Iterable[Piece]) -> Iterator[str]:
    """What the signs in the picture mean, folded at 80 columns."""
    line = ""
    for sign, meaning in dict(_meaning(piece) for piece in sorted(pieces, key=lambda one: one.rank)).items():
        entry = f"{sign} {meaning}"
        if line and len(line) + 3 + len(entry) > 80:
            yield line
            line = ""
        line = f"{line}   {entry}" if line else entry
    yield line


def _meaning(piece: Piece) -> tuple[str, str]:
    sign, _ = _cell(piece)
    meaning = SIGNS[piece.state][2]
    return sign, meaning if _speaks(piece) else f"{meaning}, does not block"


def _freshness(picture: Picture, zone: str) -> Iterator[str]:
    """Since when it is known, where a calendar is read at all; for a group, of whoever was read the longest ago."""
    read = [line.known for line in picture.lines if line.known.fresh]
    seen = [known.seen_at for known in read]
    if read:
        oldest = min((one for one in seen if one), default=None) if all(seen) else None
        yield f"calendars last seen: {shown(oldest, zone, never='never, at least one of them')}"
    unreadable = sum(line.known.unreadable for line in picture.lines)
    if unreadable:
        yield f"calendar objects that can't be read whole: {unreadable} (see syncd status)"

"""`syncd verify`: our busy times of each checked calendar against what its server itself says, and why they differ.

JSON: {"calendars": [{"agent", "account", "login", "calendar", "state", "from", "to", "differences": [{"start", "end", "busy",
"why", "explained", "status"?, "meeting"?, "policy"?}], "relisted", "error", "hint"}], "explained": n, "unexplained": n}
"""

from collections.abc import Mapping
from typing import Annotated

import typer

from syncd.actions.comparison import Compared
from syncd.actions.named import zone_of
from syncd.actions.verify import verify as ask
from syncd.cli.common import opened, print_json
from syncd.cli.options import AsJson, ConfigFile
from syncd.cli.progress import progress
from syncd.cli.tables import say, table
from syncd.cli.threads import ending_with
from syncd.errors import worst_code
from syncd.executor import by_account
from syncd.garbage import collect_seldom
from syncd.moments import span
from syncd.rules.comparing import Difference
from syncd.shapes import Json, moment
from syncd.words import COMPARED, counted
from syncd.words import difference as in_words

app = typer.Typer(add_completion=False, rich_markup_mode=None)

MOST = 50
"""Lines about one calendar; --json has all."""


@app.command()
def verify(
    agent: Annotated[str | None, typer.Argument(metavar="AGENT", help="Only this agent's calendars.")] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Fetch anew what is in calendars with unexplained differences.")
    ] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> int:
    """Compare our busy times with the servers' own free/busy answers, and say why they differ.

    Ends with 1 if a difference stays unexplained; 69 or 77 if a server could not be asked.
    """
    collect_seldom()
    with (
        opened(config, follows=True) as ctx,
        ending_with(by_account("verify")) as pool,
        progress("comparing calendars") as tell,
    ):
        found = ask(ctx, pool, agent=agent, repair=repair, progress=tell)
        zones = {agent: zone_of(ctx, agent) for agent in {one.login.agent for one in found}}
    if as_json:
        print_json(_json(found))
    else:
        _print(found, zones)
    return worst_code({1 if one.state == "differs" else one.code for one in found})


def _json(found: tuple[Compared, ...]) -> Json:
    explained = [one.explained for calendar in found for one in calendar.differences]
    return {
        "calendars": [_calendar_json(one) for one in found],
        "explained": explained.count(True), "unexplained": explained.count(False),
    }  # fmt: skip


def _calendar_json(one: Compared) -> Json:
    return {
        "agent": one.login.agent, "account": one.login.account, "login": one.login.login, "calendar": one.calendar,
        "state": one.state, "from": moment(one.start), "to": moment(one.end),
        "differences": [_difference_json(difference) for difference in one.differences],
        "relisted": one.relisted, "error": one.error, "hint": one.hint,
    }  # fmt: skip


def _difference_json(one: Difference) -> Json:
    more = {"status": one.status, "meeting": one.meeting, "policy": one.policy}
    return {
        "start": moment(one.start), "end": moment(one.end), "busy": one.busy, "why": one.why, "explained": one.explained,
        **{name: value for name, value in more.items() if value is not None},
    }  # fmt: skip


def _print(found: tuple[Compared, ...], zones: Mapping[str, str]) -> None:
    head = ("agent", "account", "calendar", "compared", "explained", "unexplained", "result")
    rows = [_row(one, zones[one.login.agent]) for one in found]
    table(head, rows, empty="no calendar is checked for conflicts")
    for one in found:
        _tell(one, zones[one.login.agent])


def _row(one: Compared, zone: str) -> tuple[str, ...]:
    explained = sum(difference.explained for difference in one.differences)
    compared = span(one.start, one.end, zone) if one.start and one.end else "-"
    left = len(one.differences) - explained
    names = (one.login.agent, one.login.account, one.calendar)
    return (*names, compared, str(explained), str(left), COMPARED[one.state])


def _tell(one: Compared, zone: str) -> None:
    where = f"{one.login.agent}, {one.calendar}"
    say(*([f"{where}: {one.error}"] if one.error else []))
    say(*([f"hint: {one.hint}"] if one.hint else []))
    say(*([f"{where}: everything in it was fetched anew"] if one.relisted else []))
    first = sorted(one.differences, key=lambda difference: difference.explained)[:MOST]
    say(*(f"{where}: {in_words(item, zone)}" for item in first))
    if left := len(one.differences) - len(first):
        say(f"{where}: {counted(left, 'more difference')}; --json has all")

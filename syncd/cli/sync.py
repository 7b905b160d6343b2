"""`syncd sync`: one pass now over all calendars, and whatever is owed, with or without a running daemon.

JSON: {"read": calendars looked into, "logins": [{"agent", "account", "login", "read", "failed": [...]}], "delivered":
[delivery], "failed": ["agent: what"], "calendars": [those not in order, as in status]}
"""

from typing import Annotated

import typer

from syncd.actions.now import SyncReport, sync_now
from syncd.actions.status import FINE, CalendarHealth, status
from syncd.cli.common import opened, print_json
from syncd.cli.options import AsJson, ConfigFile
from syncd.cli.progress import progress
from syncd.cli.tables import say
from syncd.cli.threads import ending_with
from syncd.executor import by_account
from syncd.garbage import collect_seldom
from syncd.shapes import Json, delivery_json, record_json
from syncd.words import counted

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def sync(
    agent: Annotated[str | None, typer.Option(metavar="ID", help="Only this agent's calendars.")] = None,
    full: Annotated[bool, typer.Option("--full", help="List and fetch everything anew.")] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> int:
    """Read all calendars now and deliver what is owed. Ends with 1 if anything failed."""
    collect_seldom()
    with (
        opened(config, follows=True) as ctx,
        ending_with(by_account("read")) as pool,
        progress("reading calendars") as tell,
    ):
        report = sync_now(ctx, pool, agent=agent, full=full, progress=tell)
        health = status(ctx, agent=agent).calendars
    broken = [one for one in health if one.state not in FINE]
    if as_json:
        print_json(_json(report, broken))
    else:
        _print(report, broken)
    return 1 if report.failed else 0


def _json(report: SyncReport, broken: list[CalendarHealth]) -> Json:
    logins = [
        {
            "agent": one.login.agent, "account": one.login.account, "login": one.login.login, "read": one.read,
            "failed": list(one.failed),
        }
        for one in report.rounds
    ]  # fmt: skip
    return {
        "read": sum(one.read for one in report.rounds), "logins": logins,
        "delivered": [delivery_json(one) for one in report.delivered], "failed": sorted(report.failed),
        "calendars": [record_json(one) for one in broken],
    }  # fmt: skip


def _print(report: SyncReport, broken: list[CalendarHealth]) -> None:
    delivered = sum(one.state == "delivered" for one in report.delivered)
    say(
        f"{counted(len(report.rounds), 'login')} asked, "
        f"{counted(sum(one.read for one in report.rounds), 'calendar')} read, "
        f"{delivered} of {counted(len(report.delivered), 'delivery', 'deliveries')} made"
    )
    for one in broken:
        say(f"{one.agent}, {one.calendar}: {one.state}: {one.error}")
        say(*([f"  hint: {one.hint}"] if one.hint else []))
    for what in sorted(report.failed):
        say(f"failed: {what}")

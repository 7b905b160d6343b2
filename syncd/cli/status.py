"""`syncd status`: how everything stands, and whether something needs a person: then it ends with 1.

JSON: the status of the interface, and "as_of", "unreadable_objects": [{"agent", "calendar", "uid", "problem"}],
"conflicts": [{"meeting", "agent", "start", "end", "reasons"}] and "push": null or {"working": n, "polled": [{"agent", "error"}]}.
"""

from collections.abc import Sequence

import typer

from syncd.actions.answers import status_answer, unreadable_json
from syncd.actions.status import FINE, CalendarHealth, PushHealth, Status, status
from syncd.cli.common import opened, print_json
from syncd.cli.options import AsJson, ConfigFile
from syncd.cli.tables import say, table
from syncd.moments import ago
from syncd.shapes import Json
from syncd.words import STATES, counted

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command("status")
def show(config: ConfigFile = None, as_json: AsJson = False) -> int:
    """Calendars and how fresh they are, objects that can't be read, what is owed, what failed, what drifted.

    Ends with 0 when nothing needs a person, else with 1.
    """
    with opened(config) as ctx:
        found = status(ctx)
        unreadable = unreadable_json(ctx, found)
    if as_json:
        print_json(status_answer(found, unreadable))
    else:
        _print(found, unreadable)
    return 0 if found.ok else 1


def _print(found: Status, unreadable: Sequence[Json]) -> None:
    size = f"{counted(found.agents, 'agent')}, {counted(len(found.calendars), 'calendar')}"
    say(f"{size}: {'ok' if found.ok else 'needs a person'}")
    head = ("agent", "calendar", "account", "state", "seen", "events", "unreadable", "read by")
    table(head, [_row(one, found) for one in found.calendars], empty="no calendars are configured")
    for state in sorted({one.state for one in found.calendars} - set(FINE)):
        say(f"{state}: {STATES[state]}")
    for one in found.calendars:
        say(*([f"{one.agent}, {one.calendar}: {one.error or one.hint}"] if one.error or one.hint else []))
        say(*([f"  hint: {one.hint}"] if one.error and one.hint else []))
    for item in unreadable:
        say(f"unreadable: {item['agent']}, {item['calendar']}, UID {item['uid'] or '?'}: {item['problem']}")
    if found.push is not None:
        _print_push(found.push)
    _print_owed(found)


def _print_push(push: PushHealth) -> None:
    say(f"push: {counted(push.working, 'login')} told of by their servers, {len(push.polled)} only polled")
    for agent, error in push.polled:
        say(f"  {agent}: {error}")


def _row(one: CalendarHealth, found: Status) -> tuple[str, ...]:
    return (
        one.agent, one.calendar, one.account, one.state, ago(one.seen_at, found.as_of), str(one.objects),
        str(one.unreadable), one.read_by or "-",
    )  # fmt: skip


def _print_owed(found: Status) -> None:
    backlog = found.backlog
    oldest = (
        f", the oldest since {ago(backlog.oldest_pending, found.as_of)}" if backlog.oldest_pending else ""
    )
    say(f"deliveries: {backlog.pending} pending{oldest}, {backlog.failed} failed")
    if backlog.failed:
        say("hint: syncd deliveries shows them; retry or abandon each")
    if found.drift:
        say(
            f"drift: {counted(found.drift, 'event')} not as syncd wrote; hint: syncd drift shows them; accept or restore each"
        )
    for one in found.conflicts:
        meeting, many = one.meeting, counted(len(one.reasons), "event")
        say(
            f"meeting {meeting.id}: {many} came in its way in {meeting.agent}'s calendars; "
            f"hint: syncd meeting show {meeting.id}"
        )
    for orphan in found.orphaned:
        say(
            f"meeting {orphan}: its agent is no longer configured; hint: syncd meeting assign {orphan} --to AGENT"
        )

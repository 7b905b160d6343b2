"""`syncd meeting`: plan a conversation and change it. Each command builds a wish; `change` asks for it.

Times without an offset are in the zone of the meeting's agent. The commands that only look are in `meeting_look`.
JSON: the meeting as it then stands; with --dry-run the dry run of the interface.
"""

from typing import Annotated, Literal

import typer

from store.model import Guest, Meeting, MeetingStatus
from syncd.actions import changes
from syncd.actions.accept import Wish
from syncd.actions.context import Context
from syncd.actions.look import story
from syncd.actions.named import zone_of
from syncd.cli import meeting_look
from syncd.cli.change import DryRun, How, IfVersion, Key, Wait, change
from syncd.cli.common import system_user
from syncd.cli.options import AsJson, ConfigFile, MeetingId
from syncd.moments import guest as read_guest
from syncd.moments import moment

app = typer.Typer(add_completion=False, rich_markup_mode=None)
app.command("list")(meeting_look.list_)
app.command("show")(meeting_look.show)

AgentOption = Annotated[str, typer.Option("--agent", metavar="A", help="Whose conversation it is.")]
Start = Annotated[str, typer.Option(metavar="T", help="RFC 3339; without an offset, the agent's zone.")]
End = Annotated[str, typer.Option(metavar="T", help="The first moment after it.")]
LaterEnd = Annotated[str | None, typer.Option(metavar="T", help="Without it the length stays.")]
Reason = Annotated[str, typer.Option(metavar="S", help="The guests receive it.")]
GuestText = Annotated[str, typer.Option("--guest", metavar='"Name <mail>"', help="Whom to invite.")]
GuestTexts = Annotated[list[str] | None, typer.Option("--guest", metavar='"Name <mail>"', help="Repeatable.")]
Status = Literal["live", "completed", "missed", "failed"]


@app.callback()
def meeting(config: ConfigFile = None) -> None:
    """Plan conversations, change them, and look at them."""
    del config  # the commands ask for it


@app.command()
def plan(
    meeting: MeetingId,
    agent: AgentOption,
    start: Start,
    end: End,
    title: Annotated[str, typer.Option(metavar="S", help="What it is about.")],
    guests: GuestTexts = None,
    link: Annotated[str, typer.Option(metavar="URL", help="What guests get.")] = "",
    agent_link: Annotated[str, typer.Option(metavar="URL", help="What the agent gets. Default: --link.")] = "",
    group: Annotated[str | None, typer.Option(metavar="G", help="Only agents of it are candidates.")] = None,
    wait: Wait = None, dry_run: DryRun = False, version: IfVersion = None, key: Key = None, config: ConfigFile = None,
    as_json: AsJson = False,
) -> int:  # fmt: skip
    """Plan a conversation. The same plan again changes nothing; a different one is refused."""
    invited: tuple[Guest, ...] = tuple(read_guest(text) for text in guests or ())

    def wish(ctx: Context) -> Wish:
        zone = zone_of(ctx, agent)
        times = moment(start, zone, "--start"), moment(end, zone, "--end")
        wanted = Meeting(
            meeting, 1, MeetingStatus.SCHEDULED, agent, *times, title, link, agent_link, group, invited
        )
        return changes.plan(wanted, by=system_user(), key=key)

    return change(How(config, as_json, wait, dry_run, version), wish)


@app.command()
def invite(
    meeting: MeetingId, guest: GuestText,
    instead_of: Annotated[
        str | None,
        typer.Option("--replace", metavar="MAIL", help="The misspelt address in whose place this guest comes."),
    ] = None,
    wait: Wait = None, dry_run: DryRun = False, version: IfVersion = None, key: Key = None, config: ConfigFile = None,
    as_json: AsJson = False,
) -> int:  # fmt: skip
    """Invite a further guest; the same address again is the same guest."""
    invited = read_guest(guest)
    return change(
        How(config, as_json, wait, dry_run, version),
        lambda ctx: changes.invite(  # noqa: ARG005  # needs no context
            meeting, invited, by=system_user(), key=key, instead_of=instead_of
        ),
    )


@app.command()
def reschedule(
    meeting: MeetingId, start: Start, reason: Reason, end: LaterEnd = None, wait: Wait = None, dry_run: DryRun = False,
    version: IfVersion = None, key: Key = None, config: ConfigFile = None, as_json: AsJson = False,
) -> int:  # fmt: skip
    """Move it to another time, with a reason; without --end the length stays."""

    def wish(ctx: Context) -> Wish:
        zone = zone_of(ctx, story(ctx, meeting).meeting.agent)
        first = moment(start, zone, "--start")
        last = moment(end, zone, "--end") if end is not None else None
        return changes.reschedule(meeting, first, last, reason, by=system_user(), key=key)

    return change(How(config, as_json, wait, dry_run, version), wish)


@app.command()
def cancel(
    meeting: MeetingId, reason: Reason,
    by: Annotated[Literal["guest", "agent"], typer.Option(help="Who called it off.")] = "agent",
    wait: Wait = None, dry_run: DryRun = False, version: IfVersion = None, key: Key = None, config: ConfigFile = None,
    as_json: AsJson = False,
) -> int:  # fmt: skip
    """Call it off, with a reason."""
    return change(
        How(config, as_json, wait, dry_run, version),
        lambda ctx: changes.cancel(meeting, reason, by, by=system_user(), key=key),  # noqa: ARG005  # needs no context
    )


@app.command()
def assign(
    meeting: MeetingId, to: Annotated[str, typer.Option(metavar="AGENT", help="Who takes it.")],
    wait: Wait = None, dry_run: DryRun = False, version: IfVersion = None, key: Key = None, config: ConfigFile = None,
    as_json: AsJson = False,
) -> int:  # fmt: skip
    """Hand it over to another agent, also to one who is marked not available: that is recorded."""
    return change(
        How(config, as_json, wait, dry_run, version),
        lambda ctx: changes.assign(meeting, to, by=system_user(), key=key),  # noqa: ARG005  # needs no context
    )


@app.command("status")
def set_status(
    meeting: MeetingId, status: Annotated[Status, typer.Argument(help="What became of it.")],
    wait: Wait = None, dry_run: DryRun = False, version: IfVersion = None, key: Key = None, config: ConfigFile = None,
    as_json: AsJson = False,
) -> int:  # fmt: skip
    """Tell what became of the conversation. Live starts when the agent enters; an ending is final."""
    told = MeetingStatus(status)
    return change(
        How(config, as_json, wait, dry_run, version),
        lambda ctx: changes.set_status(meeting, told, by=system_user(), key=key),  # noqa: ARG005  # needs no context
    )

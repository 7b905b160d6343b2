"""`syncd mail preview KIND MEETING`: what a mail would look like, written to files and sent to nobody.

JSON: {"items": [{"kind", "to", "subject", "eml", "html"}], "next": null}, the last two being the files written.
"""

from pathlib import Path
from typing import Annotated, get_args

import typer

from store import meetings, told
from store.database import Tx
from store.model import Meeting, Notice, Target
from syncd.actions.context import Context
from syncd.actions.letters import letter_for
from syncd.actions.named import existing
from syncd.actions.post import mail_settings, wording_of
from syncd.cli.common import opened, print_json
from syncd.cli.options import AsJson, ConfigFile
from syncd.cli.tables import say
from syncd.errors import Refused, WrongUse
from syncd.mail.letter import Letter
from syncd.mail.message import address_of, message_of
from syncd.rules import notices
from syncd.rules.guests import identity
from syncd.shapes import Json, items

app = typer.Typer(add_completion=False, rich_markup_mode=None)

KINDS: tuple[Notice, ...] = get_args(Notice)
FOR_AGENTS_ONLY = ("handed-over",)


@app.callback()
def mail(config: ConfigFile = None) -> None:
    """Mails to guests and agents."""
    del config  # the command asks for it


@app.command("preview")
def preview(
    kind: Annotated[str, typer.Argument(help=f"What is told: {', '.join(KINDS)}.")],
    meeting: Annotated[str, typer.Argument(help="The meeting's id.")],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Where the files are written.")] = Path(),
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> int:
    """Write each mail of this kind that the meeting's people would get, as .eml and .html. Nothing is sent or changed."""
    notice = next((known for known in KINDS if known == kind), None)
    if notice is None:
        raise WrongUse(f"there is no mail {kind!r}", f"there are: {', '.join(KINDS)}")
    with opened(config) as ctx:
        if ctx.config.mail is None:
            raise Refused("without [mail] in the configuration no mail goes out", "add it: docs/mail.md")
        written = [_write(ctx, one, to) for one in _letters(ctx, notice, meeting)]
    if as_json:
        print_json(items(written))
    else:
        say(*(f"to {one['to']}: {one['subject']}\n  {one['eml']}\n  {one['html']}" for one in written))
    return 0


def _letters(ctx: Context, notice: Notice, meeting_id: str) -> list[Letter]:
    with ctx.store.reading() as tx:
        meeting = existing(meetings.meeting(tx, meeting_id), meeting_id)
        known = {notices.mailbox_of(one): one for one in told.told_of(tx, meeting_id)}
        found = [
            letter_for(tx, meeting, whom, notice, known.get(whom)) for whom in _readers(tx, meeting, notice)
        ]
    return [one for one in found if one is not None]


def _readers(tx: Tx, meeting: Meeting, notice: Notice) -> list[Target]:
    guests = [] if notice in FOR_AGENTS_ONLY else [notices.guest_of(meeting, one) for one in meeting.guests]
    agent = _before(tx, meeting) if notice in FOR_AGENTS_ONLY else meeting.agent
    return [notices.agent_of(meeting, agent), *guests]


def _before(tx: Tx, meeting: Meeting) -> str:
    """Who had the meeting last before its agent; the agent where nobody had."""
    had = [str(change.detail.get("agent", meeting.agent)) for change in meetings.changes(tx, meeting.id)]
    return next((agent for agent in reversed(had) if agent != meeting.agent), meeting.agent)


def _write(ctx: Context, letter: Letter, folder: Path) -> Json:
    settings = mail_settings(ctx.config)
    said = wording_of(settings.templates).say(letter)
    message = message_of(letter, said, address_of(settings.sender), now=ctx.clock())
    number = 0 if letter.reader.role == "agent" else 1 + _place(letter)
    stem = f"{letter.meeting.version}-{letter.notice}-{letter.reader.role}{number or ''}"
    eml, html = folder / f"{stem}.eml", folder / f"{stem}.html"
    try:
        eml.write_bytes(message.as_bytes())
        html.write_text(said.html, encoding="utf-8")
    except OSError as error:
        raise Refused(
            f"{eml} can't be written: {error.strerror}", "choose another folder with --to"
        ) from error
    return {
        "kind": letter.notice,
        "to": letter.reader.email,
        "subject": said.subject,
        "eml": str(eml),
        "html": str(html),
    }


def _place(letter: Letter) -> int:
    addresses = [identity(guest) for guest in letter.meeting.guests]
    return addresses.index(letter.reader.email.casefold())

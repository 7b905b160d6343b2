"""Mailing what is owed to a person: decided at this moment from the meeting as it stands, sent, and remembered as told.

At least once: that a mail is about to go out is noted before, so that a kill between sending and remembering has it sent again,
under the same Message-ID unless the meeting has moved on meanwhile; then what it told is corrected. Bounces are not read; a mail server that refuses an address at once is told as that.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import cast

from connectors.interface import ConnectorError, OutcomeUnknown
from store import deeds, deliveries, due, meetings, told
from store.database import Tx
from store.errors import Fenced
from store.model import Deed, Delivery, Notice, Told
from syncd import logs
from syncd.actions.context import Context
from syncd.actions.deliver import worked_off
from syncd.actions.letters import letter_for
from syncd.actions.owing import owe_notices, owe_reminders
from syncd.config import Config, MailConfig
from syncd.errors import SyncdError
from syncd.mail.letter import Letter
from syncd.mail.message import address_of, message_of
from syncd.mail.smtp import MailServer, send
from syncd.mail.wording import Wording
from syncd.rules import notices
from syncd.secrets import for_the_service_only, resolve

MOVED_ON = "the meeting has moved on: there was nothing left to tell"


class NoMail(SyncdError):
    """Something is owed to a mailbox, and [mail] is not configured (any more)."""


def post(ctx: Context, owed: Delivery) -> Delivery:
    """Work off one claimed delivery to a mailbox; returns it as saved.

    Raises `Fenced` when somebody took it over.
    """
    return worked_off(ctx, owed, _post)


def _post(ctx: Context, owed: Delivery) -> Delivery:
    with ctx.store.reading() as tx:
        half = _half_told(tx, owed)
        letter = _letter(tx, ctx, owed, half)
    if letter is None:
        gone = replace(owed, state="superseded", error="", hint=MOVED_ON)
        return _saved(ctx, gone, lambda _tx: None)
    settings = mail_settings(ctx.config)
    mail = message_of(
        letter, wording_of(settings.templates).say(letter), address_of(settings.sender), now=ctx.clock()
    )
    server = server_of(settings)
    _begin(ctx, owed, letter)
    try:
        send(server, mail)
    except OutcomeUnknown:
        raise
    except ConnectorError:
        _not_sent(ctx, owed, letter, half)
        raise
    logs.info("mail_sent", meeting=owed.meeting, to=letter.reader.role, notice=letter.notice)
    sent = replace(
        owed, state="delivered", kind=letter.notice, version=letter.meeting.version, attempts=owed.attempts + 1,
        error="", hint="", done_at=ctx.clock(),
    )  # fmt: skip
    return _saved(
        ctx, sent, lambda tx: _remember(tx, ctx, owed, letter), lambda tx: _correct(tx, ctx, owed, letter)
    )


def _begin(ctx: Context, owed: Delivery, letter: Letter) -> None:
    """Note that the mail is about to go out: should we die now, its reader may know this, and must hear of its end.

    Raises `Fenced` if somebody else has taken the delivery over.
    """
    with ctx.store.writing() as tx:
        due.hold_delivery(tx, owed.id, owed.epoch)
        told.begin(tx, _as_told(tx, ctx, owed, letter))


def _not_sent(ctx: Context, owed: Delivery, letter: Letter, half: Told | None) -> None:
    """The mail server took nothing: all is as it was before this try."""
    with ctx.store.writing() as tx:
        meetings.take_turn(tx, owed.meeting)
        told.end(tx, _as_told(tx, ctx, owed, letter))
        if half is not None:
            told.begin(tx, half)


def _as_told(tx: Tx, ctx: Context, owed: Delivery, letter: Letter) -> Told:
    known = known_to(tx, owed)
    return notices.as_told(letter.meeting, owed.whom, letter.notice, known, now=ctx.clock())


def _letter(tx: Tx, ctx: Context, owed: Delivery, half: Told | None) -> Letter | None:
    """What is to be told now; None: nothing (any more)."""
    meeting = meetings.meeting(tx, owed.meeting)
    if meeting is None:
        return None
    known = known_to(tx, owed)
    kind, now = cast("Notice", owed.kind), ctx.clock()
    notice = notices.due_notice(kind, meeting, owed.whom, known, now=now, half=half)
    letter = letter_for(tx, meeting, owed.whom, notice, known) if notice is not None else None
    if letter is None or half is None or known is None or known.version <= half.version:
        return letter
    return replace(letter, told=half, corrects=half.version)


def known_to(tx: Tx, owed: Delivery) -> Told | None:
    """What the person was told last."""
    known = {notices.mailbox_of(one): one for one in told.told_of(tx, owed.meeting)}
    return known.get(owed.whom)


def _half_told(tx: Tx, owed: Delivery) -> Told | None:
    """What the person may have been told since."""
    begun = {notices.mailbox_of(one): one for one in told.half_told_of(tx, owed.meeting)}
    return begun.get(owed.whom)


def _nothing(_tx: Tx) -> None:
    """No mail is out."""


def _saved(
    ctx: Context, owed: Delivery, remember: Callable[[Tx], None], correct: Callable[[Tx], None] = _nothing
) -> Delivery:
    """Save the outcome; a mail that is out is remembered, and if need be corrected, even if the delivery is no longer ours."""
    try:
        with ctx.store.writing() as tx:
            due.hold_delivery(tx, owed.id, owed.epoch)
            deliveries.save(tx, owed)
            remember(tx)
    except Fenced:
        with ctx.store.writing() as tx:
            meetings.take_turn(tx, owed.meeting)
            remember(tx)
            correct(tx)
        raise
    return owed


def _correct(tx: Tx, ctx: Context, owed: Delivery, letter: Letter) -> None:
    """Whoever was told something newer while we stood still has now read the old news last: they are told again."""
    newer, meeting = known_to(tx, owed), meetings.meeting(tx, owed.meeting)
    if meeting is None or newer is None or newer.version <= letter.meeting.version:
        return
    stale = _as_told(tx, ctx, owed, letter)
    told.begin(tx, stale)
    owe_notices(tx, ctx.config, meeting, [notices.OwedNotice(owed.whom, newer.notice)], ctx.clock())
    logs.info("mail_outdated", meeting=owed.meeting, to=letter.reader.role, notice=letter.notice)


def _remember(tx: Tx, ctx: Context, owed: Delivery, letter: Letter) -> None:
    meeting, now = letter.meeting, _as_told(tx, ctx, owed, letter)
    told.save(tx, now)
    told.end(tx, now)
    sent = Deed(
        meeting.id, meeting.version, ctx.clock(), "mail", letter.notice, owed.agent, owed.guest, start=meeting.start,
        end=meeting.end,
    )  # fmt: skip
    deeds.append(tx, sent)


def remind(ctx: Context) -> int:
    """Owe reminders of meetings that start soon; how many that were."""
    now = ctx.clock()
    with ctx.store.reading() as tx:
        awaiting = told.awaiting_reminder(tx, now, now + notices.REMIND_BEFORE)
    count = 0
    for meeting_id, owed in groupby(awaiting, key=lambda one: one.meeting):
        with ctx.store.writing() as tx:
            meetings.take_turn(tx, meeting_id)
            meeting = meetings.meeting(tx, meeting_id)
            if meeting is not None:
                count += owe_reminders(tx, ctx.config, meeting, list(owed), now)
    return count


# ---------------------------------------------------------------------------------------------------------------------
# The mail server


def mail_settings(config: Config) -> MailConfig:
    """[mail]. Raises `NoMail`."""
    if config.mail is None:
        raise NoMail(
            "a mail is owed, and there is no [mail] in the configuration", "add it, or abandon the delivery"
        )
    return config.mail


def server_of(settings: MailConfig) -> MailServer:
    """The mail server with its password. Raises `SecretUnavailable` or `NotPermitted`."""
    password = resolve(settings.password) if settings.password is not None else ""
    return MailServer(
        settings.host, settings.port, settings.protection, settings.login, password, settings.ca_file
    )


def sends_mail(config: Config) -> bool:
    """Can this process send? Not where the password is handed to the service alone."""
    settings = config.mail
    return settings is not None and (settings.password is None or not for_the_service_only(settings.password))


@lru_cache(maxsize=4)
def wording_of(templates: str) -> Wording:
    """The templates of the configured folder ("": those that come with syncd)."""
    return Wording(Path(templates) if templates else None)

"""Owing what a change asks for: one row a target; what was owed to it before is superseded.

Delivery looks at how things stand, so the newest row is enough. A worker may be at the row it supersedes: the new row
inherits its lease and epoch, so that no two write to one calendar, or mail one person, at once.
"""

from collections.abc import Iterable
from datetime import datetime

from store import deliveries, due, told
from store.database import Tx
from store.model import Delivery, Meeting, Target, Told
from syncd.config import Config
from syncd.rules import notices
from syncd.rules.delivery import Owed
from syncd.rules.notices import OwedNotice


def owe(tx: Tx, meeting: Meeting, owed: Owed, calendar: str | None, now: datetime) -> None:
    """Owe this to the agent's calendar, due now. The caller has taken the meeting's turn (`meetings.take_turn`)."""
    _owe(tx, meeting, Target(meeting.id, "calendar", owed.agent), owed.kind, calendar, now)


def owe_notices(tx: Tx, config: Config, meeting: Meeting, owed: Iterable[OwedNotice], now: datetime) -> None:
    """Owe these mails, due now. The caller has taken the meeting's turn.

    Whom we are not to tell counts as told by the platform, unless something is still owed there: that mail will say it. A
    misspelt address in whose place somebody else came is owed nothing more, also what it refused.
    """
    known = {notices.mailbox_of(one): one for one in told.told_of(tx, meeting.id)}
    open_rows = deliveries.deliveries(tx, meeting=meeting.id, states=deliveries.OPEN)
    waiting = {one.whom for one in open_rows if one.target == "mail"}
    for whom in waiting:
        if whom.guest is not None and not notices.concerns(meeting, whom):
            deliveries.supersede(tx, whom)
    for one in owed:
        if is_ours_to_tell(config, one):
            _owe(tx, meeting, one.whom, one.notice, None, now)
        elif one.whom not in waiting:
            told.save(tx, notices.as_told(meeting, one.whom, one.notice, known.get(one.whom), now=now))


def is_ours_to_tell(config: Config, owed: OwedNotice) -> bool:
    """Does the configuration have us tell this to this kind of person?"""
    if config.mail is None:
        return False
    if owed.whom.agent is not None:
        settings = config.mail.agents.model_dump()
        return bool(settings["assigned" if owed.notice == "handed-over" else _key(owed)])
    if owed.notice == "assigned":
        return config.meetings.tell_guests_on_assign
    return bool(config.mail.guests.model_dump()[_key(owed)])


def _key(owed: OwedNotice) -> str:
    return owed.notice.replace("-", "_")


def _owe(tx: Tx, meeting: Meeting, whom: Target, kind: str, calendar: str | None, now: datetime) -> None:
    epoch, leased_until = deliveries.supersede(tx, whom)
    deliveries.owe(
        tx,
        Delivery(
            id=0,
            meeting=meeting.id,
            version=meeting.version,
            target=whom.kind,
            agent=whom.agent,
            guest=whom.guest,
            calendar=calendar,
            kind=kind,
            state="pending",
            attempts=0,
            failures=0,
            shard=due.shard_of(whom.agent or whom.guest or ""),
            epoch=epoch,
            due_at=now,
            created_at=now,
            leased_until=leased_until,
        ),
    )


def owe_reminders(tx: Tx, config: Config, meeting: Meeting, owed: Iterable[Told], now: datetime) -> int:
    """Owe a reminder to those who want one and are owed nothing else, and note it; how many that were.

    The caller has taken the meeting's turn.
    """
    waiting = {one.whom for one in deliveries.deliveries(tx, meeting=meeting.id, states=deliveries.OPEN)}
    count = 0
    for one in owed:
        whom = notices.mailbox_of(one)
        if whom in waiting or not told.remind(tx, one):
            continue
        if notices.wants_reminder(one) and is_ours_to_tell(config, OwedNotice(whom, "starts-soon")):
            _owe(tx, meeting, whom, "starts-soon", None, now)
            count += 1
    return count

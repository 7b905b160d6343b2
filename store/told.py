"""Told: what each agent and guest was last told of a meeting, kept beside what is owed to them.

Written in the transaction that notes a mail as sent, or, where no mail of ours is owed, in the one that accepts the change.
"""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, select, update

from store.database import Tx
from store.model import MeetingStatus, Told
from store.schema import half_told, meetings, told
from store.statements import insert_or_replace

KEY = ("meeting", "role", "who")
UNREMINDED = told.c.reminded.is_distinct_from(told.c.start)


def told_of(tx: Tx, meeting: str) -> list[Told]:
    """What is known to have been told of a meeting, by role and person."""
    query = select(told).where(told.c.meeting == meeting).order_by(told.c.role, told.c.who)
    return [Told(**row) for row in tx.execute(query).mappings()]


def save(tx: Tx, new: Told) -> None:
    """Keep what was told, unless something newer is kept already (a worker that was cut off comes late)."""
    values = asdict(new)
    changed = [name for name in values if name not in KEY]
    not_newer = told.c.version <= new.version
    tx.execute(insert_or_replace(tx, told, KEY, changed, where=not_newer).values(**values))


# ---------------------------------------------------------------------------------------------------------------------
# Mails that were begun


def half_told_of(tx: Tx, meeting: str) -> list[Told]:
    """What mails were to tell of which nobody knows whether they went out, by role and person."""
    query = select(half_told).where(half_told.c.meeting == meeting)
    return [Told(**row) for row in tx.execute(query.order_by(half_told.c.role, half_told.c.who)).mappings()]


def begin(tx: Tx, new: Told) -> None:
    """A mail is about to be sent: from now on this person may know this."""
    values = {name: value for name, value in asdict(new).items() if name != "reminded"}
    changed = [name for name in values if name not in KEY]
    tx.execute(insert_or_replace(tx, half_told, KEY, changed).values(**values))


def end(tx: Tx, one: Told) -> None:
    """It is known what became of this mail, and of those before it."""
    rows = half_told.c
    theirs = [rows[name] == getattr(one, name) for name in KEY]
    tx.execute(delete(half_told).where(*theirs, rows.version <= one.version))


# ---------------------------------------------------------------------------------------------------------------------


def awaiting_reminder(tx: Tx, start: datetime, end: datetime) -> list[Told]:
    """Who was told of a scheduled meeting that starts within (start, end], at just that time, and was not reminded of it."""
    query = (
        select(told)
        .join(meetings, meetings.c.id == told.c.meeting)
        .where(
            meetings.c.status == MeetingStatus.SCHEDULED.value, meetings.c.start > start, meetings.c.start <= end,
            told.c.start == meetings.c.start, UNREMINDED,
        )
        .order_by(told.c.meeting, told.c.role, told.c.who)
    )  # fmt: skip
    return [Told(**row) for row in tx.execute(query).mappings()]


def remind(tx: Tx, one: Told) -> bool:
    """Note that a reminder of this start is owed or not wanted; False if that was noted before, or told anew meanwhile."""
    same = [told.c[name] == getattr(one, name) for name in (*KEY, "version", "start")]
    return tx.execute(update(told).where(*same, UNREMINDED).values(reminded=told.c.start)).rowcount == 1

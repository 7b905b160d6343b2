"""What is kept only for a while: busy time that is over, and meetings that are, with everything said of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from store import slots
from store.database import Tx
from store.deliveries import OPEN
from store.meetings import COMING
from store.schema import calendars, deliveries, meetings, metadata
from store.statements import one_of

A_DAY = timedelta(days=1)

_BELONGING = [
    table
    for table in reversed(metadata.sorted_tables)
    if any(key.column is meetings.c.id for key in table.foreign_keys)
]
"""Every table with rows that belong to a meeting."""


def drop_past_slots(tx: Tx, past: datetime) -> int:
    """Drop what had ended by `past` in calendars whose window has not moved for a day; of how many calendars that was.

    The window of a calendar that can be read moves by itself (actions.read), and its past slots go with it.
    """
    lagging = select(calendars.c.id).where(calendars.c.window_start < past - A_DAY).order_by(calendars.c.id)
    found = list(tx.execute(lagging).scalars())
    for calendar_id in found:
        slots.drop_before(tx, calendar_id, past)
    tx.execute(update(calendars).where(one_of(tx, calendars.c.id, found)).values(window_start=past))
    return len(found)


def forget_meetings(tx: Tx, before: datetime, *, limit: int = 200) -> list[str]:
    """Forget at most `limit` meetings that are closed and had ended by `before`, the oldest first; their ids.

    With each goes its journal, and what is known of its copies, deliveries and mails. One of which something is still owed
    is kept until that is settled.
    """
    rows = meetings.c
    owed = (
        select(deliveries.c.id).where(deliveries.c.meeting == rows.id, deliveries.c.state.in_(OPEN)).exists()
    )
    closed = rows.status.not_in([status.value for status in COMING])
    query = select(rows.id).where(closed, rows.end <= before, ~owed).order_by(rows.end, rows.id).limit(limit)
    found = list(tx.execute(query).scalars())
    _forget(tx, found)
    return found


def _forget(tx: Tx, names: Sequence[str]) -> None:
    for table in _BELONGING:
        tx.execute(delete(table).where(one_of(tx, table.c.meeting, names)))
    tx.execute(delete(meetings).where(one_of(tx, meetings.c.id, names)))

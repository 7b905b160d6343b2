"""Owing a calendar delivery: one row a target; what was owed to it before is superseded.

Delivery looks at how things stand, so the newest row is enough. A worker may be writing for the row it supersedes: the new
row inherits its lease and epoch, so that no two write to one calendar at once.
"""

from datetime import datetime

from store import deliveries, due
from store.database import Tx
from store.model import Delivery, Meeting
from syncd.rules.delivery import Owed


def owe(tx: Tx, meeting: Meeting, owed: Owed, calendar: str | None, now: datetime) -> None:
    """Owe this to the agent's calendar, due now. The caller has taken the meeting's turn (`meetings.take_turn`)."""
    epoch, leased_until = deliveries.supersede(tx, meeting.id, "calendar", owed.agent)
    deliveries.owe(
        tx,
        Delivery(
            id=0,
            meeting=meeting.id,
            version=meeting.version,
            target="calendar",
            agent=owed.agent,
            guest=None,
            calendar=calendar,
            kind=owed.kind,
            state="pending",
            attempts=0,
            failures=0,
            shard=due.shard_of(owed.agent),
            epoch=epoch,
            due_at=now,
            created_at=now,
            leased_until=leased_until,
        ),
    )

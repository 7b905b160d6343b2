"""Meetings and their journal."""

from sqlalchemy import Column, ForeignKey, Index, Integer, SmallInteger, Table, text

from store.schema.base import Json, metadata
from store.values import Key, Moment, Words

meetings = Table(
    "meetings",
    metadata,
    Column("id", Words, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("status", Words, nullable=False),
    Column("agent", Words, nullable=False),
    Column("start", Moment, nullable=False),
    Column("end", Moment, nullable=False),
    Column("title", Words, nullable=False),
    Column("link", Words, nullable=False),
    Column("agent_link", Words, nullable=False),
    Column("group", Words),
    Column("guests", Json, nullable=False),
    Column("reason", Words, nullable=False),
    Column("cancelled_by", Words),
    Column("overrides", Json, nullable=False),
    Column("live_at", Moment),
    Column("assigned_at", Moment),
    Column("duration_class", SmallInteger, nullable=False, server_default=text("0")),
    Index("meetings_by_start", "start", "id"),
    Index("meetings_by_status", "status", "end", "start", "agent"),
    Index("meetings_by_agent", "agent", "start", "end"),
    Index("meetings_by_time", "duration_class", "start", "end", "status", "agent", "id"),
)
"""`duration_class`: see `store.lengths`. The index by time says all that a question of availability asks of a meeting."""

changes = Table(
    "changes",
    metadata,
    Column("id", Key, primary_key=True),
    Column("meeting", ForeignKey("meetings.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", Words, nullable=False),
    Column("key", Words, unique=True),
    Column("body", Json, nullable=False),
    Column("detail", Json, nullable=False),
    Index("changes_by_meeting", "meeting", "id"),
    sqlite_autoincrement=True,
)

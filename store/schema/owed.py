"""What stands where, what is owed, what was done, and what people were told."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    UniqueConstraint,
    text,
)

from store.schema.base import DRIFTED, DUPLICATED, OWED, Json, metadata
from store.values import Key, Moment, Words

copies = Table(
    "copies",
    metadata,
    Column("id", Key, primary_key=True),
    Column("meeting", ForeignKey("meetings.id"), nullable=False),
    Column("agent", Words, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("account", Words, nullable=False),
    Column("login", Words, nullable=False),
    Column("calendar", Words, nullable=False),
    Column("uid", Words, nullable=False),
    Column("marker", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("href", Words, nullable=False),
    Column("etag", Words, nullable=False),
    Column("written", Words, nullable=False),
    Column("written_start", Moment),
    Column("written_end", Moment),
    Column("found_start", Moment),
    Column("found_end", Moment),
    Column("drift", Words, nullable=False),
    Column("drift_at", Moment),
    Column("found", Words, nullable=False, server_default=text("''")),
    Column("restored", Integer, nullable=False, server_default=text("0")),
    Column("written_parts", Json),
    Column("found_parts", Json),
    Column("duplicates", Json),
    UniqueConstraint("meeting", "agent", "generation"),
    Index("copies_by_place", "account", "login"),
    Index("copies_by_agent", "agent"),
    Index("copies_drifted", "id", sqlite_where=text(DRIFTED), postgresql_where=text(DRIFTED)),
    Index("copies_duplicated", "id", sqlite_where=text(DUPLICATED), postgresql_where=text(DUPLICATED)),
    sqlite_autoincrement=True,
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Key, primary_key=True),
    Column("meeting", ForeignKey("meetings.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("target", Words, nullable=False),
    Column("agent", Words),
    Column("guest", Words),
    Column("calendar", Words),
    Column("kind", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("shard", SmallInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("leased_until", Moment),
    Column("error", Words, nullable=False),
    Column("hint", Words, nullable=False),
    Column("done_at", Moment),
    Index("deliveries_by_meeting", "meeting", "target", "agent"),
    Index("deliveries_by_agent", "agent"),
    Index("deliveries_by_due", "due_at", "shard", sqlite_where=text(OWED), postgresql_where=text(OWED)),
    Index(
        "deliveries_owed_once", "meeting", "agent", unique=True,
        sqlite_where=text(f"target = 'calendar' AND {OWED}"),
        postgresql_where=text(f"target = 'calendar' AND {OWED}"),
    ),
    sqlite_autoincrement=True,
)  # fmt: skip
"""`deliveries_owed_once`: one row is owed to a calendar at a time; what was owed before is superseded first."""

deeds = Table(
    "deeds",
    metadata,
    Column("id", Key, primary_key=True),
    Column("meeting", ForeignKey("meetings.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("target", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("agent", Words),
    Column("guest", Words),
    Column("calendar", Words),
    Column("generation", Integer),
    Column("start", Moment),
    Column("end", Moment),
    Index("deeds_by_meeting", "meeting", "id"),
    sqlite_autoincrement=True,
)
"""What was written into calendars and mailed: kept for good, while a delivery that is superseded leaves no trace of it."""

told = Table(
    "told",
    metadata,
    Column("meeting", ForeignKey("meetings.id"), primary_key=True),
    Column("role", Words, primary_key=True),
    Column("who", Words, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("notice", Words, nullable=False),
    Column("agent", Words, nullable=False),
    Column("start", Moment, nullable=False),
    Column("end", Moment, nullable=False),
    Column("at", Moment, nullable=False),
    Column("reminded", Moment),
)
"""What each person was last told of a meeting: what stands in their mailbox, as `copies` says what stands in calendars."""

half_told = Table(
    "half_told",
    metadata,
    Column("meeting", ForeignKey("meetings.id"), primary_key=True),
    Column("role", Words, primary_key=True),
    Column("who", Words, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("notice", Words, nullable=False),
    Column("agent", Words, nullable=False),
    Column("start", Moment, nullable=False),
    Column("end", Moment, nullable=False),
    Column("at", Moment, nullable=False),
)
"""Mails that were begun and of which nobody knows whether they went out, as an `intended` copy may or may not exist."""

conflicts = Table(
    "conflicts",
    metadata,
    Column("meeting", ForeignKey("meetings.id"), primary_key=True),
    Column("agent", Words, primary_key=True),
    Column("calendar", Words, primary_key=True),
    Column("start", Moment, primary_key=True),
    Column("end", Moment, primary_key=True),
    Column("found_at", Moment, nullable=False),
)
"""Late conflicts that were told, as long as they are there: none is told twice."""

"""Busy time: calendar objects, the pieces their intervals are kept in, and blocks made by command."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    UniqueConstraint,
    text,
)

from store.schema.base import COHORT_BITS, IS_LONG, LASTS, metadata
from store.values import Key, Moment, Words

objects = Table(
    "objects",
    metadata,
    Column("id", Key, primary_key=True),
    Column("calendar_id", ForeignKey("calendars.id", ondelete="CASCADE"), nullable=False),
    Column("href", Words, nullable=False),
    Column("etag", Words, nullable=False),
    Column("uid", Words, nullable=False),
    Column("reduced", LargeBinary),
    Column("problem", Words, nullable=False),
    Column("copy_id", BigInteger),
    UniqueConstraint("calendar_id", "href"),
    sqlite_autoincrement=True,
)

pieces = Table(
    "pieces",
    metadata,
    Column("object_id", ForeignKey("objects.id", ondelete="CASCADE"), nullable=False),
    Column("calendar_id", Key, nullable=False),
    Column("agent", Key, nullable=False),
    Column("length_class", SmallInteger, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("whole_start", BigInteger, nullable=False),
    Column("whole_end", BigInteger, nullable=False),
    CheckConstraint('"end" > start', name="length"),
    Index("pieces_by_time", "length_class", text(f"(agent >> {COHORT_BITS})"), "start", "end", "agent", "calendar_id", "kind"),
    Index("pieces_by_agent", "agent", "start", "end", "calendar_id", "kind"),
    Index(
        "pieces_long", "agent",  "end",
        sqlite_where=text(IS_LONG), postgresql_where=text(IS_LONG),
    ),
    Index("pieces_by_object", "object_id"),
)  # fmt: skip
"""Busy slots in pieces by length (`slots` explains the classes); every piece carries its whole interval."""

blocks = Table(
    "blocks",
    metadata,
    Column("id", Key, primary_key=True),
    Column("scope", Words, nullable=False),
    Column("title", Words, nullable=False),
    Column("start", Moment, nullable=False),
    Column("end", Moment, nullable=False),
    Column("timezone", Words, nullable=False),
    Column("repeat", Words),
    Column("until", Moment),
    Column("made_by", Words, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("count", Integer),
    Column("exceptions", Words, nullable=False, server_default=text("''")),
    Column("duration_class", SmallInteger, nullable=False, server_default=text("0")),
    Index("blocks_by_time", "duration_class", "start", "end"),
    Index("blocks_by_scope", "scope", "start", "end"),
    Index("blocks_long", "scope", "end", sqlite_where=text(LASTS), postgresql_where=text(LASTS)),
    sqlite_autoincrement=True,
)
"""Blocks made by command; those of the configuration stay there."""

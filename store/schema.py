"""The tables, the same on SQLite and PostgreSQL. How they came to be is in `migrations`; a test proves both agree.

Agents have an integer number beside their id, because the slot table repeats it millions of times. Numbers of rows are
never used twice (AUTOINCREMENT): a worker that lost its login must not find another one under the same number.
Moments are microseconds (`values.Moment`); slots alone use whole seconds.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    UniqueConstraint,
    text,
)

from store.values import Key, Moment, Words

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0009")
"""The migrations, oldest first. Written here so that looking at the version needs no Alembic; a test compares them."""

Json = JSON(none_as_null=True)

# Conditions of partial indexes; a query has to spell them out the same, without parameters, to be answered by one.
# (`IS_LONG` is a range, not an equality: else SQLite would rather use the index by class, and read everybody's.)
IS_LONG = "length_class > 2"
DRIFTED = "drift <> ''"
DUPLICATED = "duplicates IS NOT NULL"
OWED = "state IN ('pending', 'failed')"

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

meta = Table(
    "meta",
    metadata,
    Column("key", Words, primary_key=True),
    Column("value", Words, nullable=False),
)

# ---------------------------------------------------------------------------------------------------------------------
# The directory

agents = Table(
    "agents",
    metadata,
    Column("number", Key, primary_key=True),
    Column("id", Words, nullable=False, unique=True),
    Column("name", Words, nullable=False),
    Column("email", Words, nullable=False),
    Column("timezone", Words, nullable=False),
    Column("aliases", Json, nullable=False),
    Column("language", Words, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("removed_at", Moment),
    sqlite_autoincrement=True,
)

memberships = Table(
    "memberships",
    metadata,
    Column("agent", ForeignKey("agents.number", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("group", Words, nullable=False),
    Index("memberships_by_group", "group", "agent"),
)

logins = Table(
    "logins",
    metadata,
    Column("id", Key, primary_key=True),
    Column("agent", ForeignKey("agents.number", ondelete="CASCADE"), nullable=False),
    Column("account", Words, nullable=False),
    Column("login", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("check", Json),
    Column("write", Words),
    Column("shard", SmallInteger, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("leased_until", Moment),
    Column("called_at", Moment),
    Column("memo", Words),
    Column("seen_at", Moment),
    Column("listed_at", Moment),
    Column("state", Words, nullable=False),
    Column("error", Words, nullable=False),
    Column("hint", Words, nullable=False),
    UniqueConstraint("agent", "account", "login"),
    Index("logins_by_due", "due_at", "shard"),
    sqlite_autoincrement=True,
)
"""`called_at`: somebody asked for another look while a worker held the login; saving must not push that away."""

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("login_id", ForeignKey("logins.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("resource", Words, nullable=False),
    Column("url", Words, nullable=False),
    Column("subscription", Words, unique=True),
    Column("client_state", Words, nullable=False),
    Column("expires_at", Moment),
    Column("due_at", Moment, nullable=False),
    Column("notice", Words, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("leased_until", Moment),
    Column("state", Words, nullable=False),
    Column("error", Words, nullable=False),
    Column("hint", Words, nullable=False),
    Index("subscriptions_by_due", "due_at"),
)
"""What a login's server was asked to tell us of (`subscriptions`); `notice`: what it said of the asking itself."""

calendars = Table(
    "calendars",
    metadata,
    Column("id", Key, primary_key=True),
    Column("login_id", ForeignKey("logins.id", ondelete="CASCADE"), nullable=False),
    Column("wanted", Words),
    Column("href", Words),
    Column("name", Words, nullable=False),
    Column("checked", Boolean, nullable=False),
    Column("written", Boolean, nullable=False),
    Column("revision", Words, nullable=False),
    Column("sync_state", Words),
    Column("seen_at", Moment),
    Column("window_start", Moment),
    Column("window_end", Moment),
    Column("objects", Integer, nullable=False),
    Column("unreadable", Integer, nullable=False),
    Column("state", Words, nullable=False),
    Column("error", Words, nullable=False),
    Column("hint", Words, nullable=False),
    Column("held", Words),
    Column("missing_since", Moment),
    Column("relist_at", Moment),
    Column("read_by", Words, nullable=False, server_default=text("''")),
    Column("audited_at", Moment),
    Index("calendars_by_login", "login_id"),
    sqlite_autoincrement=True,
)

# ---------------------------------------------------------------------------------------------------------------------
# Busy time

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
    Index("pieces_by_time", "length_class", "start", "end", "agent", "calendar_id", "kind"),
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
    sqlite_autoincrement=True,
)
"""Blocks made by command; those of the configuration stay there."""

# ---------------------------------------------------------------------------------------------------------------------
# Meetings

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
    Index("meetings_by_start", "start", "id"),
    Index("meetings_by_status", "status", "end", "start", "agent"),
    Index("meetings_by_agent", "agent", "start", "end"),
)

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

# ---------------------------------------------------------------------------------------------------------------------
# What stands where, and what is owed

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

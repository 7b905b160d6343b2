"""The directory: agents, their groups, logins, calendars, and who tells us of changes there."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    UniqueConstraint,
    text,
)

from store.schema.base import SEEN, WINDOW_END, WINDOW_START, Json, metadata
from store.values import Key, Moment, Words

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
    Column("provisioned_by", Words),
    sqlite_autoincrement=True,
)
"""`provisioned_by`: who had the agent made over HTTP; NULL: the configuration says that there is one."""

addresses = Table(
    "addresses",
    metadata,
    Column("address", Words, primary_key=True),
    Column("agent", ForeignKey("agents.number", ondelete="CASCADE"), primary_key=True),
    Index("addresses_by_agent", "agent"),
)
"""All addresses that mean an agent, in small letters: to be found by one, among ten thousand."""

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
    Column("identity", Words, nullable=False, server_default=text("''")),
    Index("calendars_by_login", "login_id"),
    Index("calendars_by_seen_at", "checked", text(SEEN)),
    Index("calendars_by_window_start", "checked", text(WINDOW_START)),
    Index("calendars_by_window_end", "checked", text(WINDOW_END)),
    sqlite_autoincrement=True,
)

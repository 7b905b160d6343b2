"""The first tables: directory, busy time, meetings, copies and deliveries. Frozen: later changes are later files."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OWED = sa.text("state IN ('pending', 'failed')")
OWED_TO_CALENDAR = sa.text("target = 'calendar' AND state IN ('pending', 'failed')")
DRIFTED = sa.text("drift <> ''")
LONG = sa.text("length_class > 2")


def upgrade() -> None:
    """Make everything; there is nothing yet."""
    _directory()
    _calendars()
    _busy_time()
    _meetings()
    _copies()
    _deliveries()


def _directory() -> None:
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
    op.create_table(
        "agents",
        sa.Column("number", KEY, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("removed_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_agents")),
        sa.UniqueConstraint("id", name=op.f("uq_agents_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "memberships",
        sa.Column("agent", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("group", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent"], ["agents.number"], name=op.f("fk_memberships_agent"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("agent", "position", name=op.f("pk_memberships")),
    )
    op.create_index("memberships_by_group", "memberships", ["group", "agent"])
    op.create_table(
        "logins",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agent", KEY, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("check", sa.JSON()),
        sa.Column("write", sa.Text()),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("leased_until", sa.BigInteger()),
        sa.Column("called_at", sa.BigInteger()),
        sa.Column("memo", sa.Text()),
        sa.Column("seen_at", sa.BigInteger()),
        sa.Column("listed_at", sa.BigInteger()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent"], ["agents.number"], name=op.f("fk_logins_agent"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logins")),
        sa.UniqueConstraint("agent", "account", "login", name=op.f("uq_logins_agent_account_login")),
        sqlite_autoincrement=True,
    )
    op.create_index("logins_by_due", "logins", ["due_at", "shard"])


def _calendars() -> None:
    op.create_table(
        "calendars",
        sa.Column("id", KEY, nullable=False),
        sa.Column("login_id", KEY, nullable=False),
        sa.Column("wanted", sa.Text()),
        sa.Column("href", sa.Text()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("checked", sa.Boolean(), nullable=False),
        sa.Column("written", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("sync_state", sa.Text()),
        sa.Column("seen_at", sa.BigInteger()),
        sa.Column("window_start", sa.BigInteger()),
        sa.Column("window_end", sa.BigInteger()),
        sa.Column("objects", sa.Integer(), nullable=False),
        sa.Column("unreadable", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("held", sa.Text()),
        sa.Column("missing_since", sa.BigInteger()),
        sa.Column("relist_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["login_id"], ["logins.id"], name=op.f("fk_calendars_login_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendars")),
        sqlite_autoincrement=True,
    )
    op.create_index("calendars_by_login", "calendars", ["login_id"])


def _busy_time() -> None:
    op.create_table(
        "objects",
        sa.Column("id", KEY, nullable=False),
        sa.Column("calendar_id", KEY, nullable=False),
        sa.Column("href", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("reduced", sa.LargeBinary()),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("copy_id", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendars.id"], name=op.f("fk_objects_calendar_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objects")),
        sa.UniqueConstraint("calendar_id", "href", name=op.f("uq_objects_calendar_id_href")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "pieces",
        sa.Column("object_id", KEY, nullable=False),
        sa.Column("calendar_id", KEY, nullable=False),
        sa.Column("agent", KEY, nullable=False),
        sa.Column("length_class", sa.SmallInteger(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("whole_start", sa.BigInteger(), nullable=False),
        sa.Column("whole_end", sa.BigInteger(), nullable=False),
        sa.CheckConstraint('"end" > start', name=op.f("ck_pieces_length")),
        sa.ForeignKeyConstraint(
            ["object_id"], ["objects.id"], name=op.f("fk_pieces_object_id"), ondelete="CASCADE"
        ),
    )
    op.create_index("pieces_by_agent", "pieces", ["agent", "start", "end", "calendar_id", "kind"])
    op.create_index("pieces_by_object", "pieces", ["object_id"])
    op.create_index(
        "pieces_by_time", "pieces", ["length_class", "start", "end", "agent", "calendar_id", "kind"]
    )
    op.create_index("pieces_long", "pieces", ["agent", "end"], sqlite_where=LONG, postgresql_where=LONG)


def _meetings() -> None:
    op.create_table(
        "meetings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("agent_link", sa.Text(), nullable=False),
        sa.Column("group", sa.Text()),
        sa.Column("guests", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cancelled_by", sa.Text()),
        sa.Column("overrides", sa.JSON(), nullable=False),
        sa.Column("live_at", sa.BigInteger()),
        sa.Column("assigned_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meetings")),
    )
    op.create_index("meetings_by_agent", "meetings", ["agent", "start", "end"])
    op.create_index("meetings_by_start", "meetings", ["start", "id"])
    op.create_index("meetings_by_status", "meetings", ["status", "end", "start", "agent"])
    op.create_table(
        "changes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("key", sa.Text()),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["meeting"], ["meetings.id"], name=op.f("fk_changes_meeting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
        sa.UniqueConstraint("key", name=op.f("uq_changes_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("changes_by_meeting", "changes", ["meeting", "id"])


def _copies() -> None:
    op.create_table(
        "copies",
        sa.Column("id", KEY, nullable=False),
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("marker", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("href", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
        sa.Column("written_start", sa.BigInteger()),
        sa.Column("written_end", sa.BigInteger()),
        sa.Column("found_start", sa.BigInteger()),
        sa.Column("found_end", sa.BigInteger()),
        sa.Column("drift", sa.Text(), nullable=False),
        sa.Column("drift_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["meeting"], ["meetings.id"], name=op.f("fk_copies_meeting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_copies")),
        sa.UniqueConstraint(
            "meeting", "agent", "generation", name=op.f("uq_copies_meeting_agent_generation")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("copies_by_agent", "copies", ["agent"])
    op.create_index("copies_by_place", "copies", ["account", "login"])
    op.create_index("copies_drifted", "copies", ["id"], sqlite_where=DRIFTED, postgresql_where=DRIFTED)


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", KEY, nullable=False),
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text()),
        sa.Column("guest", sa.Text()),
        sa.Column("calendar", sa.Text()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("leased_until", sa.BigInteger()),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["meeting"], ["meetings.id"], name=op.f("fk_deliveries_meeting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sqlite_autoincrement=True,
    )
    op.create_index("deliveries_by_agent", "deliveries", ["agent"])
    op.create_index(
        "deliveries_by_due", "deliveries", ["due_at", "shard"], sqlite_where=OWED, postgresql_where=OWED
    )
    op.create_index("deliveries_by_meeting", "deliveries", ["meeting", "target", "agent"])
    op.create_index(
        "deliveries_owed_once",
        "deliveries",
        ["meeting", "agent"],
        unique=True,
        sqlite_where=OWED_TO_CALENDAR,
        postgresql_where=OWED_TO_CALENDAR,
    )

"""Late conflicts that were told, what was done, what of a copy was changed, and mails begun. Frozen: later changes are later files."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Three tables, empty, and four columns: of what was done and written before it is only known that it was."""
    op.create_table(
        "conflicts",
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["meeting"], ["meetings.id"], name=op.f("fk_conflicts_meeting")),
        sa.PrimaryKeyConstraint("meeting", "agent", "calendar", "start", "end", name=op.f("pk_conflicts")),
    )
    op.add_column("deliveries", sa.Column("done_at", sa.BigInteger()))
    op.create_table(
        "deeds",
        sa.Column("id", KEY, nullable=False),
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text()),
        sa.Column("guest", sa.Text()),
        sa.Column("calendar", sa.Text()),
        sa.Column("generation", sa.Integer()),
        sa.Column("start", sa.BigInteger()),
        sa.Column("end", sa.BigInteger()),
        sa.ForeignKeyConstraint(["meeting"], ["meetings.id"], name=op.f("fk_deeds_meeting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deeds")),
        sqlite_autoincrement=True,
    )
    op.create_index("deeds_by_meeting", "deeds", ["meeting", "id"])
    for name in ("written_parts", "found_parts", "duplicates"):
        op.add_column("copies", sa.Column(name, sa.JSON(none_as_null=True)))
    duplicated = sa.text("duplicates IS NOT NULL")
    op.create_index(
        "copies_duplicated", "copies", ["id"], sqlite_where=duplicated, postgresql_where=duplicated
    )
    op.create_table(
        "half_told",
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["meeting"], ["meetings.id"], name=op.f("fk_half_told_meeting")),
        sa.PrimaryKeyConstraint("meeting", "role", "who", name=op.f("pk_half_told")),
    )

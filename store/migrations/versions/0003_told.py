"""Told: what each person was last told of a meeting. Frozen: later changes are later files."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """One table, empty: of meetings planned before, nothing is known to have been told."""
    op.create_table(
        "told",
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reminded", sa.BigInteger()),
        sa.ForeignKeyConstraint(["meeting"], ["meetings.id"], name=op.f("fk_told_meeting")),
        sa.PrimaryKeyConstraint("meeting", "role", "who", name=op.f("pk_told")),
    )

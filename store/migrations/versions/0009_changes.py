"""Late conflicts that were told. Frozen: later changes are later files."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0006"


def upgrade() -> None:
    """One table, empty: conflicts there are by now are told once more than needed."""
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

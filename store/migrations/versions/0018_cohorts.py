"""Everybody's slots by time are kept by cohort (`store.cohorts`). Frozen: later changes are later files."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """The index by time is made anew, with the cohort before the time."""
    op.drop_index("pieces_by_time", "pieces")
    cohort = sa.text("(agent >> 7)")
    op.create_index(
        "pieces_by_time", "pieces", ["length_class", cohort, "start", "end", "agent", "calendar_id", "kind"]
    )

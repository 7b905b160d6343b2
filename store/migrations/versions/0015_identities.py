"""By what a server tells a calendar from another one that takes its place. Frozen: later changes are later files."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"


def upgrade() -> None:
    """One column; it is learned at the next reading of each calendar."""
    op.add_column("calendars", sa.Column("identity", sa.Text(), nullable=False, server_default=sa.text("''")))

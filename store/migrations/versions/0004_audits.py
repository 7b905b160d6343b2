"""Calendars: in which way each is read, and when everything in it was last listed. Frozen: later changes are later files."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Two columns. What was never listed as far as is known, is listed soon."""
    op.add_column("calendars", sa.Column("read_by", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("calendars", sa.Column("audited_at", sa.BigInteger()))

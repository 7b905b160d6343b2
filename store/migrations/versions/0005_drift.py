"""Copies: what was found in the calendar, and how often it was put back. Frozen: later changes are later files."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Two columns. Of drift found before, what stood there is learned at the next listing."""
    op.add_column("copies", sa.Column("found", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("copies", sa.Column("restored", sa.Integer(), nullable=False, server_default=sa.text("0")))

"""Blocks: how often they take place, and on which days they do not. Frozen: later changes are later files."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Two columns. Blocks made before have no end by number and no exceptions."""
    op.add_column("blocks", sa.Column("count", sa.Integer()))
    op.add_column("blocks", sa.Column("exceptions", sa.Text(), nullable=False, server_default=sa.text("''")))

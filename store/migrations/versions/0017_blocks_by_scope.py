"""The blocks of a few agents around a time are looked up. Frozen: later changes are later files."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """The index by scope gets the times, and what lasts long one of its own."""
    op.drop_index("blocks_by_scope", "blocks")
    op.create_index("blocks_by_scope", "blocks", ["scope", "start", "end"])
    long = sa.text("duration_class > 2")
    op.create_index("blocks_long", "blocks", ["scope", "end"], sqlite_where=long, postgresql_where=long)

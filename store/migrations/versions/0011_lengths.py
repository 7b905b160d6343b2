"""Meetings and blocks by length, and the indexes by time. Frozen: later changes are later files."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

SECOND = 1_000_000
NAMES = ("start", "end", "duration_class", "repeat")


def upgrade() -> None:
    """A column and its indexes for each; what is there gets its class."""
    for table in ("meetings", "blocks"):
        column = sa.Column("duration_class", sa.SmallInteger(), nullable=False, server_default=sa.text("0"))
        op.add_column(table, column)
        rows = sa.table(table, *(sa.column(name, sa.BigInteger()) for name in NAMES))
        length, name = rows.c.end - rows.c.start, rows.c.duration_class
        classes = [
            (length <= longest * SECOND, place) for place, longest in enumerate((3_600, 14_400, 86_400))
        ]
        again = [(rows.c.repeat.is_not(None), 4)] if table == "blocks" else []
        op.execute(rows.update().values({name: sa.case(*again, *classes, else_=3)}))
    times = ["duration_class", "start", "end"]
    op.create_index("meetings_by_time", "meetings", [*times, "status", "agent", "id"])
    op.create_index("blocks_by_time", "blocks", times)
    op.create_index("blocks_by_scope", "blocks", ["scope"])

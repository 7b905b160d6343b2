"""Which calendars are not fresh, or not read far enough, is looked up. Frozen: later changes are later files."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Three indexes."""
    for column, unknown in (("seen_at", "0"), ("window_start", "9223372036854775807"), ("window_end", "0")):
        op.create_index(
            f"calendars_by_{column}", "calendars", ["checked", sa.text(f"coalesce({column}, {unknown})")]
        )

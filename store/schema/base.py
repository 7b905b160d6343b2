"""What all tables share: their metadata with its names for constraints, and the conditions of partial indexes."""

from sqlalchemy import JSON, Column, MetaData, Table

from store.values import Words

REVISIONS = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0013",
    "0015",
    "0016",
    "0017",
    "0018",
)
"""The migrations, oldest first. Written here so that looking at the version needs no Alembic; a test compares them."""

Json = JSON(none_as_null=True)

# Conditions of partial indexes; a query has to spell them out the same, without parameters, to be answered by one.
# (`IS_LONG` and `LASTS` are ranges, not equalities: else SQLite would rather use the index by class, and read everybody's.)
IS_LONG = "length_class > 2"
LASTS = "duration_class > 2"
DRIFTED = "drift <> ''"
DUPLICATED = "duplicates IS NOT NULL"
OWED = "state IN ('pending', 'failed')"

# Likewise what indexes of calendars are made of: as a range that what is unknown is part of, for a NULL of its own is an equality too.
SEEN = "coalesce(seen_at, 0)"
WINDOW_START = "coalesce(window_start, 9223372036854775807)"
WINDOW_END = "coalesce(window_end, 0)"

COHORT_BITS = 7
"""So many bits of an agent's number don't count for which cohort it is in (`store.cohorts`)."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

meta = Table(
    "meta",
    metadata,
    Column("key", Words, primary_key=True),
    Column("value", Words, nullable=False),
)

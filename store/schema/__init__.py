"""The tables, the same on SQLite and PostgreSQL. A file for each part; how they came to be is in `migrations`; a test proves both agree.

Agents have an integer number beside their id, because the slot table repeats it millions of times. Numbers of rows are
never used twice (AUTOINCREMENT): a worker that lost its login must not find another one under the same number.
Moments are microseconds (`values.Moment`); slots alone use whole seconds.
"""

from store.schema.access import sessions, tokens
from store.schema.base import (
    COHORT_BITS,
    DRIFTED,
    DUPLICATED,
    IS_LONG,
    LASTS,
    OWED,
    REVISIONS,
    SEEN,
    WINDOW_END,
    WINDOW_START,
    Json,
    meta,
    metadata,
)
from store.schema.busy import blocks, objects, pieces
from store.schema.directory import addresses, agents, calendars, logins, memberships, subscriptions
from store.schema.meetings import changes, meetings
from store.schema.owed import conflicts, copies, deeds, deliveries, half_told, told

__all__ = [
    "COHORT_BITS",
    "DRIFTED",
    "DUPLICATED",
    "IS_LONG",
    "LASTS",
    "OWED",
    "REVISIONS",
    "SEEN",
    "WINDOW_END",
    "WINDOW_START",
    "Json",
    "addresses",
    "agents",
    "blocks",
    "calendars",
    "changes",
    "conflicts",
    "copies",
    "deeds",
    "deliveries",
    "half_told",
    "logins",
    "meetings",
    "memberships",
    "meta",
    "metadata",
    "objects",
    "pieces",
    "sessions",
    "subscriptions",
    "tokens",
    "told",
]

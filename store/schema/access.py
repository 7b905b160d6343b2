"""Who may come in: tokens, and who is signed in at the page with one."""

from sqlalchemy import Column, ForeignKey, Table

from store.schema.base import metadata
from store.values import Key, Moment, Words

tokens = Table(
    "tokens",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", Words, unique=True),
    Column("digest", Words, nullable=False),
    Column("scope", Words, nullable=False),
    Column("agent", Words),
    Column("made_by", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("last_used_at", Moment),
    Column("revoked_at", Moment),
    sqlite_autoincrement=True,
)
"""Tokens of the HTTP door, those that are over too: the journal names them."""

sessions = Table(
    "sessions",
    metadata,
    Column("digest", Words, primary_key=True),
    Column("token", ForeignKey("tokens.id", ondelete="CASCADE"), nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)
"""Who is signed in at the page: with which token, and until when. What the browser holds is not here, only its digest."""

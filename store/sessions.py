"""Sessions at the page, found by the digest of what the browser holds."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, insert, select

from store import schema
from store.database import Tx
from store.model import Session

_rows = schema.sessions.c


def add(tx: Tx, digest: str, session: Session) -> None:
    """Keep a new session."""
    tx.execute(insert(schema.sessions).values(digest=digest, **asdict(session)))


def session(tx: Tx, digest: str) -> Session | None:
    """The session of this digest, also one that is over; None if there is none."""
    query = select(_rows.token, _rows.began_at, _rows.expires_at).where(_rows.digest == digest)
    row = tx.execute(query).mappings().one_or_none()
    return Session(**row) if row is not None else None


def end(tx: Tx, digest: str) -> None:
    """It is over; no mistake if it was before."""
    tx.execute(delete(schema.sessions).where(_rows.digest == digest))


def tidy(tx: Tx, now: datetime) -> None:
    """Forget the sessions whose time is over."""
    tx.execute(delete(schema.sessions).where(_rows.expires_at <= now))

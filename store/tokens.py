"""Tokens of the HTTP door: who may come in, how far, and when they last did. A token's secret is not here, only its digest."""

from dataclasses import asdict, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, func, insert, or_, select, update

from store import schema
from store.database import Tx
from store.model import Token

_rows = schema.tokens.c


def tokens(tx: Tx) -> list[Token]:
    """All of them, also those that are over, by number."""
    columns = [column for column in _rows if column.name != "digest"]
    return [Token(**row) for row in tx.execute(select(*columns).order_by(_rows.id)).mappings()]


def token(tx: Tx, number: int) -> Token | None:
    """One token, None if there never was one of this number."""
    return with_digest(tx, number)[0]


def with_digest(tx: Tx, number: int) -> tuple[Token | None, str]:
    """One token, and what its secret must hash to; (None, "") if there never was one of this number."""
    row = tx.execute(_ONE, {"number": number}).mappings().one_or_none()
    values = dict(row or {"digest": ""})
    digest: str = values.pop("digest")
    return Token(**values) if row else None, digest


_ONE = select(*_rows).where(_rows.id == bindparam("number"))


def add(tx: Tx, token: Token) -> Token:
    """Keep a new token; returned with its number. Its digest follows (`set_digest`), for the secret names the number.

    Raises IntegrityError if its name was ever used.
    """
    values = {name: value for name, value in asdict(token).items() if name != "id"}
    row = insert(schema.tokens).values(**values, digest="").returning(_rows.id)
    return replace(token, id=tx.execute(row).scalar_one())


def set_digest(tx: Tx, number: int, digest: str) -> None:
    """Say what the token's secret hashes to."""
    _update(tx, _rows.id == number, digest=digest)


def note_use(tx: Tx, number: int, now: datetime, every: timedelta) -> bool:
    """It was used just now; kept only if the last use that was kept is `every` ago, and then True."""
    long_ago = or_(_rows.last_used_at.is_(None), _rows.last_used_at <= now - every)
    return _update(tx, _rows.id == number, long_ago, last_used_at=now)


def soonest_end(tx: Tx, now: datetime) -> datetime | None:
    """When the first of those that are good now expires; None if none of them ever does."""
    good = (_rows.revoked_at.is_(None), _rows.expires_at > now)
    return tx.execute(select(func.min(_rows.expires_at, type_=_rows.expires_at.type)).where(*good)).scalar()


def revoke(tx: Tx, number: int, now: datetime) -> bool:
    """It is good for nothing from now on; False if there is none, or it was revoked before."""
    return _update(tx, _rows.id == number, _rows.revoked_at.is_(None), revoked_at=now)


def _update(tx: Tx, *wanted: ColumnElement[bool], **values: str | datetime) -> bool:
    return tx.execute(update(schema.tokens).where(*wanted).values(**values)).rowcount == 1

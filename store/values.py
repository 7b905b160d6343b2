"""How values stand in columns, alike on both databases.

Moments are integer microseconds since the epoch: SQLite has no time type, and what PostgreSQL's compares by is not what
text compares by in SQLite. Text is made storable: PostgreSQL refuses NUL and neither takes a lone surrogate; both can
come with a stranger's invitation, which must not stop a calendar.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Dialect, Integer, Text, TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
LAST_SECOND = (datetime.max.replace(tzinfo=UTC) - EPOCH) // SECOND

Key = BigInteger().with_variant(Integer(), "sqlite")
"""A row's number. SQLite counts up by itself only in a column declared INTEGER."""


class Moment(TypeDecorator[datetime]):
    """An aware datetime as integer microseconds since the epoch; comes back in UTC. A naive one is a ValueError."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Aware datetime -> microseconds."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Microseconds -> aware datetime in UTC."""
        return None if value is None else EPOCH + value * MICROSECOND


class Words(TypeDecorator[str]):
    """Text that both databases can hold: NUL and lone surrogates become U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """The text, or its nearest storable form."""
        return None if value is None else storable(value)


def microseconds(moment: datetime) -> int:
    """Microseconds since the epoch. Raises ValueError for a naive datetime: nobody can tell which moment that is."""
    return _since_epoch(moment) // MICROSECOND


def second_at_or_before(moment: datetime) -> int:
    """Whole seconds since the epoch, rounded down: how the start of a slot is stored."""
    since = _since_epoch(moment)
    return since.days * _DAY + since.seconds


def second_at_or_after(moment: datetime) -> int:
    """Whole seconds since the epoch, rounded up (but not beyond year 9999): how the end of a slot is stored."""
    since = _since_epoch(moment)
    seconds = since.days * _DAY + since.seconds
    return min(seconds + 1, LAST_SECOND) if since.microseconds else seconds


_DAY = 86_400


def _since_epoch(moment: datetime) -> timedelta:
    """Days may be negative; the rest of a timedelta never is, so whole seconds are rounded down by themselves."""
    if moment.tzinfo is None:
        raise ValueError(f"a moment without a zone can't be stored: {moment.isoformat()}")
    return moment - EPOCH


def moment_of(seconds: int) -> datetime:
    """The aware UTC datetime of whole seconds since the epoch."""
    return EPOCH + timedelta(seconds=seconds)


def storable(text: str) -> str:
    """`text` with NUL and lone surrogates replaced by U+FFFD; the same object where nothing had to be."""
    if "\0" not in text:
        if text.isascii():
            return text
        try:
            text.encode()
        except UnicodeEncodeError:
            pass
        else:
            return text
    return "".join("\ufffd" if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in text)

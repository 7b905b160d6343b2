"""What requests bring beside a body: times, numbers, cursors, a version, a key.

Times are RFC 3339 with an offset: over HTTP there is no zone in which they could be read without one. What a query holds
that nobody asked for is refused: it may be a slip, or a token where everybody's log would keep it.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Self

from fastapi import Depends, Header, Path, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from store.model import DeliveryState, MeetingStatus
from syncd.actions.free import HALF_AN_HOUR
from syncd.config.times import duration
from syncd.rules.meetings import FIRST_YEAR, LAST_YEAR

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_EXAMPLE = "expected a time with an offset (RFC 3339), such as 2026-03-02T10:00:00+01:00"
_VERSION = re.compile(r'\s*"([0-9]{1,9})"\s*', re.ASCII)
NO_VERSION = 0
"""What no meeting is at: it begins with 1."""

LONGEST_QUESTION = timedelta(days=366)


def moment(value: object) -> datetime:
    """A moment in UTC, between the years that are taken for meetings."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        try:
            found = datetime.fromisoformat(value.upper().replace(" ", "T"))
            if FIRST_YEAR <= found.year <= LAST_YEAR:
                return found.astimezone(UTC)
        except ValueError:
            pass  # told below, like what has not even the form
        else:
            raise PydanticCustomError("moment", f"years from {FIRST_YEAR} to {LAST_YEAR} are taken")
    raise PydanticCustomError("moment", _EXAMPLE)


Moment = Annotated[
    datetime,
    BeforeValidator(moment),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="validation"),
]


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    try:
        return duration(value)
    except ValueError:
        raise PydanticCustomError(
            "duration", 'expected a length of time, such as "30s", "10m" or "2h30m"'
        ) from None


Duration = Annotated[
    timedelta, BeforeValidator(_duration), WithJsonSchema({"type": "string", "pattern": r"^(\d+[smhdw])+$"})
]


class Asked(BaseModel):
    """A query: what it holds beside these is refused."""

    model_config = ConfigDict(extra="forbid")


class Nothing(Asked):
    """No query."""


class Page(Asked):
    """Which part of a list."""

    limit: int = Field(100, ge=1, le=1000, description="How many at most.")
    after: str | None = Field(None, max_length=400, description="Go on after this one: `next` of a page.")


class Span(Asked):
    """An interval, half-open."""

    start: Moment
    end: Moment = Field(description="The first moment no longer asked about; at most 366 days later.")

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        if self.end <= self.start:
            raise PydanticCustomError("span", "the end is not after the start")
        if self.end - self.start > LONGEST_QUESTION:
            raise PydanticCustomError("span", f"at most {LONGEST_QUESTION.days} days are asked about")
        return self


class MeetingsPage(Page):
    """Which meetings."""

    status: list[MeetingStatus] = Field([], description="Only these (repeatable).")
    agent: str | None = Field(None, description="Only this agent's.")
    from_: Moment | None = Field(None, alias="from", description="Only those that end later.")
    to: Moment | None = Field(None, description="Only those that start earlier.")


class DeliveriesPage(Page):
    """Which deliveries."""

    state: list[DeliveryState] = Field(["pending", "failed"], description="Only these (repeatable).")


class CandidatesPage(Asked):
    """How many candidates, and how fresh."""

    limit: int = Field(50, ge=1, le=200, description="How many at most.")
    max_age: Duration | None = Field(
        None, description="Read calendars first that were seen longer ago, such as 30s; for at most 5 s."
    )


class SlotsQuestion(Asked):
    """When a meeting could take place."""

    from_: Moment = Field(alias="from", description="The first start that will do.")
    to: Moment = Field(description="When it must be over; at most 62 days later.")
    step: Duration = Field(HALF_AN_HOUR, description="Starts by the clock of its agent: 5m, 15m, 30m, 1h.")
    notice: Duration = Field(timedelta(0), description="No start sooner than this from now.")
    agent: list[str] = Field([], max_length=50, description="With whom (repeatable). Default: its agent.")
    together: bool = Field(False, description="All of them at once, instead of any of them.")


class How(Asked):
    """How a change is asked for."""

    dry_run: bool = Field(False, description="Answer what would be written and mailed, and do nothing.")


def version(
    if_match: Annotated[
        str | None, Header(alias="If-Match", description="The ETag of the meeting as it was seen, else 412.")
    ] = None,
) -> int | None:
    """The version that the caller has seen; None if any will do. An ETag that none of ours looks like is no version."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = _VERSION.fullmatch(if_match)
    return int(found[1]) if found else NO_VERSION


Version = Annotated[int | None, Depends(version)]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key", min_length=1, max_length=200, pattern=r"^[!-~]+$",
        description="The same change with it happens once, however often it is sent.",
    ),
]  # fmt: skip
Id = Annotated[str, Path(alias="id")]
Number = Annotated[int, Path(alias="id", ge=1, le=2**63 - 1)]
AskedNothing = Annotated[Nothing, Query()]
AskedHow = Annotated[How, Query()]
AskedSpan = Annotated[Span, Query()]
AskedPage = Annotated[Page, Query()]

"""Meetings: what the platform plans, who is invited, and the journal of what became of them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal


class MeetingStatus(StrEnum):
    SCHEDULED = "scheduled"
    LIVE = "live"
    COMPLETED = "completed"
    MISSED = "missed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Guest:
    """A customer of the platform. The address, compared without case, is their identity within a meeting."""

    name: str
    email: str
    language: str | None = None
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody was chosen although marked not available: who, when, by whom, and what stood in the way."""

    agent: str
    at: datetime
    by: str
    reasons: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Meeting:
    """What the platform plans. `version` grows by one with every accepted change; `reason` is the last one given."""

    id: str
    version: int
    status: MeetingStatus
    agent: str
    start: datetime
    end: datetime
    title: str
    link: str = ""
    agent_link: str = ""
    group: str | None = None
    guests: tuple[Guest, ...] = ()
    reason: str = ""
    cancelled_by: Literal["guest", "agent"] | None = None
    overrides: tuple[Override, ...] = ()
    live_at: datetime | None = None
    assigned_at: datetime | None = None


ChangeKind = Literal["plan", "invite", "reschedule", "cancel", "assign", "status"]


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the journal: an accepted change. `body` is the request as asked (for idempotency); `key` is unique."""

    meeting: str
    version: int
    kind: ChangeKind
    at: datetime
    by: str
    key: str | None
    body: dict[str, Any]
    detail: dict[str, Any] = field(default_factory=dict)

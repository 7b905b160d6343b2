"""The nouns that syncd remembers: frozen values, standard library only, times in aware UTC.

One word per thing (docs/architecture.md has the list). Everything here is data; what it means is decided in
`syncd.rules`, how it is kept in the modules beside this one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

# ---------------------------------------------------------------------------------------------------------------------
# The directory: who there is and which calendars belong to them. The configuration is the truth, the store follows.


@dataclass(frozen=True, slots=True)
class Agent:
    """A user of the platform. `removed_at`: no longer configured; kept for history only."""

    id: str
    name: str
    email: str
    timezone: str
    aliases: tuple[str, ...] = ()
    language: str = "en"
    groups: tuple[str, ...] = ()
    active: bool = True
    removed_at: datetime | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """All addresses that mean this agent."""
        return (self.email, *self.aliases)


@dataclass(frozen=True, slots=True)
class LoginPlan:
    """A login as configured. `check`: names or URLs of the calendars read for conflicts, None = the default choice."""

    agent: str
    account: str
    login: str
    kind: str
    check: tuple[str, ...] | None = None
    write: str | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """An agent's sign-in at an account: the unit that is polled.

    `memo`: what the connector's discovery learned. `failures` in a row; `seen_at`: last answered listing. While a worker
    holds it (`leased_until`), nobody else is handed it; `epoch` grows with every claim and fences those who lost it.
    """

    id: int
    agent: str
    account: str
    login: str
    kind: str
    check: tuple[str, ...] | None
    write: str | None
    shard: int
    due_at: datetime
    failures: int
    epoch: int
    leased_until: datetime | None
    memo: str | None
    seen_at: datetime | None
    listed_at: datetime | None
    state: Literal["never-seen", "ok", "failing", "no-access"]
    error: str
    hint: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar of a login: named in the configuration (`wanted`), found by default choice, or both.

    `href` is None until the server listed it. `sync_state` is the connector's; `revision` the listing's change mark.
    [`window_start`, `window_end`): what the slots cover. `held`: digest of the removals the mass-change brake holds.
    `missing_since`: no longer listed by the server, what is known is kept until that is certain. `relist_at`: when
    everything is to be fetched anew, because it would now be read differently (another zone, address or reader). `read_by`:
    in which way it was read last, in the connector's word; `audited_at`: when everything in it was last listed.
    """

    id: int
    login_id: int
    agent: str
    account: str
    login: str
    wanted: str | None
    href: str | None
    name: str
    checked: bool
    written: bool
    revision: str
    sync_state: str | None
    seen_at: datetime | None
    window_start: datetime | None
    window_end: datetime | None
    objects: int
    unreadable: int
    state: Literal["never-seen", "ok", "failing", "no-access", "held"]
    error: str
    hint: str
    held: str | None
    missing_since: datetime | None
    relist_at: datetime | None = None
    read_by: str = ""
    audited_at: datetime | None = None


# ---------------------------------------------------------------------------------------------------------------------
# Busy time


@dataclass(frozen=True, slots=True)
class Slot:
    """A stored busy interval, whole, half-open. `status` is the raw kind (connectors.interface.Status values)."""

    agent: str
    calendar_id: int
    href: str
    start: datetime
    end: datetime
    status: str
    all_day: bool


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A calendar object to be saved: its intervals (start, end, status, all_day) and what re-expansion needs.

    `copy_id`: the object is one of our copies; then it has no intervals. `problem`: why it could not be read whole.
    """

    href: str
    etag: str
    uid: str
    intervals: tuple[tuple[datetime, datetime, str, bool], ...] = ()
    reduced: bytes | None = None
    problem: str = ""
    copy_id: int | None = None


@dataclass(frozen=True, slots=True)
class MadeBlock:
    """Availability taken away by command, in the terms of `syncd.rules.blocks`; `made_by`: who asked for it."""

    id: int
    scope: str
    title: str
    start: datetime
    end: datetime
    timezone: str
    repeat: str | None
    until: datetime | None
    made_by: str
    made_at: datetime


# ---------------------------------------------------------------------------------------------------------------------
# Meetings


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


# ---------------------------------------------------------------------------------------------------------------------
# What is owed, and what stands where


@dataclass(frozen=True, slots=True)
class Place:
    """Where copies are written: an account, a login there, and the calendar as configured (name or URL)."""

    account: str
    login: str
    calendar: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A foreign event that carries the mark of one of our copies, as when its agent duplicated it. It blocks.

    `accepted`: somebody was told and lets it be.
    """

    href: str
    found_at: datetime
    start: datetime
    end: datetime
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Copy:
    """A meeting's event in one agent's calendar: identity (meeting, agent, generation), stored before the first write.

    `uid` follows from the identity and the random `marker`. States: intended (about to be written, may or may not
    exist), present (verified), leaving (to be removed, never to be written again: who comes back gets a new generation),
    gone (verified absent), abandoned (its agent or login is no longer ours to reach).
    `written` is the digest of what we last wrote; `found` that of what the last sync or read saw, at `found_*`; `drift` what
    differs. `written_parts`, `found_parts`: fingerprints of what that said, part by part. `restored`: how often it was put
    back by itself after its agent had changed it. `duplicates`: what carries its mark, too.
    """

    id: int
    meeting: str
    agent: str
    generation: int
    place: Place
    uid: str
    marker: str
    state: Literal["intended", "present", "leaving", "gone", "abandoned"]
    href: str = ""
    etag: str = ""
    written: str = ""
    written_start: datetime | None = None
    written_end: datetime | None = None
    found_start: datetime | None = None
    found_end: datetime | None = None
    drift: Literal["", "moved", "edited", "deleted", "copied"] = ""
    drift_at: datetime | None = None
    found: str = ""
    restored: int = 0
    written_parts: Mapping[str, str] | None = None
    found_parts: Mapping[str, str] | None = None
    duplicates: tuple[Duplicate, ...] = ()

    @property
    def open_duplicates(self) -> tuple[Duplicate, ...]:
        """What carries the copy's mark and was not accepted."""
        return tuple(one for one in self.duplicates if not one.accepted)


DeliveryTarget = Literal["calendar", "mail"]
DeliveryState = Literal["pending", "delivered", "failed", "abandoned", "superseded"]


@dataclass(frozen=True, slots=True)
class Target:
    """What is owed one thing at a time: for a meeting, an agent's calendar, or the mailbox of an agent or of a guest.

    Either `agent` (id) or `guest` (mail address) is given.
    """

    meeting: str
    kind: DeliveryTarget
    agent: str | None = None
    guest: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is still owed to a calendar or a mailbox because of an accepted change.

    `kind` is what is expected to happen as things stood when it was accepted (put or remove; for a mailbox what it is to be
    told); delivering looks at the meeting as it stands then. `failures` in a row set the back-off; `attempts` counts all
    tries. `done_at`: when it was delivered.
    """

    id: int
    meeting: str
    version: int
    target: DeliveryTarget
    agent: str | None
    guest: str | None
    calendar: str | None
    kind: str
    state: DeliveryState
    attempts: int
    failures: int
    shard: int
    epoch: int
    due_at: datetime
    created_at: datetime
    leased_until: datetime | None = None
    error: str = ""
    hint: str = ""
    done_at: datetime | None = None

    @property
    def whom(self) -> Target:
        """To what it is owed."""
        return Target(self.meeting, self.target, self.agent, self.guest)


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done because of a meeting: its event put into or removed from an agent's calendar, verified; or a mail sent.

    `version`: the meeting as it then stood. `kind`: put or remove; of a mail what it told. `start`, `end`: as written or told.
    `generation`: of the event, for one agent can get a meeting several times.
    """

    meeting: str
    version: int
    at: datetime
    target: DeliveryTarget
    kind: str
    agent: str | None = None
    guest: str | None = None
    calendar: str | None = None
    generation: int | None = None
    start: datetime | None = None
    end: datetime | None = None


Notice = Literal["planned", "invited", "rescheduled", "cancelled", "assigned", "handed-over", "starts-soon"]
"""What a mail tells. `handed-over` goes to the agent who no longer has the meeting."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a person was last told of a meeting: by our mail, or by the platform where no mail of ours was owed.

    `who`: an agent's id, or a guest's address in lower case. `version`, `agent`, `start`, `end`: the meeting as it was told;
    `at`: since when they know of this start. `reminded`: the start of which a reminder was owed, None before that.
    """

    meeting: str
    role: Literal["guest", "agent"]
    who: str
    version: int
    notice: Notice
    agent: str
    start: datetime
    end: datetime
    at: datetime
    reminded: datetime | None = None

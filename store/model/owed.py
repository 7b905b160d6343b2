"""What is owed, what stands where, what was done, and what people were told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal


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
    differs. `written_parts`, `found_parts`: fingerprints, part by part, of what the server held once it was written, and now.
    `restored`: how often it was put back by itself after its agent had changed it. `duplicates`: what carries its mark, too.
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

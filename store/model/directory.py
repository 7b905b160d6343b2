"""The directory: who there is and which calendars belong to them. The configuration is the truth, the store follows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Agent:
    """A user of the platform. `removed_at`: there no longer; kept for history only.

    `provisioned_by`: who had them made over HTTP, or did so last; None: they stand in the configuration.
    """

    id: str
    name: str
    email: str
    timezone: str
    aliases: tuple[str, ...] = ()
    language: str = "en"
    groups: tuple[str, ...] = ()
    active: bool = True
    removed_at: datetime | None = None
    provisioned_by: str | None = None

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
    in which way it was read last, in the connector's word; `audited_at`: when everything in it was last listed. `identity`: by what the server tells it from
    another one that takes its place.
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
    identity: str = ""

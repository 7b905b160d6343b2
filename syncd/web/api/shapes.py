"""What is answered, for the OpenAPI document, from which clients are generated: the bodies themselves are made by `syncd.shapes`.

A field with a default is one that may be left out, because there it would say nothing.
"""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from store.model import ChangeKind, DeliveryState, MeetingStatus

Item = TypeVar("Item")
At = Annotated[str, Field(json_schema_extra={"format": "date-time"}, pattern="Z$")]

Day = Annotated[str, Field(json_schema_extra={"format": "date"}, pattern=r"^\d{4}-\d\d-\d\d$")]


class Shape(BaseModel):
    """An object with these fields and no others."""

    model_config = ConfigDict(extra="forbid")


class ListOf(Shape, Generic[Item]):
    """A page of a list."""

    items: list[Item]
    next: str | None = Field(
        description="Where the next page begins: give it as `after`. Null: this was the last."
    )


class AgentLogin(Shape):
    """A sign-in at an account. Null: `check`, the default choice of calendars; `write`, meetings are shown nowhere there."""

    account: str
    login: str
    check: list[str] | None
    write: str | None


class Agent(Shape):
    id: str
    name: str
    email: str
    aliases: list[str]
    timezone: str
    language: str
    groups: list[str]
    active: bool
    provisioned_by: str | None = Field(description="Whose token made them. Null: the configuration.")
    calendars: list[AgentLogin]


class Withdrawn(Agent):
    orphaned_meetings: list[str] = Field(description="Coming meetings, to be assigned to somebody else.")


class Reason(Shape):
    """Why somebody is not available, or unknown."""

    kind: Literal["calendar", "block", "meeting", "buffer", "working-hours", "never-seen", "stale", "horizon"]
    status: str | None = None
    start: At | None = None
    end: At | None = None
    calendar: str | None = None
    title: str | None = None
    meeting: str | None = None
    seen_at: At | None = None
    policy: str | None = Field(None, description="The line of the configuration that decided.")


Mark = Literal["available", "not available", "unknown"]


class Load(Shape):
    """How many conversations the agent has on that day, and in that week."""

    day: int
    week: int


class Candidate(Shape):
    agent: str
    name: str
    mark: Mark
    reasons: list[Reason]
    unreadable: int
    seen_at: At | None
    next_free: At | None
    assigned: bool
    load: Load


class Candidates(Shape):
    """Who could take a meeting."""

    meeting: str
    start: At
    end: At
    as_of: At
    total: int
    candidates: list[Candidate]


class Explanation(Shape):
    """Why an agent is, or is not, available."""

    agent: str
    name: str
    start: At
    end: At
    as_of: At
    mark: Mark
    reasons: list[Reason]
    unreadable: int
    seen_at: At | None
    next_free: At | None
    not_blocking: list[Reason]


class FreeTime(Shape):
    """A time for the whole meeting, and who is available then."""

    start: At
    end: At
    agents: list[str]


class Unsure(Shape):
    agent: str
    reasons: list[Reason]


class FreeTimes(ListOf[FreeTime]):
    """When a meeting could take place. `unsure`: of whom not the whole range is known, and why."""

    meeting: str
    length_minutes: int | float
    as_of: At
    unsure: list[Unsure]


class Slot(Shape):
    start: At
    end: At
    status: Literal["busy", "tentative", "out_of_office", "working_elsewhere", "unknown"]
    all_day: bool
    blocks: bool
    source: Literal["calendar", "block", "meeting"]
    calendar: str | None = None
    meeting: str | None = None


class Busy(Shape):
    """What is known of an agent's time."""

    agent: str
    from_: At = Field(alias="from")
    to: At
    slots: list[Slot]


class Guest(Shape):
    name: str
    email: str
    language: str | None
    timezone: str | None


class Override(Shape):
    """Somebody was chosen although marked not available."""

    agent: str
    at: At
    by: str
    reasons: list[Reason]


class Delivery(Shape):
    """What is, or was, owed to a calendar or a mailbox. Either `agent` or `guest` is there."""

    id: int
    meeting: str
    version: int
    target: Literal["calendar", "mail"]
    agent: str | None = None
    guest: str | None = None
    calendar: str | None = None
    kind: str
    state: DeliveryState
    attempts: int
    due_at: At
    error: str
    hint: str
    done_at: At | None


class Other(Shape):
    """Somebody who could take a meeting instead."""

    agent: str
    name: str
    mark: Mark


class Meeting(Shape):
    """`conflicts`: what came in its way since it was planned or assigned; `candidates`: then, who could best take it."""

    id: str
    version: int
    status: MeetingStatus
    agent: str
    start: At
    end: At
    title: str
    link: str
    agent_link: str
    group: str | None
    reason: str
    cancelled_by: Literal["guest", "agent"] | None
    guests: list[Guest]
    overrides: list[Override]
    deliveries: list[Delivery]
    conflicts: list[Reason]
    candidates: list[Other]


class Write(Shape):
    do: Literal["put", "remove"]
    agent: str
    calendar: str
    event: dict[str, Any]


class Mail(Shape):
    kind: str
    to: str
    subject: str


class DryRun(Shape):
    """What a change would lead to."""

    meeting: Meeting
    writes: list[Write]
    mails: list[Mail]
    overrides: list[Override]


class Written(Shape):
    at: At
    do: str
    agent: str
    calendar: str
    generation: int | None
    start: At | None
    end: At | None


class Mailed(Shape):
    """Either `agent` or `guest` is there."""

    at: At
    kind: str
    agent: str | None = None
    guest: str | None = None


class Change(Shape):
    """A line of the journal, with what was written and mailed for the meeting as it then stood."""

    version: int
    kind: ChangeKind
    at: At
    by: str
    body: dict[str, Any]
    detail: dict[str, Any]
    writes: list[Written]
    mails: list[Mailed]


class Block(Shape):
    """`by` is null for a block of the configuration."""

    id: str
    scope: str
    title: str
    start: At
    end: At
    timezone: str
    repeat: str | None
    until: At | None
    count: int | None
    except_: list[Day] = Field(alias="except")
    by: str | None


class Times(Shape):
    start: At | None
    end: At | None


class Drift(Shape):
    """An event that is not what was written; `theirs` is null where it was deleted."""

    id: int
    meeting: str
    agent: str
    calendar: str
    what: Literal["moved", "edited", "deleted", "copied"]
    changed: list[str]
    found_at: At | None
    ours: Times
    theirs: Times | None
    policy: Literal["flag", "restore", "accept"]
    state: Literal["open", "owed", "accepted", "restored"]


class AgentPage(ListOf[Agent]):
    """Agents, by name."""


class MeetingPage(ListOf[Meeting]):
    """Meetings, by their start."""


class ChangePage(ListOf[Change]):
    """A meeting's journal, oldest line first."""


class BlockPage(ListOf[Block]):
    """Blocks: the configuration's, then those that were made."""


class DeliveryPage(ListOf[Delivery]):
    """Deliveries, by number."""


class DriftPage(ListOf[Drift]):
    """Drift, by number."""


class Place(Shape):
    path: str
    message: str


class Problem(Shape):
    """What went wrong (RFC 9457)."""

    type: str = Field(description="Which problem it is; never changes.")
    title: str
    status: int
    detail: str
    errors: list[Place]
    hint: str | None = None

"""The bodies that requests bring: closed to fields nobody asked for, and strict about kinds: "1" is no number here.

What the rules of meetings and blocks say of the values is theirs; here stands only what a body looks like.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from syncd.rules.guests import ADDRESS_LIMIT, MOST_GUESTS, NAME_LIMIT, TAG_LIMIT
from syncd.rules.meetings import LINK_LIMIT, REASON_LIMIT, TITLE_LIMIT
from syncd.web.api.asking import Moment

# What a schema can say of these beside their length is for those who read it: the rules know more, and say it better.
VISIBLE: JsonDict = {"pattern": r"\S"}
ADDRESS: JsonDict = {"pattern": r"""^[^@\s<>,;:"()\[\]\\]+@[^@\s<>,;:"()\[\]\\]+$"""}
REPEAT: JsonDict = {"pattern": r"^([Dd]aily|[Ww]eekly|[Mm]onthly|[Yy]early|.*FREQ=.*)$"}

Title = Annotated[str, Field(min_length=1, max_length=TITLE_LIMIT, json_schema_extra=VISIBLE)]
Reason = Annotated[
    str,
    Field(
        min_length=1, max_length=REASON_LIMIT, description="The guests receive it.", json_schema_extra=VISIBLE
    ),
]
Link = Annotated[str, Field(max_length=LINK_LIMIT)]
Name = Annotated[str, Field(min_length=1, max_length=64)]


class Body(BaseModel):
    """A JSON object."""

    model_config = ConfigDict(extra="forbid", strict=True)


class GuestBody(Body):
    """Whom to invite."""

    name: str = Field("", max_length=NAME_LIMIT)
    email: str = Field(
        min_length=3,
        max_length=ADDRESS_LIMIT,
        description="Who a guest is: the same address, the same guest.",
        json_schema_extra=ADDRESS,
    )
    language: str | None = Field(None, max_length=TAG_LIMIT)
    timezone: str | None = Field(None, max_length=TAG_LIMIT)


class InviteBody(GuestBody):
    """A further guest, or one in the place of a misspelt address."""

    replace: str | None = Field(None, max_length=ADDRESS_LIMIT, description="The misspelt address.")


class PlanBody(Body):
    """A conversation."""

    agent: Name
    start: Moment
    end: Moment = Field(description="The first moment after it.")
    title: Title
    link: Link = Field("", description="What guests get.")
    agent_link: Link = Field("", description="What the agent gets. Default: `link`.")
    group: Name | None = Field(None, description="Only agents of it are candidates.")
    guests: list[GuestBody] = Field([], max_length=MOST_GUESTS)


class RescheduleBody(Body):
    """Another time."""

    start: Moment
    end: Moment | None = Field(None, description="Without it the length stays.")
    reason: Reason


class CancelBody(Body):
    """Call it off."""

    reason: Reason
    by: Literal["guest", "agent"] = "agent"


class AssignBody(Body):
    """Somebody else takes it."""

    to: Name


class StatusBody(Body):
    """What became of the conversation."""

    status: Literal["live", "completed", "missed", "failed"]


class BlockBody(Body):
    """Availability taken away."""

    scope: str = Field(pattern=r"^(company|(group|agent):[A-Za-z0-9._-]{1,64})$", description="Whom it hits.")
    start: Moment = Field(description="Its (first) start.")
    end: Moment = Field(description="The first moment after it.")
    repeat: str | None = Field(
        None,
        max_length=500,
        description="daily, weekly, monthly, yearly, or an RRULE.",
        json_schema_extra=REPEAT,
    )
    until: Moment | None = Field(None, description="The last start, at most.")
    timezone: str | None = Field(
        None,
        max_length=TAG_LIMIT,
        description="Whose clocks it follows. Default: the agent's, else the company's.",
    )
    title: Title = "Blocked"

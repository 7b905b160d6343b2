"""The bodies that requests bring: closed to fields nobody asked for, and strict about kinds: "1" is no number here.

What the rules of meetings and blocks say of the values is theirs; here stands only what a body looks like.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from syncd.config.people import MOST_EXCEPTIONS
from syncd.rules.guests import ADDRESS_LIMIT, MOST_GUESTS, NAME_LIMIT, TAG_LIMIT
from syncd.rules.meetings import LINK_LIMIT, REASON_LIMIT, TITLE_LIMIT
from syncd.web.api.asking import Moment


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise PydanticCustomError("day", "expected a day, such as 2026-12-25") from None


# What a schema can say of these beside their length is for those who read it: the rules know more, and say it better.
VISIBLE: JsonDict = {"pattern": r"\S"}
ADDRESS: JsonDict = {"pattern": r"""^[^@\s<>,;:"()\[\]\\]+@[^@\s<>,;:"()\[\]\\]+$"""}
LANGUAGE: JsonDict = {"pattern": r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"}
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
CalendarName = Annotated[str, Field(min_length=1, max_length=1000, json_schema_extra=VISIBLE)]
Address = Annotated[str, Field(min_length=3, max_length=ADDRESS_LIMIT, json_schema_extra=ADDRESS)]

Day = Annotated[
    str,
    Field(json_schema_extra={"format": "date"}, pattern=r"^\d{4}-\d\d-\d\d$"),
    AfterValidator(_day),
]


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


class LoginBody(Body):
    """A sign-in at a configured account, which knows the secret."""

    account: Name
    login: str = Field(min_length=1, max_length=254, json_schema_extra=VISIBLE)
    check: list[CalendarName] | None = Field(
        None, max_length=100, description="Read for conflicts. Default: those the login owns."
    )
    write: CalendarName | None = Field(None, description="Where meetings are shown; at most one per agent.")


class AgentBody(Body):
    """An agent, as under [[agents]] in the configuration."""

    name: str = Field(min_length=1, max_length=NAME_LIMIT, json_schema_extra=VISIBLE)
    email: Address
    aliases: list[Address] = Field([], max_length=50, description="Further addresses of the agent.")
    timezone: str | None = Field(None, max_length=TAG_LIMIT, description="Default: the configuration's.")
    language: str = Field("en", max_length=TAG_LIMIT, json_schema_extra=LANGUAGE)
    groups: list[Name] = Field([], max_length=50, description="Of the configuration.")
    active: bool = Field(True, description="Can they be assigned meetings?")
    calendars: list[LoginBody] = Field([], max_length=20, description="Their logins.")


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
    count: int | None = Field(None, ge=1, le=2**31 - 1, description="How often it takes place, at most.")
    except_: list[Day] = Field(
        [], alias="except", max_length=MOST_EXCEPTIONS, description="Days on which it does not."
    )

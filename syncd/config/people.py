"""Who and where: [accounts.X], [groups.X], [[agents]] with their logins, [[blocks]], and references to secrets."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from syncd.config.holidays import Holidays
from syncd.config.hours import WorkingHours
from syncd.config.sections import PolicySettings, Section
from syncd.config.times import Day, Repeat, Zone, moment
from syncd.config.values import (
    Address,
    FilePath,
    Flag,
    Host,
    Id,
    Language,
    Line,
    Often,
    OneToFour,
    Scope,
    Title,
    Url,
)
from syncd.config.wording import matching, wrong
from syncd.errors import SecretUnavailable

MOST_EXCEPTIONS = 1000

_NAME = "expected a name of letters, digits, '.', '_' and '-', in which {login} may stand once"
THREE_WAYS = '{ credential = "NAME" }, { file = "/path" } or { env = "NAME" }'


class SecretRef(Section):
    """Where a secret is, never the secret: exactly one of a systemd credential, a file, an environment variable."""

    credential: Id | None = None
    file: FilePath | None = None
    env: (
        Annotated[str, AfterValidator(matching(r"[A-Za-z_][A-Za-z0-9_]*", "expected a variable's name"))]
        | None
    ) = None

    @model_validator(mode="before")
    @classmethod
    def _is_no_secret(cls, value: object) -> object:
        if isinstance(value, str):
            raise wrong(f"a secret does not stand in the configuration; say where it is: {THREE_WAYS}")
        return value

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = [way for way in (self.credential, self.file, self.env) if way]
        if len(given) != 1:
            raise wrong(f"expected exactly one of {THREE_WAYS}")
        return self


LOGIN = "{login}"
"""What stands for a login's name where an account says where its logins' passwords are."""


class LoginSecretRef(SecretRef):
    """Where the passwords of an account's logins are: one for all of them, or with `{login}` one for each."""

    credential: (
        Annotated[str, AfterValidator(matching(r"[A-Za-z0-9._-]*(\{login\})?[A-Za-z0-9._-]*", _NAME))] | None
    ) = None

    @property
    def of_each(self) -> bool:
        """Does each login have one of its own?"""
        return LOGIN in (self.credential or self.file or "")

    def fits(self, login: str) -> bool:
        """Can this name stand there? Only what leads nowhere else, and to no hidden file."""
        letters = r"[A-Za-z0-9_][A-Za-z0-9._-]*" if self.credential else r"[A-Za-z0-9_][A-Za-z0-9._@+-]*"
        return not self.of_each or (len(login) <= 64 and re.fullmatch(letters, login) is not None)

    def of(self, login: str) -> SecretRef:
        """Where this login's is. Raises `SecretUnavailable` for a name that can't stand there."""
        if not self.fits(login):
            raise SecretUnavailable(
                f"the login {login!r} can't be part of a file's name", "give it a `password` of its own"
            )
        credential, file = (part and part.replace(LOGIN, login) for part in (self.credential, self.file))
        return SecretRef.model_construct(credential=credential, file=file, env=self.env)


class AccountConfig(Section):
    """[accounts.X]: a server and how it is reached. Which keys belong to which kind is checked in `checks`."""

    kind: Literal["caldav", "outlook"]
    url: Url = ""
    auth: Literal["basic", "digest", "bearer"] = "basic"
    password: LoginSecretRef | None = None
    hosts: tuple[Host, ...] = ()
    ca_file: FilePath = ""
    tenant: str = ""
    client_id: str = ""
    client_secret: SecretRef | None = None
    certificate: SecretRef | None = None
    graph_url: Url = "https://graph.microsoft.com/v1.0"
    authority: Url = ""
    per_mailbox: OneToFour = 2


class GroupConfig(Section):
    """[groups.X]: agents that share a policy, blocks, working hours and holidays. The name defaults to the key."""

    name: Line
    policy: PolicySettings | None = None
    working_hours: WorkingHours | None = None
    holidays: Holidays | None = None


class CheckEntry(Section):
    """A calendar that is read for conflicts, by its name or URL, with a policy of its own if it has one."""

    name: Line
    policy: PolicySettings | None = None


def _entry(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


class LoginConfig(Section):
    """[[agents.calendars]]: an agent's sign-in at an account, and which calendars there matter."""

    account: str
    login: Line
    password: SecretRef | None = None
    check: tuple[Annotated[CheckEntry, BeforeValidator(_entry)], ...] | None = None
    write: Line | None = None
    policy: PolicySettings | None = None


class AgentConfig(Section):
    """[[agents]]: a user of the platform."""

    id: Id
    name: Line
    email: Address
    aliases: tuple[Address, ...] = ()
    timezone: Zone
    language: Language = "en"
    groups: tuple[str, ...] = ()
    active: Flag = True
    working_hours: WorkingHours | None = None
    policy: PolicySettings | None = None
    calendars: tuple[LoginConfig, ...] = ()


class BlockConfig(Section):
    """[[blocks]]: availability taken away by hand. Times without an offset are read in `timezone`."""

    scope: Scope
    title: Title = "Blocked"
    timezone: Zone
    start: datetime
    end: datetime
    repeat: Repeat | None = None
    until: datetime | None = None
    count: Often | None = None
    exceptions: tuple[Day, ...] = Field(default=(), alias="except")

    @field_validator("start", "end", mode="before")
    @classmethod
    def _moment(cls, value: object, info: ValidationInfo) -> datetime:
        return moment(value, info.data.get("timezone", "UTC"))

    @field_validator("until", mode="before")
    @classmethod
    def _last_moment(cls, value: object, info: ValidationInfo) -> datetime | None:
        return None if value is None else moment(value, info.data.get("timezone", "UTC"), last=True)

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        if self.end <= self.start:
            raise wrong("the end must come after the start", "end")
        for key, value in (("until", self.until), ("count", self.count), ("except", self.exceptions or None)):
            if value is not None and self.repeat is None:
                raise wrong("means nothing without `repeat`", key)
        if len(self.exceptions) > MOST_EXCEPTIONS:
            raise wrong(f"expected at most {MOST_EXCEPTIONS} days", "except")
        if self.until is not None and self.until < self.start:
            raise wrong("the last repetition can't come before the start", "until")
        return self


def with_zone(value: object, timezone: object) -> object:
    """The table with the zone that holds for all, where it names none of its own."""
    return {"timezone": timezone, **value} if isinstance(value, Mapping) else value


def with_name(key: str, value: object) -> object:
    """The table with its key as its name, where it has none."""
    return {"name": key, **value} if isinstance(value, Mapping) else value

"""The whole configuration as one frozen value, and what in it has no effect yet."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from syncd.config.holidays import Holidays
from syncd.config.mail import MailConfig
from syncd.config.people import AccountConfig, AgentConfig, BlockConfig, GroupConfig, with_name, with_zone
from syncd.config.sections import (
    DEFAULT_POLICY,
    UNSET_POLICY,
    HttpConfig,
    LimitsConfig,
    MeetingsConfig,
    PolicySettings,
    Section,
    StoreConfig,
    SyncConfig,
)
from syncd.config.times import Zone, is_zone
from syncd.config.values import Id

DEFAULT_ZONE = "UTC"


class Config(Section):
    """What the files say, defaults filled in: each agent and block has its zone, the global policy is complete.

    `path` is the main file; it is not a key. Building a Config by hand checks every value, but not the references
    between its parts: `load` does.
    """

    timezone: Zone = DEFAULT_ZONE
    include: tuple[str, ...] = ()
    holidays: Holidays | None = None
    store: StoreConfig = StoreConfig()
    sync: SyncConfig = SyncConfig()
    policy: PolicySettings = UNSET_POLICY
    meetings: MeetingsConfig = MeetingsConfig()
    limits: LimitsConfig = LimitsConfig()
    http: HttpConfig = HttpConfig()
    mail: MailConfig | None = None
    accounts: Mapping[Id, AccountConfig] = {}
    groups: Mapping[Id, GroupConfig] = {}
    agents: tuple[AgentConfig, ...] = ()
    blocks: tuple[BlockConfig, ...] = ()
    path: Path = Field(default=Path(), exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, value: object) -> object:
        """Defaults that come from elsewhere in the file: the zone that holds for all, a group's key as its name."""
        if not isinstance(value, Mapping):
            return value
        filled, timezone = dict(value), value.get("timezone", DEFAULT_ZONE)
        if not (isinstance(timezone, str) and is_zone(timezone)):
            timezone = DEFAULT_ZONE  # told once, for the top, and not again for everybody who lives by it
        for name in ("agents", "blocks"):
            if isinstance(filled.get(name), list | tuple):
                filled[name] = [with_zone(row, timezone) for row in filled[name]]
        if isinstance(filled.get("groups"), Mapping):
            filled["groups"] = {key: with_name(key, group) for key, group in filled["groups"].items()}
        return filled

    @field_validator("policy", mode="after")
    @classmethod
    def _complete(cls, value: PolicySettings) -> PolicySettings:
        """Whole, and still knowing which of it was set (`model_fields_set`)."""
        said = {
            name: getattr(value, name) for name in value.model_fields_set if getattr(value, name) is not None
        }
        return PolicySettings.model_construct(_fields_set=set(said), **{**DEFAULT_POLICY, **said})

    def agent(self, agent: str) -> AgentConfig | None:
        """The agent of this id; None if there is none."""
        return self._agent_by_id.get(agent)

    @cached_property
    def _agent_by_id(self) -> Mapping[str, AgentConfig]:
        return {one.id: one for one in self.agents}

    def notes(self) -> tuple[str, ...]:
        """One line for each setting that is understood but has no effect yet, and for what was assumed in silence."""
        return tuple(_notes(self))


def _notes(config: Config) -> Iterator[str]:
    later = {
        "sync.engine": config.sync.engine != "local",
    }
    yield from (f"{key} is set, but has no effect in this version" for key, is_set in later.items() if is_set)
    if "timezone" not in config.model_fields_set and (config.agents or config.blocks):
        yield f"timezone is not set: where no other is named, times are read in {DEFAULT_ZONE}"
    if _password_in(config.store.url):
        yield "store.url holds a password in plain text: PostgreSQL's peer sign-in or a passfile does without"


def _password_in(url: str) -> bool:
    return "@" in url and bool(urlsplit(url).password)

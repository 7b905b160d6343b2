"""The sections of the configuration that hold for everyone: [store], [sync], [policy], [meetings], [limits], [http].

Each class is a table, each field a key with its default; config.example.toml says what they mean. All are frozen.
"""

from datetime import timedelta
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from connectors.ical import Limits
from syncd.config.times import Duration
from syncd.config.values import Cap, Flag, Header, HowMany, Id, Line, Listen, Network, StoreUrl, Url
from syncd.config.wording import wrong

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


class Section(BaseModel):
    """A table of the configuration: unchangeable, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_alias=True, validate_by_name=True)


class StoreConfig(Section):
    """[store]: where syncd remembers, and for how long meetings that are over (zero: for ever)."""

    url: StoreUrl = "sqlite:////var/lib/syncd/syncd.db"
    keep_meetings: Duration = timedelta(0)

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        if timedelta(0) < self.keep_meetings < timedelta(days=1):
            raise wrong('expected at least "1d", or "0d" for ever', "keep_meetings")
        return self


class SyncConfig(Section):
    """[sync]: how often calendars are looked at, how far, and from when on old knowledge counts as unknown."""

    interval: Duration = MINUTE
    window_past: Duration = timedelta(days=1)
    window_ahead: Duration = timedelta(days=180)
    stale_after: Duration = 10 * MINUTE
    engine: Id = "local"

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        if self.interval < SECOND:
            raise wrong('expected at least "1s"', "interval")
        if self.window_ahead < timedelta(days=1):
            raise wrong('expected at least "1d"', "window_ahead")
        if self.stale_after < 3 * self.interval:
            raise wrong(
                "expected at least 3 x interval, or one slow answer makes an agent unknown", "stale_after"
            )
        return self


class PolicySettings(Section):
    """[policy], here or in a group, an agent, a login or one calendar: None is not set. The most specific wins."""

    tentative: Flag | None = None
    out_of_office: Flag | None = None
    unknown: Flag | None = None
    working_elsewhere: Flag | None = None
    all_day: Flag | None = None
    buffer_before: Duration | None = None
    buffer_after: Duration | None = None
    agent_edits: Literal["flag", "restore", "accept"] | None = None


DEFAULT_POLICY: dict[str, Any] = {
    "tentative": True,
    "out_of_office": True,
    "unknown": True,
    "working_elsewhere": False,
    "all_day": True,
    "buffer_before": timedelta(0),
    "buffer_after": timedelta(0),
    "agent_edits": "flag",
}

UNSET_POLICY = PolicySettings.model_construct(_fields_set=set(), **DEFAULT_POLICY)
"""The defaults, none of which anybody has set."""


class MeetingsConfig(Section):
    """[meetings]: how meetings are shown in agents' calendars."""

    release_after: Duration = 15 * MINUTE
    private: Flag = True
    reminder: Duration = timedelta(0)
    tell_guests_on_assign: Flag = False
    keep_cancelled: Flag = False


_USUAL = Limits()


class LimitsConfig(Section):
    """[limits]: how much of one iCalendar object is looked at, under the names and with the defaults of `Limits`."""

    bytes: Cap = _USUAL.bytes
    lines: Cap = _USUAL.lines
    line: Cap = _USUAL.line
    properties: Cap = _USUAL.properties
    components: Cap = _USUAL.components
    nesting: Cap = _USUAL.nesting
    overrides: Cap = _USUAL.overrides
    exceptions: Cap = _USUAL.exceptions
    extras: Cap = _USUAL.extras
    rules: Cap = _USUAL.rules
    zones: Cap = _USUAL.zones
    observances: Cap = _USUAL.observances
    zone_steps: Cap = _USUAL.zone_steps
    occurrences: Cap = _USUAL.occurrences
    all_occurrences: Cap = _USUAL.all_occurrences
    rule_steps: Cap = _USUAL.rule_steps
    all_steps: Cap = _USUAL.all_steps
    problems: Cap = _USUAL.problems

    def caps(self) -> Limits:
        """As the reader takes them."""
        return Limits(**self.model_dump())


class HttpConfig(Section):
    """[http]: where HTTP interface and page listen ("": nowhere), and how the outside reaches them ("": it does not).

    `requests_per_second`: by one token, 0: without a limit. `person_header`: in which the reverse proxies `proxies` say who somebody is; `operators`: who of these is one.
    """

    listen: Listen = "127.0.0.1:8420"
    public_url: Url = ""
    requests_per_second: HowMany = 200
    proxies: tuple[Network, ...] = ()
    person_header: Header = ""
    operators: tuple[Line, ...] = ()

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        if self.public_url and not self.listen:
            raise wrong("leads nowhere while `listen` is empty", "public_url")
        if bool(self.proxies) != bool(self.person_header):
            missing = "proxies" if self.person_header else "person_header"
            raise wrong(
                "needed where a proxy signs people in: `proxies` and `person_header` belong together", missing
            )
        if self.operators and not self.person_header:
            raise wrong("no effect without `person_header`", "operators")
        return self

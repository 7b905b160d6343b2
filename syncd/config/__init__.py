"""The configuration: TOML files in, one frozen `Config` out; every error names file, key and what was expected.

wording · times · hours · holidays · values · sections · people · mail · model say what there can be and how it is refused; files reads and merges, checks looks at references, loading
brings them together. config.example.toml shows every key.
"""

from syncd.config.files import find, written
from syncd.config.holidays import HolidayFile
from syncd.config.hours import WorkingTime
from syncd.config.loading import load, problems_of_agent, to_agents, to_logins
from syncd.config.mail import MailConfig
from syncd.config.model import Config
from syncd.config.people import (
    AccountConfig,
    AgentConfig,
    BlockConfig,
    CheckEntry,
    GroupConfig,
    LoginConfig,
    SecretRef,
)
from syncd.config.sections import (
    HttpConfig,
    MeetingsConfig,
    PolicySettings,
    StoreConfig,
    SyncConfig,
)

__all__ = [
    "AccountConfig",
    "AgentConfig",
    "BlockConfig",
    "CheckEntry",
    "Config",
    "GroupConfig",
    "HolidayFile",
    "HttpConfig",
    "LoginConfig",
    "MailConfig",
    "MeetingsConfig",
    "PolicySettings",
    "SecretRef",
    "StoreConfig",
    "SyncConfig",
    "WorkingTime",
    "find",
    "load",
    "problems_of_agent",
    "to_agents",
    "to_logins",
    "written",
]

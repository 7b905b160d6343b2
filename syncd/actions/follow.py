"""The store follows the configuration: agents, logins and calendars are added, changed and removed there, never here."""

import re
import zoneinfo
from contextlib import suppress
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from connectors.ical import READER_VERSION, Limits
from store import agents
from store.agents import Followed
from syncd import logs
from syncd.actions.context import Context
from syncd.config import Config, to_agents, to_logins


def follow(ctx: Context) -> Followed:
    """Make the store's directory what the configuration says, and tell what that changed."""
    with ctx.store.writing() as tx:
        followed = agents.follow(
            tx, to_agents(ctx.config), to_logins(ctx.config), ctx.clock(), reader=reader(ctx.config)
        )
        orphaned = agents.orphaned_meetings(tx, ctx.clock())
    for what, names in (
        ("added", followed.added),
        ("changed", followed.changed),
        ("removed", followed.removed),
    ):
        for name in names:
            logs.info(f"agent_{what}", agent=name)
    if followed.removed:
        for meeting in orphaned:
            logs.warning(
                "meeting_orphaned", meeting=meeting, hint="its copy is abandoned; assign it to someone else"
            )
    return followed


def reader(config: Config) -> str:
    """What decides how everybody's calendars are understood: the reader, the edition of the zone database, and caps of the
    reader that are not the usual ones."""
    usual, caps = asdict(Limits()), asdict(config.limits.caps())
    others = [f"{name}={value}" for name, value in caps.items() if value != usual[name]]
    return " ".join([READER_VERSION, _zones(), *others])


def _zones() -> str:
    """The edition of the IANA database that `zoneinfo` reads here, such as 2025b: the system's if it has one, else the package's."""
    for folder in zoneinfo.TZPATH:
        with suppress(OSError), Path(folder, "tzdata.zi").open(encoding="ascii", errors="replace") as file:
            if found := re.match(r"# version (\S+)", file.readline()):
                return found[1]
    return version("tzdata")

"""What commands share: opening the configuration and the store, whose zone and name count, and printing JSON.

A command that changes something or syncs first lets the store follow the configuration, so that everything works without
a running daemon; one that only looks does not write, and says on stderr when the store lags behind.
"""

import json
import logging
import os
import pwd
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from store import agents, calendars
from store.database import open_store
from store.model import LoginPlan
from syncd import logs
from syncd.actions.context import Context
from syncd.actions.follow import follow
from syncd.config import find, load, to_agents, to_logins

LAGS = (
    "note: the store does not follow the present configuration yet; `syncd sync`, any change of a meeting, or a restart of "
    "the daemon sees to that"
)


@contextmanager
def opened(config: Path | None, *, follows: bool = False) -> Iterator[Context]:
    """The context of a command that uses the store; `follows`: it may write, so the store follows the configuration.

    Raises `ConfigInvalid`, and `StoreError` for a store that is not migrated, not ours or not there.
    """
    logs.set_up(logging.ERROR)  # what a person should know is printed; the daemon's lines stay out of the way
    settings = load(find(config))
    with Context(settings, open_store(settings.store.url, create=False)) as ctx:
        ctx.store.check()
        if _lags(ctx):
            _catch_up(ctx, follows)
        yield ctx


def _catch_up(ctx: Context, follows: bool) -> None:
    if follows:
        follow(ctx)
    else:
        print(LAGS, file=sys.stderr)  # noqa: T201  # a command line's messages go to stderr


def _lags(ctx: Context) -> bool:
    """Is the store's directory another one than the configuration's? `follow` would say so too, but it writes."""
    with ctx.store.reading() as tx:
        people = agents.agents(tx, configured=True)
        logins = calendars.logins(tx, agents=[one.id for one in people])
    stored = {LoginPlan(one.agent, one.account, one.login, one.kind, one.check, one.write) for one in logins}
    wanted = to_agents(ctx.config)
    return stored != set(to_logins(ctx.config)) or _by_id(people) != _by_id(wanted)


def _by_id(people: list[Any]) -> dict[str, Any]:
    return {one.id: one for one in people}


def system_user() -> str:
    """Who runs this command: what the journal of a meeting keeps."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"#{os.getuid()}"


def print_json(value: dict[str, Any]) -> None:
    """One JSON value on stdout; escaped where stdout's encoding has no room for names as they are."""
    plain = (sys.stdout.encoding or "ascii").lower().replace("-", "") != "utf8"
    print(json.dumps(value, ensure_ascii=plain, indent=2))  # noqa: T201  # a command's output

"""What is known of logins before they are asked, looked up for a whole claim at once.

A cycle in which nothing changed consists of little else than this question; asked for each login it would be the larger
part of what idling costs. The answer stays true until the login is saved: it is leased, and the fence tells if not.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from store import agents, calendars
from store.model import Agent, Calendar, Login
from syncd.actions.context import Context
from syncd.actions.push import poll_every


@dataclass(frozen=True, slots=True)
class Prepared:
    """A claimed login, its agent (None: nobody's any more), its calendars by id, and how soon it is asked again."""

    login: Login
    agent: Agent | None
    calendars: tuple[Calendar, ...]
    interval: timedelta


def prepare(ctx: Context, logins: Collection[Login]) -> list[Prepared]:
    """Look up what these claimed logins begin with, in their order."""
    if not logins:
        return []
    with ctx.store.reading() as tx:
        rows = calendars.calendars(tx, logins=[login.id for login in logins])
        people = agents.by_id(tx, {login.agent for login in logins})
        interval = poll_every(ctx, tx, [login.id for login in logins])
    of_login: dict[int, list[Calendar]] = {login.id: [] for login in logins}
    for row in rows:
        of_login[row.login_id].append(row)
    return [
        Prepared(login, people.get(login.agent), tuple(of_login[login.id]), interval[login.id])
        for login in logins
    ]

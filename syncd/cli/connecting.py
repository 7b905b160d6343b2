"""Signing in to every configured login, several at once, and looking for the calendars it names (`check-config --connect`).

Nothing is written and no store is needed: the same choice of calendars is made as a sync would make (`rules.choosing`).
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from connectors import Connections, open_connector
from connectors.interface import ConnectorError, Listing
from store.model import Login, LoginPlan
from syncd.actions.context import account_of, login_of, secret_of
from syncd.cli.threads import threads
from syncd.config import Config, to_logins
from syncd.errors import SyncdError, exit_code
from syncd.executor import READERS
from syncd.rules.choosing import choose
from syncd.secrets import for_the_service_only, resolve


@dataclass(frozen=True, slots=True)
class Listed:
    """A calendar the server lists, and what it is used for."""

    name: str
    href: str
    checked: bool
    written: bool


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a login (`calendar` is then "") or with one of the calendars it names."""

    calendar: str
    error: str
    hint: str


@dataclass(frozen=True, slots=True)
class Connected:
    """What came of one login. `state`: ok, not-tried (its secret is the service's), failed; `code`: its exit code."""

    agent: str
    account: str
    login: str
    state: str
    calendars: tuple[Listed, ...] = ()
    errors: tuple[Complaint, ...] = ()
    code: int = 0


def sign_in_everywhere(config: Config) -> tuple[Connected, ...]:
    """Every login of the configuration, in its order."""
    connections = Connections()
    try:
        with threads(READERS) as pool:
            return tuple(pool.map(lambda plan: _sign_in(config, plan, connections), to_logins(config)))
    finally:
        connections.close()


def _sign_in(config: Config, plan: LoginPlan, connections: Connections) -> Connected:
    settings = login_of(config, plan.agent, plan.account, plan.login)
    ref = secret_of(config.accounts[plan.account], settings)
    if ref is not None and for_the_service_only(ref):
        return Connected(plan.agent, plan.account, plan.login, "not-tried")
    try:
        secret = resolve(ref) if ref is not None else ""
        connector = open_connector(account_of(config, plan.account), plan.login, secret, connections)
        try:
            listing = connector.calendars(None)
        finally:
            connector.close()
    except (ConnectorError, SyncdError) as error:
        complaint = Complaint("", error.message, error.hint)
        return Connected(plan.agent, plan.account, plan.login, "failed", (), (complaint,), exit_code(error))
    return _judged(plan, listing)


def _judged(plan: LoginPlan, listing: Listing) -> Connected:
    rows = choose(_as_login(plan), (), listing, now=datetime.now(UTC)).rows
    used = {row.href: row for row in rows if row.href}
    listed = tuple(
        Listed(
            info.name, info.href, (row := used.get(info.href)) is not None and row.checked,
            row is not None and row.written,
        )
        for info in listing.calendars
    )  # fmt: skip
    errors = tuple(Complaint(row.wanted or row.name, row.error, row.hint) for row in rows if row.error)
    state, code = ("failed", 1) if errors else ("ok", 0)
    return Connected(plan.agent, plan.account, plan.login, state, listed, errors, code)


def _as_login(plan: LoginPlan) -> Login:
    """The login as the store would keep it before its first reading."""
    return Login(
        id=0, agent=plan.agent, account=plan.account, login=plan.login, kind=plan.kind, check=plan.check,
        write=plan.write, shard=0, due_at=datetime.now(UTC), failures=0, epoch=0, leased_until=None, memo=None,
        seen_at=None, listed_at=None, state="never-seen", error="", hint="",
    )  # fmt: skip

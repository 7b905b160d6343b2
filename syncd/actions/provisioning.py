"""Agents whom a platform makes and takes away over HTTP, beside those of the configuration, who stay the configuration's.

What may be said of one is what may stand under [[agents]], without what stands there for a reason: a secret, whatever it is
called, never comes over HTTP (their accounts say where their logins' passwords are), and policies, hours and holidays come to
them through their groups. Everything is kept in the store, so the daemon and every command know of it at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from store import agents
from store.agents import OfConfiguration, Provisioned
from store.model import Agent, LoginPlan
from syncd import logs
from syncd.actions.context import Context, takes_provisioned
from syncd.actions.named import no_agent
from syncd.config import AgentConfig, Config, LoginConfig, problems_of_agent, written
from syncd.errors import Invalid, Refused
from syncd.rules.text import clean


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """An agent who is gone, as they were, and the coming meetings that are left without one."""

    agent: Agent
    orphaned: tuple[str, ...]


def provision(ctx: Context, agent_id: str, values: Mapping[str, Any], *, by: str) -> Provisioned:
    """Make the agent of this id, or make them what `values` say (as under [[agents]]). The same again changes nothing.

    Raises `Invalid` naming what is wrong, `Refused` for an agent of the configuration.
    """
    settings = _checked(ctx.config, {"timezone": ctx.config.timezone, **values, "id": agent_id})
    wanted = Agent(
        settings.id, clean(settings.name), settings.email, settings.timezone, settings.aliases, settings.language,
        settings.groups, settings.active, provisioned_by=by,
    )  # fmt: skip
    plans = [_plan(ctx.config, agent_id, login) for login in settings.calendars]
    with ctx.store.writing() as tx:
        _refuse_configured(ctx.config, agent_id)
        try:
            kept = agents.provision(tx, wanted, plans, ctx.clock())
        except OfConfiguration:
            raise _configured(agent_id) from None
    if kept.changed:
        logs.info("agent_provisioned", agent=agent_id, new="yes" if kept.made else None, by=by)
    return kept


def withdraw(ctx: Context, agent_id: str, *, by: str) -> Withdrawn:
    """Take a provisioned agent away, as one is taken out of the configuration. Raises `Unknown`, or `Refused` for one of those."""
    with ctx.store.writing() as tx:
        _refuse_configured(ctx.config, agent_id)
        try:
            gone = agents.withdraw(tx, agent_id, by, ctx.clock())
        except OfConfiguration:
            raise _configured(agent_id) from None
        orphaned = tuple(agents.orphaned_meetings(tx, ctx.clock(), of=agent_id))
    if gone is None:
        raise no_agent(agent_id)
    logs.info("agent_withdrawn", agent=agent_id, by=by)
    for meeting in orphaned:
        logs.warning(
            "meeting_orphaned", meeting=meeting, hint="its copy is abandoned; assign it to someone else"
        )
    return Withdrawn(gone, orphaned)


def _refuse_configured(config: Config, agent_id: str) -> None:
    """Also one whom the store does not know of yet."""
    if config.agent(agent_id) is not None:
        raise _configured(agent_id)


def _configured(agent_id: str) -> Refused:
    return Refused(f"agent {agent_id!r} stands in the configuration", "change the agent there")


# What is said of an agent. --------------------------------------------------------------------------------------------


def _checked(config: Config, values: Mapping[str, Any]) -> AgentConfig:
    """By the rules of [[agents]]. Raises `Invalid` for the first thing that is wrong."""
    try:
        settings = AgentConfig.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = (*first["loc"], *first.get("ctx", {}).get("key", ()))
        raise Invalid(str(first["msg"]), field=_path(place)) from None
    for place, message in problems_of_agent(config, values):
        raise Invalid(message, field=_path(place))
    for number, login in enumerate(settings.calendars):
        _require_secret(config, login, number)
    return settings


def _path(place: tuple[str | int, ...]) -> str:
    return "path.id" if place == ("id",) else written(place)


def _require_secret(config: Config, login: LoginConfig, number: int) -> None:
    """Its account must say where the login's password is, for none comes over HTTP."""
    account = config.accounts[login.account]
    if not takes_provisioned(account):
        raise Invalid(
            f"account {login.account!r} does not say where the passwords of its logins are",
            f"set accounts.{login.account}.password in the configuration",
            field=f"calendars[{number}].account",
        )
    if account.password is not None and not account.password.fits(login.login):
        raise Invalid(
            "this name can't be part of a secret's name, as the account wants it",
            "letters, digits, '.', '_' and '-', for a file also '@' and '+'; at most 64",
            field=f"calendars[{number}].login",
        )


def _plan(config: Config, agent_id: str, login: LoginConfig) -> LoginPlan:
    check = None if login.check is None else tuple(entry.name for entry in login.check)
    return LoginPlan(
        agent_id, login.account, login.login, config.accounts[login.account].kind, check, login.write
    )

"""Which policy holds for whom: the configuration's layers, from the most general to the calendar itself."""

from dataclasses import replace
from datetime import timedelta
from functools import cache

from store.model import Agent, Calendar
from syncd.config import Config, HolidayFile, PolicySettings, WorkingTime
from syncd.rules import naming
from syncd.rules.hours import Hours
from syncd.rules.policy import Policy, PolicyLayer, merge_groups, resolve


class Policies:
    """Resolved policies of one configuration, each computed once."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._agents = {agent.id: agent for agent in config.agents}
        self._of: dict[tuple[str, ...], Policy] = {}

    def of_agent(self, agent: Agent) -> Policy:
        """What holds for the agent's blocks and meetings: global, groups, agent."""
        key = (agent.id,)
        if key not in self._of:
            self._of[key] = resolve(*self._layers(agent))
        return self._of[key]

    def of_calendar(self, agent: Agent, row: Calendar) -> Policy:
        """What holds for one calendar's events: also its login's and its own line in `check`."""
        key = (agent.id, row.account, row.login, row.wanted or "")
        if key not in self._of:
            self._of[key] = resolve(*self._layers(agent), *self._login_layers(agent, row))
        return self._of[key]

    def hours_of(self, agent: Agent) -> tuple[tuple[Hours, ...], str]:
        """When the agent works, () = at any time; and which line says so.

        By the agent's own lines, else by those of all its groups together.
        """
        own = self._agents.get(agent.id)
        if own and own.working_hours is not None:
            return _hours(own.working_hours), f"working_hours ({_of_agent(agent)})"
        groups = {name: group for name in agent.groups if (group := self.config.groups.get(name))}
        lines = tuple(line for group in groups.values() for line in group.working_hours or ())
        places = ", ".join(_of_group(name) for name, group in groups.items() if group.working_hours)
        return _hours(lines), f"working_hours ({places})"

    def holidays_of(self, agent: Agent) -> tuple[tuple[HolidayFile, str], ...]:
        """The files whose holidays the agent has, the company's and those of all its groups; and which line names each."""
        groups = ((_of_group(name), self.config.groups.get(name)) for name in agent.groups)
        named = [
            ("top level", self.config.holidays),
            *((place, group.holidays) for place, group in groups if group),
        ]
        found: dict[HolidayFile, str] = {}
        for place, file in named:
            if file is not None:
                found.setdefault(file, f"holidays ({place})")
        return tuple(found.items())

    def widest_buffer(self) -> timedelta:
        """The longest buffer anywhere: how far beyond a question's interval to look."""
        settings = [self.config.policy, *(group.policy for group in self.config.groups.values())]
        for agent in self.config.agents:
            settings.append(agent.policy)
            for login in agent.calendars:
                settings += [login.policy, *(entry.policy for entry in login.check or ())]
        zero = timedelta(0)
        return max(
            (max(one.buffer_before or zero, one.buffer_after or zero) for one in settings if one),
            default=zero,
        )

    def _layers(self, agent: Agent) -> list[PolicyLayer]:
        groups = {name: group for name in agent.groups if (group := self.config.groups.get(name))}
        own = self._agents.get(agent.id)
        return [
            _global(self.config.policy),
            merge_groups([layer(group.policy, _of_group(name)) for name, group in groups.items()]),
            layer(own.policy if own else None, _of_agent(agent)),
        ]

    def _login_layers(self, agent: Agent, row: Calendar) -> list[PolicyLayer]:
        own = self._agents.get(agent.id)
        for login in own.calendars if own else ():
            if (login.account, login.login) == (row.account, row.login):
                entry = next(
                    (
                        entry
                        for entry in login.check or ()
                        if naming.named(entry.name, href=row.href, name=row.name)
                    ),
                    None,
                )
                place = f"{_of_agent(agent)}, calendars {login.account}/{login.login}"
                named = layer(entry.policy, f"{place}, check {entry.name!r}") if entry else layer(None, "")
                return [layer(login.policy, place), named]
        return []


@cache
def _hours(lines: tuple[WorkingTime, ...]) -> tuple[Hours, ...]:
    return tuple(Hours(frozenset(line.days), line.opens, line.closes) for line in lines)


@cache
def _fields() -> tuple[str, ...]:
    return (
        "tentative",
        "out_of_office",
        "unknown",
        "working_elsewhere",
        "all_day",
        "buffer_before",
        "buffer_after",
    )


def layer(settings: PolicySettings | None, place: str) -> PolicyLayer:
    """The settings of one place in the configuration, as the rules take them; what is not set stays unset."""
    if settings is None:
        return PolicyLayer()
    return PolicyLayer(
        **{name: getattr(settings, name) for name in _fields()}, places=dict.fromkeys(_fields(), place)
    )


def _global(settings: PolicySettings) -> PolicyLayer:
    """[policy], which is complete: what nobody has set there is a default."""
    places = {name: "[policy]" if name in settings.model_fields_set else "default" for name in _fields()}
    return replace(layer(settings, ""), places=places)


def _of_group(name: str) -> str:
    return f"[groups.{name}]"


def _of_agent(agent: Agent) -> str:
    return f"[[agents]] {agent.id}"

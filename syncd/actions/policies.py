"""Which policy holds for whom: the configuration's layers, from the most general to the calendar itself."""

from datetime import timedelta
from functools import cache

from store.model import Agent, Calendar
from syncd.config import Config, PolicySettings, WorkingTime
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

    def hours_of(self, agent: Agent) -> tuple[Hours, ...]:
        """When the agent works: by the agent's own lines, else by those of all its groups together; () = at any time."""
        own = self._agents.get(agent.id)
        if own and own.working_hours is not None:
            return _hours(own.working_hours)
        groups = (self.config.groups[name] for name in agent.groups if name in self.config.groups)
        return _hours(tuple(line for group in groups for line in group.working_hours or ()))

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
        groups = [self.config.groups[name].policy for name in agent.groups if name in self.config.groups]
        own = self._agents.get(agent.id)
        return [
            layer(self.config.policy),
            merge_groups([layer(group) for group in groups]),
            layer(own.policy if own else None),
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
                return [layer(login.policy), layer(entry.policy if entry else None)]
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


def layer(settings: PolicySettings | None) -> PolicyLayer:
    """The settings of one place in the configuration, as the rules take them; what is not set stays unset."""
    return PolicyLayer(**{name: getattr(settings, name) for name in _fields()}) if settings else PolicyLayer()

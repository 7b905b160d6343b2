"""Which policy holds for whom: the configuration's layers, from the most general to the calendar itself."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import chain

from store.model import Agent, Calendar
from syncd.config import CheckEntry, Config, GroupConfig, HolidayFile, PolicySettings, WorkingTime
from syncd.rules import naming
from syncd.rules.hours import Hours
from syncd.rules.policy import Policy, PolicyLayer, merge_groups, resolve


class Policies:
    """Resolved policies of one configuration, each computed once for all whom it holds for."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._of: dict[tuple[str, ...], Policy] = {}
        self._hours: dict[tuple[str, ...], tuple[tuple[Hours, ...], str]] = {}
        self._holidays: dict[tuple[str, ...], tuple[tuple[HolidayFile, str], ...]] = {}
        self._widest: timedelta | None = None

    def of_agent(self, agent: Agent) -> Policy:
        """What holds for the agent's blocks and meetings: global, groups, agent."""
        own = self._own_policy(agent)
        key = ("groups", *agent.groups) if own is None else ("agent", agent.id)
        if key not in self._of:
            self._of[key] = resolve(*self._layers(agent, own))
        return self._of[key]

    def of_calendar(self, agent: Agent, row: Calendar) -> Policy:
        """What holds for one calendar's events: also its login's and its own line in `check`."""
        key = ("calendar", agent.id, row.account, row.login, row.wanted or "")
        if key not in self._of:
            own = self._login_layers(agent, row)
            layers = self._layers(agent, self._own_policy(agent)) if own else []
            self._of[key] = resolve(*layers, *own) if own else self.of_agent(agent)
        return self._of[key]

    def hours_of(self, agent: Agent) -> tuple[tuple[Hours, ...], str]:
        """When the agent works, () = at any time; and which line says so.

        By the agent's own lines, else by those of all its groups together.
        """
        own = self.config.agent(agent.id)
        if own and own.working_hours is not None:
            return _hours(own.working_hours), f"working_hours ({_of_agent(agent)})"
        if agent.groups not in self._hours:
            groups = {name: group for name, group in self._groups(agent) if group.working_hours}
            lines = tuple(line for group in groups.values() for line in group.working_hours or ())
            said = f"working_hours ({', '.join(map(_of_group, groups))})"
            self._hours[agent.groups] = _hours(lines), said
        return self._hours[agent.groups]

    def holidays_of(self, agent: Agent) -> tuple[tuple[HolidayFile, str], ...]:
        """The files whose holidays the agent has, the company's and those of all its groups; and which line names each."""
        if agent.groups not in self._holidays:
            named = [("top level", self.config.holidays)]
            named += [(_of_group(name), group.holidays) for name, group in self._groups(agent)]
            found: dict[HolidayFile, str] = {}
            for place, file in named:
                if file is not None:
                    found.setdefault(file, f"holidays ({place})")
            self._holidays[agent.groups] = tuple(found.items())
        return self._holidays[agent.groups]

    def widest_buffer(self) -> timedelta:
        """The longest buffer anywhere: how far beyond a question's interval to look."""
        if self._widest is None:
            self._widest = self._longest_buffer()
        return self._widest

    def _longest_buffer(self) -> timedelta:
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

    def _groups(self, agent: Agent) -> list[tuple[str, GroupConfig]]:
        return [(name, group) for name in agent.groups if (group := self.config.groups.get(name))]

    def _own_policy(self, agent: Agent) -> PolicySettings | None:
        own = self.config.agent(agent.id)
        return own.policy if own else None

    def _layers(self, agent: Agent, own: PolicySettings | None) -> list[PolicyLayer]:
        return [
            _global(self.config.policy),
            merge_groups([layer(group.policy, _of_group(name)) for name, group in self._groups(agent)]),
            layer(own, _of_agent(agent)),
        ]

    def _login_layers(self, agent: Agent, row: Calendar) -> list[PolicyLayer]:
        """What the login and the calendar's own entry say, as far as they say something."""
        own = self.config.agent(agent.id)
        place = f"{_of_agent(agent)}, calendars {row.account}/{row.login}"
        for login in own.calendars if own else ():
            if (login.account, login.login) == (row.account, row.login):
                entry = _entry(login.check or (), row)
                said = [(login.policy, place)]
                said += [(entry.policy, f"{place}, check {entry.name!r}")] if entry else []
                return [layer(policy, where) for policy, where in said if policy is not None]
        return []


def _entry(check: Sequence[CheckEntry], row: Calendar) -> CheckEntry | None:
    """The entry of `check` that this calendar was found by, else one that names it; "default" stands for another name."""
    found_by = (one for one in check if one.name == row.wanted)
    named = (one for one in check if naming.named(one.name, href=row.href, name=row.name))
    return next(chain(found_by, named), None)


MOST_CONFIGURATIONS = 4
_recent: list[Policies] = []


def policies_of(config: Config) -> Policies:
    """The policies of a configuration, resolved once for all questions; of the few that were asked about last."""
    found = next((one for one in list(_recent) if one.config is config), None)
    if found is None:
        found = Policies(config)
        _recent[:] = [*_recent[-MOST_CONFIGURATIONS + 1 :], found]
    return found


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

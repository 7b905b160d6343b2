"""Everybody who could take a meeting, made ready for questions about all of them: read once, kept until the directory changes.

Agents who are judged alike (the same policy, groups, working hours, holidays and zone) share what is computed of that; each
agent is a place in the list, sorted as candidates are. The store says in each question's own snapshot whether this still is
the directory (`roster.revision`): a daemon notices what a command has changed.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from store import blocks, roster, schema
from store.around import AGENT, Few
from store.database import Tx
from store.model import Agent
from store.pieces import STATUSES
from syncd.actions.asked import Alike, Asked, CheckingLogins
from syncd.actions.lately import Lately
from syncd.actions.policies import Policies, policies_of
from syncd.actions.standing import Standing, configured, made
from syncd.config import Config, LoginConfig
from syncd.rules import quick
from syncd.rules.blocks import scopes_of
from syncd.rules.quick import Sieve

SLOT_KINDS = tuple((status, all_day) for status in STATUSES for all_day in (False, True))
"""What the kinds of slots mean, by their number in the store."""


MOST_ASKED = 64
"""So many sets of few agents are kept ready at most."""


class Directory:
    """The active agents, sorted as candidates are. `of_login`: whose a login is; `reading`: those that check calendars."""

    def __init__(self, config: Config, tx: Tx) -> None:
        self.policies, self.revision = policies_of(config), roster.revision(tx)
        numbered = roster.numbered(tx, schema.agents.c.active, schema.agents.c.removed_at.is_(None))
        ordered = sorted(numbered.items(), key=lambda item: (item[1].name, item[1].id))
        self.people: Sequence[Agent] = tuple(agent for _, agent in ordered)
        self.numbers: Sequence[int] = tuple(number for number, _ in ordered)
        self.by_number = {number: place for place, number in enumerate(self.numbers)}
        self.by_id = {agent.id: place for place, agent in enumerate(self.people)}
        owners, reading = roster.owners(tx)
        self.of_login = {
            login: self.by_number[number] for login, number in owners.items() if number in self.by_number
        }
        self.reading = reading & self.of_login.keys()
        self.alike = _alike(self.policies, self.people)
        self.alike_at: Sequence[Alike] = [self.alike[kind] for kind in self.kinds]
        own = {agent.id for agent in config.agents if any(_is_special(login) for login in agent.calendars)}
        self.special = frozenset(place for place, agent in enumerate(self.people) if agent.id in own)
        self.everybody = Asked([(one, one.places) for one in self.alike], CheckingLogins(self.reading))
        self._few = Lately[tuple[int, ...], Asked](MOST_ASKED)

    def places(self, *, group: str | None = None, named: str = "") -> Sequence[int]:
        """Everybody, or the members of a group, in whose name or id each of the words stands."""
        found: Sequence[int] = range(len(self.people)) if group is None else self.members.get(group, ())
        words = named.casefold().split()
        return (
            [place for place in found if all(word in self.names[place] for word in words)] if words else found
        )

    def those(self, places: Sequence[int], ids: Collection[str]) -> Sequence[int]:
        """Those of these agents."""
        wanted = sorted(self.by_id[name] for name in set(ids) if name in self.by_id)
        return wanted if len(places) == len(self.people) else sorted(set(wanted) & set(places))

    @cached_property
    def names(self) -> Sequence[str]:
        """What is searched for words, in small letters."""
        return [f"{agent.name} {agent.id}".casefold() for agent in self.people]

    @cached_property
    def by_address(self) -> dict[str, list[int]]:
        """Mail address in small letters -> the places of those whom it means."""
        found: dict[str, list[int]] = {}
        for place, agent in enumerate(self.people):
            for address in dict.fromkeys(map(roster.folded, agent.addresses)):
                found.setdefault(address, []).append(place)
        return found

    @cached_property
    def judged(self) -> dict[int, tuple[int, tuple[bool, ...], Sieve]]:
        """An agent's number -> their place, and their policy made ready, with what blocks by it."""
        sieves = (one.sieve for one in self.alike_at)
        return {
            number: (place, sieve.blocking, sieve)
            for place, (number, sieve) in enumerate(zip(self.numbers, sieves, strict=True))
        }

    @cached_property
    def members(self) -> dict[str, list[int]]:
        """Group -> the places of its members."""
        found: dict[str, list[int]] = {}
        for place, agent in enumerate(self.people):
            for group in dict.fromkeys(agent.groups):
                found.setdefault(group, []).append(place)
        return found

    def asked(self, places: Sequence[int], *, few: bool) -> Asked:
        """These agents, made ready for questions; if they are `few`, kept for the next one about the same."""
        if not few:
            return self._many(places)
        key = tuple(places)
        return self._few.get(key) or self._few.keep(key, self._made_ready(key))

    def _many(self, places: Sequence[int]) -> Asked:
        if len(places) == len(self.people):
            return self.everybody
        return Asked(self.everybody.alike, CheckingLogins(self.reading.intersection(self._logins(places))))

    def _made_ready(self, places: Sequence[int]) -> Asked:
        logins, alike = self._logins(places), self._alike_among(places)
        ids = [self.people[place].id for place in places]
        scopes = {scope for one, _ in alike for scope in one.scopes} | {AGENT + name for name in ids}
        # In order, so that each look begins where the last one ended.
        numbers = sorted(self.numbers[place] for place in places)
        few = Few(numbers, sorted(ids), sorted(logins), sorted(scopes))
        return Asked(alike, CheckingLogins(self.reading.intersection(logins)), few)

    def _logins(self, places: Iterable[int]) -> list[int]:
        theirs = self.logins_at
        return [login for place in places for login in theirs.get(place, ())]

    @cached_property
    def logins_at(self) -> dict[int, list[int]]:
        """Place -> the logins of this agent."""
        found: dict[int, list[int]] = {}
        for login, place in self.of_login.items():
            found.setdefault(place, []).append(login)
        return found

    def _alike_among(self, places: Iterable[int]) -> list[tuple[Alike, list[int]]]:
        found: defaultdict[int, list[int]] = defaultdict(list)
        for place in places:
            found[self.kinds[place]].append(place)
        return [(self.alike[kind], those) for kind, those in found.items()]

    @cached_property
    def kinds(self) -> Sequence[int]:
        """By place, which of `alike` an agent is one of."""
        found = {place: kind for kind, one in enumerate(self.alike) for place in one.places}
        return [found[place] for place in range(len(self.people))]


@dataclass
class Shelf:
    """What was made ready for questions, for as long as it is true."""

    directory: Directory | None = None
    configured: Standing | None = None
    repeating: tuple[str, Standing] | None = None

    def directory_in(self, tx: Tx, config: Config) -> Directory:
        """The directory as it is in this snapshot."""
        revision, kept = roster.revision(tx), self.directory
        if kept is not None and revision is not None and kept.revision == revision:
            return kept
        self.directory = found = Directory(config, tx)
        return found

    def configured_in(self, config: Config) -> Standing:
        """The blocks of the configuration."""
        if self.configured is None:
            self.configured = Standing(configured(config))
        return self.configured

    def repeating_in(self, tx: Tx, mark: str) -> Standing:
        """The blocks made by command that repeat; `mark` says which they are in this snapshot (store.around)."""
        kept = self.repeating
        if kept is None or kept[0] != mark:
            self.repeating = kept = mark, Standing(made(blocks.repeating(tx)))
        return kept[1]


def _alike(policies: Policies, people: Iterable[Agent]) -> list[Alike]:
    found: dict[Hashable, Alike] = {}
    for place, agent in enumerate(people):
        policy = policies.of_agent(agent)
        files = tuple(file.path for file, _ in policies.holidays_of(agent))
        key = (policy, agent.groups, policies.hours_of(agent)[0], files, agent.timezone)
        if key not in found:
            found[key] = Alike(agent, policy, quick.sieve(policy, SLOT_KINDS), scopes_of(agent.groups))
        found[key].places.append(place)
    return list(found.values())


def _is_special(login: LoginConfig) -> bool:
    """Does it say, or do its calendars say, otherwise than its agent what blocks?"""
    return login.policy is not None or any(entry.policy is not None for entry in login.check or ())

"""Whom a question is about, made ready: computed once for all questions about the same agents, as long as the directory stays."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from store.around import Few
from store.model import Agent
from syncd.rules.policy import Policy
from syncd.rules.quick import Sieve


@dataclass(frozen=True, slots=True)
class Alike:
    """Agents who are judged alike but for what is their own: by example, with their policy and the scopes that hit them."""

    example: Agent
    policy: Policy
    sieve: Sieve
    scopes: tuple[str, ...]
    places: list[int] = field(default_factory=list)


class CheckingLogins:
    """The logins that are to check calendars; nearly always the store says of them what it said last time."""

    def __init__(self, logins: frozenset[int]) -> None:
        self._logins = logins
        self._kept = "", logins

    def unlisted(self, listed: str) -> frozenset[int]:
        """Those that have no calendar yet; `listed` as in `store.around`."""
        kept, found = self._kept
        if kept != listed:
            found = self._logins.difference(json.loads(listed))
            self._kept = listed, found
        return found


@dataclass(frozen=True, slots=True)
class Asked:
    """These agents: who of them (by place) are judged alike, their logins that check calendars, and how the store is asked for
    them, if they are few (None: it is asked for everybody)."""

    alike: Sequence[tuple[Alike, Sequence[int]]]
    reading: CheckingLogins
    few: Few | None = None

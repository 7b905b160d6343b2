"""The servers that the demo's agents have their calendars on: one small protocol, and everybody's calendars through it.

`onlooker` is the CalDAV server (as the caldav library sees it), `mailboxes` the fake Graph (as a plain HTTP client sees
it). Neither is asked through syncd's own connectors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from syncd.demo.onlooker import Seen


class Ground(Protocol):
    """Calendars of some agents, looked at and changed as by any other program."""

    def add_calendars(self, agent: str, texts: Mapping[str, list[str]]) -> None:
        """Make calendars (name -> texts of their objects, RFC 5545)."""
        ...

    def add(self, agent: str, calendar: str, text: str) -> None:
        """The agent adds an object to one of their calendars."""
        ...

    def move(self, agent: str, title: str, start: datetime, end: datetime) -> None:
        """The agent moves the event of this title to another time."""
        ...

    def count(self, agent: str) -> dict[str, int]:
        """How many objects stand in each of the agent's calendars; a series is one."""
        ...

    def events(self, agent: str, title: str) -> list[Seen]:
        """All events of this title in the agent's calendars."""
        ...


@dataclass(frozen=True, slots=True)
class Everybody:
    """The calendars of all agents, wherever they are (agent's id -> server)."""

    grounds: Mapping[str, Ground]

    def __getitem__(self, agent: str) -> Ground:
        return self.grounds[agent]

    def titled(self, title: str) -> list[Seen]:
        """All events of this title, in all calendars of everybody."""
        return [seen for agent, ground in self.grounds.items() for seen in ground.events(agent, title)]

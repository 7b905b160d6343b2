"""Who takes part in the demo: six example agents in three time zones, two calendars each, a group and company blocks.

Pure data, and the configuration file it makes (every key of it is explained in config.example.toml). The addresses are
of the domains that RFC 2606 keeps for examples.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

ACCOUNT = "demo"
WORK, PRIVATE = "Work", "Private"
CALENDARS = (WORK, PRIVATE)

AMSTERDAM, LISBON, NEW_YORK = "Europe/Amsterdam", "Europe/Lisbon", "America/New_York"
OFFICE = AMSTERDAM
"""The company's zone: its blocks, and the times of the demo's meetings, are told in it."""

GROUPS = {"mortgage": "Mortgage advice", "insurance": "Insurance"}


@dataclass(frozen=True, slots=True)
class Person:
    """An example agent; the id is also the login at the calendar server."""

    id: str
    name: str
    zone: str
    group: str

    @property
    def email(self) -> str:
        """By this address an invitation in a calendar is known as theirs."""
        return f"{self.id}@example.com"


ANNA = Person("anna", "Anna de Vries", AMSTERDAM, "mortgage")
BRAM = Person("bram", "Bram Bakker", AMSTERDAM, "mortgage")
CLARA = Person("clara", "Clara Costa", LISBON, "insurance")
DANIEL = Person("daniel", "Daniel Duarte", LISBON, "mortgage")
EMMA = Person("emma", "Emma Evans", NEW_YORK, "mortgage")
FRANK = Person("frank", "Frank Foster", NEW_YORK, "insurance")
PEOPLE = (ANNA, BRAM, CLARA, DANIEL, EMMA, FRANK)


@dataclass(frozen=True, slots=True)
class Blocked:
    """A block as it stands in the configuration; `start` and `end` are clock times in the company's zone."""

    scope: str
    title: str
    start: str
    end: str
    repeat: str


LUNCH = Blocked("company", "Company lunch", "12:00", "13:00", "daily")
TRAINING = Blocked("group:mortgage", "Mortgage training", "16:00", "17:00", "FREQ=WEEKLY;BYDAY=FR")
BLOCKS = (LUNCH, TRAINING)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the configuration needs to know of the place where the demo stands."""

    folder: Path
    server: str
    listen: str
    interval: timedelta
    secret_files: Mapping[str, Path]


def configuration(settings: Settings, friday: date) -> str:
    """The whole configuration file as TOML. Blocks begin on `friday`: any Friday in the past."""
    sections = [
        f"timezone = {_text(OFFICE)}",
        _table("[store]", url=f"sqlite:///{settings.folder / 'syncd.db'}"),
        _table("[sync]", interval=f"{int(settings.interval.total_seconds())}s"),
        _table("[http]", listen=settings.listen),
        _table(f"[accounts.{ACCOUNT}]", kind="caldav", url=settings.server),
        *(_table(f"[groups.{key}]", name=name) for key, name in GROUPS.items()),
        *(_agent(person, settings.secret_files[person.id]) for person in PEOPLE),
        *(_block(block, friday) for block in BLOCKS),
    ]
    return "\n\n".join(sections) + "\n"


def _agent(person: Person, secret: Path) -> str:
    who = _table(
        "[[agents]]", id=person.id, name=person.name, email=person.email, timezone=person.zone, groups=[person.group]
    )  # fmt: skip
    login = _table(
        "[[agents.calendars]]", account=ACCOUNT, login=person.id, check=list(CALENDARS), write=WORK
    )
    return f"{who}\n{login}\npassword = {{ file = {_text(str(secret))} }}"


def _block(block: Blocked, friday: date) -> str:
    return _table(
        "[[blocks]]", scope=block.scope, title=block.title, start=f"{friday}T{block.start}",
        end=f"{friday}T{block.end}", repeat=block.repeat,
    )  # fmt: skip


def _table(head: str, **values: str | Sequence[str]) -> str:
    return "\n".join([head, *(f"{key} = {_text(value)}" for key, value in values.items())])


def _text(value: str | Sequence[str]) -> str:
    """Strings and lists of strings are written in TOML as in JSON."""
    return json.dumps(value, ensure_ascii=False)

"""Who takes part in the demo: six example agents in three time zones, two calendars each, a group and company blocks.

Pure data, and the configuration file it makes (every key of it is explained in config.example.toml). The addresses are
of the domains that RFC 2606 keeps for examples.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

ACCOUNT, OUTLOOK = "demo", "outlook"
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
IN_OUTLOOK = (BRAM, DANIEL, FRANK)
"""Whose calendars are in Outlook when the demo has one (`--outlook`)."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """A block as it stands in the configuration; `start` and `end` are clock times in the company's zone."""

    scope: str
    title: str
    start: str
    end: str
    repeat: str


MAIL_FROM = "Meetings <meetings@example.com>"

LUNCH = Blocked("company", "Company lunch", "12:00", "13:00", "daily")
TRAINING = Blocked("group:mortgage", "Mortgage training", "16:00", "17:00", "FREQ=WEEKLY;BYDAY=FR")
BLOCKS = (LUNCH, TRAINING)


@dataclass(frozen=True, slots=True)
class Tenant:
    """How the fake Graph is reached: the keys of an account of kind "outlook", by their names there."""

    tenant: str
    client_id: str
    secret_file: Path
    graph_url: str
    authority: str
    ca_file: Path


@dataclass(frozen=True, slots=True)
class Settings:
    """What the configuration needs to know of the place where the demo stands. `tenant`: of `IN_OUTLOOK`, if there is one."""

    folder: Path
    server: str
    mail_server: str
    listen: str
    interval: timedelta
    secret_files: Mapping[str, Path]
    tenant: Tenant | None = None


def configuration(settings: Settings, friday: date) -> str:
    """The whole configuration file as TOML. Blocks begin on `friday`: any Friday in the past."""
    sections = [
        f"timezone = {_text(OFFICE)}",
        _table("[store]", url=f"sqlite:///{settings.folder / 'syncd.db'}"),
        _table("[sync]", interval=f"{int(settings.interval.total_seconds())}s"),
        _table("[meetings]", keep_cancelled=True),
        _table("[mail]", server=settings.mail_server, encryption="none", **{"from": MAIL_FROM}),
        *(_table(f"[mail.{role}]", starts_soon=False) for role in ("guests", "agents")),
        _table("[http]", listen=settings.listen, **_told_of_changes(settings)),
        _table(f"[accounts.{ACCOUNT}]", kind="caldav", url=settings.server),
        *([_outlook(settings.tenant)] if settings.tenant else []),
        *(_table(f"[groups.{key}]", name=name) for key, name in GROUPS.items()),
        *(_agent(person, settings) for person in PEOPLE),
        *(_block(block, friday) for block in BLOCKS),
    ]
    return "\n\n".join(sections) + "\n"


def login_of(person: Person, *, outlook: bool) -> str:
    """Under which name the person's calendars are reached: the id, or in Outlook the mailbox."""
    return person.email if outlook and person in IN_OUTLOOK else person.id


def _told_of_changes(settings: Settings) -> dict[str, str]:
    """The fake Graph is on this machine, and can reach us here."""
    return {"public_url": f"http://{settings.listen}"} if settings.tenant else {}


def _outlook(tenant: Tenant) -> str:
    account = _table(
        f"[accounts.{OUTLOOK}]", kind="outlook", tenant=tenant.tenant, client_id=tenant.client_id,
        graph_url=tenant.graph_url, authority=tenant.authority, ca_file=str(tenant.ca_file),
    )  # fmt: skip
    return f"{account}\nclient_secret = {{ file = {_text(str(tenant.secret_file))} }}"


def _agent(person: Person, settings: Settings) -> str:
    who = _table(
        "[[agents]]", id=person.id, name=person.name, email=person.email, timezone=person.zone, groups=[person.group]
    )  # fmt: skip
    outlook = settings.tenant is not None and person in IN_OUTLOOK
    login = _table(
        "[[agents.calendars]]", account=OUTLOOK if outlook else ACCOUNT, login=login_of(person, outlook=outlook),
        check=list(CALENDARS), write=WORK,
    )  # fmt: skip
    secret = "" if outlook else f"\npassword = {{ file = {_text(str(settings.secret_files[person.id]))} }}"
    return f"{who}\n{login}{secret}"


def _block(block: Blocked, friday: date) -> str:
    return _table(
        "[[blocks]]", scope=block.scope, title=block.title, start=f"{friday}T{block.start}",
        end=f"{friday}T{block.end}", repeat=block.repeat,
    )  # fmt: skip


def _table(head: str, **values: str | bool | Sequence[str]) -> str:
    return "\n".join([head, *(f"{key} = {_text(value)}" for key, value in values.items())])


def _text(value: str | bool | Sequence[str]) -> str:
    """Strings, lists of strings, yes and no are written in TOML as in JSON."""
    return json.dumps(value, ensure_ascii=False)

"""Values in the few words that fit into a row: times in the visitor's zone, how old something is, what a delivery came to."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from store.model import Agent, Deed, Delivery, Guest
from syncd.moments import ago
from syncd.rules.walls import Reason
from syncd.words import KINDS, counted, reason_of

__all__ = ["ago", "counted"]

Owed = Literal["none", "failed", "pending", "delivered", "abandoned"]


def local(moment: datetime, zone: str) -> datetime:
    """What the clocks of the zone show."""
    return moment.astimezone(ZoneInfo(zone))


def day(moment: datetime, zone: str) -> date:
    """On which day it is there."""
    return local(moment, zone).date()


def day_name(value: date, today: date) -> str:
    """`Today`, `Tomorrow`, else `Monday 2 March 2026`."""
    near = {timedelta(0): "Today", timedelta(days=1): "Tomorrow", timedelta(days=-1): "Yesterday"}
    full = f"{value:%A} {value.day} {value:%B %Y}"
    name = near.get(value - today)
    return f"{name}, {value:%A} {value.day} {value:%B}" if name else full


def short_day(value: date) -> str:
    """`Mon 2 Mar`."""
    return f"{value:%a} {value.day} {value:%b}"


def clock(moment: datetime, zone: str) -> str:
    """`10:00`."""
    return f"{local(moment, zone):%H:%M}"


def hours(start: datetime, end: datetime, zone: str) -> str:
    """From and until (`10:00`, `10:45`); what ends on another day says on which."""
    last = local(end, zone)
    until = f"{last:%H:%M}"
    if last.date() != day(start, zone) and end - start > timedelta(0):
        until = f"{short_day(last.date())} {until}"
    return f"{clock(start, zone)}\u2013{until}"


def when(start: datetime, end: datetime, zone: str) -> str:
    """`Mon 2 Mar 2026`, from and until."""
    first = day(start, zone)
    return f"{short_day(first)} {first.year}, {hours(start, end, zone)}"


def span(start: datetime, end: datetime, zone: str) -> str:
    """`Mon 2 Mar`, from and until."""
    return f"{short_day(day(start, zone))}, {hours(start, end, zone)}"


def moment(value: datetime | None, zone: str, never: str = "\u2013") -> str:
    """`Mon 2 Mar, 10:00`."""
    return f"{short_day(day(value, zone))}, {clock(value, zone)}" if value else never


def stamp(value: datetime) -> str:
    """For machines (HTML, section 4.5.14)."""
    return value.isoformat(timespec="seconds").replace("+00:00", "Z")


def field(value: datetime, zone: str) -> str:
    """As a field for date and time takes it (HTML, section 4.10.5.1.11)."""
    return f"{local(value, zone):%Y-%m-%dT%H:%M}"


def length(start: datetime, end: datetime) -> str:
    """`45 min`, `1 h 30 min`."""
    minutes = int((end - start).total_seconds() // 60)
    parts = (f"{minutes // 60} h" if minutes >= 60 else "", f"{minutes % 60} min" if minutes % 60 else "")
    return " ".join(part for part in parts if part) or "0 min"


def guest(one: Guest) -> str:
    """By name, else by address."""
    return one.name or one.email


def agent(one: Agent | None, agent_id: str) -> str:
    """By name; an agent nobody knows any more by id."""
    return one.name if one is not None else agent_id


def deed(words: Mapping[str, Any], one: Deed, people: Mapping[str, Agent], zone: str) -> str:
    """What was written into or taken out of a calendar, or mailed."""
    who = one.guest or agent(people.get(one.agent or ""), one.agent or "")
    when_ = span(one.start, one.end, zone) if one.start and one.end else ""
    if one.target == "mail":
        return str(words["deed"]["mail"]).format(who=who, what=words["notice"][one.kind])
    return str(words["deed"][one.kind]).format(who=who, calendar=one.calendar, when=when_)


def owed(deliveries: Iterable[Delivery]) -> Owed:
    """How far what was last owed came: the worst of it."""
    states = {one.state for one in deliveries}
    worst: tuple[Owed, ...] = ("failed", "pending", "abandoned", "delivered")
    return next((one for one in worst if one in states), "none")


def zone_name(zone: str) -> str:
    """`Amsterdam`, for who lives there."""
    return zone.rpartition("/")[2].replace("_", " ")


def reason(words: Mapping[str, Any], one: Reason, zone: str, *, discreet: bool = False) -> str:
    """Why somebody is not available, or unknown. `discreet`: without titles, and whose meeting or which calendar it is."""
    name = None if discreet else one.calendar if one.kind == "calendar" else one.title or one.calendar
    told: Mapping[str, str] = words["reason"]
    values = {
        "when": span(one.start, one.end, zone) if one.start and one.end else "",
        "kind": KINDS.get(one.status or "", one.status or ""), "name": name or told["a_calendar"],
        "seen": moment(one.seen_at, zone), "start": moment(one.start, zone), "end": moment(one.end, zone),
    }  # fmt: skip
    kind = one.kind if name or f"{one.kind}_of_nothing" not in told else f"{one.kind}_of_nothing"
    return told[kind].format(**values)


def recorded(words: Mapping[str, Any], one: Mapping[str, Any], zone: str, *, discreet: bool = False) -> str:
    """Likewise of a reason as it is kept with a meeting."""
    return reason(words, reason_of(one), zone, discreet=discreet)


def scope(words: Mapping[str, Any], text: str, groups: Mapping[str, Any]) -> str:
    """Whom a block hits."""
    kind, _, name = text.partition(":")
    said = groups[name].name if kind == "group" and name in groups else name
    told: str = words["scope"][kind]
    return told % said if "%s" in told else told


def scope_choice(words: Mapping[str, Any], text: str, name: str) -> str:
    """Likewise, to choose from."""
    kind = text.partition(":")[0]
    told: str = {"agent": words["person"]["only"], "company": words["person"]["everyone"]}.get(kind, name)
    return told % name if "%s" in told else told


def repeats(words: Mapping[str, Any], repeat: str) -> str:
    """How often, in words; a rule that they have no word for as it is written (RFC 5545 section 3.3.10)."""
    told: str = words["repeat"].get(repeat.lower(), "")
    if told:
        return told
    found = re.fullmatch(r"(?:RRULE:)?FREQ=([A-Z]+)(?:;BYDAY=([-+0-9A-Z,]+))?", repeat)
    often: str = words["repeat"].get(found[1].lower(), "") if found else ""
    if not found or not often or not found[2]:
        return often or repeat
    days = [_weekday(words, day, of_month=found[1] == "MONTHLY") for day in found[2].split(",")]
    return f"{often}: {', '.join(days)}" if all(days) else repeat


def _weekday(words: Mapping[str, Any], day: str, *, of_month: bool) -> str:
    """`Friday`, or of a month `last Friday`; "" for what there is no word for."""
    number, name = day[:-2].removeprefix("+"), str(words["weekday"].get(day[-2:], ""))
    if not number:
        return name
    which = words["ordinal"].get(number, "") if of_month else ""
    return f"{which} {name}" if which and name else ""


def unknown_since(reasons: Iterable[Reason]) -> datetime | None:
    """Since when nothing is known of a calendar that is too old; None where it is another doubt."""
    return min((one.seen_at for one in reasons if one.kind == "stale" and one.seen_at), default=None)


def is_web(link: str) -> bool:
    """May it be made clickable? What is no web address, or is yet to be filled in, is shown as it is."""
    try:
        return urlsplit(link).scheme in ("https", "http") and "{" not in link
    except ValueError:
        return False

"""Small complete nouns for the tests of the store; each field can be said otherwise."""

from datetime import UTC, datetime, timedelta
from typing import Any

from store import agents, calendars, due, meetings
from store.database import Store, Tx
from store.model import (
    Agent,
    Calendar,
    Copy,
    Delivery,
    Guest,
    Login,
    LoginPlan,
    Meeting,
    MeetingStatus,
    Override,
    Place,
    StoredObject,
    Target,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
MICROSECOND = timedelta(microseconds=1)
ANNAS = Target("m1", "calendar", "anna")


def agent(who: str = "anna", **other: Any) -> Agent:
    return Agent(
        **{
            "id": who,
            "name": who.title(),
            "email": f"{who}@example.com",
            "timezone": "Europe/Amsterdam",
            **other,
        }
    )


def plan(name: str = "anna", account: str = "cloud", **other: Any) -> LoginPlan:
    return LoginPlan(**{"agent": name, "account": account, "login": name, "kind": "caldav", **other})


def settle(store: Store, *names: str, now: datetime = NOW) -> list[Login]:
    """Follow a configuration of these agents, each with one login; their logins."""
    with store.writing() as tx:
        agents.follow(tx, [agent(name) for name in names], [plan(name) for name in names], now)
        return calendars.logins(tx)


def calendar(login: Login, **other: Any) -> Calendar:
    fields: dict[str, Any] = {
        "id": 0, "login_id": login.id, "agent": login.agent, "account": login.account, "login": login.login,
        "wanted": "Work", "href": "/cal/work/", "name": "Work", "checked": True, "written": True, "revision": "",
        "sync_state": None, "seen_at": None, "window_start": None, "window_end": None, "objects": 0, "unreadable": 0,
        "state": "never-seen", "error": "", "hint": "", "held": None, "missing_since": None,
    }  # fmt: skip
    return Calendar(**{**fields, **other})


def add_calendar(store: Store, login: Login, **other: Any) -> Calendar:
    with store.writing() as tx:
        return calendars.save_calendar(tx, calendar(login, **other))


def thing(
    href: str = "/cal/work/1.ics", *intervals: tuple[datetime, datetime, str, bool], **other: Any
) -> StoredObject:
    return StoredObject(**{"href": href, "etag": '"1"', "uid": href, "intervals": intervals, **other})


def meeting(name: str = "m1", **other: Any) -> Meeting:
    fields: dict[str, Any] = {
        "id": name, "version": 1, "status": MeetingStatus.SCHEDULED, "agent": "anna", "start": NOW + HOUR,
        "end": NOW + 2 * HOUR, "title": "Mortgage advice",
    }  # fmt: skip
    return Meeting(**{**fields, **other})


def full_meeting(name: str = "m1") -> Meeting:
    """One with something in every field."""
    reasons = ({"kind": "calendar", "start": "2026-03-02T10:00:00Z"}, {"kind": "stale"})
    return meeting(
        name,
        status=MeetingStatus.CANCELLED,
        link="https://example.com/g",
        agent_link="https://example.com/a",
        group="mortgage",
        guests=(Guest("Zoë", "zoe@example.com", "nl", "Europe/Paris"), Guest("Bo", "bo@example.com")),
        reason="ill",
        cancelled_by="guest",
        overrides=(Override("ben", NOW + MICROSECOND, "planner", reasons),),
        live_at=NOW,
        assigned_at=NOW - HOUR,
    )


def plan_meeting(store: Store, name: str = "m1", **other: Any) -> Meeting:
    with store.writing() as tx:
        new = meeting(name, **other)
        meetings.insert(tx, new)
    return new


def delivery(name: str = "m1", who: str = "anna", **other: Any) -> Delivery:
    fields: dict[str, Any] = {
        "id": 0, "meeting": name, "version": 1, "target": "calendar", "agent": who, "guest": None, "calendar": "Work",
        "kind": "put", "state": "pending", "attempts": 0, "failures": 0, "shard": due.shard_of(who), "epoch": 0,
        "due_at": NOW, "created_at": NOW,
    }  # fmt: skip
    return Delivery(**{**fields, **other})


def copy(name: str = "m1", who: str = "anna", generation: int = 1, **other: Any) -> Copy:
    fields: dict[str, Any] = {
        "id": 0, "meeting": name, "agent": who, "generation": generation, "place": Place("cloud", who, "Work"),
        "uid": f"{name}-{who}-{generation}", "marker": "0f" * 16, "state": "present",
    }  # fmt: skip
    return Copy(**{**fields, **other})


def one_login(tx: Tx) -> Login:
    """The only login there is."""
    (found,) = calendars.logins(tx)
    return found

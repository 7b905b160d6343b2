"""What may happen to a meeting: plan, invite, reschedule, cancel, assign, and the statuses the platform tells.

Every function takes the meeting as it stands and returns it as it will stand: one version on when something changed,
the same object when nothing did. What a rule forbids raises `Refused`. `now` and all times are aware; what is kept is in
UTC and whole seconds, because calendars know no finer ones (RFC 5545 section 3.3.12).
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from store.model import Guest, Meeting, MeetingStatus, Override
from syncd.rules import guests
from syncd.rules.refusal import Refused
from syncd.rules.text import clean

__all__ = [
    "LIVE_GRACE", "Hindrance", "OfferedChange", "Refused", "assign", "cancel", "hindrance", "invite", "marked", "overdue", "plan",
    "require_changeable", "reschedule", "same_request", "set_status",
]  # fmt: skip

LIVE_GRACE = timedelta(hours=2)
"""How long after the planned end a conversation without a word is taken to go on."""

LONGEST = timedelta(hours=24)
FIRST_YEAR, LAST_YEAR = 1970, 2200
TITLE_LIMIT = 250
REASON_LIMIT = 1000
LINK_LIMIT = 2000
ID_LIMIT = 200

_ENDINGS = frozenset({MeetingStatus.COMPLETED, MeetingStatus.MISSED, MeetingStatus.FAILED})
_NEXT = {
    MeetingStatus.SCHEDULED: _ENDINGS | {MeetingStatus.LIVE},
    MeetingStatus.LIVE: _ENDINGS - {MeetingStatus.MISSED},
}


def plan(before: Meeting | None, wanted: Meeting, *, now: datetime, active: bool) -> Meeting:
    """A new meeting at version 1. The same plan again is `before`, unchanged; one that differs is refused.

    Only the plan's own fields count (agent, times, title, links, group, guests); `active`: the agent may be chosen.
    """
    planned = _planned(wanted)
    if before is not None:
        different = tuple(_differences(before, planned))
        if different:
            raise Refused(
                f"meeting {before.id!r} is already planned differently: {', '.join(different)}",
                "reschedule, assign, invite or cancel it instead",
            )
        return before
    _require_ahead(planned.end, now)
    _require_active(planned.agent, active)
    return planned


def invite(m: Meeting, guest: Guest, *, now: datetime, instead_of: str | None = None) -> Meeting:
    """A further guest, or one in the place of whoever has the (misspelt) address `instead_of`.

    The same address again is the same guest, whose name may be corrected.
    """
    require_changeable(m, "a guest can no longer be invited", now)
    wanted = guests.checked(guest)
    if instead_of is None:
        invited = guests.invited(m.guests, wanted)
    else:
        invited = guests.replaced(m.guests, instead_of, wanted)
    return m if invited == m.guests else replace(m, version=m.version + 1, guests=invited)


def reschedule(m: Meeting, start: datetime, end: datetime | None, reason: str, *, now: datetime) -> Meeting:
    """Another time; without an end the length stays. The time it already has changes nothing."""
    require_changeable(m, "it can no longer be rescheduled", now)
    reason = _reason(reason)
    start = _moment(start, "start")
    end = start + (m.end - m.start) if end is None else _moment(end, "end")
    _require_sane(start, end)
    _require_ahead(end, now)
    if (start, end) == (m.start, m.end):
        return m
    return replace(m, version=m.version + 1, start=start, end=end, reason=reason)


def marked(m: Meeting, obstacles: tuple[dict[str, Any], ...], *, now: datetime, by: str) -> Meeting:
    """The meeting with what stood in its agent's way when it was planned, moved or handed over: it never forbids, it is
    recorded. Without any, the meeting itself."""
    if not obstacles:
        return m
    return replace(m, overrides=(*m.overrides, Override(m.agent, now, by, obstacles)))


def cancel(m: Meeting, reason: str, by: Literal["guest", "agent"], *, now: datetime) -> Meeting:
    """No conversation: scheduled and live meetings, at any time. Cancelling twice is one cancel."""
    del now  # every change of a meeting is asked for with the time; this one does not depend on it
    if m.status is MeetingStatus.CANCELLED:
        return m
    if by not in ("guest", "agent"):
        raise Refused(f"a meeting is cancelled by 'guest' or 'agent', not by {clean(by, 40)!r}", field="by")
    if m.status not in _NEXT:
        raise Refused(f"meeting {m.id!r} is {m.status}: there is nothing left to cancel")
    return replace(
        m, version=m.version + 1, status=MeetingStatus.CANCELLED, reason=_reason(reason), cancelled_by=by
    )


def assign(
    m: Meeting, to: str, *, now: datetime, by: str, active: bool, obstacles: tuple[dict[str, Any], ...]
) -> Meeting:
    """Another agent takes it; the present agent changes nothing.

    `obstacles`: why `to` is marked not available. They never forbid; that somebody (`by`) chose all the same is recorded.
    """
    require_changeable(m, "it can no longer be assigned to somebody else", now)
    if to == m.agent:
        return m
    _require_active(to, active)
    taken = replace(m, version=m.version + 1, agent=to, assigned_at=now)
    return marked(taken, obstacles, now=now, by=by)


def set_status(m: Meeting, status: MeetingStatus, *, now: datetime) -> Meeting:
    """What the platform tells of the conversation. Live starts when the agent enters; an ending is final."""
    if status is m.status:
        return m
    if status is MeetingStatus.CANCELLED:
        raise Refused(
            "a meeting is not cancelled by a status",
            "cancel it: that takes a reason, which the guests receive",
        )
    if status not in _NEXT.get(m.status, frozenset()):
        raise Refused(f"meeting {m.id!r} is {m.status} and can't become {status}", _why_not(m, status))
    live_at = now if status is MeetingStatus.LIVE else m.live_at
    return replace(m, version=m.version + 1, status=status, live_at=live_at)


def require_changeable(m: Meeting, refused: str, now: datetime) -> None:
    """Only a scheduled meeting whose end lies ahead, also after its start if the agent never entered; else `Refused`.

    `refused`: what can therefore not be done.
    """
    match hindrance(m, "reschedule", now=now):
        case "live":
            raise Refused(
                f"meeting {m.id!r} is live, the agent is in the conversation: {refused}",
                "wait until it has ended and plan a new one, or cancel it",
            )
        case "over":
            raise Refused(f"meeting {m.id!r} is {m.status}: {refused}", "plan a new meeting")
        case "passed":
            raise Refused(
                f"meeting {m.id!r} ended at {m.end:%Y-%m-%dT%H:%M:%SZ}: {refused}", "plan a new meeting"
            )


def overdue(m: Meeting, now: datetime) -> Meeting | None:
    """How a conversation ended of which nothing was heard until 2 h after its planned end; None before that."""
    if m.status not in _NEXT or now < m.end + LIVE_GRACE:
        return None
    ended = MeetingStatus.COMPLETED if m.status is MeetingStatus.LIVE else MeetingStatus.MISSED
    return replace(m, version=m.version + 1, status=ended)


def hindrance(m: Meeting, change: "OfferedChange", *, now: datetime) -> "Hindrance | None":
    """Why this change can't be made of the meeting at all, whatever is asked; None if it can."""
    if m.status not in _NEXT:
        return "over"
    if change == "cancel":
        return None
    if m.status is MeetingStatus.LIVE:
        return "live"
    return "passed" if m.end <= now else None


OfferedChange = Literal["invite", "reschedule", "cancel", "assign"]
"""What a person can do to a meeting."""

Hindrance = Literal["live", "over", "passed"]
"""The agent is in the conversation; the meeting was cancelled or has ended; its time has passed."""


def same_request(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Do two bodies ask for the same? A field left out is one set to nothing; moments count, not how they are written."""
    return _comparable(a) == _comparable(b)


# ---------------------------------------------------------------------------------------------------------------------


def _planned(wanted: Meeting) -> Meeting:
    """The meeting as a plan makes it: cleaned, version 1, with nothing in it that only changes bring."""
    if (
        not wanted.id
        or len(wanted.id) > ID_LIMIT
        or not wanted.id.isprintable()
        or wanted.id != wanted.id.strip()
    ):
        raise Refused(
            f"a meeting's id is 1 to {ID_LIMIT} printable characters without space around them", field="id"
        )
    title = _limited(wanted.title, TITLE_LIMIT, "title")
    if not title:
        raise Refused(f"meeting {wanted.id!r} has no title", field="title")
    start, end = _moment(wanted.start, "start"), _moment(wanted.end, "end")
    _require_sane(start, end)
    return Meeting(
        id=wanted.id, version=1, status=MeetingStatus.SCHEDULED, agent=wanted.agent, start=start, end=end, title=title,
        link=_limited(wanted.link, LINK_LIMIT, "link"), agent_link=_limited(wanted.agent_link, LINK_LIMIT, "agent_link"),
        group=wanted.group, guests=guests.gathered(wanted.guests),
    )  # fmt: skip


def _differences(before: Meeting, planned: Meeting) -> Iterator[str]:
    for name in ("agent", "start", "end", "title", "link", "agent_link", "group"):
        if getattr(before, name) != getattr(planned, name):
            yield name
    if not guests.same_guests(before.guests, planned.guests):
        yield "guests"


def _require_sane(start: datetime, end: datetime) -> None:
    if end <= start:
        raise Refused(
            "the end is not after the start", "the end is the first moment that is free again", field="end"
        )
    if end - start > LONGEST:
        raise Refused(
            f"the conversation would be longer than {LONGEST // timedelta(hours=1)} hours",
            "is the day right on which it ends?",
            field="end",
        )


def _require_ahead(end: datetime, now: datetime) -> None:
    if end <= now:
        raise Refused(f"the end, {end:%Y-%m-%dT%H:%M:%SZ}, has already passed")


def _require_active(agent: str, active: bool) -> None:
    if not active:
        raise Refused(
            f"agent {agent!r} is not active",
            "choose another agent, or make this one active in the configuration",
        )


def _moment(value: datetime, name: str) -> datetime:
    """In UTC and whole seconds; refused without an offset, or in a year that must be a slip."""
    if value.utcoffset() is None:
        raise Refused(f"the {name} has no offset from UTC", "write it like 2026-03-02T10:00:00Z", field=name)
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise Refused(
            f"the {name} is in the year {value.year}",
            f"years from {FIRST_YEAR} to {LAST_YEAR} are taken",
            field=name,
        )
    return value.astimezone(UTC).replace(microsecond=0)


def _limited(text: str, limit: int, name: str) -> str:
    cleaned = clean(text)
    if len(cleaned) > limit:
        raise Refused(f"the {name} is longer than {limit} characters", field=name)
    return cleaned


def _reason(text: str) -> str:
    reason = _limited(text, REASON_LIMIT, "reason")
    if not reason:
        raise Refused("a reason is needed", "the guests receive it", field="reason")
    return reason


def _why_not(m: Meeting, status: MeetingStatus) -> str:
    if m.status is MeetingStatus.LIVE and status is MeetingStatus.MISSED:
        return "the agent entered, so it was not missed: completed or failed"
    if m.status is MeetingStatus.LIVE:
        return "a conversation that has begun can only end"
    return "that is final; plan a new meeting"


def _comparable(value: object, name: str = "") -> object:
    if isinstance(value, dict):
        return {key: _comparable(item, key) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_comparable(item) for item in value]
    if name in ("start", "end") and isinstance(value, str):
        return _instant(value)
    return value


def _instant(text: str) -> datetime | str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment.astimezone(UTC) if moment.utcoffset() is not None else text

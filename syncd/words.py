"""What marks, reasons, states and deliveries mean, in sentences. Pure: values and a zone in, text out.

Neither a foreign event's title nor a guest's address ever stands in one of them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from store.model import Delivery, Meeting
from syncd.moments import shown, span
from syncd.rules.comparing import Difference
from syncd.rules.walls import Reason

KINDS = {
    "busy": "busy", "tentative": "tentative", "out_of_office": "out of office",
    "working_elsewhere": "working elsewhere", "unknown": "an event that could only be read in part",
}  # fmt: skip

STATES = {
    "ok": "read in time",
    "syncing": "being read for the first time",
    "stale": "not read for longer than stale_after: who is free by it is unknown",
    "failing": "the last try failed, the next ones are spaced out",
    "held": "many events vanished at once: removals wait until a second look says the same",
    "no-access": "sign-in or a right is missing, or the calendar is not there",
    "never-seen": "not read yet: who is free by it is unknown",
}
"""What the states of a calendar mean (docs/operations.md says what to do about each)."""


COMPARED = {
    "same": "the same",
    "explained": "every difference is explained",
    "differs": "differs",
    "not-offered": "the server offers no free/busy for it",
    "not-read": "not read yet",
    "not-tried": "not tried",
    "failed": "could not be compared",
}
"""What comparing a calendar with its server's own answer came to."""

WHY = {
    "own-event": "our own event",
    "policy": "our policy lets it pass",
    "declined": "an invitation that its owner has declined, which the server counts",
    "cancelled": "a cancelled event, which the server counts",
    "free": "an event shown as free, which the server counts",
    "no-length": "an event without length, to which the server gives some",
    "zone": "a whole day, or a time without a zone, which the server does not put into the agent's zone",
    "other-hour": "the calendar holds it at one hour, and the server counts as long a time at another",
    "left-out": "the calendar holds it, and the server's answer leaves it out",
    "held": "the calendar has lost it together with most others: held until a second look says the same",
    "missed": "the calendar holds it, and syncd has not read it",
    "outdated": "the calendar does not hold it any more, and syncd has not noticed",
    "unexplained": "unexplained: nothing that the calendar holds says so",
}
"""Why ours and the server's busy time differ (`rules.comparing`)."""


def difference(one: Difference, zone: str) -> str:
    """A difference as one sentence, its times in `zone`."""
    who = "only the server says busy" if one.busy == "server" else "only syncd says busy"
    kind = f" ({KINDS[one.status]})" if one.status in KINDS else ""
    meeting = f", of meeting {one.meeting!r}" if one.meeting else ""
    line = f": {one.policy}" if one.policy else ""
    return f"{span(one.start, one.end, zone)}: {who}{kind}: {WHY[one.why]}{meeting}{line}"


def counted(number: int, thing: str, things: str = "") -> str:
    """`1 agent`, `2 agents`; `things` where an s does not do."""
    return f"{number} {thing}" if number == 1 else f"{number} {things or thing + 's'}"


def sentence(reason: Reason, zone: str) -> str:
    """One reason as one sentence, its times in `zone`."""
    when = span(reason.start, reason.end, zone) if reason.start and reason.end else ""
    match reason.kind:
        case "calendar":
            seen = f", seen {shown(reason.seen_at, zone)}" if reason.seen_at else ""
            return f"{when}: {KINDS.get(reason.status or '', reason.status)} in calendar {reason.calendar!r}{seen}"
        case "block":
            return f"{when}: blocked: {reason.title}"
        case "meeting":
            return f"{when}: has meeting {reason.meeting!r}: {reason.title}"
        case "working-hours":
            return f"{when}: outside working hours"
        case "buffer":
            return f"{when}: too close to {_neighbour(reason)}"
        case _:
            return _doubt(reason, zone)


def explained(reason: Reason, zone: str, *, blocks: bool = True) -> str:
    """The reason, with what decided it: a line of the configuration, or that nothing there could."""
    told, does = sentence(reason, zone), "blocks" if blocks else "does not block"
    if reason.policy and reason.kind == "calendar":
        return f"{told}; {does}: {reason.policy}"
    if reason.policy:
        return f"{told}: {reason.policy}"
    return f"{told}; busy always blocks" if (reason.kind, reason.status) == ("calendar", "busy") else told


def sentence_of(reason: dict[str, Any], zone: str) -> str:
    """Likewise of a reason as it was recorded with an override (the shape of `shapes.reason_json`)."""
    return sentence(reason_of(reason), zone)


def reason_of(reason: Mapping[str, Any]) -> Reason:
    """A reason as it was recorded, as a value again."""
    times = {
        name: datetime.fromisoformat(reason[name]) for name in ("start", "end", "seen_at") if reason.get(name)
    }
    return Reason(**{**reason, **times})


def _neighbour(reason: Reason) -> str:
    if reason.calendar:
        return f"an event in calendar {reason.calendar!r}"
    return f"meeting {reason.meeting!r}" if reason.meeting else f"the block {reason.title!r}"


def _doubt(reason: Reason, zone: str) -> str:
    calendar = f"calendar {reason.calendar!r}"
    match reason.kind:
        case "never-seen":
            return f"{calendar} has never been read"
        case "stale":
            return f"{calendar} was last read {shown(reason.seen_at, zone)}, which is too long ago"
        case "horizon" if reason.start and reason.end:
            return f"{calendar} is only known from {shown(reason.start, zone)} to {shown(reason.end, zone)}"
        case "horizon":
            return f"of {calendar} it is not known how far it was read"
        case kind:
            return f"{kind}"


def meeting_line(meeting: Meeting, zone: str) -> str:
    """A meeting in one line."""
    when = f"{span(meeting.start, meeting.end, zone)} ({zone})"
    return f"meeting {meeting.id}, version {meeting.version}: {meeting.status.value}, {meeting.agent}, {when}"


def delivery_line(owed: Delivery) -> str:
    """A delivery in one line: what is to happen where, and how far that is."""
    what = {"put": "show it in", "remove": "take it out of"}.get(owed.kind, owed.kind)
    if owed.target == "mail":
        what = f"mail {owed.kind!r} to"
    whose = (
        f"{owed.agent}'s {'calendar' if owed.target == 'calendar' else 'mailbox'}"
        if owed.agent
        else "a guest"
    )
    error = f": {owed.error}" if owed.error else ""
    return f"{owed.id}: {what} {whose}{f' {owed.calendar!r}' if owed.calendar else ''}: {owed.state}{error}"

"""What leaves syncd as JSON: the shapes of docs/interface, the same on the command line and over HTTP.

Pure: values in, plain dicts out. Moments are RFC 3339 in UTC with Z; a field that says nothing is left out only where the
interface marks it with a question mark.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from connectors.interface import Event, Reading
from store.model import Agent, Change, Copy, Deed, Delivery, Guest, Login, Meeting, Override, Token
from syncd.rules import drift
from syncd.rules.availability import Mark, Verdict
from syncd.rules.blocks import Block
from syncd.rules.timeline import Day, Piece
from syncd.rules.walls import Reason

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Json = dict[str, Any]


def moment(value: datetime | None) -> str | None:
    """RFC 3339 in UTC with Z, whole seconds."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


def items(values: Iterable[Json], cursor: str | None = None) -> Json:
    """A list as the interface has it."""
    return {"items": list(values), "next": cursor}


def reason_json(reason: Reason) -> Json:
    """Why somebody is not available or unknown: only the fields that say something."""
    fields: Json = {
        "kind": reason.kind, "status": reason.status, "start": moment(reason.start), "end": moment(reason.end),
        "calendar": reason.calendar, "title": reason.title, "meeting": reason.meeting,
        "seen_at": moment(reason.seen_at), "policy": reason.policy,
    }  # fmt: skip
    return {name: value for name, value in fields.items() if value is not None}


def guest_json(guest: Guest) -> Json:
    """A guest of a meeting."""
    return {"name": guest.name, "email": guest.email, "language": guest.language, "timezone": guest.timezone}


def override_json(override: Override) -> Json:
    """Somebody was chosen although marked not available."""
    return {
        "agent": override.agent, "at": moment(override.at), "by": override.by, "reasons": list(override.reasons),
    }  # fmt: skip


def delivery_json(delivery: Delivery) -> Json:
    """What is, or was, owed to a calendar or a mailbox."""
    return {
        "id": delivery.id, "meeting": delivery.meeting, "version": delivery.version, "target": delivery.target,
        **({"guest": delivery.guest} if delivery.guest else {"agent": delivery.agent}),
        **({"calendar": delivery.calendar} if delivery.calendar else {}),
        "kind": delivery.kind, "state": delivery.state, "attempts": delivery.attempts,
        "due_at": moment(delivery.due_at), "error": delivery.error, "hint": delivery.hint,
        "done_at": moment(delivery.done_at),
    }  # fmt: skip


def block_json(block: Block, by: str | None) -> Json:
    """Availability taken away by hand; `by` is null for a block of the configuration."""
    return {
        "id": block.id, "scope": block.scope, "title": block.title, "start": moment(block.start),
        "end": moment(block.end), "timezone": block.timezone, "repeat": block.repeat, "until": moment(block.until),
        "count": block.count, "except": sorted(day.isoformat() for day in block.exceptions), "by": by,
    }  # fmt: skip


def drift_json(copy: Copy, calendar: str, policy: str, state: str) -> Json:
    """An event of ours that is not what was written; `theirs` is null where it was deleted. What its agent wrote into it is
    not known here, only which parts were `changed`."""
    there = drift.theirs(copy)
    return {
        "id": copy.id, "meeting": copy.meeting, "agent": copy.agent, "calendar": calendar, "what": drift.what(copy),
        "changed": list(drift.changed(copy)), "found_at": moment(drift.found_at(copy)),
        "ours": {"start": moment(copy.written_start), "end": moment(copy.written_end)},
        "theirs": {"start": moment(there[0]), "end": moment(there[1])} if there else None,
        "policy": policy, "state": state,
    }  # fmt: skip


def meeting_json(
    meeting: Meeting, deliveries: Iterable[Delivery], conflicts: Iterable[Reason] = (),
    instead: Iterable[tuple[Agent, Mark]] = (),
) -> Json:  # fmt: skip
    """A meeting as it stands, with what is owed because of it, what came in its way, and who could take it instead."""
    return {
        "id": meeting.id, "version": meeting.version, "status": meeting.status.value, "agent": meeting.agent,
        "start": moment(meeting.start), "end": moment(meeting.end), "title": meeting.title, "link": meeting.link,
        "agent_link": meeting.agent_link, "group": meeting.group, "reason": meeting.reason,
        "cancelled_by": meeting.cancelled_by,
        "guests": [guest_json(guest) for guest in meeting.guests],
        "overrides": [override_json(override) for override in meeting.overrides],
        "deliveries": [delivery_json(one) for one in deliveries],
        "conflicts": [reason_json(one) for one in conflicts],
        "candidates": [{"agent": one.id, "name": one.name, "mark": mark.value} for one, mark in instead],
    }  # fmt: skip


def conflict_json(meeting: Meeting, reasons: Iterable[Reason]) -> Json:
    """A coming meeting in whose way something came after it was planned or assigned."""
    return {
        "meeting": meeting.id, "agent": meeting.agent, "start": moment(meeting.start), "end": moment(meeting.end),
        "reasons": [reason_json(one) for one in reasons],
    }  # fmt: skip


def changes_json(changes: Iterable[Change], deeds: Iterable[Deed]) -> list[Json]:
    """The journal, oldest line first, each with what was written and mailed for the meeting as it then stood."""
    done = list(deeds)
    return [change_json(one, done) for one in changes]


def change_json(change: Change, deeds: Iterable[Deed] = ()) -> Json:
    """A line of the journal, with what was done for the version that it made."""
    made = [one for one in deeds if one.version == change.version and not change.detail.get("unchanged")]
    return {
        "version": change.version, "kind": change.kind, "at": moment(change.at), "by": change.by, "body": change.body,
        "detail": change.detail,
        "writes": [_write_json(one) for one in made if one.target == "calendar"],
        "mails": [_mail_json(one) for one in made if one.target == "mail"],
    }  # fmt: skip


def _write_json(deed: Deed) -> Json:
    return {
        "at": moment(deed.at), "do": deed.kind, "agent": deed.agent, "calendar": deed.calendar,
        "generation": deed.generation, "start": moment(deed.start), "end": moment(deed.end),
    }  # fmt: skip


def _mail_json(deed: Deed) -> Json:
    return {
        "at": moment(deed.at), "kind": deed.kind, **({"guest": deed.guest} if deed.guest else {"agent": deed.agent})
    }  # fmt: skip


def agent_json(agent: Agent, logins: Iterable[Login]) -> Json:
    """An agent as configured or provisioned, with their logins, never a secret."""
    return {
        "id": agent.id, "name": agent.name, "email": agent.email, "aliases": list(agent.aliases),
        "timezone": agent.timezone, "language": agent.language, "groups": list(agent.groups), "active": agent.active,
        "provisioned_by": agent.provisioned_by,
        "calendars": [
            {
                "account": one.account, "login": one.login, "check": None if one.check is None else list(one.check),
                "write": one.write,
            }
            for one in logins
        ],
    }  # fmt: skip


def token_json(token: Token) -> Json:
    """A token of the HTTP door, without its secret: nobody has that but its owner."""
    return {
        "id": token.id, "name": token.label, "scope": token.scope, "agent": token.agent, "by": token.made_by,
        "created_at": moment(token.created_at), "expires_at": moment(token.expires_at),
        "last_used_at": moment(token.last_used_at), "revoked_at": moment(token.revoked_at),
    }  # fmt: skip


def record_json(value: "DataclassInstance") -> Json:
    """A flat frozen value: its fields under their own names, moments as text."""
    fields = asdict(value)
    return {name: moment(field) if isinstance(field, datetime) else field for name, field in fields.items()}


def verdict_json(
    agent: Agent, verdict: Verdict, *, unreadable: int, seen_at: datetime | None, next_free: datetime | None
) -> Json:
    """Whether an agent is available, why not, and what helps to choose: a candidate, or an explanation."""
    return {
        "agent": agent.id, "name": agent.name, "mark": verdict.mark.value,
        "reasons": [reason_json(reason) for reason in verdict.reasons], "unreadable": unreadable,
        "seen_at": moment(seen_at), "next_free": moment(next_free),
    }  # fmt: skip


def candidates_json(meeting: Meeting, *, as_of: datetime, total: int, page: Iterable[Json]) -> Json:
    """Who could take a meeting: `page` are verdicts with `assigned` and `load`, of `total` agents."""
    return {
        "meeting": meeting.id, "start": moment(meeting.start), "end": moment(meeting.end), "as_of": moment(as_of),
        "total": total, "candidates": list(page),
    }  # fmt: skip


def free_times_json(
    meeting: Meeting, *, as_of: datetime, times: Iterable[tuple[datetime, datetime, Iterable[str]]],
    unsure: Iterable[tuple[str, Iterable[Reason]]],
) -> Json:  # fmt: skip
    """When a meeting could take place, and who is available then. `unsure`: of whom not the whole range is known, and why."""
    found = items(
        {"start": moment(start), "end": moment(end), "agents": list(agents)} for start, end, agents in times
    )
    minutes = (meeting.end - meeting.start).total_seconds() / 60
    return {
        "meeting": meeting.id, "length_minutes": int(minutes) if minutes.is_integer() else minutes,
        "as_of": moment(as_of), **found,
        "unsure": [
            {"agent": agent, "reasons": [reason_json(reason) for reason in reasons]} for agent, reasons in unsure
        ],
    }  # fmt: skip


def busy_json(agent: str, start: datetime, end: datetime, slots: Iterable["DataclassInstance"]) -> Json:
    """What is known of an agent's time in [start, end). Titles stay behind: a slot says when, what kind and whose."""
    shown = [{name: field for name, field in record_json(slot).items() if name != "title"} for slot in slots]
    lines = [{name: field for name, field in slot.items() if field is not None} for slot in shown]
    return {"agent": agent, "from": moment(start), "to": moment(end), "slots": lines}


def picture_json(days: Sequence[Day], *, as_of: datetime, lines: Iterable[Json]) -> Json:
    """Days, one after the other and by the clocks of one zone, and everybody's time through them."""
    return {
        "days": [{"date": one.date.isoformat(), "start": moment(one.start), "end": moment(one.end)} for one in days],
        "timezone": days[0].zone, "as_of": moment(as_of), "agents": list(lines),
    }  # fmt: skip


def line_json(agent: Agent, pieces: Iterable[Piece], *, unreadable: int, seen_at: datetime | None) -> Json:
    """One agent's time as pieces without gaps. Names are titles of meetings and blocks, or calendars', never an event's."""
    drawn = [
        {
            "start": moment(one.start), "end": moment(one.end), "state": one.state.value, "blocks": one.blocks,
            "names": list(one.names),
        }
        for one in pieces
    ]  # fmt: skip
    return {
        "agent": agent.id, "name": agent.name, "pieces": drawn, "unreadable": unreadable,
        "seen_at": moment(seen_at),
    }  # fmt: skip


def status_json(
    *, ok: bool, as_of: datetime, agents: int, calendars: Iterable["DataclassInstance"], unreadable: Iterable[Json],
    pending: int, failed: int, oldest_pending: datetime | None, drift: int, orphaned: Iterable[str],
    conflicts: Iterable[Json] = (), pushed: int | None = None, polled: Iterable[tuple[str, str]] = (),
) -> Json:  # fmt: skip
    """How everything stands. `unreadable_objects` names each object that could not be read whole.

    `push` is null where no server could tell us of changes; `polled`: of whom it does not, and why.
    """
    waited = int((as_of - oldest_pending).total_seconds()) if oldest_pending else None
    return {
        "ok": ok, "as_of": moment(as_of), "agents": agents, "calendars": [record_json(one) for one in calendars],
        "deliveries": {"pending": pending, "failed": failed, "oldest_pending_seconds": waited}, "drift": drift,
        "orphaned_meetings": list(orphaned), "conflicts": list(conflicts), "unreadable_objects": list(unreadable),
        "push": None if pushed is None else {
            "working": pushed, "polled": [{"agent": agent, "error": error} for agent, error in polled],
        },
    }  # fmt: skip


def event_json(event: Event) -> Json:
    """One of our events as it would be written; without a UID while it has no identity yet, never with its marker."""
    return {
        **({"uid": event.uid} if event.uid else {}),
        "start": moment(event.start), "end": moment(event.end), "timezone": event.zone, "title": event.title,
        "text": event.text, "link": event.link, "private": event.private,
        "reminder_minutes": int(event.reminder.total_seconds() // 60), "free": event.free,
    }  # fmt: skip


def dry_run_json(
    meeting: Meeting, writes: Iterable[Json], mails: Iterable[Json], overrides: Iterable[Override]
) -> Json:
    """What a change would lead to."""
    return {
        "meeting": meeting_json(meeting, ()), "writes": list(writes), "mails": list(mails),
        "overrides": [override_json(override) for override in overrides],
    }  # fmt: skip


def reading_json(reading: Reading) -> Json:
    """What a calendar text means: every interval with its kind, and what could not be read."""
    return {
        "intervals": [
            {
                "start": moment(one.start), "end": moment(one.end), "status": one.status.value,
                "all_day": one.all_day, "uid": one.uid,
            }
            for one in reading.intervals
        ],
        "problems": [record_json(problem) for problem in reading.problems],
    }  # fmt: skip


def problem_json(
    kind: str, status: HTTPStatus, detail: str, *, hint: str = "", errors: Iterable[tuple[str, str]] = ()
) -> Json:
    """An error as RFC 9457 has it; `kind` is its type (`syncd.problems`), `errors` are (path, message), `hint` what to do."""
    return {
        "type": kind, "title": status.phrase, "status": status.value, "detail": detail,
        "errors": [{"path": path, "message": message} for path, message in errors],
        **({"hint": hint} if hint else {}),
    }  # fmt: skip

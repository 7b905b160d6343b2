"""Accepting a change of a meeting: one transaction holds the meeting at its next version, the journal and what is owed.

Nothing is sent from here. Delivery looks at the meeting as it stands when it runs (`actions.deliver`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from store import calendars, copies, meetings
from store.database import Tx
from store.model import Agent, Change, ChangeKind, Meeting, Override
from syncd import logs
from syncd.actions.context import Context
from syncd.actions.named import existing, known_agent
from syncd.actions.owing import owe, owe_notices
from syncd.errors import Invalid, KeyUsed, NotPermitted, OtherVersion, Refused
from syncd.rules import delivery as rule
from syncd.rules import journal, notices
from syncd.rules import meetings as rules
from syncd.rules.delivery import Owed
from syncd.rules.notices import OwedNotice
from syncd.shapes import override_json

NEW_KEY = "use a new key for a new change"


@dataclass(frozen=True, slots=True)
class Wish:
    """A change as it is asked for: `body` is what idempotency compares; `apply` is the rule, run inside the transaction.

    `version` refuses when the meeting has moved on (None: whatever it is); `key` makes a repetition harmless;
    `only_of`: an agent whose meetings alone may be changed (None: everyone's).
    """

    meeting: str
    kind: ChangeKind
    body: dict[str, Any]
    apply: "Apply"
    by: str
    key: str | None = None
    version: int | None = None
    only_of: str | None = None


Apply = Callable[["Scene"], Meeting]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a rule may look at while a change is decided."""

    ctx: Context
    tx: Tx
    before: Meeting | None
    now: datetime

    def meeting(self, wanted: str) -> Meeting:
        """The meeting as it stands; `Unknown` if there is none."""
        return existing(self.before, wanted)

    def agent(self, wanted: str) -> Agent:
        """A configured agent; `Unknown` if there is none."""
        return known_agent(self.tx, wanted)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a wish: the meeting as it now stands, and what it owes to calendars (`owed`) and to people (`notices`).

    `changed` is False for a repetition, `repeated` is True where its key says that it is one: the meeting may stand otherwise by now.
    """

    meeting: Meeting
    changed: bool
    owed: tuple[Owed, ...] = ()
    notices: tuple[OwedNotice, ...] = ()
    overrides: tuple[Override, ...] = ()
    repeated: bool = False


def accept(ctx: Context, wish: Wish) -> Accepted:
    """Accept the change, or raise `Refused`. Kept for good once this returns."""
    with ctx.store.writing() as tx:
        meetings.take_turn(tx, wish.meeting)
        accepted = _decide(ctx, tx, wish)
        if accepted.changed:
            _save(ctx, tx, wish, accepted)
        elif wish.key and meetings.change_by_key(tx, wish.key) is None:
            _append(tx, _line(wish, accepted.meeting, ctx.clock(), {"unchanged": True}))
    if accepted.changed:
        meeting = accepted.meeting
        logs.info(
            "meeting_changed", meeting=meeting.id, change=wish.kind, version=meeting.version, by=wish.by
        )
    return accepted


def preview(ctx: Context, wish: Wish) -> Accepted:
    """What accepting would do, with nothing saved (`--dry-run`)."""
    with ctx.store.reading() as tx:
        return _decide(ctx, tx, wish)


def _decide(ctx: Context, tx: Tx, wish: Wish) -> Accepted:
    before = meetings.meeting(tx, wish.meeting)
    repeated = meetings.change_by_key(tx, wish.key) if wish.key else None
    if repeated is not None:
        return _repetition(repeated, wish, before)
    _require_own(wish, before)
    if wish.version is not None and before is None and wish.kind == "plan":
        raise OtherVersion(f"there is no meeting {wish.meeting!r} yet", "plan it without naming a version")
    if wish.version is not None and before is not None and before.version != wish.version:
        raise OtherVersion(
            f"meeting {wish.meeting!r} is at version {before.version}, not {wish.version}: {_news(tx, wish)}",
            f"look at it (syncd meeting show {wish.meeting}) and decide again",
        )
    try:
        after = wish.apply(Scene(ctx, tx, before, ctx.clock()))
    except rules.Refused as refusal:
        raise _refused(refusal) from refusal
    if after == before:
        return Accepted(after, changed=False)
    if wish.only_of is not None and before is None and after.agent != wish.only_of:
        raise NotPermitted(f"only meetings of agent {wish.only_of!r} may be planned with this token")
    standing, keep = copies.copies(tx, meeting=after.id), ctx.config.meetings.keep_cancelled
    concerned = {one.agent for one in (before, after, *standing) if one is not None}
    owed = rule.owed(before, after, calendars.places(tx, concerned), standing, keep_cancelled=keep)
    new = after.overrides[len(before.overrides) if before else 0 :]
    return Accepted(after, True, owed, notices.owed(before, after), new)


def _require_own(wish: Wish, before: Meeting | None) -> None:
    """A meeting of others is as if it were not there; only its id is taken."""
    if before is None or wish.only_of in (None, before.agent):
        return
    if wish.kind == "plan":
        raise Refused(f"the id {wish.meeting!r} is taken", "plan it under another id")
    existing(None, wish.meeting)


def _refused(refusal: rules.Refused) -> Refused:
    if refusal.field:
        return Invalid(refusal.message, refusal.hint, field=refusal.field)
    return Refused(refusal.message, refusal.hint)


def _news(tx: Tx, wish: Wish) -> str:
    """What the others did who were faster."""
    happened = journal.since(meetings.changes(tx, wish.meeting), wish.version or 0)
    return f"someone was faster, it was {happened}" if happened else "it never was"


def _repetition(repeated: Change, wish: Wish, before: Meeting | None) -> Accepted:
    same = (repeated.meeting, repeated.kind) == (wish.meeting, wish.kind) and rules.same_request(
        repeated.body, wish.body
    )
    # Who had a meeting and gave it away may repeat that, but nobody gets at a meeting of others by guessing a key.
    same = same and (wish.only_of is None or repeated.by == wish.by)
    if before is None or not same:
        raise KeyUsed(f"the key {wish.key!r} was already used for another change", NEW_KEY)
    return Accepted(before, changed=False, repeated=True)


def _save(ctx: Context, tx: Tx, wish: Wish, accepted: Accepted) -> None:
    now, meeting = ctx.clock(), accepted.meeting
    save = meetings.insert if meeting.version == 1 else meetings.update
    save(tx, meeting)
    detail = {"agent": meeting.agent, "overrides": [override_json(one) for one in accepted.overrides]}
    _append(tx, _line(wish, meeting, now, detail))
    _owe(ctx, tx, accepted, now)


def _append(tx: Tx, line: Change) -> None:
    """Write the journal; another meeting's change may have used the key this very moment."""
    try:
        meetings.append(tx, line)
    except IntegrityError as error:
        raise KeyUsed(f"the key {line.key!r} was already used for another change", NEW_KEY) from error


def _owe(ctx: Context, tx: Tx, accepted: Accepted, now: datetime) -> None:
    """Owe what the change asks of calendars and mailboxes. Copies that are to go are marked at once: they are not written
    again."""
    where, meeting = calendars.places(tx, {one.agent for one in accepted.owed}), accepted.meeting
    for owed in accepted.owed:
        place = where.get(owed.agent)
        owe(tx, meeting, owed, place.calendar if place else None, now)
        if owed.kind == "remove":
            _mark_leaving(tx, meeting.id, owed.agent)
    owe_notices(tx, ctx.config, meeting, accepted.notices, now)


def _mark_leaving(tx: Tx, meeting: str, agent: str) -> None:
    for copy in copies.copies(tx, meeting=meeting, agent=agent):
        if copy.state in ("intended", "present"):
            copies.save_copy(tx, replace(copy, state="leaving"))


def _line(wish: Wish, meeting: Meeting, now: datetime, detail: Mapping[str, Any]) -> Change:
    return Change(meeting.id, meeting.version, wish.kind, now, wish.by, wish.key, wish.body, dict(detail))

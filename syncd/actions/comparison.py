"""One login's checked calendars, each compared with what its server itself says of busy time (`rules.comparing`).

Three questions, each asked only where the one before leaves something open: the server's answer; the calendar's events as they
are now; and the same events read by the clock of UTC, in which servers put whole days and times without a zone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from connectors.interface import Calendar as CalendarToRead
from connectors.interface import CalendarObject, Connector, ConnectorError, FreeBusy
from store import calendars, copies, slots
from store.agents import by_id
from store.model import Calendar, Copy, Login
from syncd.actions.context import Context
from syncd.actions.knowledge import busy_pieces
from syncd.actions.policies import policies_of
from syncd.errors import SyncdError, exit_code
from syncd.rules.comparing import Difference, Evidence, InUtc, Ours, OwnEvent, Seen, compare
from syncd.rules.reconcile import is_ours, stands_in

State = Literal["same", "explained", "differs", "not-offered", "not-read", "not-tried", "failed"]

SETTLED = frozenset({"own-event"})
"""What needs no look into the calendar: it is known to stand there."""

UNSETTLED = frozenset({"left-out", "other-hour", "unexplained"})
"""What may be a matter of zones."""

DANGEROUS = (
    "something in it can't be read whole (syncd status names it), and a server may never come to an end with that: have it "
    "mended first"
)
"""Radicale and Xandikos hang where a rule says INTERVAL=0; and it may have come with a stranger's invitation."""

EXIT_CODES = {"no-access": 77, "failing": 69}
"""Of a login's state; 1 where it says nothing."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One calendar, compared within [start, end).

    `relisted`: everything in it was fetched anew on the way. `code`: of a failure, the exit code that belongs to it.
    """

    login: Login
    calendar_id: int
    calendar: str
    state: State
    start: datetime | None = None
    end: datetime | None = None
    differences: tuple[Difference, ...] = ()
    relisted: bool = False
    error: str = ""
    hint: str = ""
    code: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one calendar: how it is asked for, our busy times, and the copies of meetings that stand in it."""

    asked: CalendarToRead
    ours: Ours
    copies: Sequence[Copy] = ()


def compare_login(ctx: Context, login: Login) -> tuple[Compared, ...]:
    """Each checked calendar of a login. What fails says so, and the others go on."""
    rows = _checked(ctx, login)
    bare = [Compared(login, row.id, row.name or row.wanted or "", "not-read") for row in rows]
    if not rows:
        return (_unlisted(login),) if login.check != () else ()
    if not ctx.signs_in(login.agent, login.account):
        hint = "its secret is handed to the service alone: run this command as the service does"
        return tuple(replace(one, state="not-tried", hint=hint) for one in bare)
    try:
        connector = ctx.connect(login.agent, login.account, login.login)
    except (ConnectorError, SyncdError) as error:
        return tuple(_failed(one, error) for one in bare)
    try:
        return tuple(_compared(ctx, connector, one, row) for one, row in zip(bare, rows, strict=True))
    finally:
        connector.close()


def _compared(ctx: Context, connector: Connector, bare: Compared, row: Calendar) -> Compared:
    kept = _kept(ctx, row)
    if row.unreadable:
        return replace(bare, state="not-tried", hint=DANGEROUS)
    if kept is None:
        return replace(bare, error=row.error, hint=row.hint, code=EXIT_CODES.get(row.state, 1))
    try:
        asked = kept.asked
        answer = connector.free_busy(asked.href, asked.start, asked.end)
        if answer is None:
            return replace(bare, state="not-offered", start=asked.start, end=asked.end)
        found = differences(connector, kept, answer)
    except ConnectorError as error:
        return _failed(bare, error)
    state: State = "same" if not found else "explained" if all(one.explained for one in found) else "differs"
    return replace(bare, state=state, start=answer.start, end=answer.end, differences=found)


def differences(connector: Connector, kept: Kept, answer: FreeBusy) -> tuple[Difference, ...]:
    """What differs, looked into as far as is needed to explain it. Raises the connector's errors."""
    found = compare(answer, kept.ours)
    if all(one.why in SETTLED for one in found):
        return found
    evidence = _looked(connector, kept)
    found = compare(answer, kept.ours, evidence)
    if any(one.why in UNSETTLED for one in found):
        found = compare(answer, kept.ours, replace(evidence, in_utc=_by_utc(connector, kept)))
    return found


def _failed(bare: Compared, error: ConnectorError | SyncdError) -> Compared:
    return replace(bare, state="failed", error=error.message, hint=error.hint, code=exit_code(error))


def _unlisted(login: Login) -> Compared:
    """A login of which no checked calendar is known: it was never listed, or what it names is not there."""
    name, code = f"{login.account}/{login.login}", EXIT_CODES.get(login.state, 1)
    return Compared(login, 0, name, "not-read", error=login.error, hint=login.hint, code=code)


# ---------------------------------------------------------------------------------------------------------------------
# What is kept


def _checked(ctx: Context, login: Login) -> list[Calendar]:
    with ctx.store.reading() as tx:
        return [row for row in calendars.calendars(tx, logins=[login.id]) if row.checked]


def _kept(ctx: Context, row: Calendar) -> Kept | None:
    """From now on, as far as the calendar was read; None where it never was."""
    if not row.href or row.seen_at is None or row.window_start is None or row.window_end is None:
        return None
    start = max(row.window_start, ctx.clock().replace(second=0, microsecond=0))
    end = row.window_end.replace(microsecond=0)
    with ctx.store.reading() as tx:
        agent = by_id(tx, {row.agent})[row.agent]
        pieces = slots.overlapping(tx, start, end, [row.agent])
        standing = [one for one in copies.copies_at(tx, row.account, row.login) if stands_in(one, row)]
    busy = busy_pieces(agent, policies_of(ctx.config), {row.id: row}, pieces)
    asked = CalendarToRead(row.href, agent.timezone, agent.addresses, start, end)
    return Kept(asked, Ours(busy, tuple(_own(standing)), bool(row.held)), standing)


def _own(standing: Sequence[Copy]) -> Iterator[OwnEvent]:
    """Where our events stand: as they were seen last, or else as they were written."""
    for copy in standing:
        start, end = copy.found_start or copy.written_start, copy.found_end or copy.written_end
        if copy.state != "gone" and start and end:
            yield OwnEvent(start, end, copy.meeting)


# ---------------------------------------------------------------------------------------------------------------------
# What the calendar holds now


def _looked(connector: Connector, kept: Kept) -> Evidence:
    objects = connector.changes(kept.asked, None, {}).upserts
    events = [
        Seen(one.start, one.end, one.status.value, ours)
        for found in objects
        for ours in (_is_one_of(kept.copies, found),)
        for one in found.intervals
    ]
    return Evidence(events)


def _by_utc(connector: Connector, kept: Kept) -> list[InUtc]:
    objects = connector.changes(replace(kept.asked, zone="UTC"), None, {}).upserts
    return [InUtc(one.start, one.end) for found in objects for one in found.intervals]


def _is_one_of(standing: Sequence[Copy], found: CalendarObject) -> bool:
    return any(is_ours(copy, found.event, organizer=found.organizer) for copy in standing)

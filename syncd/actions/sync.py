"""One login, read: its calendars are listed in one request, and only those that changed are read (`actions.read`).

The network comes first and holds no transaction; what it brought is saved only while the fence holds (`store.due`).
A calendar that fails keeps what is known of it, and the login's other calendars go on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connectors.interface import CalendarGone, CalendarInfo, Connector, ConnectorError, Listing, Throttled
from store import calendars, due
from store.database import Tx
from store.due import Unchanged
from store.following import RELIST_OVER
from store.model import Agent, Calendar, Login
from syncd import logs
from syncd.actions.context import Context
from syncd.actions.prepare import Prepared
from syncd.actions.read import WINDOW_MARGIN, Reader
from syncd.errors import SyncdError
from syncd.rules import retry, revisions
from syncd.rules.choosing import READ_ONLY, Choice, choose

SECOND_LOOK = timedelta(seconds=30)
"""When a calendar that the mass-change brake holds is looked at again."""

LISTING_AGE = timedelta(days=1)
"""How old the listing of a connector without a gate may be before it is asked again."""


@dataclass(frozen=True, slots=True)
class Round:
    """One login's pass. `unchanged`: nothing happened and only freshness is to be saved, together with others.

    `failed` names what could not be read (a calendar, or the login itself); `read` counts the calendars looked into.
    """

    login: Login
    unchanged: Unchanged | None = None
    failed: tuple[str, ...] = ()
    read: int = 0


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass over a login works with. `interval`: how soon it is asked again if all is well."""

    ctx: Context
    connector: Connector
    login: Login
    agent: Agent
    full: bool
    now: datetime
    interval: timedelta

    def wants(self, row: Calendar, infos: Mapping[str, CalendarInfo] | None) -> bool:
        """Does this calendar need more than the listing? One that is no longer listed is not read, and not emptied."""
        if not row.href or row.missing_since is not None or (infos is not None and row.href not in infos):
            return False
        revision = infos[row.href].revision if infos is not None else ""
        changed = not revision or revision != row.revision or row.sync_state is None
        troubled = row.state != "ok" and row.error != READ_ONLY
        again = row.held is not None or troubled or self.relists(row) or self.audits(row)
        return self.full or changed or again or self.behind(row) or _made_anew(row, infos)

    def audits(self, row: Calendar) -> bool:
        """Is it time to list everything, in case the server's marks and tokens have kept something from us?"""
        listed = row.audited_at
        return self.connector.gate and (listed is None or listed + retry.audit_wait(row.id) <= self.now)

    def relists(self, row: Calendar) -> bool:
        """Is it time to fetch everything anew, because it would now be read differently?"""
        return row.relist_at is not None and row.relist_at <= self.now

    def behind(self, row: Calendar) -> bool:
        """Has the window moved past what the slots cover?

        Or is there, since it last did, a reason to understand calendars otherwise: then what is kept of series is expanded by
        that at once, and the rest is fetched in its turn.
        """
        ahead = self.ctx.config.sync.window_ahead
        if row.window_end is None or row.window_end < self.now + ahead:
            return True
        moved = row.window_end - ahead - WINDOW_MARGIN
        return row.relist_at is not None and moved < row.relist_at - RELIST_OVER


def _made_anew(row: Calendar, infos: Mapping[str, CalendarInfo] | None) -> bool:
    """Is another calendar at the address of the one that was known?"""
    info = infos.get(row.href or "") if infos is not None else None
    return info is not None and revisions.made_anew(row.identity, info.identity)


def sync_login(ctx: Context, prepared: Prepared, *, full: bool = False) -> Round:
    """Read what changed in the claimed login's calendars. Failures become its state; `Fenced` passes through."""
    login = prepared.login
    try:
        connector = ctx.connect(login.agent, login.account, login.login)
    except (ConnectorError, SyncdError) as error:
        return login_failed(ctx, login, error)
    try:
        return _pass(ctx, connector, prepared, full)
    except ConnectorError as error:
        return login_failed(ctx, login, error)
    finally:
        connector.close()


def _pass(ctx: Context, connector: Connector, prepared: Prepared, full: bool) -> Round:
    login, rows = prepared.login, prepared.calendars
    if prepared.agent is None:
        return Round(login)
    this = Pass(ctx, connector, login, prepared.agent, full, ctx.clock(), prepared.interval)
    listing = _listing(this, rows)
    choice = choose(login, rows, listing, now=this.now) if listing else Choice((), ())
    infos = {info.href: info for info in listing.calendars} if listing else None
    settled = _settled(this, listing) and not choice.rows and not choice.drop
    rows = _save_choice(this, choice) if choice.rows or choice.drop else rows
    to_read = [row for row in rows if this.wants(row, infos)]
    outcomes = {row.id: _read(this, row, infos) for row in to_read}
    states = {row_id: one.state for row_id, one in outcomes.items() if one.state is not None}
    as_they_were = [row for row in rows if row.id in states or (row.id not in outcomes and _in_order(row))]
    if settled and len(states) == len(outcomes):
        return Round(login, _unchanged(this, as_they_were, states), read=len(outcomes))
    failed = [row.name for row in to_read if outcomes[row.id].failed]
    missing = [row.wanted or row.name for row in rows if row.state == "no-access" and row.id not in outcomes]
    _save_login(this, listing, bool(failed), as_they_were, states)
    return Round(login, None, tuple(failed + missing), len(to_read))


def _listing(this: Pass, rows: Sequence[Calendar]) -> Listing | None:
    """This cycle's listing; None where the connector has no gate and yesterday's still serves."""
    listed_at = this.login.listed_at
    fresh = listed_at is not None and this.now - listed_at < LISTING_AGE
    if not this.connector.gate and fresh and all(row.href and row.state in ("ok", "held") for row in rows):
        return None
    return this.connector.calendars(this.login.memo)


def _settled(this: Pass, listing: Listing | None) -> bool:
    """Is there nothing to save on the login itself but its freshness? A listing that is rarely made is kept in mind."""
    login = this.login
    same = listing is None or (this.connector.gate and listing.memo == login.memo)
    return login.state == "ok" and login.listed_at is not None and same


def _in_order(row: Calendar) -> bool:
    """A calendar in order that the listing gave no reason to read is as it was: that counts as seen."""
    return row.state == "ok" and row.missing_since is None


def _unchanged(this: Pass, rows: Sequence[Calendar], states: Mapping[int, str]) -> Unchanged:
    seen = tuple(row.id for row in rows)
    moved = tuple(
        (row.id, states[row.id]) for row in rows if states.get(row.id, row.sync_state) != row.sync_state
    )
    wait = retry.poll_interval(this.interval, this.ctx.jitter())
    return Unchanged(this.login.id, this.login.epoch, this.now + wait, this.now, seen, moved)


def _save_choice(this: Pass, choice: Choice) -> tuple[Calendar, ...]:
    login = this.login

    def save(tx: Tx) -> tuple[Calendar, ...]:
        due.hold_login(tx, login.id, login.epoch)
        for calendar_id in choice.drop:
            calendars.drop_calendar(tx, calendar_id)
        for row in choice.rows:
            calendars.save_calendar(tx, row)
        return tuple(calendars.calendars(tx, logins=[login.id]))

    rows = this.ctx.store.save(save)
    for row in choice.rows:
        name, error = row.name or row.wanted, row.error or None
        logs.info("calendar_listed", agent=row.agent, calendar=name, state=row.state, error=error)
    return rows


@dataclass(frozen=True, slots=True)
class Outcome:
    """What reading one calendar came to. `state`: nothing changed, and with this sync state it goes on."""

    failed: bool = False
    state: str | None = None


def _read(this: Pass, row: Calendar, infos: Mapping[str, CalendarInfo] | None) -> Outcome:
    """Read one calendar and save what changed; when it failed, its state then says why.

    Raises `Throttled`: a server that asks to wait asks it of the login, not of one of its calendars.
    """
    info = infos[row.href or ""] if infos is not None else None
    reader = Reader(this.ctx, this.connector, this.login, this.agent, row, this.now)
    try:
        suspect = this.audits(row) or (info is not None and revisions.runs_back(row.revision, info.revision))
        anew = this.full or this.relists(row) or _made_anew(row, infos)
        reading = reader.ask(anew=anew, behind=this.behind(row), whole=suspect)
    except Throttled:
        raise
    except ConnectorError as error:
        reader.failed(error)
        return Outcome(failed=True)
    if info is None and reading.quiet and _in_order(row):
        return Outcome(state=reading.changes.state)
    missed = len(reading.found.upserts) + len(reading.found.gone)
    if missed and this.audits(row) and info is not None and info.revision == row.revision:
        logs.warning("audit_found", agent=row.agent, calendar=row.name, missed=missed)
    reader.save(reading, info)
    return Outcome()


def _save_login(
    this: Pass, listing: Listing | None, failed: bool, seen: Sequence[Calendar], states: Mapping[int, str]
) -> None:
    """When to come back: by the interval; sooner for a held calendar; later if one failed, but no good one goes stale."""
    login, sync, jitter = this.login, this.ctx.config.sync, this.ctx.jitter()
    failures = login.failures + 1 if failed else 0
    wait = retry.poll_interval(this.interval, jitter)
    if failed:
        wait = min(retry.back_off(failures, interval=sync.interval, jitter=jitter), sync.stale_after / 3)
    saved = replace(
        login, failures=failures, state="ok", error="", hint="", seen_at=this.now,
        memo=listing.memo if listing else login.memo, listed_at=this.now if listing else login.listed_at,
    )  # fmt: skip

    def save(tx: Tx) -> None:
        due.hold_login(tx, login.id, login.epoch)
        for row in seen:
            state = states.get(row.id, row.sync_state)
            calendars.save_calendar(tx, replace(row, seen_at=this.now, sync_state=state))
        held = any(row.held for row in calendars.calendars(tx, logins=[login.id]))
        calendars.save_login(tx, replace(saved, due_at=this.now + (min(wait, SECOND_LOOK) if held else wait)))

    this.ctx.store.save(save)
    if login.state not in ("ok", "never-seen"):
        logs.info("login_recovered", agent=login.agent, account=login.account)


def login_failed(ctx: Context, login: Login, error: ConnectorError | SyncdError) -> Round:
    """The login as a whole can't be read: all that is known stays, its state says why, the next try is spaced out."""
    now = ctx.clock()
    state = error.state if isinstance(error, ConnectorError) else "no-access"
    wait = retry.after(error, login.failures + 1, interval=ctx.config.sync.interval, jitter=ctx.jitter())
    memo = None if isinstance(error, CalendarGone) else login.memo
    failed = replace(
        login,
        due_at=now + wait,
        failures=login.failures + 1,
        state=state,
        error=error.message,
        hint=error.hint,
        memo=memo,
    )
    with ctx.store.writing() as tx:
        calendars.save_login(tx, failed)
    if login.state != state or login.error != error.message:
        logs.warning(
            "login_failed", agent=login.agent, account=login.account, error=error.message, hint=error.hint
        )
    return Round(login, None, (f"{login.account}/{login.login}",))

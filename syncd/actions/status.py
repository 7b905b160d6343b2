"""How things stand: calendars and how fresh they are, what can't be read, what is owed, what drifted."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from store import agents, calendars, copies, deliveries, subscriptions
from store.calendars import Unreadable
from store.database import Tx
from store.deliveries import Backlog
from store.model import Calendar, Login
from syncd.actions.conflicts import Conflict, late
from syncd.actions.context import Context
from syncd.actions.push import push_url

FINE = ("ok", "syncing")


@dataclass(frozen=True, slots=True)
class CalendarHealth:
    """One line of `status`: a calendar, or a login whose calendars were never listed (`calendar` is then its name).

    `read_by`: in which way it is read, in the connector's word; "" where it never was.
    """

    agent: str
    calendar: str
    account: str
    kind: str
    state: str
    seen_at: datetime | None
    objects: int
    unreadable: int
    error: str
    hint: str
    read_by: str = ""


@dataclass(frozen=True, slots=True)
class PushHealth:
    """How many logins' servers tell us of changes, of those that could. `polled`: the others, as (agent, why)."""

    working: int
    polled: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Status:
    """The whole picture. `ok`: nothing needs a person. `push`: None where the outside can't reach us.

    A login without push is polled as often as any other: that needs nobody. Nor does a late conflict: whether the meeting
    goes on all the same is decided without telling us.
    """

    as_of: datetime
    agents: int
    calendars: tuple[CalendarHealth, ...]
    unreadable: tuple[Unreadable, ...]
    backlog: Backlog
    drift: int
    orphaned: tuple[str, ...]
    conflicts: tuple[Conflict, ...] = ()
    push: PushHealth | None = None

    @property
    def ok(self) -> bool:
        """Does nothing need a person?"""
        fine = all(one.state in FINE for one in self.calendars)
        return fine and not (self.backlog.failed or self.drift or self.orphaned)


def status(ctx: Context, *, agent: str | None = None) -> Status:
    """Everything as it stands now, of all agents or of one."""
    now = ctx.clock()
    names = None if agent is None else [agent]
    with ctx.store.reading() as tx:
        logins = calendars.logins(tx, agents=names)
        rows = calendars.calendars(tx, agents=names)
        return Status(
            as_of=now,
            agents=len(agents.agents(tx)) if agent is None else 1,
            calendars=tuple(_health(logins, rows, now, ctx.config.sync.stale_after)),
            unreadable=tuple(calendars.unreadable(tx, agents=names)),
            backlog=deliveries.backlog(tx, now),
            drift=copies.count_drift(tx),
            orphaned=tuple(agents.orphaned_meetings(tx, now)),
            conflicts=tuple(late(ctx, tx).values()),
            push=_push(ctx, tx, names),
        )


def _push(ctx: Context, tx: Tx, names: Collection[str] | None) -> PushHealth | None:
    url = push_url(ctx.config)
    rows = subscriptions.subscriptions(tx, agents=names) if url else []
    if not rows:
        return None
    working = subscriptions.working(tx, [row.login_id for row in rows], url, ctx.clock())
    left = [row for row in rows if row.login_id not in working]
    return PushHealth(len(working), tuple((row.agent, row.error or "not asked for yet") for row in left))


def _health(
    logins: Iterable[Login], rows: Iterable[Calendar], now: datetime, stale_after: timedelta
) -> Iterable[CalendarHealth]:
    of_login: dict[int, list[Calendar]] = {}
    for row in rows:
        of_login.setdefault(row.login_id, []).append(row)
    for login in logins:
        for row in of_login.get(login.id, []):
            yield _of_row(login, row, now, stale_after)
        if login.id not in of_login:
            yield _of_login(login, now)


def _of_row(login: Login, row: Calendar, now: datetime, stale_after: timedelta) -> CalendarHealth:
    state, error, hint = row.state, row.error, row.hint
    if state == "ok" and login.state in ("failing", "no-access"):
        state, error, hint = login.state, login.error, login.hint
    shown: str = state
    if state == "never-seen" and _worked_on(login, now):
        shown = "syncing"
    elif state in ("ok", "held") and (row.seen_at is None or now - row.seen_at > stale_after):
        shown = "stale"
    name = row.name or row.wanted or ""
    return CalendarHealth(
        row.agent,
        name,
        row.account,
        login.kind,
        shown,
        row.seen_at,
        row.objects,
        row.unreadable,
        error,
        hint,
        row.read_by,
    )


def _of_login(login: Login, now: datetime) -> CalendarHealth:
    state = "syncing" if login.state == "never-seen" and _worked_on(login, now) else login.state
    error = login.error or ("no calendar to read was found" if state == "ok" else "")
    state = "no-access" if state == "ok" and login.check != () else state
    return CalendarHealth(
        login.agent, login.login, login.account, login.kind, state, login.seen_at, 0, 0, error, login.hint
    )


def _worked_on(login: Login, now: datetime) -> bool:
    return login.leased_until is not None and login.leased_until > now

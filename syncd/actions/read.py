"""One calendar, read: what changed goes into the store, token and data in one transaction.

What is known is loaded before the server lists everything, our own copies after: whatever of ours the server can list was
stored before it was written, so nothing of ours is ever taken for a foreign event, and nothing is gone that was written
meanwhile. A round that brings nothing asks the store nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from connectors.interface import Calendar as CalendarToRead
from connectors.interface import CalendarInfo, Changes, Connector, ConnectorError, Identity
from store import calendars, copies, due, slots
from store.database import Tx
from store.model import Agent, Calendar, Copy, Login
from store.pieces import rows_of
from syncd import logs
from syncd.actions.context import Context
from syncd.actions.expand import rolled
from syncd.actions.sightings import Sightings
from syncd.rules import choosing, reconcile, revisions

WINDOW_MARGIN = timedelta(days=1)
"""The window reaches a day further than promised, so that it needs to roll forward only once a day."""


class Known(Mapping[str, str]):
    """href -> etag of every object that the store holds of a calendar; read at its first use."""

    def __init__(self, ctx: Context, calendar_id: int) -> None:
        self._ctx = ctx
        self._calendar_id = calendar_id

    @cached_property
    def _held(self) -> dict[str, str]:
        with self._ctx.store.reading() as tx:
            return calendars.known(tx, self._calendar_id)

    def __getitem__(self, href: str) -> str:
        return self._held[href]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)


@dataclass(frozen=True, slots=True)
class Reading:
    """What asking one calendar came to, before anything is saved.

    `same`: everything that was known is there as it was. `unseen`: something in it was listed and, for the first time, could not be fetched; so it counts as seen when it was
    seen last. Once that has failed twice it is the object's own fault, which must not make its owner unknown for good.
    """

    changes: Changes
    found: reconcile.Round
    standing: Sequence[Copy]
    window: tuple[datetime, datetime]
    anew: bool
    behind: bool
    unseen: bool
    same: bool = False

    @property
    def quiet(self) -> bool:
        """Was there nothing to save but how fresh the calendar is, and with which state to go on?"""
        found = self.found
        something = found.upserts or found.unread or found.gone or found.copies or found.stray
        special = self.anew or self.behind or self.changes.complete or found.held or found.incomplete
        return not something and not special


@dataclass(frozen=True, slots=True)
class Reader:
    """One calendar's turn in a pass over its login."""

    ctx: Context
    connector: Connector
    login: Login
    agent: Agent
    row: Calendar
    now: datetime

    @property
    def href(self) -> str:
        """Where the calendar is on the server."""
        return self.row.href or ""

    def ask(self, *, anew: bool, behind: bool, whole: bool = False) -> Reading:
        """Ask and decide. `whole`: list everything; `anew`: and fetch also what is known; `behind`: the window moves.

        Raises the connector's errors.
        """
        start = self.now - self.ctx.config.sync.window_past - WINDOW_MARGIN
        end = self.now + self.ctx.config.sync.window_ahead + WINDOW_MARGIN
        window = (start, end) if behind or anew else self._window(start, end)
        held = Known(self.ctx, self.row.id)
        known = dict(held) if anew else held
        changes = self._changes(window, {} if anew else known, from_scratch=anew or whole)
        if not (changes.complete or changes.upserts or changes.gone):
            return Reading(changes, reconcile.NOTHING, (), window, anew, behind, unseen=False)
        with self.ctx.store.reading() as tx:
            standing = copies.copies_at(tx, self.login.account, self.login.login)
        found = reconcile.reconcile(
            changes, known, standing, calendar=self.row, held=self.row.held, now=self.now
        )
        found = replace(found, copies=self._believed(found.copies))
        unseen, same = _unseen(found, known), anew and _same(changes, known)
        return Reading(changes, found, standing, window, anew, behind, unseen, same)

    def save(self, reading: Reading, info: CalendarInfo | None) -> None:
        """Token and data in one transaction, which the server can tell again. Raises `Fenced` when somebody else took the login over."""
        found, moved = reading.found, reading.window if reading.behind else None
        rolls = moved is not None and self.row.window_end is not None
        expanded = rolled(self.ctx, self.row, self.agent, found, *reading.window) if rolls else ()
        rows = rows_of([*found.upserts, *expanded])
        fresh, sightings = self._fresh(reading, info), Sightings(self.row, self.now)

        def save(tx: Tx) -> None:
            due.hold_login(tx, self.login.id, self.login.epoch)
            slots.save_rows(tx, self.row.id, self.agent.id, rows, found.gone)
            slots.note_unread(tx, self.row.id, found.unread)
            if moved:
                slots.drop_before(tx, self.row.id, moved[0])
            sightings.save(tx, reading.standing, found)
            objects, unreadable = calendars.count_objects(tx, self.row.id)
            calendars.save_calendar(tx, replace(fresh, objects=objects, unreadable=unreadable))

        self.ctx.store.save(save)
        sightings.tell()
        self._log(fresh, reading.changes, found)

    def _window(self, start: datetime, end: datetime) -> tuple[datetime, datetime]:
        """The window that the stored slots cover: one calendar's objects are all read over the same."""
        return (self.row.window_start or start, self.row.window_end or end)

    def _changes(
        self, window: tuple[datetime, datetime], known: Mapping[str, str], *, from_scratch: bool
    ) -> Changes:
        state = None if from_scratch or self.row.held else self.row.sync_state
        asked = CalendarToRead(self.href, self.agent.timezone, self.agent.addresses, *window)
        return self.connector.changes(asked, state, known)

    def _believed(self, found: Sequence[Copy]) -> tuple[Copy, ...]:
        """A deletion of our event is believed only after a direct read (a server may report deletions that are none)."""
        return tuple(copy for copy in found if copy.drift != "deleted" or self._is_absent(copy))

    def _is_absent(self, copy: Copy) -> bool:
        return self.connector.find(self.href, Identity(copy.uid, copy.marker, copy.href)) is None

    def _fresh(self, reading: Reading, info: CalendarInfo | None) -> Calendar:
        """The calendar's row after this reading; while the brake holds or something is missing, the old token stays."""
        found, (start, end) = reading.found, reading.window
        row = replace(
            self.row, held=found.held, window_start=start, window_end=end,
            seen_at=self.row.seen_at if reading.unseen else self.now,
            relist_at=None if reading.anew and not found.held else self.row.relist_at,
            read_by=reading.changes.by, audited_at=self.now if reading.changes.complete else self.row.audited_at,
        )  # fmt: skip
        if found.held:
            hint = "its removals are applied once a second look, after 30 s, says the same"
            return replace(row, state="held", error="most of its events vanished at once", hint=hint)
        row = replace(row, state="ok", error="", hint="")
        if not found.incomplete:
            row = replace(
                row, revision=info.revision if info else "", sync_state=reading.changes.state,
                identity=revisions.kept_identity(row.identity, info.identity if info else "", same=reading.same),
            )  # fmt: skip
        return choosing.standing(row, info)

    def failed(self, error: ConnectorError) -> None:
        """The calendar can't be read: what is known of it stays, and its state says why."""
        broken = replace(self.row, state=error.state, error=error.message, hint=error.hint)

        def save(tx: Tx) -> None:
            due.hold_login(tx, self.login.id, self.login.epoch)
            calendars.save_calendar(tx, broken)

        self.ctx.store.save(save)
        if (self.row.state, self.row.error) != (error.state, error.message):
            name = self.row.name
            logs.warning(
                "calendar_failed", agent=self.row.agent, calendar=name, error=error.message, hint=error.hint
            )

    def _log(self, fresh: Calendar, changes: Changes, found: reconcile.Round) -> None:
        was = self.row.state if self.row.state != fresh.state else None
        if found.held and not self.row.held:
            logs.warning("calendar_held", agent=self.row.agent, calendar=self.row.name, hint=fresh.hint)
        elif found.upserts or found.gone or found.unread or was:
            logs.info(
                "calendar_read", agent=self.row.agent, calendar=self.row.name, changed=len(found.upserts),
                gone=len(found.gone), unreadable=sum(bool(one.problem) for one in (*found.upserts, *found.unread)) or None,
                full=changes.complete or None, was=was,
            )  # fmt: skip


def _same(changes: Changes, known: Mapping[str, str]) -> bool:
    """Did reading everything anew bring just what was known, under the etags that were known?"""
    return bool(known) and {one.href: one.etag for one in changes.upserts} == known


def _unseen(found: reconcile.Round, known: Mapping[str, str]) -> bool:
    """Is there an object without an etag (it could not be fetched) that is new, or was known with one until now?"""
    failed = [one.href for one in (*found.upserts, *found.unread) if one.problem and not one.etag]
    return any(known.get(href) != "" for href in failed)

"""Making one agent's calendar agree with a meeting as it stands now: step by step, each safe to repeat.

Identity is stored before the first write, put comes before remove, every write is conditional on what was read just
before it and is read back after. A kill between any two lines leaves a state from which the next try ends right.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from connectors.interface import (
    CalendarGone,
    Conflict,
    Connector,
    ConnectorError,
    Event,
    Found,
    Garbled,
    Identity,
    Taken,
)
from store import agents, calendars, copies, deeds, deliveries, due, meetings, slots
from store.database import Tx
from store.errors import Fenced
from store.model import Agent, Copy, Deed, Delivery, DeliveryState, Meeting, Place, StoredObject
from syncd import logs
from syncd.actions.context import Context
from syncd.errors import SyncdError
from syncd.rules import delivery as rule
from syncd.rules import naming, retry
from syncd.rules.delivery import Create, Done, Put, Remove, Step, Wait
from syncd.rules.reconcile import is_ours as rule_ours

MOST_STEPS = 20
"""More steps than any honest delivery needs: a rule that never says Done is a defect, not an endless loop."""

FIRST_RETRY = retry.DELIVERY_INTERVAL


@dataclass(frozen=True, slots=True)
class Standing:
    """The meeting as it stands, its copies, the agent whose calendar is to agree, and where meetings are shown now."""

    meeting: Meeting
    agent: Agent
    copies: tuple[Copy, ...]
    places: Mapping[str, Place]

    def next_step(self, ctx: Context) -> Step:
        """What to do next for this agent's calendar."""
        settings = ctx.config.meetings
        return rule.next_step(
            self.meeting, self.agent, places=self.places, copies=self.copies, now=ctx.clock(),
            release_after=settings.release_after, private=settings.private, reminder=settings.reminder,
            keep_cancelled=settings.keep_cancelled,
        )  # fmt: skip

    def event(self, ctx: Context, copy: Copy) -> Event:
        """What this copy should say now."""
        settings = ctx.config.meetings
        return rule.event_of(
            self.meeting, self.agent, copy, private=settings.private, reminder=settings.reminder
        )


def deliver(ctx: Context, owed: Delivery) -> Delivery:
    """Work off one claimed delivery; returns it as saved.

    Raises `Fenced` when somebody took it over.
    """
    return worked_off(ctx, owed, _steps)


def worked_off(ctx: Context, owed: Delivery, how: Callable[[Context, Delivery], Delivery]) -> Delivery:
    """Try a claimed delivery, to whatever target; returns it as saved.

    A server's failure becomes its state. Raises `Fenced` when somebody took it over; the target is then let go, so that
    whoever is next need not wait for the lease to end.
    """
    try:
        return how(ctx, owed)
    except (ConnectorError, SyncdError) as error:
        return delivery_failed(ctx, owed, error)
    except Fenced:
        with ctx.store.writing() as tx:
            due.release_target(tx, owed.whom, owed.epoch)
        raise


def _steps(ctx: Context, owed: Delivery) -> Delivery:
    for _ in range(MOST_STEPS):
        with ctx.store.reading() as tx:
            standing = _standing(tx, owed)
        match standing.next_step(ctx):
            case Done():
                done = replace(owed, state="delivered", attempts=owed.attempts + 1, error="", hint="")
                return _saved(ctx, replace(done, done_at=ctx.clock()))
            case Wait():
                if waiting := _wait(ctx, owed):
                    return waiting
            case Create(place, generation):
                _create(ctx, owed, place, generation)
            case Put(copy):
                _put(ctx, owed, standing, copy)
            case Remove(copy):
                _remove(ctx, owed, standing, copy)
    raise Garbled(
        f"delivery {owed.id} of meeting {owed.meeting!r} does not come to an end", "please report this"
    )


def _wait(ctx: Context, owed: Delivery) -> Delivery | None:
    """Put the delivery aside until the step says so; None if its reason went away before that could be saved."""
    with ctx.store.writing() as tx:
        due.hold_delivery(tx, owed.id, owed.epoch)
        step = _standing(tx, owed).next_step(ctx)
        if not isinstance(step, Wait):
            return None
        hint = "waits until the new agent's calendar shows the meeting"
        waiting = replace(owed, due_at=step.until, failures=0, error="", hint=hint)
        deliveries.save(tx, waiting)
    return waiting


def _standing(tx: Tx, owed: Delivery) -> Standing:
    meeting = meetings.meeting(tx, owed.meeting)
    agent = agents.agent(tx, owed.agent or "")
    standing = copies.copies(tx, meeting=owed.meeting)
    if meeting is None or agent is None:
        raise Garbled(f"delivery {owed.id} names a meeting or an agent that is not in the store")
    concerned = {meeting.agent, agent.id, *(one.agent for one in standing)}
    return Standing(meeting, agent, standing, calendars.places(tx, concerned))


def _create(ctx: Context, owed: Delivery, place: Place, generation: int) -> None:
    """Store who the copy will be before anything is written: afterwards a crash can't make a second one."""
    marker = secrets.token_hex(16)
    agent = owed.agent or ""
    uid = rule.uid_of(owed.meeting, agent, generation, marker)
    with ctx.store.writing() as tx:
        due.hold_delivery(tx, owed.id, owed.epoch)
        copies.save_copy(tx, Copy(0, owed.meeting, agent, generation, place, uid, marker, "intended"))


def _put(ctx: Context, owed: Delivery, standing: Standing, copy: Copy) -> None:
    event = standing.event(ctx, copy)
    connector = ctx.connect(copy.agent, copy.place.account, copy.place.login)
    try:
        found = _write(ctx, connector, owed, copy, event)
    except Taken as refused:
        _give_up(ctx, owed, copy, refused)
    else:
        if found is None:
            _settle(ctx, owed, _gone(copy))
        else:
            _written(ctx, owed, standing, copy, event, found)
    finally:
        connector.close()


def _write(ctx: Context, connector: Connector, owed: Delivery, copy: Copy, event: Event) -> Found | None:
    """Put the event unless it stands there already; None: the agent deleted it, the next generation takes its place."""
    calendar = _calendar(ctx, connector, copy.place, copy.agent)
    found = connector.find(calendar, Identity(copy.uid, copy.marker, copy.href))
    if found is not None and not rule_ours(copy, found.event, organizer=found.organizer):
        raise Taken(f"another event holds the identity of meeting {copy.meeting!r}")
    if found is None and copy.state == "present":
        return None
    if found is None or not rule.agrees(event, found.event):
        still_ours(ctx, owed)
        found = connector.put(calendar, event, found)
        _verify(event, found)
    return found


def _verify(event: Event, found: Found) -> None:
    """What the server holds must be our event, once, at the right time and taking it, whatever else was rewritten."""
    held = found.event
    wanted = (event.marker, event.start, event.end, False, event.free)
    if held is None or (held.marker, held.start, held.end, held.repeats, held.free) != wanted:
        raise Conflict("the server does not hold the event as it was written", "it is written again")


def _written(
    ctx: Context, owed: Delivery, standing: Standing, copy: Copy, event: Event, found: Found
) -> None:
    held = found.event or event
    present = replace(
        copy, state="present", href=found.href, etag=found.etag, written=rule.digest(event),
        written_start=event.start, written_end=event.end, found_start=event.start, found_end=event.end,
        drift="", drift_at=None, found=rule.digest(held), written_parts=rule.parts(held),
        found_parts=rule.parts(held),
    )  # fmt: skip
    _settle(ctx, owed, present, _deed(ctx, standing, present, "put"))
    logs.info("event_written", meeting=copy.meeting, agent=copy.agent, generation=copy.generation)


def _remove(ctx: Context, owed: Delivery, standing: Standing, copy: Copy) -> None:
    """Marked as leaving before it goes: should the meeting come back meanwhile, this copy is not written again."""
    if copy.state != "leaving":
        _settle(ctx, owed, replace(copy, state="leaving"))
    connector = ctx.connect(copy.agent, copy.place.account, copy.place.login)
    try:
        calendar = _calendar(ctx, connector, copy.place, copy.agent)
        identity = Identity(copy.uid, copy.marker, copy.href)
        found = connector.find(calendar, identity)
        if found is not None and rule_ours(copy, found.event, organizer=found.organizer):
            still_ours(ctx, owed)
            connector.remove(calendar, found)
    finally:
        connector.close()
    not_by_us = found is None and (not copy.written or copy.drift == "deleted")
    _settle(ctx, owed, _gone(copy), None if not_by_us else _deed(ctx, standing, copy, "remove"))
    logs.info("event_removed", meeting=copy.meeting, agent=copy.agent, generation=copy.generation)


def _gone(copy: Copy) -> Copy:
    """The copy once nothing of it stands in the calendar: nothing of it can drift, either."""
    return replace(
        copy, state="gone", etag="", found_start=None, found_end=None, found="", found_parts=None, drift="",
        drift_at=None, duplicates=(),
    )  # fmt: skip


def _deed(ctx: Context, standing: Standing, copy: Copy, kind: str) -> Deed:
    return Deed(
        copy.meeting, standing.meeting.version, ctx.clock(), "calendar", kind, copy.agent,
        calendar=copy.place.calendar, generation=copy.generation, start=copy.written_start, end=copy.written_end,
    )  # fmt: skip


def _settle(ctx: Context, owed: Delivery, copy: Copy, deed: Deed | None = None) -> None:
    """Save what is now known of the copy, and what was done; wake deliveries of the meeting that waited for it."""
    with ctx.store.writing() as tx:
        due.hold_delivery(tx, owed.id, owed.epoch)
        copies.save_copy(tx, _as_seen_by_the_sync(tx, copy))
        if deed is not None:
            deeds.append(tx, deed)
        _note_echo(tx, copy)
        deliveries.wake(tx, copy.meeting, ctx.clock())


def _as_seen_by_the_sync(tx: Tx, copy: Copy) -> Copy:
    """What carries the copy's mark may have been found, or deleted, while the copy was written."""
    if copy.state != "present":
        return copy
    stored = next((one for one in copies.copies(tx, meeting=copy.meeting) if one.id == copy.id), copy)
    return replace(copy, duplicates=stored.duplicates)


def _note_echo(tx: Tx, copy: Copy) -> None:
    """The next sync meets our own write or removal: known by its etag, it is neither fetched nor taken for news."""
    for row in calendars.calendars(tx, agent=copy.agent):
        here = (row.account, row.login) == (copy.place.account, copy.place.login)
        if not here or not row.href or not copy.href.startswith(row.href):
            continue
        if copy.state == "present":
            seen = StoredObject(copy.href, copy.etag, copy.uid, copy_id=copy.id)
            slots.save_objects(tx, row.id, copy.agent, [seen], ())
        elif copy.state == "gone":
            slots.save_objects(tx, row.id, copy.agent, [], [copy.href])


def _give_up(ctx: Context, owed: Delivery, copy: Copy, refused: Taken) -> None:
    """The server will not have this identity (a trash bin, a foreign object): the next generation gets a new one."""
    if copy.generation >= MOST_STEPS:
        raise refused
    _settle(ctx, owed, _gone(copy))
    logs.warning("identity_refused", meeting=copy.meeting, agent=copy.agent, error=refused.message)


def still_ours(ctx: Context, owed: Delivery) -> None:
    """Right before a write or a mail: raises `Fenced` if somebody else has taken this delivery over."""
    with ctx.store.reading() as tx:
        current = deliveries.delivery(tx, owed.id)
    if current is None or current.epoch != owed.epoch or current.state in deliveries.NO_LONGER_WANTED:
        raise Fenced(f"delivery {owed.id} was taken over")


def _calendar(ctx: Context, connector: Connector, place: Place, agent: str) -> str:
    """The href of the calendar at a place: as the last sync found it, else as the server lists it now."""
    with ctx.store.reading() as tx:
        rows = calendars.calendars(tx, agent=agent)
        written = calendars.places(tx, [agent]).get(agent)
    for row in rows:
        here = (row.account, row.login) == (place.account, place.login) and row.missing_since is None
        current = row.written and written == place
        if here and row.href and (current or naming.named(place.calendar, href=row.href, name=row.name)):
            return row.href
    listed = connector.calendars(None).calendars
    meant = naming.meant(place.calendar, listed)
    if len(meant) == 1:
        return meant[0].href
    how_many = "more than once" if meant else "not"
    raise CalendarGone(
        f"the calendar {place.calendar!r} is {how_many} at the server",
        "there are: " + (", ".join(sorted(info.name or info.href for info in listed)) or "none"),
    )


def delivery_failed(ctx: Context, owed: Delivery, error: ConnectorError | SyncdError) -> Delivery:
    """Kept as owed, with the reason; tried again after a wait that grows."""
    now: datetime = ctx.clock()
    failures = owed.failures + 1
    wait = retry.after(error, failures, interval=FIRST_RETRY, jitter=ctx.jitter())
    state: DeliveryState = (
        "failed" if isinstance(error, SyncdError) or error.state == "no-access" else "pending"
    )
    logs.warning(
        "delivery_failed", meeting=owed.meeting, agent=owed.agent, error=error.message, hint=error.hint
    )
    return _saved(
        ctx,
        replace(
            owed,
            state=state,
            attempts=owed.attempts + 1,
            failures=failures,
            due_at=now + wait,
            error=error.message,
            hint=error.hint,
        ),
    )


def _saved(ctx: Context, owed: Delivery) -> Delivery:
    with ctx.store.writing() as tx:
        deliveries.save(tx, owed)
    return owed

"""Health, for operators: calendars by state with what to do, what is owed, what failed, and events that are not ours any more."""

from collections import Counter

from fastapi import Response

from syncd.actions.drifting import accept_drift, drift_list, restore_drift
from syncd.actions.finding import agents_of, titles_of
from syncd.actions.owed import abandon, list_deliveries, retry
from syncd.actions.reach import as_operator
from syncd.actions.status import FINE, status
from syncd.errors import Invalid
from syncd.web.pages.doorway import Doorway
from syncd.web.pages.frame import Frame, see
from syncd.web.pages.visit import Visit
from syncd.words import STATES

MOST = 100
"""So many lines of each list are shown."""


def routes(door: Doorway) -> None:
    """GET /health; POST /health/delivery and /health/drift."""
    door.page("/health", lambda visit: _show(door.frame, visit))
    door.form("/health/delivery", _delivery)
    door.form("/health/drift", _drift)


def _show(frame: Frame, visit: Visit) -> Response:
    as_operator(visit.caller)
    found = status(visit.ctx)
    failed, more_failed = list_deliveries(visit.ctx, states=["failed"], limit=MOST)
    pending, more_pending = list_deliveries(visit.ctx, states=["pending"], limit=MOST)
    drifted = drift_list(visit.ctx)
    states = Counter(one.state for one in found.calendars)
    wrong = [one for one in found.calendars if one.state not in FINE]
    ids = {one.agent for one in (*failed, *pending) if one.agent} | {one.copy.agent for one in drifted[:MOST]}
    ids |= {one.meeting.agent for one in found.conflicts[:MOST]}
    titles = titles_of(visit.ctx, {*found.orphaned[:MOST], *(one.meeting for one in (*failed, *pending))})
    return frame.page(
        visit, "health.html", found=found, titles=titles, states=[(one, states[one], STATES[one]) for one in STATES if states[one]],
        wrong=wrong[:MOST], wrong_total=len(wrong), failed=failed, more_failed=more_failed is not None,
        pending=pending, more_pending=more_pending is not None, drifted=drifted[:MOST], drift_total=len(drifted),
        people=agents_of(visit.ctx, ids | {one.agent for one in wrong[:MOST]}), unreadable=found.unreadable[:MOST],
        first_sync=_first_sync(states), meaning=STATES,
    )  # fmt: skip


def _first_sync(states: Counter[str]) -> tuple[int, int] | None:
    """(read, of all) while calendars are being read for the first time."""
    waiting = states["syncing"] + states["never-seen"]
    total = states.total()
    return (total - waiting, total) if waiting else None


def _delivery(visit: Visit) -> Response:
    as_operator(visit.caller)
    number = visit.number("delivery", 0)
    match visit.filled("do"):
        case "retry":
            retry(visit.ctx, number, by=visit.caller.name)
        case "abandon":
            abandon(visit.ctx, number, by=visit.caller.name)
        case _:
            raise Invalid("a delivery is retried or abandoned", field="do")
    return see("/health", done=visit.filled("do"))


def _drift(visit: Visit) -> Response:
    as_operator(visit.caller)
    number, by = visit.number("drift", 0), visit.caller.name
    match visit.filled("do"):
        case "accept":
            accept_drift(visit.ctx, number, by=by)
        case "restore":
            restore_drift(visit.ctx, number, by=by)
        case _:
            raise Invalid("drift is accepted or restored", field="do")
    return see("/health", done=f"drift-{visit.filled('do')}")

"""What changed in one calendar: by delta rounds over a fixed window, or by plain listings where those never end.

A delta link is bound to its window, so the window reaches 8 days further than asked and is based anew after about a
week, each mailbox at its own hour. A round over a new window, like one after a lost link, is a full listing: it is held
against what is known, and nothing becomes free meanwhile.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connectors.interface import Calendar, Changes, Unsupported
from connectors.outlook import delta
from connectors.outlook.calendars import view_path
from connectors.outlook.client import Graph
from connectors.outlook.delta import Came, LinkDead
from connectors.outlook.objects import Reader
from connectors.outlook.pages import Endless
from connectors.outlook.view import whole_view

MARGIN = timedelta(days=8)
BASED_FOR = timedelta(days=7)
SPREAD = timedelta(days=1)
TRIES = 2
"""So often a full round is begun before the calendar is listed plainly: links die in the middle of rounds, too."""


@dataclass(frozen=True, slots=True)
class State:
    """What is remembered between two calls: the way ("delta" or "view"), whose calendar, its window and when it was based.

    `link`: where the next round begins; "" under "delta": nowhere, a full round is due.
    """

    by: str
    at: str
    start: datetime
    end: datetime
    based: datetime
    link: str = ""

    def text(self) -> str:
        """As stored."""
        times = {name: getattr(self, name).isoformat() for name in ("start", "end", "based")}
        return json.dumps({"by": self.by, "at": self.at, "link": self.link, **times}, sort_keys=True)

    def outgrown(self, asked: Calendar, now: datetime) -> bool:
        """Does the window no longer hold what is asked for, or is it time to base it anew?"""
        spread = SPREAD * (hashlib.sha256(self.at.encode()).digest()[0] / 256)
        beyond = asked.start < self.start or asked.end > self.end
        return beyond or not self.based <= now < self.based + BASED_FOR - spread


def state_from(text: str | None) -> State | None:
    """Read a stored state; None where there is none, or another version wrote it otherwise."""
    try:
        said = json.loads(text or "")
        start, end, based = (datetime.fromisoformat(said[name]) for name in ("start", "end", "based"))
        state = State(str(said["by"]), str(said["at"]), start, end, based, str(said["link"]))
    except (ValueError, KeyError, TypeError):
        return None
    aware = all(at.tzinfo is not None for at in (start, end, based))
    return state if aware and state.by in ("delta", "view") else None


def changes(
    graph: Graph,
    server: str,
    calendar: Calendar,
    state: str | None,
    known: Mapping[str, str],
    *,
    now: datetime,
) -> Changes:
    """The contract's `changes`, for a calendar of the mailbox that `graph` speaks for at this server."""
    at = server + calendar.href
    before = state_from(state)
    if before is not None and before.at != at:  # another server's links and digests mean nothing at this one
        before, known = None, {}
    if before is None or before.outgrown(calendar, now):
        came, after = None, State("delta", at, calendar.start, calendar.end + MARGIN, now)
    else:
        came, after = _next_round(graph, before)
    if came is None:
        known = dict(known)  # before everything is listed
        came, after = _everything(graph, calendar, after)
    told = Reader(graph, calendar, after.start, after.end, known).read(came)
    return Changes(
        upserts=tuple(told.upserts),
        gone=tuple(sorted(told.gone)),
        state=after.text(),
        complete=came.whole,
        unchanged=tuple(sorted(told.unchanged)),
        by=after.by,
    )


def _next_round(graph: Graph, before: State) -> tuple[Came | None, State]:
    """What changed since; None where everything in the window has to be listed, in the way that the state then says."""
    if before.by == "view" or not before.link:
        return None, before
    try:
        came = delta.next_round(graph, before.link)
    except LinkDead:
        return None, before
    except Endless:
        return None, replace(before, by="view", link="")
    return came, replace(before, link=came.link)


def _everything(graph: Graph, calendar: Calendar, state: State) -> tuple[Came, State]:
    """Everything in the state's window, by a first round; plainly where there is no coming to the end of one."""
    if state.by == "view":
        return _listed(graph, calendar, state), state
    after = replace(state, by="view", link="")
    for _ in range(TRIES):
        try:
            came = delta.first_round(graph, view_path(calendar.href), state.start, state.end)
            return came, replace(state, by="delta", link=came.link)
        except LinkDead:
            after = replace(state, by="delta", link="")
        except Unsupported:  # a mailbox without delta, or a gateway's word: asked again the next time
            after = replace(state, by="delta", link="")
            break
        except Endless:
            after = replace(state, by="view", link="")
            break
    return _listed(graph, calendar, state), after


def _listed(graph: Graph, calendar: Calendar, state: State) -> Came:
    return whole_view(graph, view_path(calendar.href), state.start, state.end)

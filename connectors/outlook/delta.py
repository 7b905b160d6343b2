"""Delta rounds: what changed in a calendar's window since the last round's link (Graph: event: delta, on calendarView).

A round is taken as a whole or not at all. Items repeat, within a round and across rounds, in any order; the last word on
an id counts. Links die, early and in the middle of a round, and Graph says so in several ways. Removals also come for
events that never were in the window.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode

from connectors.interface import Garbled
from connectors.outlook.client import Graph, Reply
from connectors.outlook.events import Json
from connectors.outlook.pages import READ, Ask, pages

PREFER = (*READ, "odata.maxpagesize=200")

DEAD = frozenset({"syncstatenotfound", "syncstateinvalid", "resyncrequired"})
"""Codes, whatever their case, by which a link is said to mean nothing any more; with any status of the 4xx kind."""

MAY_SAY_DEAD = (400, 404, 409, 410, 412)


class LinkDead(Exception):
    """The server has forgotten where this round begins or goes on: begin anew."""


@dataclass(slots=True)
class Came:
    """What a round, or a plain listing, brought: events by id, ids removed. `whole`: it brought all there is.

    `link`: where the next round begins.
    """

    whole: bool
    items: dict[str, Json] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    link: str = ""

    def note(self, item: Json) -> None:
        """Add an item. A removed master takes with it what came of its series before."""
        key = str(item["id"])
        if "@removed" not in item:
            self.gone.discard(key)
            self.items[key] = item
            return
        self.gone.add(key)
        self.items.pop(key, None)
        for part in [part for part, one in self.items.items() if one.get("seriesMasterId") == key]:
            del self.items[part]


def first_round(graph: Graph, view: str, start: datetime, end: datetime) -> Came:
    """Everything in the window [start, end) of the calendar whose view is at this path, and a link to go on from."""
    return _round(graph, f"{view}/delta?{window_query(start, end)}", whole=True)


def next_round(graph: Graph, link: str) -> Came:
    """What changed since. Raises LinkDead, Endless, Garbled, and what `Graph.get` raises."""
    return _round(graph, link, whole=False)


def window_query(start: datetime, end: datetime) -> str:
    """The window as Graph wants it, in UTC."""
    first, last = (at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for at in (start, end))
    return urlencode({"startDateTime": first, "endDateTime": last})


def _round(graph: Graph, url: str, *, whole: bool) -> Came:
    came = Came(whole)
    for page in pages(_asking(graph), url):
        for item in page.items:
            came.note(item)
        came.link = page.delta
    if not came.link:
        raise Garbled("Graph ends a round without saying where the next begins", "it is asked again")
    return came


def _asking(graph: Graph) -> Ask:
    def ask(url: str) -> Reply:
        reply = graph.get(url, prefer=PREFER, expect=MAY_SAY_DEAD)
        if reply.status in MAY_SAY_DEAD:
            if is_dead(reply):
                raise LinkDead
            return graph.get(url, prefer=PREFER)  # unexpected now, so that it is named for what it is
        return reply

    return ask


def is_dead(reply: Reply) -> bool:
    """Does this answer say that a link means nothing any more? 410 always does."""
    return reply.status == 410 or any(code in DEAD for code in _codes(reply.json))


def _codes(said: object) -> Iterator[str]:
    """Every error code in an answer, the outermost first; they are nested under "innererror" in either spelling."""
    while isinstance(said, dict):
        code = said.get("code")
        if isinstance(code, str):
            yield code.casefold()
        said = said.get("error") or said.get("innererror") or said.get("innerError")

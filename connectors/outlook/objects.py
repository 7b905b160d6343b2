"""From what a round brought to calendar objects: single events, and series as a whole under their master's id.

A delta round tells occurrences by their times only, so they are filled from their master. A deleted occurrence is told
by the others coming again without it: whenever a part of a series comes, the series is replaced as a whole. Where a round
leaves open whether it was the whole, the series is asked for. The master itself is a rule, never time that is taken.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from connectors.http.errors import ServerFault
from connectors.interface import (
    Calendar,
    CalendarGone,
    CalendarObject,
    Garbled,
    NoAccess,
    Problem,
    Reading,
    Unsupported,
)
from connectors.outlook.calendars import event_path, object_href
from connectors.outlook.client import Graph
from connectors.outlook.delta import Came
from connectors.outlook.events import (
    MARKER_EXPANDED,
    Json,
    digest,
    event_from,
    filled,
    has_organizer,
    interval_of,
    is_master,
    may_be_ours,
    uid_of,
)
from connectors.outlook.pages import READ
from connectors.outlook.view import instances

SPOILED = (Garbled, ServerFault, NoAccess, Unsupported)
"""What one event may fail with on its own account, so that the others are read all the same."""


@dataclass(slots=True)
class Series:
    """What came of a series: its master, its occurrences and exceptions by id."""

    master: Json | None = None
    parts: dict[str, Json] = field(default_factory=dict)


@dataclass(slots=True)
class Told:
    """The objects that changed, the hrefs of those that did not, and of those that are gone."""

    upserts: list[CalendarObject] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads what came for one calendar. [`start`, `end`): the window of its rounds; `known`: href -> digest."""

    graph: Graph
    calendar: Calendar
    start: datetime
    end: datetime
    known: Mapping[str, str]

    def read(self, came: Came) -> Told:
        """Turn what came into objects. Raises what `Graph.get` raises, but for what is one event's own fault."""
        told = Told(gone={href for href in map(self._href, came.gone) if href in self.known})
        singles, series = grouped(came.items)
        for key, item in singles.items():
            self._tell(told, self._href(key), self._single(key, item))
        for key, one in series.items():
            self._tell(told, self._href(key), self._series(key, one, whole=came.whole))
        return told

    def _tell(self, told: Told, href: str, found: CalendarObject | None) -> None:
        told.gone.discard(href)
        if found is None:
            told.gone |= {href} if href in self.known else set()
        elif found.etag and self.known.get(href) == found.etag:
            told.unchanged.append(href)
        else:
            told.upserts.append(found)

    def _single(self, key: str, item: Json) -> CalendarObject | None:
        """An event of its own."""
        found = self._object(key, item, [item])
        return self._marked(found, item, lambda anew: self._object(key, anew, [anew]))

    def _marked(
        self, found: CalendarObject, head: Json, anew: Callable[[Json], CalendarObject]
    ) -> CalendarObject | None:
        """What was found; if it may be ours and is news, its head is asked for once more, with our marker."""
        if not may_be_ours(head) or self.known.get(found.href) == found.etag:
            return found
        try:
            item = self._get(str(head["id"]), MARKER_EXPANDED)
        except CalendarGone:
            return None
        except SPOILED as error:
            return _unsure(found, f"its marker can't be read: {error.message}")
        return replace(anew(item), event=event_from(item))

    def _series(self, key: str, series: Series, *, whole: bool) -> CalendarObject | None:
        """A series; None if it is gone, or has nothing in the window as far as a full listing tells."""
        if whole and not series.parts:
            return None
        came, master = list(series.parts.values()), series.master
        doubtful = not whole and (master is None or not came)
        try:
            parts = self._instances(key) if doubtful else came
            if master is None and any(is_stub(part) for part in parts):
                master = self._get(key)
        except CalendarGone:
            return None
        except SPOILED as error:
            kept = doubtful and self._href(key) in self.known  # what is known of its time stays
            return _unsure(
                self._object(key, master, [] if kept else came), f"its series can't be read: {error.message}"
            )
        found = self._object(key, master, [filled(part, master or {}) for part in parts])
        return found if master is None else self._marked(found, master, lambda _: found)

    def _instances(self, key: str) -> list[Json]:
        return instances(self.graph, event_path(self.calendar.href, key), self.start, self.end)

    def _object(self, key: str, head: Json | None, items: list[Json]) -> CalendarObject:
        """The object made of these events; `head`, else the first of them, gives it its UID."""
        uid = uid_of(head or next(iter(items), {"id": key}))
        readings = [interval_of(item, self.calendar.zone) for item in items]
        intervals = {one._replace(uid=uid) for reading in readings for one in reading.intervals}
        problems = {replace(one, uid=uid): None for reading in readings for one in reading.problems}
        reading = Reading(tuple(sorted(intervals)), tuple(problems))
        return CalendarObject(
            href=self._href(key),
            etag=digest(items, reading),
            uid=uid,
            intervals=reading.intervals,
            problems=reading.problems,
            organizer=any(has_organizer(item) for item in items),
        )

    def _get(self, key: str, query: str = "") -> Json:
        path = event_path(self.calendar.href, key)
        said = self.graph.get(f"{path}?{query}" if query else path, prefer=READ).json
        if not isinstance(said, dict) or not isinstance(said.get("id"), str):
            raise Garbled("Graph's answer is no event", "does something else answer at graph_url?")
        return said

    def _href(self, key: str) -> str:
        return object_href(self.calendar.href, key)


def grouped(items: Mapping[str, Json]) -> tuple[dict[str, Json], dict[str, Series]]:
    """Sort what came, by id, into single events and series by their master's id. An id is one or the other."""
    singles: dict[str, Json] = {}
    series: dict[str, Series] = {}
    for key, item in items.items():
        master = item.get("seriesMasterId")
        if is_master(item):
            series.setdefault(key, Series()).master = item
        elif isinstance(master, str) and master:
            series.setdefault(master, Series()).parts[key] = item
        else:
            singles[key] = item
    return {key: item for key, item in singles.items() if key not in series}, series


def is_stub(item: Json) -> bool:
    """Does this occurrence leave to its master how it stands, as those of delta rounds do?"""
    return item.get("showAs") is None


def _unsure(found: CalendarObject, why: str) -> CalendarObject:
    """Known by its times alone. Without an etag, so that it is asked for again."""
    return replace(found, etag="", problems=(*found.problems, Problem(found.uid, 0, why)))

"""Reading without delta: the plain calendarView, and the instances of one series (Graph: List calendarView, List instances).

Both give every event in full and never a series' master. The view is what remains for a mailbox whose delta rounds never
end; the instances settle what a round left open about a series.
"""

from datetime import datetime

from connectors.outlook.client import Graph
from connectors.outlook.delta import Came, window_query
from connectors.outlook.events import Json
from connectors.outlook.pages import READ, asking, pages

MOST_A_PAGE = 500
"""Large, because the view may change between two pages."""


def whole_view(graph: Graph, view: str, start: datetime, end: datetime) -> Came:
    """Everything that overlaps [start, end) in the calendar whose view is at this path."""
    came = Came(whole=True)
    for item in _listed(graph, view, start, end):
        came.note(item)
    return came


def instances(graph: Graph, series: str, start: datetime, end: datetime) -> list[Json]:
    """What a series has within [start, end). `series`: the path of its master. Raises CalendarGone if there is none."""
    return _listed(graph, f"{series}/instances", start, end)


def _listed(graph: Graph, path: str, start: datetime, end: datetime) -> list[Json]:
    first = f"{path}?{window_query(start, end)}&$top={MOST_A_PAGE}"
    return [item for page in pages(asking(graph, *READ), first) for item in page.items]

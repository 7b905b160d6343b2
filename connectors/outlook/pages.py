"""Graph's pages: `value`, and a link to the next page or, at the end of a delta round, to the next round (OData JSON).

Links are opaque and followed as they are. An empty page in the middle is normal. A known fault of Graph's is not: the
same page again and again under ever new links (msgraph-sdk-dotnet issue 3082), so equal pages are counted.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from connectors.interface import Garbled
from connectors.outlook.client import Graph, Reply
from connectors.outlook.events import Json

IN_UTC = 'outlook.timezone="UTC"'
AS_TEXT = 'outlook.body-content-type="text"'
READ = (IN_UTC, AS_TEXT)
"""Preferences of everything that reads events."""

MOST_PAGES = 1000
MOST_EQUAL = 3
MOST_EMPTY = 50

Ask = Callable[[str], Reply]


class Endless(Garbled):
    """The server never comes to an end: equal pages, or more of them than there can be."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page. Without `next` it is the last one; `delta` is where the next round begins, "" outside delta."""

    items: tuple[Json, ...]
    next: str
    delta: str


def asking(graph: Graph, *prefer: str) -> Ask:
    """Ask plainly, with these preferences."""
    return lambda url: graph.get(url, prefer=prefer)


def pages(ask: Ask, url: str) -> Iterator[Page]:
    """All pages from a first address on. Raises Endless, Garbled for what is no page, and what asking raises."""
    seen: Counter[frozenset[str]] = Counter()
    for _ in range(MOST_PAGES):
        page = _page(ask(url))
        yield page
        if not page.next:
            return
        ids = frozenset(str(item["id"]) for item in page.items)
        seen[ids] += 1
        if page.next == url or seen[ids] >= (MOST_EQUAL if ids else MOST_EMPTY):
            break
        url = page.next
    raise Endless(
        "Graph sends page after page without end", "a known fault of Graph's; it is read another way"
    )


def _page(reply: Reply) -> Page:
    said = reply.json
    items = said.get("value") if isinstance(said, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) and _id(item) for item in items):
        raise Garbled(
            "Graph's answer is no list of things with ids", "does something else answer at graph_url?"
        )
    return Page(tuple(items), _link(said, "@odata.nextLink"), _link(said, "@odata.deltaLink"))


def _id(item: Json) -> str:
    said = item.get("id")
    return said if isinstance(said, str) else ""


def _link(said: Json, name: str) -> str:
    link = said.get(name)
    return link if isinstance(link, str) else ""

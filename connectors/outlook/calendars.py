"""The calendars of a mailbox, and the addresses under which they and their events stand (Graph: List calendars).

The default calendar is addressed as such and never by its id, because Graph's ids of calendars change. An event's id is the
immutable one, which it keeps while it stays in the mailbox.
"""

from urllib.parse import quote, unquote

from connectors.interface import CalendarInfo, Garbled
from connectors.outlook.client import Graph
from connectors.outlook.events import Json
from connectors.outlook.pages import asking, pages

EVENTS = "events/"


def user_path(mailbox: str) -> str:
    """Where everything of a mailbox stands, relative to the account's url."""
    return f"/users/{quote(mailbox, safe='')}"


def default_href(mailbox: str) -> str:
    """The href of a mailbox's default calendar."""
    return f"{user_path(mailbox)}/calendar/"


def calendar_href(mailbox: str, calendar_id: str) -> str:
    """The href of any other calendar."""
    return f"{user_path(mailbox)}/calendars/{quote(calendar_id, safe='')}/"


def object_href(calendar: str, event_id: str) -> str:
    """The href of an event, or of a whole series by its master's id, in the calendar at this href."""
    return f"{calendar}{EVENTS}{quote(event_id, safe='')}"


def event_id(href: str) -> str:
    """The id in an object's href."""
    return unquote(href.rpartition("/")[2])


def event_path(calendar: str, wanted: str) -> str:
    """Where to GET an event by its id: of the default calendar at the mailbox, of others in the calendar itself."""
    return f"{_scope(calendar)}{EVENTS}{quote(wanted, safe='')}"


def view_path(calendar: str) -> str:
    """Where the calendar at this href is read within a window."""
    return f"{_scope(calendar)}calendarView"


def listing(graph: Graph, mailbox: str) -> tuple[CalendarInfo, ...]:
    """All calendars of the mailbox, the default one first. It alone is `owned`, so that it is the default choice.

    Raises what `Graph.get` raises, and Garbled for an answer that lists no default calendar.
    """
    found = [_info(mailbox, said) for page in pages(asking(graph), _first(mailbox)) for said in page.items]
    if not any(info.default for info in found):
        raise Garbled("Graph lists no default calendar", "does the mailbox have one in Outlook?")
    return tuple(sorted(found, key=lambda info: not info.default))


def _first(mailbox: str) -> str:
    return f"{user_path(mailbox)}/calendars?$top=100"


def _info(mailbox: str, said: Json) -> CalendarInfo:
    default = said.get("isDefaultCalendar") is True
    return CalendarInfo(
        href=default_href(mailbox) if default else calendar_href(mailbox, str(said["id"])),
        name=str(said.get("name") or ""),
        revision="",
        owned=default,
        writable=said.get("canEdit") is not False,
        default=default,
    )


def _scope(calendar: str) -> str:
    """Graph documents the default calendar's events and view at the mailbox itself."""
    mailbox = "/".join(calendar.split("/")[:3])
    return f"{mailbox}/" if calendar == f"{mailbox}/calendar/" else calendar

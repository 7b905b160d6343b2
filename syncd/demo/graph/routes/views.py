"""A window of a calendar: as a list, as delta, and a series' own parts (Graph: List calendarView, event: delta, List instances)."""

from datetime import datetime

from syncd.demo.graph import delta
from syncd.demo.graph.asking import Answer, Call
from syncd.demo.graph.instances import expanded, parts, whole
from syncd.demo.graph.moments import parse_instant
from syncd.demo.graph.query import listed
from syncd.demo.graph.refusal import Refused, not_valid
from syncd.demo.graph.routes.events import row
from syncd.demo.graph.routes.table import in_scopes, route


@route("GET", *in_scopes("calendarView"))
def calendar_view(call: Call) -> Answer:
    """Everything in the window, series as their parts."""
    start, end = window(call)
    found = expanded(whole(call.folder, call.mailbox), start, end, call.state.knobs)
    return Answer(200, listed(call, [row(call, seen) for seen in found], default=call.state.knobs.page_size))


@route("GET", *in_scopes("calendarView/delta"))
def calendar_view_delta(call: Call) -> Answer:
    """A page of a delta round."""
    return Answer(200, delta.answer(call))


@route("GET", *in_scopes("events/{event}/instances"))
def instances(call: Call) -> Answer:
    """The parts of a series in the window."""
    start, end = window(call)
    if not call.seen.entry.is_series:
        raise not_valid("only a series has instances")
    found = parts(call.seen.entry, start, end, call.state.knobs)
    return Answer(200, listed(call, [row(call, seen) for seen in found], default=call.state.knobs.page_size))


def window(call: Call) -> tuple[datetime, datetime]:
    """The window asked for. Raises Refused if there is none."""
    query = call.request.query
    if "startdatetime" not in query or "enddatetime" not in query:
        raise Refused(
            400,
            "ErrorInvalidParameter",
            "This request requires a time window specified by the query string parameters StartDateTime and EndDateTime.",
        )
    return parse_instant(query["startdatetime"], "startDateTime"), parse_instant(
        query["enddatetime"], "endDateTime"
    )

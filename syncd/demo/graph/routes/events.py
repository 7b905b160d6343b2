"""Events: list, create, read, change, delete (Graph: user: List events, Create event, Get, Update, Delete event)."""

from syncd.demo.graph import forms, writing
from syncd.demo.graph.asking import Answer, Call
from syncd.demo.graph.instances import Seen, itself, whole
from syncd.demo.graph.query import Row, listed, one
from syncd.demo.graph.refusal import Refused, not_read
from syncd.demo.graph.routes.table import in_scopes, route


def row(call: Call, seen: Seen) -> Row:
    """An event as it is listed and answered."""
    said = forms.event(call.mailbox, seen, call.prefer, call.state.knobs)
    if seen.kind == "seriesMaster" and "cancelledOccurrences" in call.request.query.get("$select", ""):
        ids = forms.cancelled(call.mailbox, seen.entry, immutable=call.prefer.immutable)
        said["cancelledOccurrences"] = ids
    return Row(seen.entry, said)


@route("GET", *in_scopes("events"))
def list_events(call: Call) -> Answer:
    """Single events and series, never occurrences."""
    rows = [row(call, itself(entry)) for entry in whole(call.folder, call.mailbox)]
    return Answer(200, listed(call, rows, default=call.state.knobs.page_size))


@route("POST", *in_scopes("events"))
def create_event(call: Call) -> Answer:
    """A new event; the one made before where the POST is a repetition."""
    entry, repeated = writing.create(call.state, call.mailbox, call.folder, call.request.json())
    status = call.state.knobs.repeat_status if repeated else 201
    said = row(call, itself(entry))
    return Answer(status, one(call, said), {"Location": f"{call.link}('{said.said['id']}')"})


@route("GET", *in_scopes("events/{event}"))
def get_event(call: Call) -> Answer:
    """An event, a series, or a part of one by its own id."""
    return Answer(200, one(call, row(call, call.seen)))


@route("PATCH", *in_scopes("events/{event}"))
def update_event(call: Call) -> Answer:
    """Change what is named, and answer how it stands then."""
    seen = call.seen
    body = call.request.json()
    if not isinstance(body, dict):
        raise not_read("Empty or invalid JSON payload.")
    _unchanged(call, seen)
    return Answer(200, one(call, row(call, writing.patch(call.state, call.mailbox, seen, body))))


@route("DELETE", *in_scopes("events/{event}"))
def delete_event(call: Call) -> Answer:
    """Into Deleted Items, which nobody looks into here."""
    seen = call.seen
    _unchanged(call, seen)
    writing.delete(call.state, call.mailbox, seen)
    return Answer(204)


def _unchanged(call: Call, seen: Seen) -> None:
    """If-Match, and conflicts out of nowhere."""
    knobs, wanted = call.state.knobs, call.request.headers.get("if-match", "")
    stale = wanted not in ("", "*", forms.etag(call.mailbox, seen.entry))
    if knobs.conflicts:
        knobs.conflicts -= 1
    elif not (stale and knobs.if_match_counts):
        return
    raise Refused(knobs.conflict_status, "ErrorIrresolvableConflict")

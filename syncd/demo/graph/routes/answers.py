"""What one does with a meeting: cancel, accept, decline, forward (Graph: event: cancel, accept, tentativelyAccept, decline, forward)."""

from syncd.demo.graph import meetings, writing
from syncd.demo.graph.asking import Answer, Call
from syncd.demo.graph.instances import Seen, part_on
from syncd.demo.graph.refusal import Refused
from syncd.demo.graph.routes.table import in_scopes, route
from syncd.demo.graph.state import State, span_of
from syncd.demo.graph.things import Mailbox


@route("POST", *in_scopes("events/{event}/cancel"))
def cancel(call: Call) -> Answer:
    """The organizer cancels: answered now, done a little later."""
    seen, state, mailbox = call.seen, call.state, call.mailbox
    call.fields()
    if not seen.entry.organized_here:
        text = "Your request can't be completed. You need to be an organizer to cancel a meeting."
        raise Refused(400, "ErrorInvalidRequest", text)
    state.later(state.knobs.cancel_takes, lambda: _cancelled(state, mailbox, seen))
    return Answer(202)


@route("POST", *in_scopes("events/{event}/accept"))
def accept(call: Call) -> Answer:
    return _answered(call, "accepted")


@route("POST", *in_scopes("events/{event}/tentativelyAccept"))
def tentatively_accept(call: Call) -> Answer:
    return _answered(call, "tentativelyAccepted")


@route("POST", *in_scopes("events/{event}/decline"))
def decline(call: Call) -> Answer:
    return _answered(call, "declined")


@route("POST", *in_scopes("events/{event}/forward"))
def forward(call: Call) -> Answer:
    """A message to others; nobody's calendar changes here."""
    seen, to = call.seen, call.fields().get("toRecipients")
    if not to:
        raise Refused(400, "ErrorInvalidRecipients", "At least one recipient isn't valid.")
    for one in to:
        call.state.send(
            "forward", call.mailbox.address, one["emailAddress"]["address"], seen.entry.fields["subject"]
        )
    return Answer(202)


@route("POST", *in_scopes("events/{event}/dismissReminder"), *in_scopes("events/{event}/snoozeReminder"))
def reminder(call: Call) -> Answer:
    """A reminder is put aside: the event counts as changed (docs issue 14632), and says nothing new."""
    entry = call.seen.series or call.seen.entry
    call.state.wrote(call.mailbox, entry, "updated", span=span_of(entry))
    return Answer(200)


@route("POST", *in_scopes("events/{event}/permanentDelete"))
def permanent_delete(call: Call) -> Answer:
    """Gone without the way through Deleted Items."""
    writing.delete(call.state, call.mailbox, call.seen)
    return Answer(204)


def answer(state: State, mailbox: Mailbox, seen: Seen, response: str, *, send: bool = True) -> None:
    """An attendee's answer, for the whole or for one day of a series. Raises Refused for one's own meeting."""
    if seen.series is None or seen.day is None:
        gone = meetings.answered(state, mailbox, seen, response, send=send)
        _follow(state, mailbox, seen, gone=gone)
        return
    part = writing.exception(seen.series, seen)
    gone = meetings.answered(
        state, mailbox, Seen("exception", part, part.start, part.end), response, send=send
    )
    seen.series.exceptions[seen.day] = part
    _follow(state, mailbox, part_on(seen.series, seen.day, state.knobs) or seen, gone=gone)


def _follow(state: State, mailbox: Mailbox, seen: Seen, *, gone: bool) -> None:
    if gone:
        writing.remove(state, mailbox, seen)
        return
    whole = seen.series or seen.entry
    state.wrote(
        mailbox, whole, "updated", span=span_of(whole), part=None if seen.series is None else seen.entry
    )


def _answered(call: Call, response: str) -> Answer:
    said = call.fields()
    send = said.get("sendResponse") is not False
    if said.get("proposedNewTime") and not (send and call.seen.entry.fields["allowNewTimeProposals"]):
        raise Refused(400, "ErrorInvalidRequest", "A new time can't be proposed.")
    answer(call.state, call.mailbox, call.seen, response, send=send)
    return Answer(202)


def _cancelled(state: State, mailbox: Mailbox, seen: Seen) -> None:
    """What a cancellation does; nothing if the event went meanwhile."""
    whole = seen.series or seen.entry
    if whole.number in mailbox.entries and (seen.day is None or seen.day not in whole.cancelled):
        meetings.called_off(state, mailbox, seen)
        writing.remove(state, mailbox, seen)

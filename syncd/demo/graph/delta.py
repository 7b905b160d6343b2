"""Delta rounds over a calendar's window (Graph: event: delta, on calendarView).

A round is put together when it begins and told page by page; its links are opaque and sealed. A further round tells of
everything the mailbox's journal names since: what is in the window as it now stands, a series always whole, and the rest
as removed. What can go wrong with it is turned on by knobs.
"""

import base64
import hashlib
import hmac
import json
import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from syncd.demo.graph import forms
from syncd.demo.graph.asking import Call
from syncd.demo.graph.composer import Composer
from syncd.demo.graph.instances import Seen
from syncd.demo.graph.moments import parse_instant, said_instant
from syncd.demo.graph.query import context
from syncd.demo.graph.refusal import Json, Refused, bad_request
from syncd.demo.graph.rounds import Item, Round
from syncd.demo.graph.state import State
from syncd.demo.graph.things import Mailbox

REFUSED = ("$expand", "$filter", "$orderby", "$search")
SECRET = hashlib.sha256(b"fake graph").digest()

DEAD: dict[str, tuple[int, str]] = {
    "410": (410, "SyncStateNotFound"),
    "400": (400, "syncStateNotFound"),
    "400-invalid": (400, "SyncStateInvalid"),
    "404": (404, "SyncStateNotFound"),
    "410-resync": (410, "resyncRequired"),
}


@dataclass(frozen=True, slots=True)
class Token:
    """What a link knows: of which calendar and window, and either the next page of a round or where the next begins."""

    mailbox: str
    folder: int
    start: str
    end: str
    generation: int
    issued: float
    seq: int = 0
    round: int = 0
    page: int = 0
    nonce: int = 0

    def text(self, secret: bytes) -> str:
        """As it stands in a link."""
        said = json.dumps([getattr(self, name) for name in self.__slots__]).encode()
        seal = hmac.digest(secret, said, hashlib.sha256)[:18]
        return base64.urlsafe_b64encode(seal + said).decode().rstrip("=")


def answer(call: Call) -> Json:
    """One page. Raises Refused: a link that is dead or was tampered with, a window that is missing."""
    query = call.request.query
    text = query.get("$skiptoken") or query.get("$deltatoken")
    if text:
        token = _read(text, call)
        return _page(call, token) if "$skiptoken" in query else _begin(call, token)
    return _begin(call, _first(call))


def _first(call: Call) -> Token:
    query = call.request.query
    if "startdatetime" not in query or "enddatetime" not in query:
        raise Refused(
            400,
            "ErrorInvalidParameter",
            "This request requires a time window specified by the query string parameters StartDateTime and EndDateTime.",
        )
    refused = (*REFUSED, *(("$select",) if call.state.knobs.delta_select == "refused" else ()))
    if any(name in query for name in refused):
        raise bad_request("The query option is not supported with change tracking.")
    start, end = (parse_instant(query[name], name) for name in ("startdatetime", "enddatetime"))
    if end < start:
        raise Refused(400, "ErrorInvalidParameter", "EndDateTime is before StartDateTime.")
    return _token(call, start.isoformat(), end.isoformat(), seq=-1)


def _token(call: Call, start: str, end: str, **more: int) -> Token:
    now, mailbox = call.state.clock.now().timestamp(), call.mailbox
    return Token(mailbox.guid, call.folder.number, start, end, mailbox.generation, now, **more)


def _begin(call: Call, token: Token) -> Json:
    """The first page of the first round (`seq` -1), or of a further one."""
    window = datetime.fromisoformat(token.start), datetime.fromisoformat(token.end)
    upto = _visible(call.state, call.mailbox)
    composer = Composer(call, *window)
    groups = composer.everything() if token.seq < 0 else composer.since(token.seq, upto)
    rounds = call.state.rounds
    knobs = call.state.knobs
    size = min(call.prefer.page or knobs.page_size, knobs.largest_page)
    pages = _paged(groups, size, call.state, rounds.number())
    number = rounds.begin(Round(pages, max(upto, token.seq)))
    return _page(call, _token(call, token.start, token.end, round=number))


def _page(call: Call, token: Token) -> Json:
    knobs = call.state.knobs
    under_way = call.state.rounds.get(token.round)
    if token.page == 1 and knobs.rounds_die:
        knobs.rounds_die -= 1
        under_way = None
    if under_way is None:
        raise _dead(call, token)
    said: Json = {"@odata.context": f"{context(call)}"}
    again = _token(call, token.start, token.end, round=token.round, page=token.page, nonce=token.nonce + 1)
    following = _token(call, token.start, token.end, round=token.round, page=token.page + 1)
    if knobs.endless:
        said["@odata.nextLink"] = _link(call, "$skiptoken", again)
    elif token.page + 1 < len(under_way.pages):
        said["@odata.nextLink"] = _link(call, "$skiptoken", following)
    else:
        ended = _token(call, token.start, token.end, seq=under_way.upto)
        said["@odata.deltaLink"] = _link(call, "$deltatoken", ended)
    said["value"] = [_form(call, item) for item in under_way.pages[token.page]]
    return said


def _link(call: Call, name: str, token: Token) -> str:
    return f"{call.link}?{name}={token.text(SECRET)}"


def _read(text: str, call: Call) -> Token:
    token = _unsealed(text)
    if token.mailbox != call.mailbox.guid or token.folder != call.folder.number:
        raise bad_request("The token belongs to another resource.")
    if _is_dead(call, token):
        raise _dead(call, token)
    return token


def _unsealed(text: str) -> Token:
    wrong = bad_request("Badly formed token.")
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        if not hmac.compare_digest(hmac.digest(SECRET, raw[18:], hashlib.sha256)[:18], raw[:18]):
            raise wrong
        values: list[Any] = json.loads(raw[18:])
    except ValueError as error:
        raise wrong from error
    return Token(*values)


def _is_dead(call: Call, token: Token) -> bool:
    knobs, mailbox = call.state.knobs, call.mailbox
    age = call.state.clock.now().timestamp() - token.issued
    old = bool(knobs.tokens_die_after) and age > knobs.tokens_die_after.total_seconds()
    busy = bool(knobs.tokens_die_at) and not token.round and mailbox.seq - token.seq >= knobs.tokens_die_at
    return token.generation != mailbox.generation or old or busy


def _dead(call: Call, token: Token) -> Refused:
    status, code = DEAD[call.state.knobs.dead_link]
    window = [f"{name}={quote(said_instant(datetime.fromisoformat(value)), safe='')}" for name, value in
              (("startDateTime", token.start), ("endDateTime", token.end))]  # fmt: skip
    anew = {"Location": f"{call.link}?{'&'.join(window)}&$deltatoken="} if status == 410 else {}
    message = f"The sync state generation is not found; generation={token.generation}."
    return Refused(status, code, message, headers=anew)


def _visible(state: State, mailbox: Mailbox) -> int:
    """Up to where the journal shows: what happened lately may not have been replicated yet."""
    delay, now = state.knobs.change_delay, state.clock.now()
    seq = mailbox.seq
    while delay and seq and mailbox.journal[seq - 1].at + delay > now:
        seq -= 1
    return seq


def _paged(groups: list[list[Item]], size: int, state: State, seed: int) -> list[list[Item]]:
    """Pages of about that size; a group is not cut, so a page may be longer."""
    if state.knobs.shuffled:
        order = random.Random(seed)  # noqa: S311 - an order, no secret
        order.shuffle(groups)
        for group in groups:
            order.shuffle(group)
    pages: list[list[Item]] = [[]]
    for group in groups:
        if pages[-1] and len(pages[-1]) + len(group) > size:
            pages.append([])
        pages[-1] += group
    if state.knobs.duplicates:
        pages = [[*before, *page] for before, page in zip([[], *pages], [*pages, []], strict=True)]
    return [[], *pages] if state.knobs.first_page_empty else pages


def _form(call: Call, item: Item) -> Json:
    mailbox, prefer, knobs = call.mailbox, call.prefer, call.state.knobs
    if isinstance(item, Seen):
        if item.kind == "occurrence" and knobs.occurrences_as_stubs:
            return forms.stub(mailbox, item, prefer, knobs)
        return {"@odata.type": forms.EVENT_TYPE, **forms.event(mailbox, item, prefer, knobs)}
    if item.day is None:
        return forms.removed(mailbox.id_of(item.entry, immutable=prefer.immutable))
    return forms.removed(mailbox.occurrence_id(item.entry, item.day, immutable=prefer.immutable))

"""What changed in a calendar: sync-collection (RFC 6578), or its etags where a server can't do that.

The token kept is the one that came with the report. A token the server has forgotten leads to a full listing, and so
does an answer that is no honest delta: servers have been seen to list everything without saying so, to echo a token
they never gave, and to forget deletions. Losing an event in silence would make somebody free who is not.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from connectors.caldav import xml
from connectors.caldav.addresses import key, path_of, same, spellings
from connectors.caldav.fetch import Fetched, etag_of, fetch, gone
from connectors.caldav.xml import DAV, Member
from connectors.http.client import HttpClient
from connectors.http.wire import Answer
from connectors.ical import read_object
from connectors.interface import Calendar, CalendarObject, Changes, Garbled, Problem

MOST_PAGES = 1000
MOST_ECHOES = 3
"""So many members may come with the etag already known (our own writes); more mean that it is no delta."""

FORGOTTEN = (400, 403, 409, 410, 412, 507)
"""How servers say that a token means nothing to them (RFC 6578 wants 403 with valid-sync-token)."""

NOT_OFFERED = (400, 403, 405, 412, 415, 418, 422, 501, 507)
"""How servers say that they can't do sync-collection at all."""


@dataclass(frozen=True, slots=True)
class State:
    """What is remembered between two calls: how the calendar is read ("sync" or "etags"), where, and the sync token."""

    by: str
    at: str
    token: str = ""

    def text(self) -> str:
        """As stored."""
        return json.dumps({"by": self.by, "at": self.at, "token": self.token}, sort_keys=True)


def state_from(text: str | None) -> State | None:
    """Read a stored state; None where there is none, or an older version wrote it otherwise."""
    try:
        said = json.loads(text or "")
        state = State(str(said["by"]), str(said["at"]), str(said["token"]))
    except (ValueError, KeyError, TypeError):
        return None
    return state if state.by in ("sync", "etags") else None


@dataclass(slots=True)
class _Seen:
    """What a report or a listing named, under the hrefs it used; `complete`: it named everything there is."""

    complete: bool
    state: State
    listed: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)


def changes(
    http: HttpClient, url: str, calendar: Calendar, state: str | None, known: Mapping[str, str]
) -> Changes:
    """The contract's `changes`, for the calendar at this URL."""
    before, known = state_from(state), dict(known)
    if before is not None and before.at != url:  # another server's tokens and etags mean nothing at this one
        before, known = None, {}
    return _told(http, url, calendar, _look(http, url, before, known), known)


def _told(http: HttpClient, url: str, calendar: Calendar, seen: _Seen, known: Mapping[str, str]) -> Changes:
    names = spellings(known)
    name = {href: names.get(key(href), path_of(href)) for href in (*seen.listed, *seen.gone)}
    unchanged = {href for href, etag in seen.listed.items() if etag and known.get(name[href]) == etag}
    wanted = {href: etag for href, etag in seen.listed.items() if href not in unchanged}
    fetched = _second_look(http, url, list(fetch(http, url, wanted)))
    vanished = {one.href for one in fetched if one.absent}
    objects = [_read(one, name[one.href], calendar) for one in fetched if one.href not in vanished]
    away = {name[href] for href in seen.gone | vanished} & set(known)
    return Changes(
        upserts=tuple(objects),
        gone=tuple(sorted(away)),
        state=seen.state.text(),
        complete=seen.complete,
        unchanged=tuple(sorted(name[href] for href in unchanged)),
    )


def _second_look(http: HttpClient, url: str, fetched: list[Fetched]) -> list[Fetched]:
    """Of what was listed and then not found, what is gone? Not what is still listed: that was not to be had this time.

    Raises CalendarGone if the calendar itself is gone: then its events are not deleted, only out of sight.
    """
    if not any(one.absent for one in fetched):
        return fetched
    there = {key(href) for href in _etags(http, url).listed}
    why = "it is listed, and not found when asked for"
    return [replace(one, failure=why) if one.absent and key(one.href) in there else one for one in fetched]


def _read(one: Fetched, name: str, calendar: Calendar) -> CalendarObject:
    if one.data is None:
        return CalendarObject(name, "", "", (), (Problem("", 0, f"can't be fetched: {one.failure}"),))
    return read_object(
        name, one.etag, one.data,
        zone=calendar.zone, start=calendar.start, end=calendar.end, addresses=calendar.addresses,
    )  # fmt: skip


def _look(http: HttpClient, url: str, state: State | None, known: Mapping[str, str]) -> _Seen:
    if state is None:
        return _everything(http, url)
    if state.by == "etags":
        return _etags(http, url)
    delta = _report(http, url, state.token)
    if delta is None or _no_delta(delta, state.token, known):
        return _everything(http, url)
    return delta


def _no_delta(seen: _Seen, token: str, known: Mapping[str, str]) -> bool:
    """Is this answer to a token anything but a delta?

    Listed as changed although unchanged: the server has silently begun anew, and does not tell what was deleted. Nothing
    changed and the very token we sent: it may never have been this server's, as we only ask when something changed.
    """
    if not seen.listed and not seen.gone and seen.state.token == token:
        return True
    etags = {key(href): etag for href, etag in known.items()}
    echoes = sum(bool(etag) and etags.get(key(href)) == etag for href, etag in seen.listed.items())
    return echoes > MOST_ECHOES or (echoes > 0 and echoes * 2 >= len(known) > 1)


def _everything(http: HttpClient, url: str) -> _Seen:
    """A full listing: by a first sync report, whose token then serves, else by the etags."""
    return _report(http, url, "") or _etags(http, url)


def _report(http: HttpClient, url: str, token: str) -> _Seen | None:
    """Ask for the changes since a token ("" = all), page by page; None where the server can't say."""
    seen = _Seen(complete=not token, state=State("sync", url, token))
    for _ in range(MOST_PAGES):
        answer = _ask(http, url, seen.state.token)
        if answer.status != 207:
            return None
        page = xml.parse(answer, http.base.name)
        more = _note(seen, page.members, answer)
        if not page.token or (more and page.token == seen.state.token):
            return None
        seen.state = State("sync", url, page.token)
        if not more:
            return seen
    raise Garbled(f"{http.base.name} never comes to the end of its changes", "please report this server")


def _ask(http: HttpClient, url: str, token: str) -> Answer:
    headers = {**xml.XML_HEADERS, "Depth": "0"}
    expect = FORGOTTEN if token else NOT_OFFERED
    return http.send("REPORT", url, xml.sync_collection(token), headers, expect=expect)


def _note(seen: _Seen, members: tuple[Member, ...], answer: Answer) -> bool:
    """Add a page's members; True if the server says that there are more (RFC 6578 section 3.6)."""
    more = False
    for member in members:
        if same(member.href, answer.url):
            more = more or member.status == 507
        elif member.href and not member.href.endswith("/"):
            _note_member(seen, member)
    return more


def _note_member(seen: _Seen, member: Member) -> None:
    """Both reported deleted and listed (Cyrus does that): listed without an etag, so that it is looked at."""
    href = member.href
    if member.status in (404, 410):
        if href in seen.listed:
            seen.listed[href] = ""
        else:
            seen.gone.add(href)
        return
    again = href in seen.gone
    seen.gone.discard(href)
    seen.listed[href] = "" if again else etag_of(member.text(f"{DAV}getetag"))


def _etags(http: HttpClient, url: str) -> _Seen:
    """Every member with its etag, by PROPFIND: the rung below sync-collection."""
    headers = {**xml.XML_HEADERS, "Depth": "1"}
    answer = http.send("PROPFIND", url, xml.propfind((f"{DAV}getetag", f"{DAV}resourcetype")), headers)
    members = xml.parse(answer, http.base.name).members
    if not any(same(member.href, answer.url) and member.status in (None, 200) for member in members):
        raise gone(http)
    seen = _Seen(complete=True, state=State("etags", url))
    _note(seen, tuple(m for m in members if not m.has(f"{DAV}resourcetype", f"{DAV}collection")), answer)
    return seen

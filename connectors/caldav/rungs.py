"""How a calendar's members are listed: the rungs of a ladder, from the best way a server may offer to the last.

sync-collection (RFC 6578), a PROPFIND of the etags (RFC 4918), a calendar-query over the window (RFC 4791 section 7.8), the
whole collection as one text (a GET). Which rung a calendar stands on is learned and kept in its state; whenever everything
is listed anew, the ladder is climbed from the top again.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.caldav import multistatus, xml
from connectors.caldav.addresses import same
from connectors.caldav.collection import is_calendar, split
from connectors.caldav.fetch import Fetched, etag_of, gone
from connectors.caldav.multistatus import Member
from connectors.caldav.xml import CAL, DAV
from connectors.http import errors
from connectors.http.client import HttpClient
from connectors.http.wire import Answer
from connectors.interface import Calendar, Garbled

MOST_PAGES = 1000

FORGOTTEN = (400, 403, 409, 410, 412, 507)
"""How servers say that a token means nothing to them (RFC 6578 wants 403 with valid-sync-token)."""

NOT_OFFERED = (400, 403, 405, 412, 415, 418, 422, 501, 507)
"""How servers say that they don't list a calendar in this way."""


@dataclass(frozen=True, slots=True)
class State:
    """What is remembered between two calls: on which rung the calendar is read, where, and the sync token."""

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
    return state if state.by in RUNGS else None


@dataclass(slots=True)
class Seen:
    """What a report or a listing named, under the hrefs it used: with its etag, or as gone.

    `complete`: it named everything there is. `texts`: what came along with the listing, and need not be fetched.
    """

    complete: bool
    state: State
    listed: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    texts: dict[str, Fetched] = field(default_factory=dict)

    def bring(self, href: str, etag: str, data: bytes) -> None:
        """A member came with its text. Where the server gives no etag, the text's own fingerprint serves as one."""
        mark = etag or f"sha256:{hashlib.sha256(data).hexdigest()}"
        self.listed[href], self.texts[href] = mark, Fetched(href, mark, data)


def everything(http: HttpClient, url: str, calendar: Calendar, first: str = "sync") -> Seen:
    """Every member there is, on the first rung that the server offers, from `first` on down, and then from the top.

    Raises CalendarGone where the calendar is not there; where no rung is offered, what the refusal of the etags stands for,
    which every server should give.
    """
    names, refused = list(RUNGS), dict[str, Answer]()
    at = names.index(first)
    for name in (*names[at:], *names[:at]):
        seen = RUNGS[name](http, url, calendar)
        if isinstance(seen, Seen):
            return seen
        refused[name] = seen
    if refused["etags"].status == 207:
        raise Garbled(f"{http.base.name} lists only a part of the calendar", "raise its limit for one answer")
    raise errors.from_status(refused["etags"], "PROPFIND", http.base)


def report(http: HttpClient, url: str, token: str) -> Seen | Answer:
    """The changes since a token ("" = all), page by page; an answer that is none where the server can't say."""
    seen = Seen(complete=not token, state=State("sync", url, token))
    for _ in range(MOST_PAGES):
        answer = _ask(http, url, seen.state.token)
        if answer.status != 207:
            return answer
        page = multistatus.parse(answer, http.base.name)
        more = _note(seen, page.members, answer)
        if not page.token or (more and page.token == seen.state.token):
            return answer
        seen.state = State("sync", url, page.token)
        if not more:
            return seen
    raise Garbled(f"{http.base.name} never comes to the end of its changes", "please report this server")


def _ask(http: HttpClient, url: str, token: str) -> Answer:
    headers = {**xml.XML_HEADERS, "Depth": "0"}
    expect = FORGOTTEN if token else NOT_OFFERED
    return http.send("REPORT", url, xml.sync_collection(token), headers, expect=expect)


def _note(seen: Seen, members: tuple[Member, ...], answer: Answer) -> bool:
    """Add a page's members; True if the server says that there are more (RFC 6578 section 3.6)."""
    more = False
    for member in members:
        if same(member.href, answer.url):
            more = more or member.status == 507
        elif member.href and not member.href.endswith("/"):
            _note_member(seen, member)
    return more


def _note_member(seen: Seen, member: Member) -> None:
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
    etag = etag_of(member.text(f"{DAV}getetag")) or seen.listed.get(href, "")
    seen.listed[href] = "" if again else etag


def _first_report(http: HttpClient, url: str, _calendar: Calendar) -> Seen | Answer:
    return report(http, url, "")


def _etags(http: HttpClient, url: str, _calendar: Calendar) -> Seen | Answer:
    """Every member with its etag."""
    headers = {**xml.XML_HEADERS, "Depth": "1"}
    body = xml.propfind((f"{DAV}getetag", f"{DAV}resourcetype"))
    answer = http.send("PROPFIND", url, body, headers, expect=NOT_OFFERED)
    if answer.status in NOT_OFFERED:
        return answer
    members = multistatus.parse(answer, http.base.name).members
    of_itself = {member.status for member in members if same(member.href, answer.url)}
    if 507 in of_itself:
        return answer
    if not of_itself & {None, 200}:
        raise gone(http)
    seen = Seen(complete=True, state=State("etags", url))
    _note(seen, tuple(m for m in members if not m.has(f"{DAV}resourcetype", f"{DAV}collection")), answer)
    return seen


def _query(http: HttpClient, url: str, calendar: Calendar) -> Seen | Answer:
    """What overlaps the window, with its text. Servers are known to err here, so it stands below the etags."""
    headers = {**xml.XML_HEADERS, "Depth": "1"}
    body = xml.window_query(calendar.start, calendar.end)
    answer = http.send("REPORT", url, body, headers, expect=NOT_OFFERED)
    if answer.status in NOT_OFFERED:
        return answer
    seen = Seen(complete=True, state=State("query", url))
    members = multistatus.parse(answer, http.base.name).members
    if _note(seen, members, answer):
        return answer
    for member in members:
        if member.href in seen.listed and (data := member.text(f"{CAL}calendar-data")):
            seen.bring(member.href, seen.listed[member.href], data.encode())
    return seen


def _whole(http: HttpClient, url: str, _calendar: Calendar) -> Seen | Answer:
    """The collection as one text, taken apart."""
    headers = {"Accept": "text/calendar", "Accept-Encoding": "identity"}
    answer = http.send("GET", url, headers=headers, expect=NOT_OFFERED)
    if answer.status >= 300 or not is_calendar(answer.body):
        return answer
    seen = Seen(complete=True, state=State("whole", url))
    for href, data in split(answer.body, url):
        seen.bring(href, "", data)
    return seen


Rung = Callable[[HttpClient, str, Calendar], Seen | Answer]

RUNGS: dict[str, Rung] = {"sync": _first_report, "etags": _etags, "query": _query, "whole": _whole}
"""From the top. Each lists everything there is, or gives the answer by which the server does not offer that.

An answer that says of itself that it is cut short (507 for the calendar, RFC 6578 section 3.6) lists only a part.
"""

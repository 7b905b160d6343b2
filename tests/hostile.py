"""A small CalDAV server of our own that can be as wrong as real ones were measured to be, one switch a fault.

The switches name the behaviour; the servers that were seen to behave so stand beside them. It serves one home with one
calendar, without asking who is there.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape
from zlib import crc32

from scripted import Asked, Said, multistatus, reply

HOME = "/dav/home/"
CALENDAR = "/dav/home/work/"
FORBIDDEN = '<d:error xmlns:d="DAV:"><d:valid-sync-token/></d:error>'


@dataclass
class HostileDav:
    """A script for `ScriptedServer`. Objects are name -> (etag, text); a sync token is a position in the history."""

    objects: dict[str, tuple[str, str]] = field(default_factory=dict)
    history: list[str] = field(default_factory=list)
    there: bool = True
    lost_reply: bytes = field(default_factory=lambda: reply(404))  # of a calendar that is not there
    # listing
    ctag: bool = True
    token: bool = True
    seconds: str = ""  # a change mark made of seconds (SOGo)
    date: str = ""
    identity: str = ""  # what names the calendar for as long as it lives, as a property (DAViCal, sabre/dav)
    # sync-collection
    sync: bool = True  # False: 403, as sabre/dav 1.8
    etags: bool = True  # False: no listing by PROPFIND
    query: bool = True  # False: no calendar-query
    whole: bool = True  # False: no GET of the collection
    cut_short: bool = False  # the GET of the collection lacks its end
    query_etags: bool = True  # False: what a calendar-query brings has no etags
    unknown: str = (
        "403"  # what an unknown token leads to: 403, 412 (Xandikos), full (DAViCal), echo (sabre/dav)
    )
    page: int = 0  # members a page (Cyrus); 0: all
    stuck: bool = False  # says 507 for ever with the same token
    tokenless: bool = False
    tombstones_first: bool = False  # 404 members in a first listing (Radicale, Cyrus)
    lists_itself: bool = False  # iCloud
    buries_first: bool = False  # what was changed is told as deleted, and then as changed (Cyrus)
    lists_twice: bool = False  # the same href again, without an etag (Zimbra, DavMail)
    # a listing of etags and a query bring half, and say so (507 for the calendar)
    limited: bool = False
    # a calendar-query answers from an index that holds older texts (Bedework, Purelymail)
    behind: bool = False
    # multiget and GET
    omits: set[str] = field(default_factory=set)  # left out of a multiget (sabre/dav, DAViCal)
    hidden: set[str] = field(
        default_factory=set
    )  # listed, and 404 when asked for (behind a cache, half replicated)
    spoils: set[str] = field(default_factory=set)  # make a whole multiget fail
    broken: set[str] = field(default_factory=set)  # fail also when asked for alone
    spoilt_reply: bytes = field(default_factory=lambda: reply(500))
    raw: Callable[[str], str] = field(default=escape)
    spelling: Callable[[str], str] = field(default=quote)
    # writes
    loses_the_answer: bool = False
    refusal: bytes = b""
    weak_etags: bool = False
    # If-None-Match and If-Match are not looked at (SOGo when creating and deleting, Zimbra, Google)
    unconditional: bool = False

    def put(self, name: str, text: str) -> str:
        self.history.append(name)
        self.objects[name] = (f'"{len(self.history)}-{crc32(text.encode())}"', text)
        return CALENDAR + quote(name)

    def delete(self, name: str) -> None:
        self.history.append(name)
        del self.objects[name]

    def __call__(self, asked: Asked) -> Said:
        path = unquote(asked.path)
        if path == "/" and asked.method == "PROPFIND":
            return multistatus(
                _response("/", f"<c:calendar-home-set><d:href>{HOME}</d:href></c:calendar-home-set>")
            )
        if path == HOME and asked.method == "PROPFIND":
            return self._home()
        if not path.startswith(CALENDAR):
            return reply(404)
        if not self.there:
            return self.lost_reply
        if path == CALENDAR:
            return self._collection(asked)
        return self._object(asked, path.removeprefix(CALENDAR))

    # --- the home -------------------------------------------------------------------------------------------------

    def _home(self) -> bytes:
        mark = self.seconds or f"mark-{len(self.history)}"
        marks = (
            f"<cs:getctag>{mark}</cs:getctag>" * self.ctag
            + f"<d:sync-token>{mark}</d:sync-token>" * self.token
        )
        junk = "<d:response><d:href>/dav/home/inbox/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/><c:schedule-inbox/></d:resourcetype></d:prop></d:propstat></d:response>"
        kind = "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>"
        calendar = _response(CALENDAR, kind + marks + self.identity)
        said = multistatus(junk, *([calendar] if self.there else []))
        return said.replace(b"\r\n", f"\r\nDate: {self.date}\r\n".encode(), 1) if self.date else said

    # --- the calendar ---------------------------------------------------------------------------------------------

    def _collection(self, asked: Asked) -> bytes:
        body = asked.body.decode()
        if asked.method == "PROPFIND" and not self.etags and asked.headers.get("depth") == "1":
            return reply(403)
        if asked.method == "GET":
            return reply(200, self._text()[: -9 if self.cut_short else None]) if self.whole else reply(501)
        if asked.method == "PROPFIND":
            itself = _response(CALENDAR, "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>")
            members = map(self._etag_of, self.objects) if asked.headers.get("depth") == "1" else ()
            return multistatus(itself, *self._cut(list(members)))
        if "sync-collection" in body:
            token = re.search("<d:sync-token>(.*?)</d:sync-token>", body)
            return self._sync(token.group(1) if token else "") if self.sync else reply(403)
        if "calendar-multiget" in body:
            return self._multiget([unquote(href) for href in re.findall("<d:href>(.*?)</d:href>", body)])
        if "calendar-query" in body and self.query:
            wanted = [name for name in self.objects if name not in self.omits]
            if self.spoils:
                return self.spoilt_reply
            return multistatus(*self._cut([self._as_indexed(name) for name in wanted]))
        return reply(501)

    def _cut(self, members: list[str]) -> list[str]:
        full = f"<d:response><d:href>{CALENDAR}</d:href><d:status>HTTP/1.1 507 Insufficient Storage</d:status></d:response>"
        return [*members[: len(members) // 2], full] if self.limited else members

    def _as_indexed(self, name: str) -> str:
        said = self._with_data(name)
        older = said.replace("T10", "T08").replace("T11", "T09").replace(self.objects[name][0], '"older"')
        return older if self.behind else said

    def _text(self) -> bytes:
        """All events as one calendar, as an export has them."""
        head, end = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//export//\r\n", "END:VCALENDAR\r\n"
        inner = [
            text[text.index("BEGIN:VEVENT") : text.index("END:VCALENDAR")]
            for _, text in self.objects.values()
        ]
        return (head + "".join(inner) + end).encode()

    def _sync(self, token: str) -> bytes:
        position = int(token.removeprefix("t-")) if re.fullmatch(r"t-\d+", token) else None
        if position is not None and position <= len(self.history):
            return self._page(list(dict.fromkeys(self.history[position:])), position)
        if token and self.unknown in ("403", "412"):
            return reply(int(self.unknown), FORBIDDEN.encode())
        if token and self.unknown == "echo":
            return multistatus(token=token)
        dead = [name for name in self.history if name not in self.objects] if self.tombstones_first else []
        return self._page([*self.objects, *dict.fromkeys(dead)], None)

    def _page(self, names: list[str], position: int | None) -> bytes:
        members = [self._etag_of(name) for name in names]
        if self.lists_twice:
            members += [re.sub("<d:getetag>.*?</d:getetag>", "", member) for member in members]
        if self.buries_first:
            members = [*map(self._absent, names), *members]
        if self.lists_itself:
            itself = (CALENDAR, CALENDAR.rstrip("/"))  # spelt as it likes
            members += [_response(href, '<d:getetag>"itself"</d:getetag>') for href in itself]
        if self.stuck or (self.page and position is not None and len(names) > self.page):
            more = f"<d:response><d:href>{CALENDAR}</d:href><d:status>HTTP/1.1 507 Insufficient Storage</d:status></d:response>"
            done = len(self.history) if self.stuck or position is None else position + self.page
            return multistatus(*members[: self.page or None], more, token=f"t-{done}")
        return multistatus(*members, token="" if self.tokenless else f"t-{len(self.history)}")

    def _etag_of(self, name: str) -> str:
        href = CALENDAR + self.spelling(name)
        if name not in self.objects:
            return self._absent(name)
        return _response(href, f"<d:getetag>{escape(self.objects[name][0])}</d:getetag>")

    def _absent(self, name: str) -> str:
        href = CALENDAR + self.spelling(name)
        return f"<d:response><d:href>{href}</d:href><d:status>HTTP/1.1 404 Not Found</d:status></d:response>"

    def _multiget(self, hrefs: list[str]) -> bytes:
        names = [href.removeprefix(CALENDAR) for href in hrefs]
        if self.spoils & set(names):
            return self.spoilt_reply
        members = [self._with_data(name) for name in names if name not in self.omits]
        emptied = [_response(CALENDAR + self.spelling(name), "") for name in names if self.lists_twice]
        return multistatus(*members, *emptied)

    def _with_data(self, name: str) -> str:
        if name not in self.objects or name in self.hidden:
            return self._absent(name)
        etag, text = self.objects[name]
        mark = f"<d:getetag>{escape(etag)}</d:getetag>" * self.query_etags
        data = f"{mark}<c:calendar-data>{self.raw(text)}</c:calendar-data>"
        return _response(CALENDAR + self.spelling(name), data)

    # --- one object -----------------------------------------------------------------------------------------------

    def _object(self, asked: Asked, name: str) -> Said:
        held = self.objects.get(name)
        if asked.method == "GET":
            if name in self.hidden:
                return reply(404)
            if name in self.broken:
                return reply(500)
            return (
                reply(200, held[1].encode(), ETag=("W/" * self.weak_etags) + held[0]) if held else reply(404)
            )
        if self.refusal:
            return self.refusal
        wanted, absent = asked.headers.get("if-match"), asked.headers.get("if-none-match")
        unmet = (absent and held) or (wanted and (not held or held[0] != wanted))
        if unmet and not self.unconditional:
            return reply(412)
        if asked.method == "DELETE" and not held:
            return reply(404)
        if asked.method == "DELETE":
            self.delete(name)
        else:
            self.put(name, asked.body.decode())
        return None if self.loses_the_answer else reply(204 if held else 201)


def _response(href: str, props: str) -> str:
    found = f"<d:propstat><d:prop>{props}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>"
    return f"<d:response><d:href>{href}</d:href>{found}</d:response>"

"""WebDAV's XML (RFC 4918, 4791, 6578): the bodies we send, and a reader for what servers answer.

The reader is tolerant where real servers are sloppy (control characters and split surrogates inside calendar data,
bytes that are not UTF-8) and strict where leniency would lose events (a document cut short) or be unsafe (a DTD).
"""

import codecs
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import (
    Element,
    ParseError,
    TreeBuilder,
    XMLParser,
    fromstring,
)
from xml.sax.saxutils import escape

from lxml import etree

from connectors.http.wire import Answer
from connectors.interface import Garbled

DAV = "{DAV:}"
CAL = "{urn:ietf:params:xml:ns:caldav}"
CS = "{http://calendarserver.org/ns/}"
RESPONSE, PROPSTAT, PROP, HREF, STATUS = (
    f"{DAV}{name}" for name in ("response", "propstat", "prop", "href", "status")
)
PREFIXES = {DAV: "d", CAL: "c", CS: "cs"}
HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
SPACES = " ".join(f'xmlns:{prefix}="{space[1:-1]}"' for space, prefix in PREFIXES.items())

XML_HEADERS = {"Content-Type": "application/xml; charset=utf-8"}

FORBIDDEN = bytes(byte for byte in range(0x20) if byte not in b"\t\n\r")
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
REFERENCES = re.compile(r"(?:&#(?:[0-9]{1,8}|[xX][0-9a-fA-F]{1,8});)+")
REFERENCE = re.compile(r"&#([xX]?)([0-9a-fA-F]+);")
DECLARED = re.compile(rb"""\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
KEPT_REFERENCES = {0x22: "&#34;", 0x26: "&#38;", 0x27: "&#39;", 0x3C: "&#60;", 0x3E: "&#62;", 0x0D: "&#13;"}


@dataclass(frozen=True, slots=True)
class Member:
    """A `response` of a multistatus: where, with what status (None: only properties), and its properties found."""

    href: str
    status: int | None
    props: Mapping[str, Element]

    def text(self, name: str) -> str:
        """A property's own text, "" if it was not given."""
        node = self.props.get(name)
        return (node.text or "").strip() if node is not None else ""

    def has(self, prop: str, child: str) -> bool:
        """Does the property hold that element?"""
        node = self.props.get(prop)
        return node is not None and node.find(child) is not None

    def href_in(self, prop: str) -> str:
        """The first href inside a property, "" if there is none."""
        node = self.props.get(prop)
        return ((node.findtext(f".//{DAV}href") if node is not None else "") or "").strip()


@dataclass(frozen=True, slots=True)
class Multistatus:
    """A 207's body (RFC 4918 section 13): its members, and the sync token of a sync-collection report ("" = none)."""

    members: tuple[Member, ...]
    token: str


def propfind(props: Iterable[str]) -> bytes:
    """A PROPFIND body asking for these properties ("{namespace}name")."""
    return _body(f"<d:propfind {SPACES}><d:prop>{_empty(props)}</d:prop></d:propfind>")


def sync_collection(token: str) -> bytes:
    """RFC 6578 section 3.2. Without a limit: two servers lose events when asked for one."""
    return _body(
        f"<d:sync-collection {SPACES}><d:sync-token>{escape(token)}</d:sync-token><d:sync-level>1</d:sync-level>"
        "<d:prop><d:getetag/></d:prop></d:sync-collection>"
    )


def multiget(hrefs: Iterable[str]) -> bytes:
    """RFC 4791 section 7.9, asking for etag and data and nothing else (DAViCal is slow at anything else)."""
    listed = "".join(f"<d:href>{escape(href)}</d:href>" for href in hrefs)
    return _body(
        f"<c:calendar-multiget {SPACES}><d:prop><d:getetag/><c:calendar-data/></d:prop>{listed}</c:calendar-multiget>"
    )


def events_query() -> bytes:
    """RFC 4791 section 7.8: all events, with etag and text."""
    return _query("<d:getetag/><c:calendar-data/>", '<c:comp-filter name="VEVENT"/>')


def window_query(start: datetime, end: datetime) -> bytes:
    """RFC 4791 section 7.8: the events that overlap [start, end), with etag and text."""
    wanted = f'<c:comp-filter name="VEVENT">{_time_range(start, end)}</c:comp-filter>'
    return _query("<d:getetag/><c:calendar-data/>", wanted)


def free_busy_query(start: datetime, end: datetime) -> bytes:
    """RFC 4791 section 7.10: the busy time within [start, end)."""
    return _body(f"<c:free-busy-query {SPACES}>{_time_range(start, end)}</c:free-busy-query>")


def uid_query(uid: str) -> bytes:
    """RFC 4791 section 7.8: the etags of the events with this UID."""
    match = f'<c:text-match collation="i;octet">{escape(uid)}</c:text-match>'
    wanted = f'<c:comp-filter name="VEVENT"><c:prop-filter name="UID">{match}</c:prop-filter></c:comp-filter>'
    return _query("<d:getetag/>", wanted)


def _time_range(start: datetime, end: datetime) -> str:
    first, last = (at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ") for at in (start, end))
    return f'<c:time-range start="{first}" end="{last}"/>'


def _query(props: str, wanted: str) -> bytes:
    return _body(
        f"<c:calendar-query {SPACES}><d:prop>{props}</d:prop>"
        f'<c:filter><c:comp-filter name="VCALENDAR">{wanted}</c:comp-filter></c:filter></c:calendar-query>'
    )


def parse(answer: Answer, host: str) -> Multistatus:
    """Read a multistatus. Raises Garbled where it is none, or not whole."""
    root = _root(answer, host)
    if root.tag != f"{DAV}multistatus":
        raise _no_xml(answer, host)
    members = tuple(_member(node) for node in root.iterfind(RESPONSE))
    return Multistatus(members, (root.findtext(f"{DAV}sync-token") or "").strip())


def preconditions(answer: Answer) -> frozenset[str]:
    """The conditions a refusal names in its body (RFC 4918 section 16), without namespace; empty where it says nothing."""
    try:
        root = _root(answer, "")
    except Garbled:
        return frozenset()
    if root.tag != f"{DAV}error":
        return frozenset()
    return frozenset(node.tag.rpartition("}")[2] for node in root)


def _body(text: str) -> bytes:
    return (HEAD + text).encode()


def _empty(props: Iterable[str]) -> str:
    parts = (prop.partition("}") for prop in props)
    return "".join(f"<{PREFIXES[space + brace]}:{name}/>" for space, brace, name in parts)


def _root(answer: Answer, host: str) -> Element:
    data = clean(answer.body)
    if _has_dtd(data):
        raise _no_xml(answer, host)
    try:
        return fromstring(data, XMLParser(encoding="utf-8"))  # noqa: S314  # it has no DTD
    except ParseError:
        return _recovered(data, answer, host)


def _recovered(data: bytes, answer: Answer, host: str) -> Element:
    """Read what is not well-formed by libxml2, which knows how to go on. (Expat, which does not, is faster.)"""
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=True,
        huge_tree=True,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
    )
    root = etree.fromstring(data, parser) if data.strip() else None
    if root is None:
        raise _no_xml(answer, host)
    _whole(root, data, bool(parser.error_log), host)
    return _rebuilt(root)


def _rebuilt(root: etree._Element) -> Element:
    """The same tree in the form that `parse` reads, whatever its names are."""
    builder = TreeBuilder()
    for event, node in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            builder.start(str(node.tag), {str(name): str(value) for name, value in node.attrib.items()})
            builder.data(node.text or "")
        else:
            builder.end(str(node.tag))
            builder.data(node.tail or "")
    return builder.close()


def _whole(root: etree._Element, data: bytes, ill_formed: bool, host: str) -> None:
    """A document that was cut short, or that the parser lost members of, must not read as a shorter list."""
    name = f"{root.prefix}:{etree.QName(root).localname}" if root.prefix else etree.QName(root).localname
    closed_at_once = len(root) == 0 and data.rstrip().endswith(b"/>")
    ended = closed_at_once or f"</{name}".encode() in data[-4096:]
    lost = ill_formed and len(re.findall(rb"<(?:[\w.-]+:)?response[\s>/]", data)) != len(
        root.findall(f"{DAV}response")
    )
    if not ended or lost:
        raise Garbled(
            f"the XML of {host} is not whole", "look at the server's log; it is asked for less at a time"
        )


def is_page(answer: Answer) -> bool:
    """Is this a web page (a sign-in, a proxy's excuse), whatever was asked for?"""
    start = answer.body[:512].lstrip().lower()
    return "html" in answer.header("Content-Type").lower() or start.startswith((b"<!doctype html", b"<html"))


def page(host: str) -> Garbled:
    """What to say of a web page."""
    return Garbled(
        f"{host} answered with a web page instead of calendar data",
        "is the account's url its CalDAV address? For Nextcloud it ends in /remote.php/dav/",
    )


def _no_xml(answer: Answer, host: str) -> Garbled:
    if is_page(answer):
        return page(host)
    return Garbled(
        f"{host} answered something that is not the XML asked for", "is the account's url a CalDAV address?"
    )


def _member(node: Element) -> Member:
    props: dict[str, Element] = {}
    href = status = None
    for child in node:
        if child.tag == PROPSTAT:
            prop = child.find(PROP)
            if prop is not None and status_code(child.findtext(STATUS)) in (None, 200):
                props.update({one.tag: one for one in prop})
        elif child.tag == HREF and href is None:
            href = child.text
        elif child.tag == STATUS and status is None:
            status = child.text
    return Member((href or "").strip(), status_code(status), props)


def status_code(line: str | None) -> int | None:
    """The code of "HTTP/1.1 404 Not Found"; None where there is none."""
    match = re.search(r"\b([1-5]\d\d)\b", line or "")
    return int(match.group(1)) if match else None


def clean(data: bytes) -> bytes:
    """UTF-8 without what XML 1.0 forbids, so that one event with a stray byte does not spoil its whole calendar."""
    declared = DECLARED.match(data)
    foreign = declared is not None and declared.group(1).lower() not in (b"utf-8", b"utf8", b"us-ascii")
    suspect = b"&#" in data or len(data.translate(None, FORBIDDEN)) != len(data)
    if not foreign and not suspect and _is_utf8(data):
        return data
    text = _decoded(data, declared.group(1).decode() if declared and foreign else "utf-8")
    return CONTROLS.sub("", REFERENCES.sub(_repaired, text)).encode()


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except (LookupError, UnicodeDecodeError):
        return data.decode("utf-8", errors="syncd-latin1")


def _one_byte_as_latin1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("syncd-latin1", _one_byte_as_latin1)


def _repaired(run: re.Match[str]) -> str:
    """A run of character references: surrogate halves joined, what XML forbids dropped, markup kept as reference."""
    points = [
        int(digits, 16 if x else 10) if x or digits.isdigit() else 0
        for x, digits in REFERENCE.findall(run.group())
    ]
    units = "".join(chr(point) for point in points if point <= 0x10FFFF)
    joined = units.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(KEPT_REFERENCES.get(ord(char), char) for char in joined)


def _has_dtd(data: bytes) -> bool:
    """Is there a document type before the root element? (RFC 4918 needs none; entities are how XML attacks.)"""
    at = 0
    while True:
        at = _after_space(data, at)
        if data.startswith(b"<?", at):
            at = data.find(b"?>", at) + 2
        elif data.startswith(b"<!--", at):
            at = data.find(b"-->", at) + 3
        else:
            return data.startswith(b"<!", at)
        if at < 4:
            return False


def _after_space(data: bytes, at: int) -> int:
    while data[at : at + 1].isspace() or data.startswith(b"\xef\xbb\xbf", at):
        at += 3 if data.startswith(b"\xef\xbb\xbf", at) else 1
    return at

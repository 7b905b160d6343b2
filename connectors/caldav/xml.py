"""WebDAV's XML (RFC 4918, 4791, 6578): its names, and the bodies we send. What servers answer is read by `multistatus`."""

from collections.abc import Iterable
from datetime import UTC, datetime
from xml.sax.saxutils import escape

DAV = "{DAV:}"
CAL = "{urn:ietf:params:xml:ns:caldav}"
CS = "{http://calendarserver.org/ns/}"
PREFIXES = {DAV: "d", CAL: "c", CS: "cs"}
HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
SPACES = " ".join(f'xmlns:{prefix}="{space[1:-1]}"' for space, prefix in PREFIXES.items())

XML_HEADERS = {"Content-Type": "application/xml; charset=utf-8"}


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


def _body(text: str) -> bytes:
    return (HEAD + text).encode()


def _empty(props: Iterable[str]) -> str:
    parts = (prop.partition("}") for prop in props)
    return "".join(f"<{PREFIXES[space + brace]}:{name}/>" for space, brace, name in parts)

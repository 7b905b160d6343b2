"""The server's own busy time of a calendar, by a free-busy-query report (RFC 4791 section 7.10).

With `Depth: 1`, because the request is about the events in the calendar: Xandikos answers that there are none without. A
server that can't says so by the status of its refusal, or fails, and does not list the report among those that it has.
"""

from datetime import datetime

from connectors.caldav import multistatus, xml
from connectors.caldav.xml import CAL, DAV
from connectors.http import errors
from connectors.http.client import HttpClient
from connectors.http.errors import ServerFault
from connectors.ical import read_free_busy
from connectors.interface import FreeBusy, Garbled

NOT_OFFERED = (400, 403, 405, 415, 422, 501)
"""How servers say that they have no such report, or not for this calendar."""

REPORTS = f"{DAV}supported-report-set"
FREE_BUSY = f"{DAV}supported-report/{DAV}report/{CAL}free-busy-query"


def free_busy(http: HttpClient, url: str, start: datetime, end: datetime) -> FreeBusy | None:
    """The contract's `free_busy`, for the calendar at this URL."""
    headers = {**xml.XML_HEADERS, "Accept": "text/calendar", "Depth": "1"}
    body = xml.free_busy_query(start, end)
    try:
        answer = http.send("REPORT", url, body, headers, expect=NOT_OFFERED)
    except ServerFault:
        if _lacks_it(http, url):
            return None
        raise
    if "need-privileges" in multistatus.preconditions(answer):
        raise errors.from_status(answer, "REPORT", http.base)
    if answer.status >= 300:
        return None
    if multistatus.is_page(answer):
        raise multistatus.page(http.base.name)
    try:
        return read_free_busy(answer.body, start, end)
    except ValueError as error:
        raise Garbled(
            f"what {http.base.name} says of busy time can't be read: {error}", "please report this server"
        ) from error


def _lacks_it(http: HttpClient, url: str) -> bool:
    """Does the server list the reports it has, and this one is none of them (RFC 3253 section 3.1.5)?"""
    headers = {**xml.XML_HEADERS, "Depth": "0"}
    answer = http.send("PROPFIND", url, xml.propfind((REPORTS,)), headers, expect=NOT_OFFERED)
    if answer.status != 207:
        return False
    listed = [
        one.props[REPORTS]
        for one in multistatus.parse(answer, http.base.name).members
        if REPORTS in one.props
    ]
    return bool(listed) and all(node.find(FREE_BUSY) is None for node in listed)

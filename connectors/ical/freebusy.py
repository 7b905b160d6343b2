"""A server's answer to «when is somebody busy?» (RFC 4791 section 7.10): one VFREEBUSY, its window and its periods."""

from dataclasses import replace
from datetime import UTC, datetime

from connectors.ical.findings import Findings
from connectors.ical.limits import DEFAULTS
from connectors.ical.reader import read
from connectors.ical.text import scan
from connectors.ical.values import read_wall
from connectors.interface import FreeBusy

MOST = 50_000
"""Periods that are read: half a year has fewer quarters of an hour."""

LIMITS = replace(DEFAULTS, occurrences=MOST, extras=MOST)


def read_free_busy(data: bytes, start: datetime, end: datetime) -> FreeBusy:
    """What was answered about [start, end), or about the part of it that the answer says it covers.

    Raises `ValueError` where it is no such answer, or can't be read whole: half of it would read as free time.
    """
    findings = Findings(LIMITS.problems)
    answers = [part for one in scan(data, LIMITS, findings) for part in one.parts if part.kind == "VFREEBUSY"]
    if len(answers) != 1:
        raise ValueError("it holds no VFREEBUSY" if not answers else "it holds several VFREEBUSY")
    first = max(start, _moment(answers[0].text("DTSTART")) or start)
    last = min(end, _moment(answers[0].text("DTEND")) or end)
    reading = read(data, zone="UTC", start=start, end=end, limits=LIMITS)
    if any(problem.level == "error" for problem in reading.problems):
        raise ValueError("a part of it can't be read")
    return FreeBusy(first, max(first, last), reading.intervals)


def _moment(text: str) -> datetime | None:
    """A moment in UTC, as such answers have them; None where it is missing or can't be read."""
    try:
        return read_wall(text).at.replace(tzinfo=UTC)
    except ValueError:
        return None

"""What events are called: for an operator's own file of holidays, never for anybody's calendar."""

from collections.abc import Mapping

from connectors.ical.findings import Findings
from connectors.ical.limits import DEFAULTS
from connectors.ical.text import plain, scan_leniently
from connectors.ical.values import read_text


def titles(data: bytes) -> Mapping[str, str]:
    """UID -> SUMMARY (RFC 5545 section 3.8.1.12) of the events that have both; of several with one UID, the first."""
    found: dict[str, str] = {}
    findings = Findings(0)
    for calendar in scan_leniently(plain(data, findings), DEFAULTS, findings):
        for part in calendar.parts:
            line = part.first("SUMMARY")
            if part.kind == "VEVENT" and part.uid and line:
                found.setdefault(part.uid, read_text(line.value))
    return found

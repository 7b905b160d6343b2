"""From entries to intervals: every occurrence of one calendar object that overlaps a window, whole.

RFC 5545 section 3.8.7.4 (SEQUENCE) and 3.8.4.4 (RECURRENCE-ID). An object is a single event, or a series with the instances
of it that were changed; `series` expands the latter.
"""

from collections.abc import Sequence
from datetime import datetime

from connectors.ical.events import Entry
from connectors.ical.findings import Findings
from connectors.ical.limits import Limits, Steps
from connectors.ical.series import Series, interval_of
from connectors.ical.values import Window
from connectors.interface import NEVER_STORED, BusyInterval, Status

_new = tuple.__new__


def expand(
    entries: Sequence[Entry], window: Window, limits: Limits, findings: Findings, budget: Steps
) -> list[BusyInterval]:
    """Return the occurrences of one object (entries with the same UID) that overlap the window.

    `budget` is what is left for the whole text; what the object needs is taken from it.
    """
    if len(entries) == 1 and (only := entries[0]).stands_alone:
        start, end = only.start.span(only.length)
        if not window.holds(start, end):
            return []
        return [_new(BusyInterval, (start, end, only.status, only.all_day, only.uid))]
    master, overrides = _newest(entries, findings)
    more: list[Entry] = []
    if len(overrides) > limits.overrides:
        findings.add(
            overrides[0].uid, overrides[0].line,
            f"more than {limits.overrides} changed instances; the others replace none, and are unknown",
        )  # fmt: skip
        more = [one.flawed() for one in overrides[limits.overrides :]]
        overrides = overrides[: limits.overrides]
    allowed = min(limits.rule_steps, budget.left)
    steps = Steps(allowed)
    found = [] if master is None else Series(master, overrides, window, limits, findings, steps).intervals()
    budget.left -= allowed - max(steps.left, 0)
    for override in (*overrides, *more):
        single = interval_of(override, override.start.instant, override.start)
        if window.holds(single.start, single.end):
            found.append(single)
    return capped(found, limits, findings)


def _newest(entries: Sequence[Entry], findings: Findings) -> tuple[Entry | None, list[Entry]]:
    """Of several entries for the same thing the highest SEQUENCE counts, then DTSTAMP, then the last one written."""
    if len(entries) == 1 and not entries[0].replaces:
        return entries[0], []
    best: dict[datetime | None, Entry] = {}
    for entry in entries:
        key = entry.replaces.instant if entry.replaces else None
        other = best.get(key)
        if other is not None:
            findings.add(
                entry.uid, entry.line, "the same UID stands here again; the newest one counts", "warning"
            )
        if other is None or entry.revision >= other.revision:
            best[key] = entry
    return best.pop(None, None), list(best.values())


def capped(found: list[BusyInterval], limits: Limits, findings: Findings) -> list[BusyInterval]:
    """Return the first occurrences, as many as one object may have in a window; the time of the others is unknown."""
    found.sort()
    if len(found) <= limits.occurrences:
        return found
    kept, more = found[: limits.occurrences], found[limits.occurrences :]
    findings.add(
        more[0].uid, 0, f"more than {limits.occurrences} occurrences; when the others are is unknown"
    )
    blocking = [one for one in more if one.start < one.end and one.status not in NEVER_STORED]
    if blocking:
        end = max(one.end for one in blocking)
        kept.append(BusyInterval(blocking[0].start, end, Status.UNKNOWN, False, blocking[0].uid))
    return kept

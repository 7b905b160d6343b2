"""How fast iCalendar text becomes busy intervals, against `recurring-ical-events` on the same objects.

Over made-up objects (`objects`), and over the files at $SYNCD_CONFORMANCE where it is set: those that both read, for how soon
something gives up is no measure of reading. In turn, slice by slice, for the machine's speed drifts.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import process_time

import icalendar
import recurring_ical_events  # type: ignore[import-untyped]  # it has no types

from bench.figures import Figure
from bench.objects import END, OWNER, START, objects
from connectors.ical import read
from syncd.garbage import collect_seldom

SLICES = 16


def measure() -> Iterator[Figure]:
    """The ratios, and in the first the count of occurrences that both found."""
    made = objects()
    collect_seldom()
    yield _compared(f"reading {len(made)} objects of {sum(map(len, made)) // len(made)} bytes", made, 20.0)
    if folder := os.environ.get("SYNCD_CONFORMANCE"):
        files = [path.read_bytes() for path in sorted((Path(folder) / "ical" / "ics").glob("*.ics"))]
        both = [text for text in files if _accepted(text)]
        yield _compared(
            f"reading the {len(both)} of {len(files)} files of the conformance set that both read", both, 20.0
        )


def ours(texts: list[bytes]) -> int:
    """The occurrences that syncd finds."""
    return sum(
        len(read(text, zone="Europe/Amsterdam", start=START, end=END, addresses=(OWNER,)).intervals)
        for text in texts
    )  # fmt: skip


def theirs(texts: list[bytes]) -> int:
    """The occurrences that recurring-ical-events finds."""
    return sum(map(_occurrences, texts))


def _occurrences(text: bytes) -> int:
    return len(recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between(START, END))


def _accepted(text: bytes) -> bool:
    with suppress(Exception):
        _occurrences(text)
        return True
    return False


def _compared(name: str, texts: list[bytes], least: float) -> Figure:
    counts, took = [0, 0], [0.0, 0.0]
    for number in range(SLICES):
        for place, run in enumerate((ours, theirs)):
            found, seconds = _timed(run, texts[number::SLICES])
            counts[place] += found
            took[place] += seconds
    told = f"{len(texts) / took[0]:.0f} a second; occurrences: {counts[0]}, theirs {counts[1]}"
    return Figure(
        f"{name}: recurring-ical-events against syncd", took[1] / took[0], least, "x", told, at_least=True
    )


def _timed(run: Callable[[list[bytes]], int], texts: list[bytes]) -> tuple[int, float]:
    began = process_time()
    return run(texts), process_time() - began

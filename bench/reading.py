"""How fast iCalendar text becomes busy intervals, against `recurring-ical-events` on the same objects.

Over made-up objects (`objects`), and over the files at $SYNCD_CONFORMANCE where it is set. In turn, slice by slice, for the
machine's speed drifts; the gate is the median of the slices' ratios.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median
from time import process_time

import icalendar
import recurring_ical_events  # type: ignore[import-untyped]  # it has no types

from bench.figures import Figure
from bench.objects import END, OWNER, START, objects
from connectors.ical import read
from syncd.garbage import collect_seldom

SLICES = 8


def measure() -> Iterator[Figure]:
    """The ratios, and in the first the count of occurrences that both found."""
    made = objects()
    collect_seldom()
    yield _compared(f"reading {len(made)} objects of {sum(map(len, made)) // len(made)} bytes", made, 20.0)
    if folder := os.environ.get("SYNCD_CONFORMANCE"):
        files = [path.read_bytes() for path in sorted((Path(folder) / "ical" / "ics").glob("*.ics"))]
        yield _compared(f"reading the {len(files)} files of the conformance set", files, 20.0)


def ours(texts: list[bytes]) -> int:
    """The occurrences that syncd finds."""
    return sum(
        len(read(text, zone="Europe/Amsterdam", start=START, end=END, addresses=(OWNER,)).intervals)
        for text in texts
    )  # fmt: skip


def theirs(texts: list[bytes]) -> int:
    """The occurrences that recurring-ical-events finds; a file it refuses has none."""
    found = 0
    for text in texts:
        with suppress(Exception):
            calendar = icalendar.Calendar.from_ical(text)
            found += len(recurring_ical_events.of(calendar).between(START, END))
    return found


def _compared(name: str, texts: list[bytes], least: float) -> Figure:
    counts, ratios, speeds = [0, 0], [], []
    for number in range(SLICES):
        texts_now = texts[number::SLICES]
        (there, took), (here, took_us) = _timed(theirs, texts_now), _timed(ours, texts_now)
        counts = [counts[0] + here, counts[1] + there]
        ratios.append(took / took_us)
        speeds.append(len(texts_now) / took_us)
    told = f"{median(speeds):.0f} a second; occurrences: {counts[0]}, theirs {counts[1]}"
    return Figure(
        f"{name}: recurring-ical-events against syncd", median(ratios), least, "x", told, at_least=True
    )


def _timed(run: Callable[[list[bytes]], int], texts: list[bytes]) -> tuple[int, float]:
    began = process_time()
    return run(texts), process_time() - began

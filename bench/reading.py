"""How fast iCalendar text becomes busy intervals, against `recurring-ical-events` and libical (in C) on the same objects.

Over made-up objects (`objects`), and over the files at $SYNCD_CONFORMANCE where it is set: those that recurring-ical-events can
read too, for how soon something gives up is no measure of reading. In turn, slice by slice, for the machine's speed drifts.
libical has seen every text before and remembers its zones; here each file is read for the first time.
"""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import process_time

import icalendar
import recurring_ical_events  # type: ignore[import-untyped]  # it has no types

from bench.figures import Figure
from bench.objects import END, OWNER, START, objects
from bench.peers import Counting, libical
from connectors.ical import read
from syncd.garbage import collect_seldom

SLICES = 16
ZONE = "Europe/Amsterdam"


def measure() -> Iterator[Figure]:
    """The ratios, and with them the count of occurrences that each found."""
    made = objects()
    collect_seldom()
    with libical(ZONE, START, END) as in_c:
        yield from _compared(
            f"reading {len(made)} objects of {sum(map(len, made)) // len(made)} bytes", made, in_c
        )
        if folder := os.environ.get("SYNCD_CONFORMANCE"):
            files = [path.read_bytes() for path in sorted((Path(folder) / "ical" / "ics").glob("*.ics"))]
            both = [text for text in files if _accepted(text)]
            yield from _compared(
                f"reading {len(both)} of {len(files)} files of the conformance set", both, in_c
            )


def ours(texts: list[bytes]) -> int:
    """The occurrences that syncd finds."""
    return sum(
        len(read(text, zone=ZONE, start=START, end=END, addresses=(OWNER,)).intervals)
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


def _compared(name: str, texts: list[bytes], in_c: Counting | None) -> Iterator[Figure]:
    engines = [_timed(ours), _timed(theirs)] + ([in_c] if in_c else [])
    if in_c:
        in_c(texts)
    found, took = [0] * len(engines), [0.0] * len(engines)
    for number in range(SLICES):
        for place, count in enumerate(engines):
            occurrences, seconds = count(texts[number::SLICES])
            found[place] += occurrences
            took[place] += seconds
    for place, (peer, least) in enumerate(
        (("recurring-ical-events", 20.0), ("libical in C", 0.6))[: len(engines) - 1], 1
    ):
        told = f"{len(texts) / took[0]:.0f} a second; occurrences: {found[0]}, theirs {found[place]}"
        yield Figure(f"{name}: {peer} against syncd", took[place] / took[0], least, "x", told, at_least=True)


def _timed(run: Callable[[list[bytes]], int]) -> Counting:
    def count(texts: list[bytes]) -> tuple[int, float]:
        gc.collect()  # what another left behind is not paid for by who happens to run when it is looked for
        began = process_time()
        return run(texts), process_time() - began

    return count

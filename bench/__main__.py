"""`make bench`: run every benchmark, print its figures, and end with 1 if a gate was missed.

`python -m bench NAME ...` runs those named; `--profile` also prints where the time of the Outlook connector's first sync goes;
`candidates --growth` prints a table of 100 to 100,000 agents instead, which takes many minutes.
Gates are ratios within one run, or counts; milliseconds are printed as information, for machines differ and are noisy.
"""

import sys
from collections.abc import Callable, Iterator
from functools import partial

from bench import asking, candidates, firstsync, idle, largecalendar, mailboxes, manylogins, mixed, reading
from bench.figures import Figure

BENCHMARKS: dict[str, Callable[[], Iterator[Figure]]] = {
    "reading": reading.measure,
    "idle": idle.measure,
    "firstsync": firstsync.measure,
    "largecalendar": largecalendar.measure,
    "mailboxes": mailboxes.measure,
    "manylogins": manylogins.measure,
    "asking": asking.measure,
    "candidates": candidates.measure,
    "mixed": mixed.measure,
}


def main(words: list[str]) -> int:
    """Print a line a figure; the exit code says whether all gates were met."""
    names = [word for word in words if not word.startswith("--")] or list(BENCHMARKS)
    wanted = {**BENCHMARKS}
    if "--profile" in words:
        wanted["mailboxes"] = partial(mailboxes.measure, profiled=True)
    if unknown := set(names) - set(wanted):
        print(f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(wanted)}", file=sys.stderr)
        return 64
    if "--growth" in words:
        for line in candidates.growth():
            print(line, flush=True)
        return 0
    figures: list[Figure] = []
    for name in names:
        for figure in wanted[name]():
            print(figure, flush=True)
            figures.append(figure)
    missed = [figure.name for figure in figures if not figure.met]
    print(
        f"{len(figures) - len(missed)} of {len(figures)} met"
        + (f"; missed: {', '.join(missed)}" if missed else "")
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

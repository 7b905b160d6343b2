"""`make bench`: run every benchmark, print its figures, and end with 1 if a gate was missed.

Gates are ratios within one run, or counts; milliseconds are printed as information, for machines differ and are noisy.
"""

import sys

from bench import idle
from bench.figures import Figure

BENCHMARKS = (idle.measure,)


def main() -> int:
    """Print a line a figure; the exit code says whether all gates were met."""
    figures: list[Figure] = []
    for measure in BENCHMARKS:
        for figure in measure():
            print(figure, flush=True)
            figures.append(figure)
    missed = [figure.name for figure in figures if not figure.met]
    print(
        f"{len(figures) - len(missed)} of {len(figures)} met"
        + (f"; missed: {', '.join(missed)}" if missed else "")
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

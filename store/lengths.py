"""Length classes: what makes «what is going on between these two moments» a few short scans of an index.

An index on (start, end) alone is no help: everything that began before the question's end would have to be looked at, for it
might still be going on. Kept by length, at most 1 h, 4 h or 24 h, what overlaps [s, e) has begun within (s - that length, e).
Busy slots have them (`slots`), and so have meetings and blocks.
"""

from datetime import datetime

from store.values import microseconds

DAY = 86_400

CLASSES = ((0, 3_600), (1, 14_400), (2, DAY))
"""Length classes and the longest in each, in seconds."""

WHOLE = 3
"""The class of everything longer than the longest of `CLASSES`, and kept whole."""

REPEATS = 4
"""The class of blocks that repeat: where they stand is for rules to say."""


def class_of(start: datetime, end: datetime) -> int:
    """The length class of a meeting or block."""
    length = microseconds(end) - microseconds(start)
    return next((name for name, longest in CLASSES if length <= longest * 1_000_000), WHOLE)

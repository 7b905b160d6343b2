"""How often Python looks for cycles of objects: seldom, for there are few here, and every look holds up all threads.

A first sync makes some hundred thousand objects that live for a second; with Python's own settings they were all looked at
dozens of times, which took a quarter of its time, and a question about 10,000 agents waited 120 ms for a look at everything.
What was measured stands in decision 24. (Module gc; what no cycle holds is freed at once as ever.)
"""

import gc

YOUNG, MIDDLE, OLD = 50_000, 20, 10
"""New objects between two looks at the young; looks at these before one at the middle-aged, and at all."""


def collect_seldom() -> None:
    """What is there now, code mostly, stays to the end and is never looked at again; the rest in larger helpings."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)

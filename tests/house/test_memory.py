"""What the tests of memory measure with."""

import subprocess
import sys
from pathlib import Path


def test_a_process_is_not_charged_with_what_its_parent_held():
    """A reader that a large process of tests had started was once said to have held a gigabyte, and bombs to have grown by nothing."""
    held = bytearray(b"x") * (200 << 20)
    told = subprocess.run(
        [sys.executable, "-c", "from memory import most_held; a = most_held(); x = b'x' * (50 << 20); print(a, most_held())"],
        cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True,
    )  # fmt: skip
    before, after = map(int, told.stdout.split())
    assert len(held) == 200 << 20
    assert before < 100 << 10
    assert after - before >= 49 << 10

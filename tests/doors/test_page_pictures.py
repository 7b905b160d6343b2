"""The pictures in the documents are of the page as it is: each is taken anew here, of the same size and with something on it."""

import struct
import subprocess
import sys
from pathlib import Path

import pytest
from browsers import CHROMIUM

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
LIMIT = 300


@pytest.mark.long
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (on Debian: apt install chromium)")
def test_every_picture_of_the_page_can_be_taken_anew(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, ROOT / "docs" / "pagepictures.py", tmp_path],
        cwd=ROOT, capture_output=True, text=True, timeout=LIMIT,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    ours = {path.name: path.read_bytes() for path in IMAGES.glob("page-*.png")}
    taken = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert {name: _size(data) for name, data in taken.items()} == {
        name: _size(data) for name, data in ours.items()
    }
    for name, data in taken.items():
        assert len(data) > len(ours[name]) / 2, f"{name} is all but empty"


def _size(png: bytes) -> tuple[int, int]:
    """Width and height of its header (PNG specification, section 11.2.2)."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height

"""Draws the house as it stands: which room imports which, how many files it has, and how long they are.

`python docs/house.py` rewrites the block between the two markers of docs/architecture.md; a test fails while the block
says anything else than the code. The imports are read from the source (grimp, the graph that import-linter judges by).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median_low

import grimp

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
BEGIN = "<!-- house: written by docs/house.py -->"
END = "<!-- house: end -->"

PACKAGES = ("syncd", "connectors", "store")
ROOMS = ("store.model", "store.migrations")
"""Parts of `store` that are told apart; the rest of it is one room. In the other packages each name is a room."""

VERSION_ONLY = "syncd"
"""Importing `syncd` itself brings its version and nothing else."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A Python file of the product: its path from the root, and its lines."""

    path: str
    lines: int


def room_of(module: str) -> str:
    """The room a module stands in: `syncd.cli.app` is in `syncd.cli`, `store.slots` in `store`."""
    room = ".".join(module.split(".")[:2])
    return "store" if room.startswith("store.") and room not in ROOMS else room


def files() -> list[SourceFile]:
    """Every Python file of the three packages, by path."""
    found = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return [
        SourceFile(path.relative_to(ROOT).as_posix(), len(path.read_text(encoding="utf-8").splitlines()))
        for path in found
    ]


def rooms() -> dict[str, set[str]]:
    """Room -> the other rooms that it imports."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    imports: dict[str, set[str]] = {room_of(module): set() for module in graph.modules}
    for module in graph.modules:
        targets = {room_of(target) for target in graph.find_modules_directly_imported_by(module)}
        imports[room_of(module)] |= targets - {room_of(module), VERSION_ONLY}
    return imports


def block() -> str:
    """What stands between the markers, markers included."""
    sizes: dict[str, list[int]] = defaultdict(list)
    for file in files():
        sizes[room_of(_module(file.path))].append(file.lines)
    return "\n".join((BEGIN, "", *_table(rooms(), sizes), "", *_figures(), "", END))


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _table(imports: Mapping[str, set[str]], sizes: Mapping[str, list[int]]) -> Iterator[str]:
    yield "| room | files | imports |"
    yield "|---|---:|---|"
    for room in sorted(imports, key=_order):
        targets = _listed(imports[room]) or "nothing of the house"
        yield f"| `{room}` | {len(sizes[room])} | {targets} |"


def _order(room: str) -> tuple[int, str]:
    return PACKAGES.index(room.partition(".")[0]), room


def _listed(targets: Iterable[str]) -> str:
    return ", ".join(f"`{target}`" for target in sorted(targets, key=_order))


def _figures() -> Iterator[str]:
    found = files()
    largest = max(found, key=lambda file: (file.lines, file.path))
    yield "| figure | value |"
    yield "|---|---|"
    yield f"| Python files in `syncd`, `connectors` and `store` | {len(found)} |"
    yield f"| median length | {median_low(file.lines for file in found)} lines |"
    yield f"| largest file | `{largest.path}`, {largest.lines} lines |"


def renewed(page: str) -> str:
    """The page with the block as it should be. Raises ValueError if a marker is missing."""
    start, end = page.index(BEGIN), page.index(END) + len(END)
    return page[:start] + block() + page[end:]


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

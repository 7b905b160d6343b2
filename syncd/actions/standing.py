"""Blocks around a time, by whom they hit: those of the configuration and those made by command, each expanded once for all.

What repeats is expanded a day at a time and kept, for most questions are about the same few days.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from store.model import MadeBlock
from syncd.actions.lately import Lately
from syncd.config import Config
from syncd.config.people import BlockConfig
from syncd.rules import blocks
from syncd.rules.blocks import Block
from syncd.rules.walls import Obstacle

Spans = list[tuple[Block, datetime, datetime]]
ByScope = dict[str, list[Obstacle]]

MOST_DAYS = 64
"""So many days are kept at most."""


def as_rule(name: str, one: BlockConfig | MadeBlock) -> Block:
    """A block as the rules take it, under this id."""
    return Block(
        name, one.scope, one.title, one.start, one.end, one.timezone, one.repeat, one.until, one.count,
        frozenset(one.exceptions),
    )  # fmt: skip


def made(found: Iterable[MadeBlock]) -> list[Block]:
    """Blocks made by command, as the rules take them."""
    return [as_rule(str(one.id), one) for one in found]


def configured(config: Config) -> list[Block]:
    """The blocks of the configuration (`config-N`, in its order)."""
    return [as_rule(f"config-{number}", one) for number, one in enumerate(config.blocks)]


def expanded(found: Iterable[Block], start: datetime, end: datetime) -> Spans:
    """Every time that one of the blocks takes place within [start, end), whole."""
    return [(block, *span) for block in found for span in blocks.expand(block, start, end)]


def by_scope(spans: Spans) -> ByScope:
    """What stands in the way, by whom it hits."""
    found: ByScope = {}
    for block, start, end in spans:
        found.setdefault(block.scope, []).append(Obstacle(start, end, "block", block.title, None))
    return found


class Standing:
    """Blocks, expanded day by day as they are asked for."""

    def __init__(self, found: Iterable[Block]) -> None:
        self._blocks = tuple(found)
        self._days = Lately[tuple[date, date], Spans](MOST_DAYS)

    def around(self, start: datetime, end: datetime) -> Spans:
        """Every time that one of them takes place within [start, end), whole."""
        days = start.astimezone(UTC).date(), end.astimezone(UTC).date()
        found = self._days.get(days)
        if found is None:
            first, last = (datetime.combine(day, time(), UTC) for day in days)
            found = self._days.keep(days, expanded(self._blocks, first, last + timedelta(days=1)))
        return [span for span in found if span[1] < end and start < span[2]]

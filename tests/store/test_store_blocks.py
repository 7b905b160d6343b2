"""Blocks made by command, kept and taken away; a number is never used twice."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from store import blocks
from store.database import Store
from store.model import MadeBlock

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
TRAINING = MadeBlock(
    0, "group:mortgage", "Training", START, START + timedelta(hours=2), "Europe/Amsterdam", "FREQ=MONTHLY;BYDAY=-1FR",
    START + timedelta(days=90), "jan", START - timedelta(days=1),
)  # fmt: skip


def test_blocks_come_back_as_they_were_kept(store: Store) -> None:
    with store.writing() as tx:
        assert blocks.blocks(tx) == []
        made = blocks.add(tx, TRAINING)
        once = blocks.add(tx, replace(TRAINING, scope="company", repeat=None, until=None))
        some = blocks.add(tx, replace(TRAINING, count=5, exceptions=(date(2026, 3, 27), date(2026, 4, 24))))
    with store.reading() as tx:
        assert blocks.blocks(tx) == [made, once, some]
    assert replace(made, id=0) == TRAINING


def test_a_number_is_never_used_twice(store: Store) -> None:
    with store.writing() as tx:
        made = blocks.add(tx, TRAINING)
        assert blocks.remove(tx, made.id)
        assert not blocks.remove(tx, made.id)
        assert blocks.add(tx, TRAINING).id > made.id

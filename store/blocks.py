"""Blocks made by command: availability taken away from the company, a group or an agent."""

from dataclasses import asdict, replace
from datetime import date

from sqlalchemy import delete, insert, select

from store.database import Tx
from store.model import MadeBlock
from store.schema import blocks as _blocks


def blocks(tx: Tx) -> list[MadeBlock]:
    """All of them, by number."""
    rows = tx.execute(select(_blocks).order_by(_blocks.c.id)).mappings()
    return [
        MadeBlock(**{**row, "exceptions": tuple(map(date.fromisoformat, row["exceptions"].split()))})
        for row in rows
    ]


def add(tx: Tx, block: MadeBlock) -> MadeBlock:
    """Keep a new block; returned with its number."""
    values = {name: value for name, value in asdict(block).items() if name != "id"}
    values["exceptions"] = " ".join(day.isoformat() for day in block.exceptions)
    return replace(
        block, id=tx.execute(insert(_blocks).values(**values).returning(_blocks.c.id)).scalar_one()
    )


def remove(tx: Tx, number: int) -> bool:
    """Take a block away; False if there is none of this number."""
    return tx.execute(delete(_blocks).where(_blocks.c.id == number)).rowcount == 1

"""Cohorts: agents with neighbouring numbers, 128 each, so that the index of everybody's slots by time is written in few places.

By time alone each slot of an agent falls on a page of its own, and every page that a commit changes is written to the log, and at the
next checkpoint again: with 10,000 agents that was most of a first load. By cohort and time an agent's slots fall among the cohort's
some hundred pages, which are the same for all of the cohort. A question about everybody looks into each cohort once.
"""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, func, select

from store import schema
from store.lengths import CLASSES, WHOLE
from store.statements import written

_pieces = schema.pieces.c


def by_class(hit: Select[Any], since: ColumnElement[int]) -> list[Select[Any]]:
    """The hits among all pieces that end after `since`: a scan for each cohort and length class, bounded by the longest of the class.

    The cohorts are a list that the index is asked with: joined, SQLite would read all pieces of an analyzed small store into a Bloom filter first.
    """
    each = hit.where(_cohort(_pieces.agent).in_(select(_COHORTS.c.number)))
    bounded = [
        each.where(_pieces.length_class == written(name), _pieces.start > since - written(longest))
        for name, longest in CLASSES
    ]
    return [*bounded, each.where(_pieces.length_class == written(WHOLE))]


def _cohort(number: ColumnElement[int]) -> ColumnElement[int]:
    """As the index has it: without a parameter."""
    return number.op(">>", return_type=BigInteger())(written(schema.COHORT_BITS))


_FIRST = select(written(0).label("number")).cte("cohorts", recursive=True)
_LAST = select(_cohort(func.max(schema.agents.c.number))).scalar_subquery()
_COHORTS = _FIRST.union_all(select(_FIRST.c.number + written(1)).where(_FIRST.c.number < _LAST))
"""The numbers of all cohorts there are."""

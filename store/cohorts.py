"""Cohorts: agents with neighbouring numbers, 128 each, so that the index of everybody's slots by time is written in few places.

By time alone each slot of an agent falls on a page of its own, and every page that a commit changes is written to the log, and at the
next checkpoint again: with 10,000 agents that was most of a first load. By cohort and time an agent's slots fall among the cohort's
some hundred pages, which are the same for all of the cohort. A question about everybody looks into each cohort once.
"""

from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, func, literal_column, select, true

from store import schema
from store.lengths import CLASSES, WHOLE
from store.statements import InOrder

_pieces = schema.pieces.c


def by_class(hit: Select[Any], since: ColumnElement[int]) -> list[Select[Any]]:
    """The hits among all pieces that end after `since`: a scan for each cohort and length class, bounded by the longest of the class."""
    each = hit.select_from(InOrder(_COHORTS, schema.pieces, true())).where(
        _cohort(_pieces.agent) == _COHORTS.c.number
    )
    bounded = [
        each.where(_pieces.length_class == _number(name), _pieces.start > since - _number(longest))
        for name, longest in CLASSES
    ]
    return [*bounded, each.where(_pieces.length_class == _number(WHOLE))]


def _number(value: int) -> ColumnElement[int]:
    """Written out, so that the planner knows it."""
    return literal_column(str(value), Integer())


def _cohort(number: ColumnElement[int]) -> ColumnElement[int]:
    """As the index has it: without a parameter."""
    return number.op(">>", return_type=Integer())(_number(schema.COHORT_BITS))


_FIRST = select(_number(0).label("number")).cte("cohorts", recursive=True)
_LAST = select(_cohort(func.max(schema.agents.c.number))).scalar_subquery()
_COHORTS = _FIRST.union_all(select(_FIRST.c.number + _number(1)).where(_FIRST.c.number < _LAST))
"""The numbers of all cohorts there are."""

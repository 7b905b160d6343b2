"""Whatever happens in a mailbox, and however oddly delta tells of it: what is known after a reading is what is true there.

The fake Graph's knobs are turned at random while a mailbox is edited at random; the truth is the fake's own.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from graphstage import OnGraph, running_graph
from hypothesis import given, settings
from hypothesis import strategies as st
from mailboxlife import KNOBS, Life, done

from syncd.demo.graph import Running

act = st.one_of(done, st.tuples(st.just("read")), st.tuples(st.just("read")), st.tuples(st.just("check")))


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with running_graph() as served:
        yield served


turned = st.fixed_dictionaries({}, optional={name: st.sampled_from(each) for name, each in KNOBS.items()})


@settings(max_examples=25)
@given(knobs=turned, acts=st.lists(act, min_size=12, max_size=40))
def test_what_is_known_is_what_is_true(
    running: Running, knobs: dict[str, Any], acts: list[tuple[Any, ...]]
) -> None:
    lives_and_checks(running, knobs, acts)


@pytest.mark.long
@settings(max_examples=200)
@given(knobs=turned, acts=st.lists(act, min_size=12, max_size=40))
def test_what_is_known_is_what_is_true_in_many_lives(
    running: Running, knobs: dict[str, Any], acts: list[tuple[Any, ...]]
) -> None:
    lives_and_checks(running, knobs, acts)


def lives_and_checks(running: Running, knobs: dict[str, Any], acts: list[tuple[Any, ...]]) -> None:
    """It begins with a series and an event that are known."""
    running.fake.heal()
    stage = OnGraph(running)
    life = Life(stage)
    try:
        life.add_series(20, 9, "busy")
        life.add(3, 9, "oof")
        life.read()
        for name, setting in knobs.items():
            setattr(running.fake.knobs, name, setting)
        for name, *said in acts:
            getattr(life, name)(*said)
        life.check()
    finally:
        stage.connections.close()

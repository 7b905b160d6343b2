"""How often one token may ask: in the long run and at once, each for itself, and told with when it is worth another try."""

from collections.abc import Iterator

import pytest
from apis import Api, document_of
from hypothesis import given
from hypothesis import strategies as st
from pages import Pages
from stores import sqlite_only
from worlds import AGENT, AGENTS, HEAD, World

from syncd.errors import TooOften
from syncd.web.app import serve
from syncd.web.rates import SECONDS_AT_ONCE, Rates


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def counted(rates: Rates, who: str, number: int) -> int:
    """How many of so many requests may pass."""
    passed = 0
    for _ in range(number):
        try:
            rates.count(who)
        except TooOften:
            continue
        passed += 1
    return passed


def test_ten_seconds_worth_at_once_and_then_as_they_come_back() -> None:
    clock = Clock()
    rates = Rates(5, clock)
    assert counted(rates, "platform", 80) == 50
    clock.now += 1
    assert counted(rates, "platform", 80) == 5, "what was refused did not count"
    clock.now += 3600
    assert counted(rates, "platform", 80) == 50, "more than that is not saved up"


def test_each_has_a_count_of_its_own_and_none_there_is_no_limit() -> None:
    rates = Rates(1, Clock())
    assert (counted(rates, "one", 20), counted(rates, "another", 20)) == (10, 10)
    assert counted(Rates(0, Clock()), "one", 10_000) == 10_000


def test_who_waits_as_told_gets_through() -> None:
    clock = Clock()
    rates = Rates(1, clock)
    counted(rates, "one", 10)
    with pytest.raises(TooOften) as refused:
        rates.count("one")
    assert refused.value.wait == 1
    clock.now += refused.value.wait
    rates.count("one")


@given(st.integers(1, 50), st.lists(st.floats(0, 5), min_size=1, max_size=200))
def test_never_more_than_the_rate_and_what_may_come_at_once(a_second: int, waits: list[float]) -> None:
    clock = Clock()
    rates = Rates(a_second, clock)
    passed = 0
    for wait in waits:
        clock.now += wait
        passed += counted(rates, "one", a_second * 2)
    allowed = a_second * (SECONDS_AT_ONCE + sum(waits[1:]))
    assert passed <= allowed + 1e-6


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    """The interface where a token may ask once a second."""
    listen = '[http]\nlisten = "127.0.0.1:0"\nrequests_per_second = 1\n'
    world.configure(HEAD + listen + "".join(AGENT.format(id=agent) for agent in AGENTS))
    made = Api(world, serve(world.ctx))
    made.document = document_of(made)
    yield made
    assert made.web.stop(10)


@sqlite_only
def test_over_http_it_is_told_as_a_problem(api: Api) -> None:
    api.token = api.new_token(name="platform")
    said = [api.ask("GET", "/v1/agents") for _ in range(100)]
    late = next(one for one in said if one.status != 200)
    assert (late.status, late.problem) == (429, "too-often")
    assert 1 <= int(late.headers["Retry-After"]) <= SECONDS_AT_ONCE
    assert "platform asks more than 1 times a second" in late.body["detail"]
    assert api.ask("GET", "/v1/agents", token=api.new_token()).status == 200, "others go on"


@sqlite_only
def test_at_the_page_it_is_told_as_a_page(api: Api) -> None:
    visitor = Pages(api.world).signed_in()
    shown = [visitor.get("/people") for _ in range(60)]
    late = next(one for one in shown if one.status != 200)
    assert (late.status, "too often" in late.words) == (429, True)
    assert int(late.headers["retry-after"]) >= 1

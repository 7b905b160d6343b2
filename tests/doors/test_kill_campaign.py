"""kill -9 of the daemon at every request, commit and mail of every kind of change, on every kind of server and store.

`make test` has a kill of each sort; `make test-long` every point of every change once, with servers and databases rotated so
that each pair occurs, and 50 random sequences; `make soak` the whole product, and 2,000 sequences.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import count, product
from pathlib import Path

import pytest
from caldavground import CalDavGround
from campaigns import ACTS, Act, Campaign, Kill, Point, on_caldav, on_graph, wander
from killing import When
from mailboxes import Mailboxes
from servers import SECRET

from syncd.demo.graph import FakeGraph, serve

SERVERS, DATABASES = ("radicale", "xandikos", "graph"), ("sqlite", "postgresql")
PAIRS = tuple(product(SERVERS, DATABASES))
POINTS: tuple[tuple[Point, When], ...] = tuple(product(("request", "commit", "mail"), ("before", "after")))
CASES = tuple(product(ACTS, POINTS))
ROTATED = tuple(
    (case, PAIRS[(number + number // len(PAIRS)) % len(PAIRS)]) for number, case in enumerate(CASES)
)
"""Each change meets every pair, and each sort of kill does."""
SEQUENCES, MOST_SEQUENCES = 50, 2000

Opened = Callable[[str, str], Campaign]


@pytest.fixture
def campaign(
    request: pytest.FixtureRequest, mailboxes: Mailboxes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Opened]:
    """Opens a campaign on a server and a database, by their names."""

    @contextmanager
    def opened(server: str, database: str) -> Iterator[Campaign]:
        url = request.getfixturevalue(f"new_{database}_url")()
        if server == "graph":
            with serve(FakeGraph(datetime.now(UTC)), bell=False) as running:
                monkeypatch.setenv("SYNCD_TEST_SECRET", running.client_secret)
                with on_graph(running, mailboxes, url, tmp_path) as made:
                    yield made
            return
        monkeypatch.setenv("SYNCD_TEST_SECRET", SECRET)
        ground = CalDavGround(request.getfixturevalue(server))
        with on_caldav(ground, mailboxes, url, tmp_path) as made:
            yield made

    with ExitStack() as stack:
        yield lambda server, database: stack.enter_context(opened(server, database))


def name_of(case: tuple[Act, tuple[Point, When]]) -> str:
    act, (point, when) = case
    return f"{act.name}, {when} each {point}"


@pytest.mark.parametrize(
    ("act", "kill", "pair"),
    [
        (ACTS[2], Kill("mail", "after", 2), ("radicale", "sqlite")),
        (ACTS[4], Kill("request", "after", 2), ("xandikos", "postgresql")),
        (ACTS[3], Kill("commit", "before", 3), ("graph", "sqlite")),
    ],
    ids=["a mail of a reschedule", "a write of an assign", "a commit of a cancel"],
)
def test_a_kill_of_each_sort(campaign: Opened, act: Act, kill: Kill, pair: tuple[str, str]) -> None:
    assert campaign(*pair).survives(act, kill)


def every_point(made: Campaign, act: Act, point: Point, when: When) -> int:
    """Kill at the first, the second, ... until the change is delivered before the next one comes."""
    return next(number - 1 for number in count(1) if not made.survives(act, Kill(point, when, number)))


def fewest(act: Act, point: Point) -> int:
    """So many points there must at least be, else nothing was tested: find, write and verify, or the people told."""
    return {"request": 2, "commit": 3, "mail": 1 if act.name == "invite" else 2}[point]


@pytest.mark.long
@pytest.mark.parametrize(
    ("case", "pair"), ROTATED, ids=[f"{name_of(case)}, {'-'.join(pair)}" for case, pair in ROTATED]
)
def test_killed_at_each_point_of_each_change(
    campaign: Opened, case: tuple[Act, tuple[Point, When]], pair: tuple[str, str]
) -> None:
    act, (point, when) = case
    assert every_point(campaign(*pair), act, point, when) >= fewest(act, point)


@pytest.mark.soak
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_the_whole_product(
    campaign: Opened, case: tuple[Act, tuple[Point, When]], pair: tuple[str, str]
) -> None:
    act, (point, when) = case
    assert every_point(campaign(*pair), act, point, when) >= fewest(act, point)


@pytest.mark.long
@pytest.mark.parametrize("part", range(10))
def test_random_sequences_of_kills(campaign: Opened, part: int) -> None:
    made, each = campaign(*PAIRS[part % len(PAIRS)]), SEQUENCES // 10
    killed = sum(wander(made, seed) for seed in range(part * each, (part + 1) * each))
    assert killed >= each // 2, "else nothing was tested"


@pytest.mark.soak
@pytest.mark.parametrize("part", range(100))
def test_many_random_sequences_of_kills(campaign: Opened, part: int) -> None:
    made, each = campaign(*PAIRS[part % len(PAIRS)]), MOST_SEQUENCES // 100
    for seed in range(SEQUENCES + part * each, SEQUENCES + (part + 1) * each):
        wander(made, seed)


def test_each_change_and_each_sort_of_kill_meets_each_pair_of_server_and_store() -> None:
    for act in ACTS:
        assert {pair for (one, _), pair in ROTATED if one is act} == set(PAIRS)
    for point in POINTS:
        assert {pair for (_, one), pair in ROTATED if one == point} == set(PAIRS)

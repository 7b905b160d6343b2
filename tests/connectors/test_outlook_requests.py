"""What a mailbox is asked, counted at the fake Graph: requests for what changed, and how many are under way at once."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from graphstage import OnGraph, running_graph
from stages import START, Desk, known_of, our_event

from connectors.interface import Event, Found
from syncd.demo.graph import FakeGraph

HOUR = timedelta(hours=1)
MANY = 12


@pytest.fixture
def stage() -> Iterator[OnGraph]:
    with running_graph() as running:
        made = OnGraph(running)
        yield made
        made.connections.close()


@dataclass
class Mailbox(Desk):
    """An agent's calendar, and how far it was read."""

    graph: OnGraph
    known: dict[str, str] = field(default_factory=dict)
    state: str | None = None

    def asked(self) -> list[str]:
        """The methods of the requests that one further reading makes."""
        before = len(self.graph.fake.exchanges)
        told = self.read(self.state, self.known)
        self.state, self.known = told.state, self.known | known_of(told)
        return methods(self.graph.fake, before)


def methods(fake: FakeGraph, since: int) -> list[str]:
    return [str(one["method"]) for one in fake.exchanges[since:]]


@pytest.fixture
def desk(stage: OnGraph) -> Mailbox:
    """An agent with an empty calendar, read once."""
    user = stage.add_user()
    made = Mailbox(stage, user, stage.add_calendar(user, "Work"), stage.connector(user), stage)
    made.asked()
    return made


@pytest.mark.parametrize("changes", [0, 1, 10])
def test_a_cycle_is_one_request_however_much_changed(desk: Mailbox, stage: OnGraph, changes: int) -> None:
    for number in range(changes):
        stage.fake.add_event(desk.user, START + number * HOUR, START + (number + 1) * HOUR)
    assert desk.asked() == ["GET"]


def test_a_series_costs_no_request_of_its_own(desk: Mailbox, stage: OnGraph) -> None:
    weekly = {"pattern": {"type": "weekly", "interval": 1, "daysOfWeek": [f"{START:%A}".lower()]}}
    weekly["range"] = {"type": "noEnd", "startDate": f"{START:%Y-%m-%d}"}
    stage.fake.add_event(desk.user, START, START + HOUR, recurrence=weekly)
    assert desk.asked() == ["GET"]


def test_our_own_write_costs_a_look_before_and_after_and_one_more_when_its_echo_comes(
    desk: Mailbox, stage: OnGraph
) -> None:
    before = len(stage.fake.exchanges)
    desk.connector.put(desk.calendar, ours(0), None)
    assert methods(stage.fake, before) == ["POST", "GET"]
    assert desk.asked() == ["GET", "GET"]
    assert desk.asked() == ["GET"]


def test_a_mailbox_has_one_read_and_one_write_under_way_at_most_and_the_write_overtakes(
    desk: Mailbox, stage: OnGraph
) -> None:
    """With everything held at Graph, a dozen readings and writings wait in the queue, but for one of each."""
    fake = stage.fake
    with ThreadPoolExecutor(2 * MANY) as pool:
        with fake.holding(desk.user):
            readers = [pool.submit(stage.connector(desk.user).calendars, None) for _ in range(MANY)]
            until(fake, desk.user, 1)
            writers = [pool.submit(put, desk, stage, number) for number in range(MANY)]
            until(fake, desk.user, 2)
        done = [one.result() for one in (*readers, *writers)]
    assert len(done) == 2 * MANY
    assert fake.most_at_once(desk.user) == 2
    assert not [one for one in fake.exchanges if one["status"] == 429]


def ours(number: int) -> Event:
    return replace(our_event(), uid=f"0c9d2f6e-7a8b-5c4d-8e9f-0a1b2c3d4e{number:02x}", zone="Europe/Berlin")


def put(desk: Mailbox, stage: OnGraph, number: int) -> Found:
    return stage.connector(desk.user).put(desk.calendar, ours(number), None)


def until(fake: FakeGraph, mailbox: str, many: int) -> None:
    """Until so many requests were under way for the mailbox."""
    waiting = threading.Event()
    for _ in range(2000):
        if fake.most_at_once(mailbox) >= many:
            return
        waiting.wait(0.01)
    pytest.fail(f"there were never {many} requests under way")

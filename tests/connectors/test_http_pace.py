"""How fast a server is asked, in a time that only the tests let pass."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from scripted import Serve, reply

from connectors.account import Account, Connections
from connectors.http.client import HttpClient
from connectors.http.pace import LONGEST_PAUSE, PATIENCE, Pace
from connectors.interface import Throttled, Unreachable


@dataclass
class Server:
    """Refuses what comes sooner than `gap` seconds after what it answered last. Time passes only by waiting."""

    gap: float
    now: float = 1000.0
    last: float = 0.0
    refusals: int = 0
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def ask(self, pace: Pace) -> None:
        pace.wait("server")
        self.now += 0.001
        if self.now - self.last < self.gap:
            self.refusals += 1
            pace.refused()
        else:
            self.last = self.now
            pace.answered()


def paced(server: Server) -> Pace:
    return Pace(clock=lambda: server.now, sleep=server.sleep)


def test_a_server_that_refuses_nothing_is_never_waited_for() -> None:
    server = Server(gap=0)
    pace = paced(server)
    for _ in range(1000):
        server.ask(pace)
    assert server.waits == []


@pytest.mark.parametrize("gap", [0.05, 0.3, 2.0])
def test_a_server_that_counts_by_address_is_soon_asked_as_it_likes(gap: float) -> None:
    server = Server(gap)
    pace = paced(server)
    for _ in range(400):
        server.ask(pace)
    answered = 400 - server.refusals
    assert server.refusals < 80  # without pauses it refuses nearly all of them
    assert answered * gap <= server.now - 1000.0 + gap < 400 * 2.5 * gap


def test_the_pause_is_forgotten_when_the_server_recovers() -> None:
    server = Server(gap=0.5)
    pace = paced(server)
    for _ in range(50):
        server.ask(pace)
    server.gap = 0
    for _ in range(300):
        server.ask(pace)
    server.waits.clear()
    server.ask(pace)
    assert server.waits == []


def test_refusals_of_what_was_under_way_together_count_once() -> None:
    server = Server(gap=0)
    pace = paced(server)
    for _ in range(8):
        pace.wait("server")
    for _ in range(8):
        pace.refused()
    pace.wait("server")
    pace.wait("server")
    assert max(server.waits) <= 0.2


def test_whoever_would_wait_too_long_comes_back_later() -> None:
    server = Server(gap=0)
    waiting = Pace(clock=lambda: server.now, sleep=server.waits.append)  # others wait at the same time
    for _ in range(20):
        waiting.refused()
        server.now += LONGEST_PAUSE

    def until_refused() -> None:
        for _ in range(100):
            waiting.wait("server")

    with pytest.raises(Throttled) as told:
        until_refused()
    assert told.value.retry_after is not None
    assert told.value.retry_after > timedelta(seconds=PATIENCE)
    assert max(server.waits) <= PATIENCE


def test_one_refusal_slows_all_logins_of_a_server_and_only_these(
    serve: Serve, connections: Connections
) -> None:
    refusing = serve(lambda asked: reply(429, Retry_After="3600") if asked.path == "/busy" else reply(200))
    time = Server(gap=0)
    pace = paced(time)
    account = Account("caldav", refusing.url)
    one, other = (HttpClient(account, name, "secret", connections, pace=pace) for name in ("one", "other"))
    with pytest.raises(Throttled):
        one.send("GET", refusing.url + "busy")
    other.send("GET", refusing.url)
    other.send("GET", refusing.url)
    assert time.waits, "the server was asked as fast as before"
    assert max(time.waits) < 1, "the hour is for the one that was refused"


def test_what_was_waited_and_answered_is_counted(serve: Serve) -> None:
    server, account = serve(lambda asked: reply(200)), Server(gap=0)
    connections = Connections()
    pace = paced(account)
    client = HttpClient(Account("caldav", server.url), "anna", "secret", connections, pace=pace)
    client.send("GET", server.url)
    pace.refused()
    client.send("GET", server.url)
    with pytest.raises(Unreachable):
        HttpClient(Account("caldav", "http://127.0.0.1:1/"), "anna", "secret", connections).send(
            "GET", "http://127.0.0.1:1/"
        )
    connections.close()
    assert connections.answers() == {("caldav", "200"): 2, ("caldav", "error"): 1}
    assert connections.waited == pytest.approx(sum(account.waits))
    assert connections.waited > 0

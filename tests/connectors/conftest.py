"""Fixtures of the connectors' room: scripted servers, connections with limits for tests, labs, and the contract's stages."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hostile import HostileDav
from labs import Lab, lab_at
from scripted import Asked, Said, ScriptedServer, Serve
from stages import Desk, InMemory, OverTheWire, Stage

from connectors.account import Connections
from connectors.http.wire import Limits


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start scripted servers; they end with the test."""
    running: list[ScriptedServer] = []

    def start(script: Callable[[Asked], Said], **more: tuple[Path, Path]) -> ScriptedServer:
        running.append(ScriptedServer(script, **more).__enter__())
        return running[-1]

    yield start
    for server in running:
        server.__exit__(None, None, None)


@pytest.fixture
def connections() -> Iterator[Connections]:
    """Connections patient enough for a busy machine, with a small cap on bodies."""
    kept = Connections(Limits(connect=10, silence=20, total=40, body=1_000_000))
    yield kept
    kept.close()


@pytest.fixture
def impatient() -> Iterator[Connections]:
    """Connections for tests of servers that never answer: what they wait for does not come, however long one waits."""
    kept = Connections(Limits(connect=10, silence=0.2, total=1))
    yield kept
    kept.close()


@pytest.fixture
def lab(connections: Connections) -> Iterator[Lab]:
    """A hostile server that behaves, until a test flips a switch."""
    dav = HostileDav()
    with ScriptedServer(dav) as server:
        yield lab_at(server, dav, connections)


@pytest.fixture(params=["memory", "radicale", "xandikos", pytest.param("cyrus", marks=pytest.mark.long)])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Each server in turn."""
    if request.param == "memory":
        yield InMemory()
        return
    real = OverTheWire(request.getfixturevalue(request.param))
    yield real
    real.connections.close()


@pytest.fixture
def desk(stage: Stage) -> Iterator[Desk]:
    """A fresh agent with an empty calendar "Work"."""
    user = stage.add_user()
    connector = stage.connector(user)
    yield Desk(stage, user, stage.add_calendar(user, "Work"), connector)
    connector.close()

"""Looking in turn: so many answers are made at once and no more, and nobody who waits for something else is kept waiting."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock

import pytest
import requests
from apis import PLAN, Api
from starlette.types import Message, Receive, Scope, Send
from stores import sqlite_only

from syncd.web.turns import InTurn


@dataclass
class Desk:
    """An application that answers when it is told to, and a reader who has the answer when told so."""

    answer: asyncio.Event = field(default_factory=asyncio.Event)
    read: asyncio.Event = field(default_factory=asyncio.Event)
    at_work: list[str] = field(default_factory=list)
    most: int = 0
    done: list[str] = field(default_factory=list)
    asked: list["asyncio.Task[None]"] = field(default_factory=list)

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        name = scope["name"]
        self.at_work.append(name)
        self.most = max(self.most, len(self.at_work))
        try:
            await self.answer.wait()
        finally:
            self.at_work.remove(name)
        if scope["path"] == "/defect":
            raise ZeroDivisionError
        await send({"type": "http.response.start", "status": 200})
        self.done.append(name)

    async def send(self, _message: Message) -> None:
        await self.read.wait()

    def ask(self, app: InTurn, number: int, method: str = "GET", path: str = "/", query: bytes = b"") -> None:
        scope = {"type": "http", "name": str(number), "method": method, "path": path, "query_string": query}
        self.asked.append(asyncio.create_task(app(scope, _nothing, self.send)))


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


async def settled() -> None:
    """Until nobody has anything more to do without something from outside."""
    for _ in range(100):
        await asyncio.sleep(0)


def at_a_desk(play: Callable[[Desk, InTurn], Awaitable[None]]) -> None:
    async def played() -> None:
        desk = Desk()
        await play(desk, InTurn(desk, 2, exempt=frozenset({"/livez"})))
        desk.answer.set()
        desk.read.set()
        await asyncio.gather(*desk.asked, return_exceptions=True)

    asyncio.run(played())


def test_so_many_at_once_and_in_the_order_in_which_they_came() -> None:
    async def play(desk: Desk, app: InTurn) -> None:
        for number in range(16):
            desk.ask(app, number)
        await settled()
        assert desk.at_work == ["0", "1"]
        desk.answer.set()
        desk.read.set()
        await settled()
        assert desk.done == [str(number) for number in range(16)]
        assert desk.most == 2

    at_a_desk(play)


def test_no_turn_for_what_waits_for_something_else() -> None:
    async def play(desk: Desk, app: InTurn) -> None:
        for number in range(3):
            desk.ask(app, number, query=b"after=%ff\xff&&=")
        for number, method in enumerate(("PUT", "POST", "DELETE"), 10):
            desk.ask(app, number, method)
        desk.ask(app, 20, path="/livez")
        desk.ask(app, 21, query=b"limit=5&max_age=30s")
        await settled()
        assert desk.at_work == ["0", "1", "10", "11", "12", "20", "21"]

    at_a_desk(play)


def test_who_reads_slowly_keeps_nobody_waiting() -> None:
    async def play(desk: Desk, app: InTurn) -> None:
        for number in range(6):
            desk.ask(app, number)
        await settled()
        desk.answer.set()
        await settled()
        assert desk.at_work == []
        assert desk.done == []
        desk.read.set()
        await settled()
        assert len(desk.done) == 6

    at_a_desk(play)


@pytest.mark.parametrize("given_up", [(0, 1), (2, 3), (0, 3)])
def test_whoever_gives_up_leaves_the_turn_to_others(given_up: tuple[int, int]) -> None:
    async def play(desk: Desk, app: InTurn) -> None:
        for number in range(6):
            desk.ask(app, number)
        await settled()
        for number in given_up:
            desk.asked[number].cancel()
        await settled()
        left = [str(number) for number in range(6) if number not in given_up]
        assert desk.at_work == left[:2]
        desk.answer.set()
        desk.read.set()
        await settled()
        assert (desk.done, desk.most) == (left, 2)

    at_a_desk(play)


def test_so_does_a_defect() -> None:
    async def play(desk: Desk, app: InTurn) -> None:
        for number in range(6):
            desk.ask(app, number, path="/defect")
        await settled()
        desk.answer.set()
        await settled()
        assert [type(one.exception()) for one in desk.asked] == [ZeroDivisionError] * 6
        assert desk.most == 2

    at_a_desk(play)


# ---------------------------------------------------------------------------------------------------------------------


@sqlite_only
def test_the_server_looks_in_turn_and_changes_at_once(api: Api) -> None:
    api.plan()
    held, let_go, lock, looking = Event(), Event(), Lock(), list[str]()
    clock = api.world.ctx.clock

    def counted() -> object:
        """A clock that stands still for the first who looks at it."""
        with lock:
            looking.append("")
            first = len(looking) == 1
        if first:
            held.set()
            assert let_go.wait(30)
        return clock()

    object.__setattr__(api.world.ctx, "clock", counted)
    with ThreadPoolExecutor(4) as others:
        try:
            slow = others.submit(api.ask, "GET", "/v1/agents")
            assert held.wait(30)
            waiting = [others.submit(api.ask, "GET", "/v1/agents") for _ in range(3)]
            assert requests.get(f"{api.url}/livez", timeout=30).status_code == 200
            assert len(looking) == 1, "one looks, the others wait"
            assert api.ask("PUT", "/v1/meetings/m1", PLAN).status == 200
            assert not any(one.done() for one in (slow, *waiting))
        finally:
            let_go.set()
            object.__setattr__(api.world.ctx, "clock", clock)
        assert [one.result(30).status for one in (slow, *waiting)] == [200] * 4

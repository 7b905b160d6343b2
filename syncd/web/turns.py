"""What is only looked at is looked up a few at a time; the others wait, without a thread, in the order in which they came.

An answer is mostly work of Python, which one thread can do at a time (Python's glossary, "global interpreter lock"). The lock
changes hands at every call to the database: sixteen threads that all have work spend as much of the processor on that as on
their work, and none of them ends sooner. What changes something waits for locks and discs rather than for the processor, and
takes no turn; nor does who has calendars read first, for that is waiting for their servers.
"""

import asyncio

from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOKING = frozenset({"GET", "HEAD"})


class InTurn:
    """An application of which `at_once` answers are made at once. `exempt`: paths at which nobody waits."""

    def __init__(self, app: ASGIApp, at_once: int, exempt: frozenset[str]) -> None:
        self._app, self._exempt = app, exempt
        self._turns = asyncio.Semaphore(at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _only_looks(scope) or scope["path"] in self._exempt:
            await self._app(scope, receive, send)
            return
        turn = _Turn(self._turns)

        async def sending(message: Message) -> None:
            turn.end()  # the answer is made: who reads it slowly keeps nobody waiting
            await send(message)

        await turn.begin()
        try:
            await self._app(scope, receive, sending)
        finally:
            turn.end()


class _Turn:
    """One request's turn, which ends once."""

    def __init__(self, turns: asyncio.Semaphore) -> None:
        self._turns, self._mine = turns, False

    async def begin(self) -> None:
        self._mine = await self._turns.acquire()

    def end(self) -> None:
        if self._mine:
            self._mine = False
            self._turns.release()


def _only_looks(scope: Scope) -> bool:
    return (
        scope["type"] == "http"
        and scope["method"] in LOOKING
        and "max_age" not in QueryParams(scope["query_string"])
    )

"""A proxy that fails as it is told to: between syncd and a real server, at the n-th request of a kind, or from there on.

It speaks HTTP/1.1 to both sides (RFC 9112), plain or TLS, on asyncio in a thread of its own. What can go wrong stands in
`mishaps`; a fault decides for one exchange whether the request is passed on, and which bytes come back.
"""

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Any, Literal, Self

from exchanges import LONGEST_HEAD, Reply, Request, ask, read_request

PATIENCE = 30.0
"""Seconds to wait for the proxy's own thread; far more than it needs, also on a busy machine."""

Door = Literal["open", "closed", "blocked"]
"""`closed`: connections are refused. `blocked`: nobody answers who knocks (its queue is full)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong in one exchange. Once `play` returns, the connection ends, unless it has `answer`ed.

    `waits`: only the asker's own limits end it. `asks`: so long the answer asks to be left alone. `door`: what goes wrong
    before anything can be sent; there is no exchange to play then.
    """

    name: str
    play: Callable[["Exchange"], Awaitable[None]]
    waits: bool = False
    asks: timedelta = timedelta(0)
    door: Door = "open"


@dataclass(slots=True)
class Exchange:
    """One request, and the ways to answer it."""

    request: Request
    whole: bool
    _proxy: "FaultProxy"
    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter

    async def forward(self) -> Reply:
        """What the real server says."""
        proxy = self._proxy
        return await ask(proxy.upstream, self.request, proxy.trust, keeps_host=proxy.keeps_host)

    async def say(self, data: bytes) -> None:
        """Send bytes, however wrong."""
        await asyncio.sleep(0)
        if self._writer.is_closing() or self._reader.at_eof():
            raise ConnectionResetError  # a TLS connection that is being closed would take everything, and drop it
        self._writer.write(data)
        await self._writer.drain()

    async def answer(self, reply: Reply) -> None:
        """A whole answer; the connection stays open."""
        await self.say(reply.text())
        self.whole = True

    async def hang_up(self) -> None:
        """Wait until whoever asked loses patience."""
        while await self._reader.read(LONGEST_HEAD):
            pass

    def reset(self) -> None:
        """End the connection the hard way (RST)."""
        linger = struct.pack("ii", 1, 0)
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._writer.transport.abort()


async def as_it_is(exchange: Exchange) -> None:
    """No fault: pass on, and pass back."""
    await exchange.answer(await exchange.forward())


@dataclass(slots=True)
class _Program:
    """`fault` at the matching requests from the `first`-th to the `last`-th (None: until healed)."""

    fault: Fault
    matching: Callable[[Request], bool]
    first: int
    last: int | None
    seen: int = 0

    def strikes(self, request: Request) -> bool:
        if not self.matching(request):
            return False
        self.seen += 1
        return self.first <= self.seen and (self.last is None or self.seen <= self.last)


@dataclass
class FaultProxy:
    """Stands at `url` for the server at `upstream`; a context manager.

    `tls`: speaks TLS itself; `trust`: how an https upstream is trusted; `keeps_host`: see `exchanges.ask`; `onlooker`: called in a thread before each request
    is handled. `seen` are the requests since the last `forget`, `hits` how often a fault was played since the last `program`.
    """

    upstream: str
    tls: ssl.SSLContext | None = None
    trust: ssl.SSLContext | None = None
    keeps_host: bool = False
    onlooker: Callable[[Request], None] | None = None
    seen: list[Request] = field(default_factory=list)
    hits: int = 0
    broken: list[Exception] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._programs: list[_Program] = []
        self._lock = threading.Lock()
        self._number = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._blocking: list[socket.socket] = []
        self._port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._do(self._open())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if self.broken and error is None:
            raise self.broken[0]

    @property
    def url(self) -> str:
        """Where the proxy listens."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self._port}/"

    def program(
        self, fault: Fault, matching: Callable[[Request], bool] = lambda _request: True, *,
        number: int = 1, times: int | None = 1,
    ) -> None:  # fmt: skip
        """Let the fault strike at the `number`-th matching request from now on, and so many `times` (None: until healed).

        A fault of the door comes right before that request could be sent, closes the proxy for everyone, and stays.
        """
        last = None if times is None else number + times - 1
        if fault.door != "open" and number == 1:
            self.hits = 1
            self._do(self._shut(fault.door))
            return
        if fault.door != "open":
            number, last = number - 1, number - 1
        with self._lock:
            self.hits = 0
            self._programs.append(_Program(fault, matching, number, last))

    def heal(self) -> None:
        """From now on nothing goes wrong."""
        with self._lock:
            self._programs.clear()
        self._do(self._open())

    def forget(self) -> None:
        """Begin anew with what was `seen`."""
        with self._lock:
            self.seen = []

    def close(self) -> None:
        """Stop listening and end all connections. Safe to call twice."""
        if self._loop.is_closed():
            return
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # -- in the proxy's own thread ------------------------------------------------------------------------------------

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    async def _open(self) -> None:
        for sock in self._blocking:
            sock.close()
        self._blocking.clear()
        if self._server is None:
            self._server = await asyncio.start_server(
                self._converse, "127.0.0.1", self._port, ssl=self.tls, limit=LONGEST_HEAD
            )
            self._port = self._server.sockets[0].getsockname()[1]

    async def _shut(self, door: Door) -> None:
        """Refuse whoever comes, or let nobody in: a listener whose queue of one is full answers no SYN (Linux)."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if door == "blocked" and not self._blocking:
            here = ("127.0.0.1", self._port)
            listener, in_line = socket.socket(), socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(here)
            listener.listen(0)
            in_line.connect(here)
            self._blocking = [listener, in_line]

    async def _hang_up_on_all(self) -> None:
        for writer in list(self._writers):
            writer.close()

    async def _end(self) -> None:
        await self._shut("closed")
        for sock in self._blocking:
            sock.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while (request := await read_request(reader)) is not None:
                exchange = Exchange(self._noted(request), False, self, reader, writer)
                await self._one(exchange)
                if not exchange.whole or request.header("Connection").lower() == "close":
                    break
        except (ConnectionError, ssl.SSLError, asyncio.CancelledError):
            pass  # whoever asked went away, which is their right; or the proxy ends
        except Exception as error:  # noqa: BLE001 - the boundary of the thread: raised where the proxy is closed
            self.broken.append(error)
        finally:
            self._writers.discard(writer)
            writer.close()

    def _noted(self, request: Request) -> Request:
        with self._lock:
            self._number += 1
            numbered = Request(request.method, request.target, request.headers, request.body, self._number)
            self.seen.append(numbered)
        return numbered

    async def _one(self, exchange: Exchange) -> None:
        if self.onlooker is not None:
            await asyncio.to_thread(self.onlooker, exchange.request)
        with self._lock:
            struck = [one.fault for one in self._programs if one.strikes(exchange.request)]
            self.hits += bool(struck)
        if not struck:
            await as_it_is(exchange)
        elif struck[0].door == "open":
            await struck[0].play(exchange)
        else:
            await self._last(exchange, struck[0].door)

    async def _last(self, exchange: Exchange, door: Door) -> None:
        """Answer, but only once the door is shut: whoever is answered can't be quick enough to come again."""
        told = await exchange.forward()
        await self._shut(door)
        with contextlib.suppress(ConnectionError):
            await exchange.answer(told)
        await self._hang_up_on_all()

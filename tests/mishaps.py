"""Everything that can go wrong between syncd and a server, each as a fault for the proxy of `faults`.

Statuses are those of RFC 9110 (15), 4918 (11), 6585 (4); what befalls bodies is measured by RFC 9112 (6) and RFC 1952.
"Though done" means that the server did what was asked, and that only the answer tells otherwise: that is what makes a
write's outcome unknown.
"""

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from exchanges import Reply, reply
from faults import Exchange, Fault

PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form>Password</form></body></html>"
EXCUSE = b"<html><body><center><h1>502 Bad Gateway</h1></center></body></html>"
FORBIDDEN = b'<?xml version="1.0"?><d:error xmlns:d="DAV:"><d:need-privileges/></d:error>'
BOMB = 20_000_000
AGAIN = "?again"
"""Where a gateway sends us that loses what was asked for."""

PIECE = b"<!-- and so on -->" * 500
DRIP = 0.02
"""Seconds between two drops: a silence that no limit is broken by."""

DAY = timedelta(days=1)

Play = Callable[[Exchange], Awaitable[None]]
Spoil = Callable[[Exchange, Reply], Awaitable[None]]


def answers(
    name: str, status: int, body: bytes = b"", *, asks: timedelta = timedelta(0), **headers: str
) -> Fault:
    """This instead of what the server would say; it is not even asked."""

    async def play(exchange: Exchange) -> None:
        await exchange.answer(reply(status, body, **headers))

    return Fault(name, play, asks=asks)


def though_done(name: str, status: int, body: bytes = b"", **headers: str) -> Fault:
    """The server does it, and its proxy says this."""

    async def play(exchange: Exchange) -> None:
        await exchange.forward()
        await exchange.answer(reply(status, body, **headers))

    return Fault(name, play)


def spoiled(name: str, spoil: Spoil, *, waits: bool = False) -> Fault:
    """The server answers, and this becomes of the answer."""

    async def play(exchange: Exchange) -> None:
        await spoil(exchange, await exchange.forward())

    return Fault(name, play, waits=waits)


# ---------------------------------------------------------------------------------------------------------------------
# The server says no


async def _asks_to_come_back_at_a_date(exchange: Exchange) -> None:
    when = format_datetime(datetime.now(UTC) + DAY, usegmt=True)
    await exchange.answer(reply(429, Retry_After=when))


THROTTLED = (
    answers("429", 429),
    answers("429 in seconds", 429, Retry_After="1200", asks=timedelta(minutes=20)),
    answers("429 in fractions", 429, Retry_After="1200.5", asks=timedelta(minutes=20)),
    Fault("429 by date", _asks_to_come_back_at_a_date, asks=DAY),
    answers("429 by a date that is over", 429, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"),
    answers("429 in nonsense", 429, Retry_After="soon, -1"),
    answers("503 in seconds", 503, Retry_After="1200", asks=timedelta(minutes=20)),
)

REFUSED = (
    answers("401", 401, WWW_Authenticate='Basic realm="calendars"'),
    answers("403", 403),
    answers("403 with its reason", 403, FORBIDDEN, Content_Type="application/xml"),
    answers("404", 404),
    answers("409", 409),
    answers("410", 410),
    answers("412", 412),
    answers("423", 423),
    answers("507", 507),
    answers("404 from a proxy, with a page", 404, PAGE, Content_Type="text/html"),
)

FAILED = (
    answers("500", 500),
    answers("502 with a page", 502, EXCUSE, Content_Type="text/html"),
    answers("503", 503),
    answers("504", 504),
    though_done("500 though done", 500),
    though_done("502 though done", 502, EXCUSE, Content_Type="text/html"),
    though_done("504 though done", 504),
    though_done("429 though done", 429, Retry_After="5"),
)

PAGES = (
    answers("a sign-in page with 200", 200, PAGE, Content_Type="text/html; charset=utf-8"),
    answers("a sign-in page that says it is XML", 200, PAGE, Content_Type="application/xml"),
    answers("sent on to a sign-in page elsewhere", 302, Location="https://sign-in.example.com/?back=1"),
    answers("sent round in circles", 302, Location=AGAIN),
    answers("200 and nothing", 200),
)

# ---------------------------------------------------------------------------------------------------------------------
# The connection


async def _nothing(_exchange: Exchange) -> None:
    """Hang up."""


async def _silence(exchange: Exchange) -> None:
    await exchange.hang_up()


async def _reset(exchange: Exchange) -> None:
    exchange.reset()


async def _nothing_after(_exchange: Exchange, _told: Reply) -> None:
    """Hang up."""


async def _silence_after(exchange: Exchange, _told: Reply) -> None:
    await exchange.hang_up()


async def _reset_after(exchange: Exchange, _told: Reply) -> None:
    exchange.reset()


async def _another_protocol(exchange: Exchange) -> None:
    await exchange.say(b"SSH-2.0-OpenSSH_9.6\r\n")


CONNECTION = (
    Fault("refused", _nothing, door="closed"),
    Fault("nobody answers the door", _nothing, door="blocked", waits=True),
    Fault("silence before", _silence, waits=True),
    spoiled("silence though done", _silence_after, waits=True),
    Fault("reset before", _reset),
    spoiled("reset though done", _reset_after),
    Fault("closed before", _nothing),
    spoiled("closed though done", _nothing_after),
    Fault("not HTTP", _another_protocol),
)

# ---------------------------------------------------------------------------------------------------------------------
# The body


async def _half(exchange: Exchange, told: Reply) -> None:
    await exchange.say(told.head(length=len(told.body)) + told.body[: len(told.body) // 2])


async def _half_then_reset(exchange: Exchange, told: Reply) -> None:
    await _half(exchange, told)
    exchange.reset()


async def _half_then_silence(exchange: Exchange, told: Reply) -> None:
    await _half(exchange, told)
    await exchange.hang_up()


async def _half_as_if_whole(exchange: Exchange, told: Reply) -> None:
    await exchange.answer(Reply(told.status, told.headers, told.body[: len(told.body) // 2]))


async def _too_short(exchange: Exchange, told: Reply) -> None:
    """The length of half of it, and then all: what is left over must not be taken for the next answer."""
    await exchange.say(told.head(length=len(told.body) // 2) + told.body)
    await exchange.hang_up()


async def _no_number(exchange: Exchange, told: Reply) -> None:
    await exchange.say(told.head(length="many") + told.body)


async def _two_lengths(exchange: Exchange, told: Reply) -> None:
    half = f"Content-Length: {len(told.body) // 2}"
    await exchange.say(told.head(half, length=len(told.body)) + told.body)


async def _half_chunked(exchange: Exchange, told: Reply) -> None:
    half = told.body[: len(told.body) // 2]
    await exchange.say(told.head("Transfer-Encoding: chunked") + b"%x\r\n%b" % (len(told.body) + 1, half))


async def _bomb(exchange: Exchange, told: Reply) -> None:
    await _encoded(exchange, told, gzip.compress(b" " * BOMB))


async def _half_gzip(exchange: Exchange, told: Reply) -> None:
    packed = gzip.compress(told.body or PAGE)
    await _encoded(exchange, told, packed[: len(packed) // 2])


async def _no_gzip(exchange: Exchange, told: Reply) -> None:
    await _encoded(exchange, told, told.body or PAGE)


async def _encoded(exchange: Exchange, told: Reply, body: bytes) -> None:
    await exchange.say(told.head("Content-Encoding: gzip", length=len(body)) + body)


async def _endless(exchange: Exchange, told: Reply) -> None:
    await exchange.say(told.head("Connection: close"))
    while True:
        await exchange.say(PIECE)


async def _endless_chunks(exchange: Exchange, told: Reply) -> None:
    await exchange.say(told.head("Transfer-Encoding: chunked"))
    while True:
        await exchange.say(b"%x\r\n%b\r\n" % (len(PIECE), PIECE))


async def _endless_headers(exchange: Exchange, _told: Reply) -> None:
    await exchange.say(b"HTTP/1.1 200 OK\r\n")
    while True:
        await exchange.say(b"X-More: and more\r\n")


async def _drips(exchange: Exchange, told: Reply) -> None:
    await _drop_by_drop(exchange, told.head(length=10_000_000), b" ")


async def _drips_headers(exchange: Exchange, _told: Reply) -> None:
    await _drop_by_drop(exchange, b"HTTP/1.1 200 OK\r\nX-More: ", b"x")


async def _drop_by_drop(exchange: Exchange, first: bytes, drop: bytes) -> None:
    await exchange.say(first)
    while True:
        await exchange.say(drop)
        await asyncio.sleep(DRIP)


BODIES = (
    spoiled("half a body", _half),
    spoiled("half a body, then reset", _half_then_reset),
    spoiled("half a body, then silence", _half_then_silence, waits=True),
    spoiled("half a body as if whole", _half_as_if_whole),
    spoiled("a length too short", _too_short),
    spoiled("a length that is no number", _no_number),
    spoiled("two lengths", _two_lengths),
    spoiled("half a chunk", _half_chunked),
    spoiled("a gzip bomb", _bomb),
    spoiled("half of a gzip", _half_gzip),
    spoiled("gzip that is none", _no_gzip),
    spoiled("an endless body", _endless),
    spoiled("endless chunks", _endless_chunks),
    spoiled("endless headers", _endless_headers),
    spoiled("a body that drips", _drips, waits=True),
    spoiled("headers that drip", _drips_headers, waits=True),
)

EVERY_FAULT = (*THROTTLED, *REFUSED, *FAILED, *PAGES, *CONNECTION, *BODIES)

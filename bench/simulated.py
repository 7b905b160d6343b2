"""A simulated CalDAV server, a process of its own: a home with one calendar for whoever asks, and marks that never change."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SERVER = r"""
import asyncio, sys
EVENTS = int(sys.argv[1])
NS = 'xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:s="http://calendarserver.org/ns/"'
EVENT = ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//\r\nBEGIN:VEVENT\r\nUID:{number}\r\nDTSTAMP:20260101T000000Z\r\n"
         "DTSTART;TZID=Europe/Amsterdam:2099{month:02}{day:02}T100000\r\nDURATION:PT1H\r\nSUMMARY:x\r\nDESCRIPTION:{text}\r\n"
         "END:VEVENT\r\nEND:VCALENDAR\r\n")
TEXT = "x" * 1700 if EVENTS > 1 else ""

def event(number):
    return EVENT.format(number=number, month=1 + number % 12, day=1 + number % 28, text=TEXT)

def one(href, props):
    return f"<response><href>{href}</href><propstat><prop>{props}</prop><status>HTTP/1.1 200 OK</status></propstat></response>"

def many(*inner):
    return 207, "application/xml", f'<?xml version="1.0"?><multistatus {NS}>{"".join(inner)}</multistatus>'

def members(data):
    for number in range(EVENTS):
        text = f"<c:calendar-data>{event(number)}</c:calendar-data>" if data else ""
        yield one(f"/home/cal/{number}.ics", '<getetag>"1"</getetag>' + text)

def answer(method, path, body):
    if method == "GET":
        return 200, "text/calendar", event(0)
    if method == "REPORT":
        return many(*members(b"calendar-data" in body), "<sync-token>t1</sync-token>")
    if path == "/home/":
        calendar = "<resourcetype><collection/><c:calendar/></resourcetype><displayname>Work</displayname><s:getctag>1</s:getctag>"
        return many(one("/home/", "<resourcetype><collection/></resourcetype>"), one("/home/cal/", calendar))
    return many(one("/", "<c:calendar-home-set><href>/home/</href></c:calendar-home-set>"))

async def serve(reader, writer):
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            first, *rest = head.decode().split("\r\n")
            method, path, _ = first.split(" ")
            sizes = [int(line[15:]) for line in rest if line.lower().startswith("content-length:")]
            body = await reader.readexactly(sizes[0]) if sizes else b""
            status, kind, text = answer(method, path, body)
            data = text.encode()
            writer.write(f'HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nETag: "1"\r\nContent-Length: {len(data)}\r\n\r\n'.encode() + data)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

asyncio.run(main())
"""


@contextmanager
def running(events: int) -> Iterator[str]:
    """The server's URL, until the block ends. With one event its calendar is as small as can be; more have 2 kB each."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(events)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        if server.stdout is None or server.stdin is None:
            raise RuntimeError("the simulated server has no pipes")
        yield f"http://127.0.0.1:{int(server.stdout.readline())}/"
        server.stdin.close()

"""10,000 logins in one process: the memory they take, and what a cycle without changes costs, on a simulated CalDAV server.

The server is a process of its own that answers every login alike: a home with one calendar, one event in it, and marks that
never change. So is syncd here, so that nothing but its own memory is measured.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.cycles import Clock, begun, commits_of, cycle
from bench.figures import Figure
from syncd.actions.now import sync_now
from syncd.executor import READERS

LOGINS = 10_000
MIB = 2**20

SERVER = r"""
import asyncio, sys
NS = 'xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:s="http://calendarserver.org/ns/"'
EVENT = ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//\r\nBEGIN:VEVENT\r\nUID:one\r\nDTSTAMP:20260101T000000Z\r\n"
         "DTSTART:20991201T100000Z\r\nDTEND:20991201T110000Z\r\nSUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")

def one(href, props):
    return f"<response><href>{href}</href><propstat><prop>{props}</prop><status>HTTP/1.1 200 OK</status></propstat></response>"

def many(*inner):
    return 207, "application/xml", f'<?xml version="1.0"?><multistatus {NS}>{"".join(inner)}</multistatus>'

def answer(method, path, body):
    if method == "GET":
        return 200, "text/calendar", EVENT
    if method == "REPORT":
        return many(one("/home/cal/one.ics", '<getetag>"1"</getetag>'), "<sync-token>t1</sync-token>")
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

HEAD = """
[store]
url = "sqlite:///{folder}/syncd.db"
[accounts.lab]
kind = "caldav"
url = "http://127.0.0.1:{port}/"
"""

AGENT = """
[[agents]]
id = "agent{number}"
name = "Agent {number}"
email = "agent{number}@example.com"
[[agents.calendars]]
account = "lab"
login = "agent{number}"
password = {{ file = "{folder}/secret" }}
"""


def measure() -> Iterator[Figure]:
    """The memory, and the counts."""
    with tempfile.TemporaryDirectory(prefix="syncd-bench-") as folder:
        asked = [
            sys.executable,
            "-c",
            "import sys; from bench.manylogins import run; run(sys.argv[1])",
            folder,
        ]
        said = json.loads(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)
    name, where = f"{LOGINS} logins", "on a simulated server"
    yield Figure(
        f"{name}: memory", said["memory"], 300, "MiB", f"resident after a first sync and a cycle, {where}"
    )
    yield Figure(f"{name}, idle cycle: requests", said["requests"], LOGINS, "requests", where)
    yield Figure(f"{name}, idle cycle: commits", said["commits"], commits_of(LOGINS), "commits", where)


def run(folder: str) -> None:
    """A first sync and an idle cycle; prints what they cost, as JSON."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        if server.stdout is None or server.stdin is None:
            raise RuntimeError("the simulated server has no pipes")
        said = _measured(Path(folder), int(server.stdout.readline()))
        server.stdin.close()
    print(json.dumps(said))


def _measured(folder: Path, port: int) -> dict[str, float]:
    (folder / "secret").touch(0o600)
    (folder / "secret").write_text("bench")
    path = folder / "config.toml"
    agents = (AGENT.format(number=number, folder=folder) for number in range(LOGINS))
    path.write_text(HEAD.format(folder=folder, port=port) + "".join(agents))
    clock = Clock()
    with begun(path, clock) as ctx, ThreadPoolExecutor(READERS) as pool:
        report = sync_now(ctx, pool)
        if report.failed:
            raise RuntimeError(report.failed[0])
        cycle(ctx, pool, clock)
        requests, commits = ctx.connections.requests, ctx.store.commits
        cycle(ctx, pool, clock)
        return {
            "memory": _resident() / MIB,
            "requests": ctx.connections.requests - requests,
            "commits": ctx.store.commits - commits,
        }


def _resident() -> int:
    """Bytes (proc(5): statm)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")

"""The first sync of a large calendar on a real server (Xandikos), against what others take for the same.

`caldav`, in this process: its sync with everything loaded, and its plain listing. `vdirsyncer`, as the command it is, if it is
installed. A bare client (http.client) that sends what the standards tell a client to send (a sync report and a multiget) and
only reads the answers; and one that sends the same requests as syncd, which found a quicker way to ask. All in turn.
"""

import http.client
import logging
import re
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any
from urllib.parse import urlsplit

from caldav.davclient import DAVClient

from bench.cycles import begun
from bench.figures import Figure, paired
from bench.peers import installed, vdirsyncer
from connectors.caldav import xml
from syncd.actions.context import Context
from syncd.actions.now import sync_now
from syncd.demo.server import free_port
from syncd.executor import READERS

EVENTS = 2000
ROUNDS = 3
SECRET = "bench"
HOME = "/user/calendars/"
CALENDAR = f"{HOME}calendar/"

CONFIG = """
[store]
url = "sqlite:///{folder}/{name}.db"
[accounts.lab]
kind = "caldav"
url = "{url}"
[[agents]]
id = "anna"
name = "Anna"
email = "anna@example.com"
[[agents.calendars]]
account = "lab"
login = "anna"
password = {{ file = "{folder}/secret" }}
"""


def measure() -> Iterator[Figure]:
    """The ratios. A peer that is not installed is left out, and said so."""
    with tempfile.TemporaryDirectory(prefix="syncd-bench-") as name, _stage(Path(name)) as stage:
        for peer, run, least in stage.peers():
            stage.stores += [stage.prepared() for _ in range(ROUNDS)]
            ratio, theirs, ours = paired(run, stage.syncd, ROUNDS)
            yield Figure(
                f"first sync of {EVENTS} events: {peer} against syncd", ratio, least, "x", f"{theirs:.0f} ms against {ours:.0f} ms",
                at_least=True,
            )  # fmt: skip
        stage.stores += [stage.prepared() for _ in range(2 * ROUNDS)]
        ratio, ours, bare = paired(stage.syncd, stage.bare, ROUNDS)
        least, _, same = paired(stage.syncd, stage.same, ROUNDS)
        yield Figure(
            f"first sync of {EVENTS} events: wall time against a bare client", ratio, 1.5, "x",
            f"{ours:.0f} ms against {bare:.0f} ms; against the same requests {least:.2f} x ({same:.0f} ms)",
        )  # fmt: skip


@dataclass
class Stage:
    """A running server with one large calendar."""

    folder: Path
    url: str
    pool: ThreadPoolExecutor
    runs: int = 0
    stores: list[Context] = field(default_factory=list)

    def prepared(self) -> Context:
        """An empty store that knows of the agent: what a start of the daemon leaves behind."""
        self.runs += 1
        path = self.folder / "config.toml"
        path.write_text(CONFIG.format(folder=self.folder, url=self.url, name=f"run{self.runs}"))
        return begun(path)

    def syncd(self) -> None:
        """Everything, into an empty store, of which one was prepared for each run."""
        with self.stores.pop() as ctx:
            report = sync_now(ctx, self.pool)
            if report.failed:
                raise RuntimeError(report.failed[0])

    def peers(self) -> Iterator[tuple[str, Callable[[], None], float]]:
        """Name, what it does, and how many times longer it must take at least."""
        yield "caldav, sync with load_objects", self.caldav_sync, 10.0
        yield "caldav, get_events", self.caldav_events, 2.0
        if installed():
            yield "vdirsyncer", self.vdirsyncer, 1.0

    def caldav_sync(self) -> None:
        with self._client() as client:
            found = client.calendar(url=self.url.rstrip("/") + CALENDAR)
            objects = list(found.get_objects_by_sync_token(load_objects=True))
            if len(objects) != EVENTS:
                raise RuntimeError(f"caldav brought {len(objects)}")

    def caldav_events(self) -> None:
        with self._client() as client:
            if len(client.calendar(url=self.url.rstrip("/") + CALENDAR).get_events()) != EVENTS:
                raise RuntimeError("caldav brought less")

    def _client(self) -> Any:  # noqa: ANN401  # the library types half of what it gives
        logging.getLogger("caldav").setLevel(logging.ERROR)
        return DAVClient(url=self.url, username="anna", password=SECRET, auth_type="basic", timeout=60)

    def vdirsyncer(self) -> None:
        """From an empty folder."""
        run = vdirsyncer(Path(tempfile.mkdtemp(dir=self.folder)), self.url, "anna", SECRET, ["calendar"])
        run("discover")
        run("sync")

    def bare(self) -> None:
        """A listing, a sync report, and everything it lists (RFC 6578 and RFC 4791 section 7.9)."""
        ask = Asking(self.url)
        listed = self._listed(ask)
        if ask("REPORT", CALENDAR, xml.multiget(listed), Depth="1").count(b"BEGIN:VEVENT") < EVENTS:
            raise RuntimeError("Xandikos brings less")

    def same(self) -> None:
        """What syncd sends: a listing, a sync report and a query."""
        ask = Asking(self.url)
        self._listed(ask)
        ask("REPORT", CALENDAR, xml.events_query(), Depth="1")

    def _listed(self, ask: "Asking") -> list[str]:
        ask("PROPFIND", HOME, xml.propfind(("{DAV:}sync-token",)), Depth="1")
        said = ask("REPORT", CALENDAR, xml.sync_collection(""), Depth="0").decode()
        listed = re.findall(r"<[a-zA-Z0-9]+:href>([^<]+\.ics)<", said)
        if len(listed) < EVENTS:
            raise RuntimeError("Xandikos lists less")
        return listed


class Asking:
    """One connection that sends and reads."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self._link = http.client.HTTPConnection(place.hostname or "", place.port)
        basic = b64encode(f"anna:{SECRET}".encode()).decode()
        self._headers = {"Authorization": f"Basic {basic}", **xml.XML_HEADERS}

    def __call__(self, method: str, path: str, body: bytes, **headers: str) -> bytes:
        self._link.request(method, path, body, {**self._headers, **headers})
        answer = self._link.getresponse()
        said = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status}")
        return said


EVENT = """\
BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//bench//\r
BEGIN:VEVENT\r
UID:event-{number}\r
DTSTAMP:20260101T000000Z\r
DTSTART;TZID=Europe/Amsterdam:{start:%Y%m%dT%H%M%S}\r
DTEND;TZID=Europe/Amsterdam:{end:%Y%m%dT%H%M%S}\r
SUMMARY:Appointment {number}\r
LOCATION:Room {number}\r
DESCRIPTION:{text}\r
{rule}STATUS:CONFIRMED\r
END:VEVENT\r
END:VCALENDAR\r
"""


@contextmanager
def _stage(folder: Path) -> Iterator[Stage]:
    (folder / "secret").touch(0o600)
    (folder / "secret").write_text(SECRET)
    port = free_port()
    command = [
        "-m",
        "xandikos",
        "serve",
        "-d",
        str(folder / "data"),
        "--defaults",
        "-l",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    with subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}/"
            _wait_for(url)
            _fill(url)
            with ThreadPoolExecutor(READERS) as pool:
                yield Stage(folder, url, pool)
        finally:
            process.terminate()


def _wait_for(url: str) -> None:
    for _ in range(600):
        try:
            Asking(url)("PROPFIND", CALENDAR, xml.propfind(("{DAV:}resourcetype",)), Depth="0")
        except OSError:
            sleep(0.05)
        else:
            return
    raise RuntimeError("Xandikos did not start")


def _fill(url: str) -> None:
    """Appointments of three years; every twentieth is a weekly series."""
    ask, first = Asking(url), datetime(2025, 1, 6, 9, tzinfo=UTC)
    for number in range(EVENTS):
        start = first + timedelta(hours=13 * number)
        rule = "RRULE:FREQ=WEEKLY\r\n" if number % 20 == 0 else ""
        named = {
            "number": number,
            "start": start,
            "end": start + timedelta(hours=1),
            "rule": rule,
            "text": "Words. " * 20 + "End.",
        }
        ask(
            "PUT",
            f"{CALENDAR}event-{number}.ics",
            EVENT.format(**named).encode(),
            **{"Content-Type": "text/calendar"},
        )

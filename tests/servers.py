"""Real CalDAV servers for the tests: Radicale and Xandikos, each a process of its own on a free loopback port.

A server is started once per test session (per xdist worker) and ended by its own process id, also when a test fails; it
ends by itself when the tests are killed, because its standard input closes. Every test gets logins of its own, so tests
do not disturb each other. Everything here talks to the servers with plain `requests`: the independent client with which
a test looks at what syncd did.
"""

import base64
import contextlib
import hashlib
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import quote, urljoin

import pytest
import requests
from lxml import etree

from syncd.demo import server as demo_server

START_LIMIT = 30.0
"""Seconds a server may take to answer its first request; far more than it needs, also on a busy machine."""

SECRET = "lab-secret"

ENDS_WITH_STDIN = """
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
"""

RADICALE = (
    ENDS_WITH_STDIN
    + """
import runpy
runpy.run_module("radicale", run_name="__main__", alter_sys=True)
"""
)

XANDIKOS = (
    ENDS_WITH_STDIN
    + """
import asyncio, sys
from aiohttp import web
import xandikos.web
from xandikos.htpasswd import HtpasswdFile
guard = xandikos.web.basic_auth_middleware(HtpasswdFile(sys.argv.pop(1)))  # its own flag for this insists on TLS
plain = web.Application
web.Application = lambda *args, **kwargs: plain(*args, middlewares=[guard, *kwargs.pop("middlewares", ())], **kwargs)
from xandikos.__main__ import main
outcome = main(sys.argv[1:])
sys.exit(asyncio.run(outcome) if asyncio.iscoroutine(outcome) else outcome)
"""
)

RADICALE_CONFIG = """
[server]
hosts = 127.0.0.1:{port}
max_connections = 64
[auth]
type = htpasswd
htpasswd_filename = {users}
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {data}
[rights]
type = owner_only
[logging]
level = warning
"""

XML = {"Content-Type": "text/xml; charset=utf-8"}
ETAGS = b'<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>'
NAMED = """<?xml version="1.0" encoding="utf-8"?>
<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:displayname>{name}</D:displayname></D:prop></D:set>
</D:propertyupdate>"""


def free_port() -> int:
    """A loopback port nobody listens on right now, that no other worker of this session is given meanwhile."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    mine = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while (port := demo_server.free_port()) % workers != mine % workers:
        pass
    return port


@dataclass
class CalDavServer:
    """A running server: its `url`, its logins (`users`: name -> secret), and what an independent client does there."""

    kind: Literal["radicale", "xandikos", "cyrus"]
    url: str
    users_file: Path
    process: subprocess.Popen[bytes]
    users: dict[str, str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def add_user(self, name: str | None = None, secret: str = SECRET) -> str:
        """Let somebody sign in; returns the login. Without a name, a fresh one."""
        login = name or f"agent{next(self._numbers)}"
        self.users[login] = secret
        self._write_users()
        self.request(
            "PROPFIND", self.home(login), login, headers={"Depth": "0"}
        )  # lets the server make the principal
        return login

    def home(self, user: str) -> str:
        """The path of the user's calendar home."""
        return f"/{quote(user)}/" if self.kind == "radicale" else f"/{quote(user)}/calendars/"

    def add_calendar(self, user: str, name: str) -> str:
        """Make a calendar of that display name; returns its href."""
        href = f"{self.home(user)}{quote(name.lower().replace(' ', '-'))}/"
        self.request("MKCALENDAR", href, user, expect=(201,))
        self.request("PROPPATCH", href, user, NAMED.format(name=name).encode(), XML, expect=(207,))
        return href

    def remove_calendar(self, user: str, calendar: str) -> None:
        self.request("DELETE", calendar, user, expect=(200, 204))

    def put(self, user: str, calendar: str, name: str, ics: str | bytes) -> str:
        """Store an object under `name` (with or without .ics), overwriting; returns its href."""
        href = calendar + quote(name if name.endswith(".ics") else f"{name}.ics")
        body = ics.encode() if isinstance(ics, str) else ics
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        self.request("PUT", href, user, body, headers, expect=(200, 201, 204))
        return href

    def get(self, user: str, href: str) -> str | None:
        """The text of an object, None if it is not there."""
        answer = self.request("GET", href, user, expect=(200, 404, 410))
        return answer.content.decode() if answer.status_code == requests.codes.ok else None

    def delete(self, user: str, href: str) -> None:
        self.request("DELETE", href, user, expect=(200, 204))

    def hrefs(self, user: str, calendar: str) -> list[str]:
        """The objects in a calendar, by a PROPFIND of their etags (of all properties, one odd object makes Xandikos fail)."""
        answer = self.request("PROPFIND", calendar, user, ETAGS, {**XML, "Depth": "1"}, expect=(207,))
        found = [str(node.text) for node in etree.fromstring(answer.content).iter("{DAV:}href")]
        return sorted({href for href in found if href.startswith(calendar) and href.endswith(".ics")})

    def request(
        self, method: str, href: str, user: str, body: bytes = b"",
        headers: dict[str, str] | None = None, expect: tuple[int, ...] = (),
    ) -> requests.Response:  # fmt: skip
        """Any request as that user; `expect`: statuses that are fine (none given: all)."""
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                method, urljoin(self.url, href), data=body, headers=headers,
                auth=(user, self.users[user]), timeout=30, allow_redirects=False,
            )  # fmt: skip
        assert not expect or answer.status_code in expect, (
            f"{method} {href}: {answer.status_code} {answer.text[:500]}"
        )
        return answer

    def stop(self) -> None:
        """End the process; safe to call twice."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()

    def _write_users(self) -> None:
        lines = [f"{login}:{_stored(self.kind, secret)}\n" for login, secret in self.users.items()]
        fresh = self.users_file.with_suffix(".new")
        fresh.write_text("".join(lines))
        fresh.replace(self.users_file)


Server = TypeVar("Server", bound=CalDavServer)


def _stored(kind: str, secret: str) -> str:
    if kind == "radicale":
        return secret
    return "{SHA}" + base64.b64encode(hashlib.sha1(secret.encode()).digest()).decode()


def start_radicale(folder: Path) -> CalDavServer:
    """Start Radicale with its data in `folder`."""
    port, users = free_port(), folder / "users"
    users.write_text("")
    config = folder / "config"
    config.write_text(RADICALE_CONFIG.format(port=port, users=users, data=folder / "data"))
    return _started("radicale", port, users, [RADICALE, "--config", str(config)])


def start_xandikos(folder: Path) -> CalDavServer:
    """Start Xandikos for many users behind basic authentication, with its data in `folder`."""
    port, users = free_port(), folder / "users"
    users.write_text("")
    (folder / "data").mkdir()
    arguments = [
        "multi-user",
        "-d",
        str(folder / "data"),
        "--state-dir",
        str(folder / "state"),
        "--no-detect-systemd",
    ]
    return _started(
        "xandikos", port, users, [XANDIKOS, str(users), *arguments, "-l", "127.0.0.1", "-p", str(port)]
    )


def _started(
    kind: Literal["radicale", "xandikos"], port: int, users: Path, code_and_arguments: list[str]
) -> CalDavServer:
    log = users.parent / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", *code_and_arguments], stdin=subprocess.PIPE, stdout=out, stderr=out,
            cwd=users.parent, env={**os.environ, "HOME": str(users.parent)},
        )  # fmt: skip
    return answering(CalDavServer(kind, f"http://127.0.0.1:{port}/", users, process), log)


def answering(server: Server, log: Path) -> Server:
    """The server, once it answers; ended if it does not."""
    try:
        _wait_until_it_answers(server, log)
    except BaseException:
        server.stop()
        raise
    return server


def _wait_until_it_answers(server: CalDavServer, log: Path) -> None:
    limit = time.monotonic() + START_LIMIT
    while time.monotonic() < limit:
        if server.process.poll() is not None:
            break
        try:
            requests.get(server.url, timeout=5, allow_redirects=False)
        except requests.ConnectionError:
            time.sleep(0.02)
        else:
            if server.process.poll() is None:
                return
    raise RuntimeError(f"{server.kind} did not start:\n{log.read_text(errors='replace')[-2000:]}")


@pytest.fixture(scope="session")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavServer]:
    """A running Radicale, shared by the session's tests."""
    server = start_radicale(tmp_path_factory.mktemp("radicale"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def xandikos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavServer]:
    """A running Xandikos, shared by the session's tests."""
    server = start_xandikos(tmp_path_factory.mktemp("xandikos"))
    yield server
    server.stop()

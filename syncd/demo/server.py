"""A real CalDAV server for the demo: Radicale, as its own process on a free loopback port, with nothing left behind.

CalDAV is RFC 4791. The server ends with its process id; should the demo itself be killed, it ends because its standard
input closes. It runs in a session of its own, so that Ctrl-C reaches the demo alone and things end in their order.
"""

import contextlib
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from syncd.errors import SyncdError

START_LIMIT, END_LIMIT = 30.0, 5.0
LOOK_EVERY = 0.02
PORTS = range(20_000, 30_000)
SIGNAL_LIMIT = 1.0
"""A signal that comes right before a call that blocks does not end it (module signal); so no wait is without an end."""

TRIES = 3
"""Another process may take the free port before the server does."""

ENDS_WITH_THE_DEMO = """
import os, runpy, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
runpy.run_module("radicale", run_name="__main__", alter_sys=True)
"""
"""`python -m radicale`, but gone once the other end of its standard input is."""

SETTINGS = """\
[server]
hosts = 127.0.0.1:{port}
max_connections = 64
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {folder}/collections
[rights]
type = owner_only
[logging]
level = warning
"""


class ServerMissing(SyncdError):
    """The demo's calendar server is not installed, or would not start."""


@dataclass(frozen=True)
class Server:
    """A running server. `url` is its root; every login's calendars are found from there."""

    url: str
    process: "subprocess.Popen[bytes]"

    @property
    def runs(self) -> bool:
        """Has it not ended?"""
        return self.process.poll() is None

    def wait(self) -> int:
        """Until the server ends by itself; returns its exit code."""
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self.process.wait(SIGNAL_LIMIT)

    def end(self) -> None:
        """End the process, by force if it does not go. Safe to call twice."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(END_LIMIT)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()


@contextlib.contextmanager
def running(folder: Path, secrets: Mapping[str, str]) -> Iterator[Server]:
    """A server with these logins (name -> password), its data in `folder`, which must be private to this user.

    Raises `ServerMissing` when Radicale is not installed or does not start.
    """
    if find_spec("radicale") is None:
        raise ServerMissing(
            "the demo needs the calendar server Radicale, and it is not installed",
            f"make setup installs it; elsewhere: {sys.executable} -m pip install 'radicale>=3.9'",
        )
    folder.mkdir()
    users = folder / "users"
    users.touch(0o600)
    users.write_text("".join(f"{login}:{secret}\n" for login, secret in secrets.items()))
    server = _started(folder)
    try:
        yield server
    finally:
        server.end()


def _started(folder: Path) -> Server:
    for _ in range(TRIES):
        server = _launched(folder, free_port())
        try:
            if _answers(server):
                return server
        except BaseException:
            server.end()
            raise
        server.end()
    last = (folder / "log").read_text(errors="replace").strip().rpartition("\n")[2]
    raise ServerMissing(f"the calendar server did not start: {last or 'it said nothing'}")


def _launched(folder: Path, port: int) -> Server:
    settings, log = folder / "settings", folder / "log"
    settings.write_text(SETTINGS.format(port=port, folder=folder))
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and text
            [sys.executable, "-c", ENDS_WITH_THE_DEMO, "--config", str(settings)], stdin=subprocess.PIPE, stdout=out,
            stderr=out, cwd=folder, start_new_session=True, env={**os.environ, "HOME": str(folder)},
        )  # fmt: skip
    return Server(f"http://127.0.0.1:{port}/", process)


def _answers(server: Server) -> bool:
    """Wait until the server takes connections; False if it ended, or did not in `START_LIMIT` seconds."""
    until = time.monotonic() + START_LIMIT
    address = ("127.0.0.1", int(server.url.rstrip("/").rpartition(":")[2]))
    while server.process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(address, timeout=1):
            return server.process.poll() is None
        time.sleep(LOOK_EVERY)
    return False


def free_port() -> int:
    """A port of this machine that nobody listens on now.

    Below those that systems hand out by themselves (Linux: from 32768), so that nobody gets it by chance meanwhile.
    """
    for port in random.SystemRandom().sample(PORTS, 20):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise ServerMissing("no free port was found for the demo", "end other demos, and try again")

"""Kill points from outside: a proxy that kills at the n-th request, and a daemon that is killed at its n-th commit.

Nothing in the product knows of these. The proxy stands between the daemon and a real calendar server; the daemon is the
real one, started in a process whose database commits are counted from the outside.
"""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

import requests

When = Literal["before", "after"]

DAEMON = """
import os, signal, sys, threading
from sqlalchemy.engine.default import DefaultDialect

number, when, arguments = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
commit, seen, lock = DefaultDialect.do_commit, 0, threading.Lock()

def counted(self, connection):
    global seen
    if threading.current_thread() is threading.main_thread():
        return commit(self, connection)  # starting up: no work is under way yet
    with lock:
        seen += 1
        mine = seen == number
    if mine and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    commit(self, connection)
    if mine:
        os.kill(os.getpid(), signal.SIGKILL)

DefaultDialect.do_commit = counted
from syncd.__main__ import main
sys.argv = ["syncd", *arguments]
sys.exit(main())
"""


def start_daemon(
    config: Path, log: Path, *, commit: int = 0, when: When = "before"
) -> subprocess.Popen[bytes]:
    """`syncd run`; killed at its `commit`-th commit outside the main thread, 0 = never."""
    command = [sys.executable, "-c", DAEMON, str(commit), when, "run", "--config", str(config)]
    with log.open("ab") as out:
        return subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)


def end(process: subprocess.Popen[bytes]) -> int:
    """SIGTERM if it still runs, and its exit code."""
    if process.poll() is None:
        process.terminate()
    return process.wait(timeout=30)


@dataclass
class KillingProxy:
    """Forwards to `upstream`; kills `victim` before or after forwarding the `at`-th request counted since `aim`."""

    upstream: str
    victim: int = 0
    at: int = 0
    when: When = "before"
    seen: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        proxy = self

        class Forward(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                proxy.forward(self)

            def log_message(self, *_: object) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Forward)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        """Where the proxy listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def aim(self, at: int, when: When) -> None:
        """Kill at the `at`-th request from now on (0 = never)."""
        with self._lock:
            self.seen, self.at, self.when, self.victim = [], at, when, 0

    def forward(self, asked: BaseHTTPRequestHandler) -> None:
        """One request: counted, perhaps the last that its sender makes."""
        body = asked.rfile.read(int(asked.headers.get("Content-Length") or 0))
        with self._lock:
            self.seen.append(asked.command)
            kill = len(self.seen) == self.at
        if kill and self.when == "before":
            self._kill(asked)
            return
        headers = {
            name: value for name, value in asked.headers.items() if name.lower() not in ("host", "connection")
        }
        answer = requests.request(
            asked.command, self.upstream.rstrip("/") + asked.path, data=body, headers=headers, timeout=30,
            allow_redirects=False,
        )  # fmt: skip
        if kill:
            self._kill(asked)
            return
        asked.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in (
                "content-length",
                "transfer-encoding",
                "connection",
                "content-encoding",
                "date",
                "server",
            ):
                asked.send_header(name, value)
        asked.send_header("Content-Length", str(len(answer.content)))
        asked.end_headers()
        if asked.command != "HEAD":
            asked.wfile.write(answer.content)

    def _kill(self, asked: BaseHTTPRequestHandler) -> None:
        asked.close_connection = True
        if self.victim:
            os.kill(self.victim, signal.SIGKILL)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

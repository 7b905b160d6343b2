"""The daemon as a service: it says when it is ready and when it stops, ends within seconds, and is at peace with commands."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from daemons import Scene
from killing import DEAF, end, start_daemon
from servers import SECRET

from store import calendars, due
from syncd.actions import changes
from syncd.actions.accept import accept
from syncd.actions.now import sync_now
from syncd.actions.owed import wait
from syncd.actions.tokens import create_token
from syncd.garbage import MIDDLE, OLD, YOUNG

PATIENCE = timedelta(seconds=60)


@pytest.fixture
def notified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """systemd's end of NOTIFY_SOCKET."""
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
        there.bind(path)
        there.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        yield there


def fields(there: socket.socket) -> dict[str, str]:
    """One datagram from the daemon."""
    return dict(line.split("=", 1) for line in there.recv(4096).decode().splitlines())


@contextlib.contextmanager
def running(scene: Scene) -> Iterator[subprocess.Popen[bytes]]:
    daemon = start_daemon(scene.config, scene.folder / "daemon.log")
    try:
        yield daemon
    finally:
        daemon.kill() if daemon.poll() is None else None
        daemon.wait()


def test_ready_once_the_clock_runs_and_stopping_on_sigterm(scene: Scene, notified: socket.socket) -> None:
    with running(scene) as daemon:
        ready = fields(notified)
        assert ready["READY"] == "1"
        assert "2 agents" in ready["STATUS"]
        daemon.terminate()
        assert fields(notified)["STOPPING"] == "1"
        assert daemon.wait(30) == 0


WATCHED = """
import atexit, gc, sys
from syncd.__main__ import main
atexit.register(lambda: print(gc.get_threshold(), gc.get_freeze_count() > 0))
sys.exit(main(["run", "--config", sys.argv[1]]))
"""


def test_it_looks_for_garbage_seldom_and_not_at_what_is_there_to_stay(
    scene: Scene, notified: socket.socket
) -> None:
    """Or every question waits now and then for a look at everything (decision 24)."""
    command = [sys.executable, "-c", WATCHED, str(scene.config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as daemon:
        try:
            assert fields(notified)["READY"] == "1"
            daemon.terminate()
            said, _ = daemon.communicate(timeout=60)
        finally:
            daemon.kill()
    assert said.strip() == f"{(YOUNG, MIDDLE, OLD)} True"


def test_it_answers_over_http_and_counts_what_it_does(scene: Scene, notified: socket.socket) -> None:
    with scene.context() as ctx:
        token = create_token(ctx, "read", by="test").secret
        with ctx.store.writing() as tx:
            for login in calendars.logins(tx):
                due.make_login_due(tx, login.id, ctx.clock())
    with running(scene) as daemon:
        assert fields(notified)["READY"] == "1"
        found = re.search(
            r"listening address=(\S+)$", (scene.folder / "daemon.log").read_text(), re.MULTILINE
        )
        assert found is not None
        url = f"http://{found[1]}"
        for path in ("/livez", "/readyz"):
            assert requests.get(url + path, timeout=30).status_code == 200
        passed = re.compile(
            r'^syncd_calendar_sync_total\{connector="caldav",result="ok"\} 2\.0$', re.MULTILINE
        )
        while not passed.search(metrics := metrics_of(url, token)):
            assert daemon.poll() is None
        assert re.search(
            r'^syncd_remote_requests_total\{code="207",connector="caldav"\} [1-9]', metrics, re.MULTILINE
        )
        assert 'syncd_calendars{state="ok"} 2.0' in metrics
        assert end(daemon) == 0


def metrics_of(url: str, token: str) -> str:
    said = requests.get(f"{url}/metrics", headers={"Authorization": f"Bearer {token}"}, timeout=30)
    assert said.status_code == 200
    return said.text


def test_a_signal_right_before_the_wait_for_it_is_not_lost(scene: Scene, notified: socket.socket) -> None:
    command = [sys.executable, "-c", DEAF, "run", "--config", str(scene.config)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as daemon:
        assert fields(notified)["READY"] == "1"
        daemon.terminate()
        try:
            assert daemon.wait(30) == 0
        finally:
            daemon.kill()


def test_a_server_that_does_not_answer_does_not_keep_it_from_ending(
    scene: Scene, notified: socket.socket
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        silent.settimeout(30)
        silence = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        scene.config.write_text(scene.config.read_text().replace(scene.proxy.url, silence))
        with scene.context() as ctx, ctx.store.writing() as tx:
            for login in calendars.logins(tx):
                due.make_login_due(tx, login.id, ctx.clock())
        with running(scene) as daemon:
            assert fields(notified)["READY"] == "1"
            asked, _ = silent.accept()
            with asked:  # and no answer comes
                daemon.send_signal(signal.SIGTERM)
                assert daemon.wait(30) == 0


def test_commands_beside_the_daemon_and_the_daemon_never_undo_each_other(
    scene: Scene, notified: socket.socket
) -> None:
    """Changes in quick succession from several threads, delivered by whoever comes first: one event in the end."""
    meeting = scene.planned()
    with running(scene) as daemon, scene.context() as ctx, ThreadPoolExecutor(4) as pool:
        fields(notified)

        def assign(to: str) -> None:
            with scene.context() as own:
                accept(own, changes.assign(meeting, to, by="test"))
                wait(own, meeting, timedelta(seconds=2), pool)

        threads = [threading.Thread(target=assign, args=(to,)) for to in ("anna", "ben") * 3]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        accept(ctx, changes.assign(meeting, "ben", by="test"))
        assert wait(ctx, meeting, PATIENCE, pool)
        end(daemon)
    scene.check(meeting)


def test_what_only_the_service_can_sign_in_for_is_left_to_it(
    scene: Scene, notified: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command that does not see the credential hands the work to the daemon, and waits; nothing is marked as failed."""
    scene.config.write_text(
        scene.config.read_text().replace('{ env = "SYNCD_TEST_SECRET" }', '{ credential = "lab" }')
    )
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "lab").write_text(SECRET)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    meeting = scene.planned()
    daemon = start_daemon(scene.config, scene.folder / "daemon.log")
    try:
        fields(notified)
        del os.environ["CREDENTIALS_DIRECTORY"]
        with scene.context() as ctx, ThreadPoolExecutor(2) as pool:
            assert wait(ctx, meeting, PATIENCE, pool)
            assert sync_now(ctx, pool).failed == ()
            with ctx.store.reading() as tx:
                assert {login.state for login in calendars.logins(tx)} == {"ok"}
    finally:
        os.environ["CREDENTIALS_DIRECTORY"] = str(tmp_path / "credentials")
        assert end(daemon) == 0
    scene.check(meeting)

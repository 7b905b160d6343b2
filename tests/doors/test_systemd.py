"""sd_notify(3) against a real datagram socket, and the unit's own promises, judged by systemd where it is installed."""

import configparser
import re
import shutil
import socket
import subprocess
import uuid
from pathlib import Path

import pytest

from syncd import systemd

PACKAGING = Path(__file__).parents[2] / "packaging"
UNIT = PACKAGING / "syncd.service"


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path, monkeypatch):
    """The service manager's end of the socket; reading what is not there fails at once."""
    name = str(tmp_path / "notify") if request.param == "path" else f"@syncd-test-{uuid.uuid4()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(name.replace("@", "\0", 1) if name.startswith("@") else name)
        sock.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        yield sock


CALLS = {
    "ready": (systemd.ready, b"READY=1"),
    "ready with a status": (lambda: systemd.ready("6 agents"), b"READY=1\nSTATUS=6 agents"),
    "status": (lambda: systemd.status("all calendars fresh"), b"STATUS=all calendars fresh"),
    "stopping": (systemd.stopping, b"STOPPING=1"),
    "stopping with a status": (lambda: systemd.stopping("finishing"), b"STOPPING=1\nSTATUS=finishing"),
    "watchdog": (systemd.watchdog, b"WATCHDOG=1"),
    "several fields": (
        lambda: systemd.notify("RELOADING=1", "MONOTONIC_USEC=5"),
        b"RELOADING=1\nMONOTONIC_USEC=5",
    ),
    "beyond ASCII": (lambda: systemd.status("caf\u00e9"), "STATUS=caf\u00e9".encode()),
    "a status of two lines": (lambda: systemd.status(" a\nREADY=1\r\n b "), b"STATUS=a READY=1 b"),
}


@pytest.mark.parametrize(("call", "datagram"), CALLS.values(), ids=CALLS)
def test_each_call_is_one_datagram(manager, call, datagram):
    assert call() is True
    assert manager.recv(4096) == datagram
    with pytest.raises(BlockingIOError):
        manager.recv(4096)


@pytest.mark.parametrize("fields", [("READY",), ("STATUS=a\nREADY=1",), ("READY=1", "x"), ("",)])
def test_what_is_not_one_field_is_refused_and_nothing_sent(manager, fields):
    with pytest.raises(ValueError, match="not one NAME=value field"):
        systemd.notify(*fields)
    with pytest.raises(BlockingIOError):
        manager.recv(4096)


def test_nothing_to_say_is_not_said(manager):
    assert systemd.notify() is False
    assert systemd.status(" \n") is False
    with pytest.raises(BlockingIOError):
        manager.recv(4096)


@pytest.mark.parametrize("address", [None, "", "relative", "vsock:2:1", "/nowhere/notify", "@syncd-test-nobody", "/" + "x" * 200])  # fmt: skip
def test_nobody_listens(monkeypatch, address):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    if address is not None:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
    assert systemd.ready() is False


def test_a_manager_that_does_not_read_does_not_stop_us(manager, monkeypatch):
    monkeypatch.setattr(systemd, "PATIENCE", 0.01)
    assert systemd.status("first") is True
    assert any(systemd.status("x" * 1000) is False for _ in range(100_000))
    assert manager.recv(4096) == b"STATUS=first"


# The unit ------------------------------------------------------------------------------------------------------------


def unit():
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read_string(UNIT.read_text(encoding="utf-8"))
    return parser["Service"]


def test_the_unit_fits_what_the_daemon_does():
    service = unit()
    assert (service["Type"], service["NotifyAccess"], service["User"]) == ("notify", "main", "syncd")
    assert service["ExecStart"] == "/opt/syncd/bin/syncd run --config /etc/syncd/config.toml"
    assert (service["Restart"], service["RestartPreventExitStatus"]) == ("on-failure", "77 78")
    assert (service["StateDirectory"], service["ConfigurationDirectory"]) == ("syncd", "syncd")
    assert "#LoadCredential=" in UNIT.read_text(encoding="utf-8")


def test_the_unit_promises_nothing_the_daemon_does_not_do():
    assert not {"ExecReload", "WatchdogSec"} & set(unit())


def test_the_user_of_the_unit_is_made_and_owns_the_state():
    users = (PACKAGING / "sysusers.d/syncd.conf").read_text(encoding="utf-8")
    folders = (PACKAGING / "tmpfiles.d/syncd.conf").read_text(encoding="utf-8")
    service = unit()
    assert re.search(rf"^u {service['User']} ", users, re.MULTILINE)
    assert re.search(rf"^d /var/lib/syncd {service['StateDirectoryMode']} syncd syncd", folders, re.MULTILINE)
    assert re.search(
        rf"^d /etc/syncd {service['ConfigurationDirectoryMode']} root syncd", folders, re.MULTILINE
    )


def needs(program):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


@needs("systemd-analyze")
def test_the_unit_is_hardened():
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", str(UNIT)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert judged.returncode == 0, judged.stdout + judged.stderr


@needs("systemd-analyze")
def test_the_unit_is_understood_to_the_last_line(tmp_path):
    copy = tmp_path / "syncd.service"
    program = shutil.which("true")
    copy.write_text(re.sub(r"^ExecStart=\S+", f"ExecStart={program}", UNIT.read_text(encoding="utf-8"), flags=re.MULTILINE))  # fmt: skip
    judged = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True, timeout=60
    )
    ours = [line for line in judged.stderr.splitlines() if str(copy) in line or "syncd.service" in line]
    assert ours == []


@needs("systemd-sysusers")
@needs("systemd-tmpfiles")
def test_user_and_folders_are_made(tmp_path):
    (tmp_path / "etc").mkdir()
    for program, *options in (("systemd-sysusers",), ("systemd-tmpfiles", "--create")):
        file = PACKAGING / f"{program.removeprefix('systemd-')}.d/syncd.conf"
        made = subprocess.run(
            [program, *options, f"--root={tmp_path}", str(file)], capture_output=True, text=True, timeout=60
        )
        if "ermission denied" in made.stderr or "not permitted" in made.stderr:
            pytest.skip("making another user's folders needs root")
        assert made.returncode == 0, made.stderr
    assert re.search(r"^syncd:", (tmp_path / "etc/passwd").read_text(encoding="utf-8"), re.MULTILINE)
    modes = {name: oct((tmp_path / name).stat().st_mode & 0o7777) for name in ("etc/syncd", "etc/syncd/secrets", "var/lib/syncd")}  # fmt: skip
    assert modes == {"etc/syncd": "0o750", "etc/syncd/secrets": "0o750", "var/lib/syncd": "0o700"}

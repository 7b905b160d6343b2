"""A real Cyrus IMAP server (Debian's cyrus-caldav) as a third CalDAV server for the tests, where it is installed and we are root.

It is a server of this session's own: configuration, mailboxes and passwords in a temporary directory, loopback only, mail
handed to nobody. Its master process runs under a small watcher, which ends it by its process id, also when the tests are
killed. `.ci/run` installs the packages; elsewhere the tests that ask for it are skipped.
"""

import contextlib
import imaplib
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from servers import SECRET, CalDavServer, answering, free_port

MASTER, CTL, PASSWORDS = Path("/usr/lib/cyrus/bin/master"), "/usr/sbin/cyrus", "saslpasswd2"
DOMAIN = "lab.example.com"
RIGHTS = "lrswipkxtecdan789"
"""What a user may do with the own mailbox, calendars included (RFC 4314, and Cyrus' 7 to 9)."""

WATCHER = """
import signal, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
try:
    sys.stdin.buffer.read()
finally:
    child.terminate()
    try:
        child.wait(3)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
"""
"""Runs until its standard input closes, and takes the server along, also a master that runs in circles and hears nothing."""

SETTINGS = """\
configdirectory: {home}/conf
defaultpartition: default
partition-default: {home}/spool
proc_path: {home}/proc
mboxname_lockpath: {home}/lock
admins: admin
allowplaintext: yes
servername: {domain}
defaultdomain: {domain}
altnamespace: yes
unixhierarchysep: yes
virtdomains: off
autocreate_post: yes
sasl_mech_list: PLAIN LOGIN
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {home}/passwords
httpmodules: caldav
calendar_user_address_set: example.com
caldav_allowscheduling: on
sendmail: /bin/false
syslog_prefix: syncd-tests
"""

SERVICES = """\
START {{
  recover cmd="{ctl} ctl_cyrusdb -C {home}/settings -r"
}}
SERVICES {{
  imap cmd="/usr/lib/cyrus/bin/imapd -C {home}/settings" listen="127.0.0.1:{imap}" prefork=0 maxchild=8 proto=tcp4
  http cmd="/usr/lib/cyrus/bin/httpd -C {home}/settings" listen="127.0.0.1:{http}" prefork=1 maxchild=40 proto=tcp4
}}
EVENTS {{
  checkpoint cmd="{ctl} ctl_cyrusdb -C {home}/settings -c" period=30
}}
"""


FOLDERS = ("conf", "conf/db", "conf/socket", "conf/user", "conf/quota", "spool", "proc", "lock")


def why_not() -> str:
    """Why there is no Cyrus here; "" where there is."""
    if not MASTER.exists() or shutil.which(PASSWORDS) is None:
        return "Cyrus is not installed (Debian: cyrus-imapd cyrus-caldav sasl2-bin libsasl2-modules)"
    return "" if os.geteuid() == 0 else "Cyrus changes to a user of its own, which only root can"


@dataclass
class Cyrus(CalDavServer):
    """The server; a login is a password and a mailbox."""

    data: Path = Path()
    imap: int = 0

    def add_user(self, name: str | None = None, secret: str = SECRET) -> str:
        login = name or f"agent{next(self._numbers)}"
        set_password(self.data, login, secret)
        self.users[login] = secret
        with imaplib.IMAP4("127.0.0.1", self.imap) as admin:
            admin.login("admin", SECRET)
            for command, *arguments in (("CREATE",), ("SETACL", login, RIGHTS)):
                said, why = admin._simple_command(command, f"user/{login}", *arguments)
                assert said == "OK", why
        self.request("PROPFIND", self.home(login), login, headers={"Depth": "0"}, expect=(207,))
        return login

    def home(self, user: str) -> str:
        return f"/dav/calendars/user/{user}/"


def set_password(data: Path, login: str, secret: str) -> None:
    asked = [PASSWORDS, "-p", "-c", "-f", str(data / "passwords"), "-u", DOMAIN, login]
    subprocess.run(asked, input=f"{secret}\n".encode(), check=True, capture_output=True)
    shutil.chown(data / "passwords", "cyrus", "mail")


def start_cyrus(data: Path) -> Cyrus:
    """Start it with its data in `data`, which everybody must be able to enter."""
    http, imap = free_port(), free_port()
    for name in FOLDERS:
        (data / name).mkdir()
    named = {"home": data, "domain": DOMAIN, "ctl": CTL, "imap": imap, "http": http}
    (data / "settings").write_text(SETTINGS.format(**named))
    (data / "services").write_text(SERVICES.format(**named))
    set_password(data, "admin", SECRET)
    owner = pwd.getpwnam("cyrus")
    for path in (data, *data.rglob("*")):
        os.chown(path, owner.pw_uid, owner.pw_gid)
    command = [
        str(MASTER),
        "-C",
        str(data / "settings"),
        "-M",
        str(data / "services"),
        "-p",
        str(data / "pid"),
    ]
    log = data / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", WATCHER, *command], stdin=subprocess.PIPE, stdout=out, stderr=out
        )
    url = f"http://127.0.0.1:{http}/dav/"
    return answering(Cyrus("cyrus", url, data / "users", process, data=data, imap=imap), log)


@pytest.fixture(scope="session")
def cyrus() -> Iterator[Cyrus]:
    """A running Cyrus, shared by the session's tests."""
    if why := why_not():
        pytest.skip(why)
    data = Path(tempfile.mkdtemp(prefix="syncd-cyrus-"))
    data.chmod(0o755)
    server = start_cyrus(data)
    try:
        yield server
    finally:
        server.stop()
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(data)

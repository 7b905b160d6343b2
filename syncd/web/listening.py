"""Where requests are taken: at a host and port, or at a Unix socket (unix(7)), to which the file system says who may come.

A socket file that a killed daemon left behind is taken over; one at which somebody answers, or any other file, is not.
"""

import os
import socket
import stat
from pathlib import Path

from syncd.errors import SyncdError

UNIX = "unix:"
ONLY_GROUP = 0o660
"""Who may come to a Unix socket: its owner, and the group of the reverse proxy's user."""

WAITING = 100
"""Connections that may wait to be taken."""


class CantListen(SyncdError):
    """The address of [http] can't be listened on."""


def listening(listen: str) -> socket.socket:
    """A socket that takes connections there. Raises `CantListen`."""
    try:
        return _at_path(Path(listen.removeprefix(UNIX))) if listen.startswith(UNIX) else _at_port(listen)
    except OSError as error:
        reason = error.strerror or str(error) or "it is no address of this machine"
        raise CantListen(
            f"can't listen on {listen}: {reason}", "look at http.listen, and at what else runs"
        ) from error


def _at_port(listen: str) -> socket.socket:
    host, _, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    family, _, _, _, address = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0]
    made = socket.create_server(address[:2], family=family)
    # Head and body of an answer are two writes: without this the second waits 40 ms for the first to be acknowledged.
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def _at_path(path: Path) -> socket.socket:
    if _left_behind(path):
        path.unlink()
    made = socket.socket(socket.AF_UNIX)
    try:
        made.bind(str(path))
        path.chmod(ONLY_GROUP)
        made.listen(WAITING)
    except OSError:
        made.close()
        raise
    return made


def _left_behind(path: Path) -> bool:
    """Is there a socket file at which nobody answers any more?"""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            return False
    except FileNotFoundError:
        return False
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(1)
        try:
            asking.connect(str(path))
        except ConnectionRefusedError:
            return True
    return False


def named(taken: socket.socket) -> str:
    """The address as [http] would have it, with the port that was taken."""
    if taken.family == socket.AF_UNIX:
        return UNIX + os.fsdecode(taken.getsockname())
    host, port = taken.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def forget(address: str) -> None:
    """Leave no socket file behind. Done while it is still ours: afterwards it might be the next daemon's."""
    if address.startswith(UNIX):
        Path(address.removeprefix(UNIX)).unlink(missing_ok=True)

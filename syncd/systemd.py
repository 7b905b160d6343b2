"""Telling the service manager how we are: sd_notify(3), without a library.

One datagram to the socket that $NOTIFY_SOCKET names: a path, or with "@" in front a name in Linux' abstract namespace
(unix(7)). Without that variable nobody asked, and nothing is sent.
"""

import os
import socket

PATIENCE = 5.0
"""Seconds. The manager reads at once; one that doesn't must not stop us."""


def notify(*fields: str) -> bool:
    """Send these `NAME=value` fields together, in one datagram. False when nobody listens.

    Raises `ValueError` for a field that is none or would become two.
    """
    for field in fields:
        if "=" not in field or "\n" in field:
            raise ValueError(f"not one NAME=value field: {field!r}")
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not fields or address[:1] not in ("/", "@"):
        return False
    return _sent("\n".join(fields).encode(), "\0" + address[1:] if address[0] == "@" else address)


def _sent(data: bytes, address: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        sock.settimeout(PATIENCE)
        try:
            sock.sendto(data, address)
        except OSError:  # the manager is gone or does not read: no reason to stop serving calendars
            return False
    return True


def ready(text: str = "") -> bool:
    """Started: the store is migrated and the clock runs. With a text, that is shown as the status."""
    return notify("READY=1", *_status(text))


def status(text: str) -> bool:
    """What `systemctl status` shows, on one line."""
    return notify(*_status(text))


def stopping(text: str = "") -> bool:
    """About to end, in good order."""
    return notify("STOPPING=1", *_status(text))


def watchdog() -> bool:
    """Still healthy. To be called from a health check, never from a bare timer: a timer runs on in a sick process."""
    return notify("WATCHDOG=1")


def _status(text: str) -> tuple[str, ...]:
    line = " ".join(text.split())
    return (f"STATUS={line}",) if line else ()

"""An account, and the connections a process keeps to all of them.

An account is a server and how it is reached; a login (name and secret) is one agent's sign-in there.
"""

import threading
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast

from connectors.http.auth import Challenges
from connectors.http.pool import Pool
from connectors.http.wire import Limits
from connectors.ical.limits import DEFAULTS
from connectors.ical.limits import Limits as Caps

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Account:
    """A server as configured. `hosts`: further servers ("host" or "host:port") it may send us to; `ca_file`: PEM.

    `per_host`: connections to one of its servers at once; None = the process's usual limit (`wire.Limits`). `caps`: how
    much of one of its iCalendar objects is looked at.

    The fields from `tenant` on are Outlook's: `url` is then Graph's, and the secret of every login is the application's
    (`certificate`: a certificate with its key as PEM, else a client secret); `authority` "" is the worldwide cloud's.
    `per_mailbox`: requests under way at once for one mailbox.
    """

    kind: str
    url: str
    auth: Literal["basic", "digest", "bearer"] = "basic"
    hosts: tuple[str, ...] = ()
    ca_file: str = ""
    per_host: int | None = None
    caps: Caps = DEFAULTS
    tenant: str = ""
    client_id: str = ""
    certificate: bool = False
    authority: str = ""
    per_mailbox: int = 2


class Connections:
    """What all connectors of a process share. Usable from many threads; close it when the process ends.

    `requests` counts every request sent, redirects and repeated ones included.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.pool = Pool(self.limits)
        self.challenges = Challenges()
        self._lock = threading.Lock()
        self._requests = 0
        self._answers: Counter[tuple[str, str]] = Counter()
        self._waited = 0.0
        self._shared: dict[Hashable, Any] = {}

    @property
    def requests(self) -> int:
        """How many requests were sent so far."""
        return self._requests

    def count(self) -> None:
        """A request is about to be sent."""
        with self._lock:
            self._requests += 1

    def answered(self, kind: str, code: str) -> None:
        """An account of this kind answered with this status; `error` where no answer came."""
        with self._lock:
            self._answers[kind, code] += 1

    def answers(self) -> dict[tuple[str, str], int]:
        """(kind of account, status) -> how often so far."""
        with self._lock:
            return dict(self._answers)

    def paused(self, seconds: float) -> None:
        """So long was waited before a request, because its server had refused for going too fast."""
        with self._lock:
            self._waited += seconds

    @property
    def waited(self) -> float:
        """How many seconds that makes so far, by all who waited."""
        return self._waited

    def shared(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """What connectors of one account have in common (a sign-in, a limit): made at first use, kept for the process."""
        with self._lock:
            if key not in self._shared:
                self._shared[key] = make()
            return cast("Kept", self._shared[key])

    def close(self) -> None:
        """Close the idle connections. Safe to call twice."""
        self.pool.close()

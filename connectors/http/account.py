"""An account, and the connections a process keeps to all of them.

An account is a server and how it is reached; a login (name and secret) is one agent's sign-in there.
"""

import threading
from dataclasses import dataclass
from typing import Literal

from connectors.http.auth import Challenges
from connectors.http.pool import Pool
from connectors.http.wire import Limits


@dataclass(frozen=True, slots=True)
class Account:
    """A server as configured. `hosts`: further servers ("host" or "host:port") it may send us to; `ca_file`: PEM."""

    kind: str
    url: str
    auth: Literal["basic", "digest", "bearer"] = "basic"
    hosts: tuple[str, ...] = ()
    ca_file: str = ""


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

    @property
    def requests(self) -> int:
        """How many requests were sent so far."""
        return self._requests

    def count(self) -> None:
        """A request is about to be sent."""
        with self._lock:
            self._requests += 1

    def close(self) -> None:
        """Close the idle connections. Safe to call twice."""
        self.pool.close()

"""Faults by request: what goes wrong, for which requests, and how often.

Statuses and bodies as Graph and what stands before it were seen to give them (table in Microsoft's errors page, threads).
"""

import re
import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from syncd.demo.graph.knobs import Knobs
from syncd.demo.graph.refusal import Refused
from syncd.demo.graph.throttle import retry_headers

Wire = Literal["", "reset", "slow", "cut"]
HTML = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"
LOGIN = b"<!DOCTYPE html><html><body><form action='/login'>Sign in</form></body></html>"


@dataclass(frozen=True, slots=True)
class Kind:
    """A fault. `after`: only once the request was done. `status` 0: the answer's own. `html`: instead of its body."""

    status: int = 0
    code: str = ""
    html: bytes = b""
    after: bool = False
    wire: Wire = ""


KINDS = {
    "500": Kind(500, "ErrorInternalServerTransientError"),
    "502": Kind(502, html=HTML),
    "503": Kind(503, "ServiceUnavailable"),
    "504-after": Kind(504, "UnknownError", after=True),
    "reset-before": Kind(wire="reset"),
    "reset-after": Kind(after=True, wire="reset"),
    "slow": Kind(after=True, wire="slow"),
    "cut": Kind(after=True, wire="cut"),
    "truncated": Kind(after=True),
    "html": Kind(200, html=LOGIN),
    "html-after": Kind(200, html=LOGIN, after=True),
    "401": Kind(401, "InvalidAuthenticationToken"),
    "403": Kind(403, "ErrorAccessDenied"),
    "404": Kind(404, "ErrorItemNotFound"),
    "409": Kind(409, "ErrorConcurrentItemSave"),
    "412": Kind(412, "ErrorIrresolvableConflict"),
    "429": Kind(429, "TooManyRequests"),
    "507": Kind(507, "ErrorQuotaExceeded"),
}
"""`slow` drips its bytes; `cut` ends in the middle of the body it announced; `truncated` is whole as HTTP, but half a JSON."""


@dataclass(slots=True)
class Fault:
    """A fault in waiting. It strikes requests of `method` ("": any) whose path and query `path` is found in; `times` -1: always."""

    kind: str
    method: str = ""
    path: str = ""
    times: int = 1
    hits: int = field(default=0)

    def strikes(self, method: str, target: str) -> bool:
        wanted = self.method in ("", method)
        return wanted and self.times != 0 and re.search(self.path, target, re.IGNORECASE) is not None


class Faults:
    """The faults that are programmed, in the order they were."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, kind: str, *, method: str = "", path: str = "", times: int = 1) -> Fault:
        """Program a fault. Raises KeyError for one that is not known."""
        KINDS[kind]
        fault = Fault(kind, method, path, times)
        with self._lock:
            self._waiting.append(fault)
        return fault

    def heal(self) -> None:
        """No fault strikes any more."""
        with self._lock:
            self._waiting.clear()

    def next(self, method: str, target: str) -> Fault | None:
        """The fault that strikes this request."""
        with self._lock:
            for fault in self._waiting:
                if fault.strikes(method, target):
                    fault.times -= 1 if fault.times > 0 else 0
                    fault.hits += 1
                    return fault
        return None


def refusal(kind: Kind, knobs: Knobs, now: datetime) -> Refused:
    """The fault as Graph's error."""
    headers = retry_headers(knobs, now) if kind.status in (429, 503) else {}
    return Refused(kind.status, kind.code, headers=headers)

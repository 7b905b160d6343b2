"""A record of every exchange, a JSON object a line, for a referee that was not there (graph_validate.py takes it as it is).

Tokens are not written down. With each exchange stand the knobs that were not at their default, and the fault that struck,
so that a judge knows which answers were wrong on purpose.
"""

import json
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from syncd.demo.graph.asking import Request

Exchange = dict[str, Any]


class Recording:
    """The last `most` exchanges, oldest first."""

    def __init__(self, most: int = 100_000) -> None:
        self._lock = threading.Lock()
        self.exchanges: deque[Exchange] = deque(maxlen=most)

    def add(
        self, request: Request, status: int | None, headers: Mapping[str, str], body: bytes,
        *, started: float, ended: float, turned: Mapping[str, str],
    ) -> None:  # fmt: skip
        """Note an exchange; `status` None: it was not answered."""
        asked = {**request.headers}
        if "authorization" in asked:
            asked["authorization"] = f"{asked['authorization'].partition(' ')[0]} hidden"
        self.note({
            "method": request.method, "url": request.base.removesuffix("/v1.0") + request.target,
            "request_headers": asked, "request_body": text_of(request.body), "status": status,
            "response_headers": dict(headers), "response_body": text_of(body), "started": started, "ended": ended,
            "knobs": dict(turned),
        })  # fmt: skip

    def note(self, exchange: Exchange) -> None:
        """Note anything else that is exchanged."""
        with self._lock:
            self.exchanges.append(exchange)

    def write(self, path: Path, *, only_plain: bool = False) -> int:
        """Write the record as JSONL; returns how many lines. `only_plain`: those with no knob turned and no fault."""
        with self._lock:
            lines = [json.dumps(one) for one in self.exchanges if not (only_plain and one.get("knobs"))]
        path.write_text("".join(f"{line}\n" for line in lines))
        return len(lines)


def text_of(body: bytes) -> str | None:
    """A body as text, None if there is none."""
    return body.decode(errors="replace") if body else None

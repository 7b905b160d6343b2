"""What Schemathesis is told of this house (its hooks): things that there are and times that lie ahead, so that much is accepted, too.

Read by Schemathesis itself, in a process of its own (test_api_explored.py). What is wrong in another way stays wrong.
"""

import os
from datetime import datetime, timedelta
from typing import Any

import schemathesis
from hypothesis import strategies as st

NOW = datetime.fromisoformat(os.environ["SYNCD_EXPLORED_AT"])
AGENTS = ("anna", "ben", "cleo", "dora")
"""Nobody knows the last."""

KNOWN = {
    "meetings": ("m1", "m2", "m3", "m4", "new"),
    "agents": AGENTS,
    "deliveries": (os.environ["SYNCD_EXPLORED_OWED"], "1", "2"),
}
ENDING = {"cancel": ("m3", "new"), "status": ("m4", "new")}
"""What ends a meeting is asked of these, so that there is always one left to invite to, to reschedule and to assign."""


def spelt(hours: int) -> str:
    return f"{NOW + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"


schemathesis.openapi.format("date-time", st.integers(-3, 200).map(spelt))


@schemathesis.hook
def map_path_parameters(context: schemathesis.HookContext, path_parameters: Any) -> Any:
    """Most ids are of things that there are."""
    name = str((path_parameters or {}).get("id", ""))
    path = (context.operation.path if context.operation else "").split("/")
    known = ENDING.get(path[-1]) or KNOWN.get(path[2], ("1", "2", "3"))
    if len(name) % 4 != 3 and sensible(name, numbered=known[-1].isdecimal()):
        path_parameters["id"] = known[sum(map(ord, name)) % len(known)]
    return path_parameters


def sensible(name: str, *, numbered: bool) -> bool:
    """Whether the document allows this id: what was made up to be refused stays as it is."""
    if numbered:
        return name.isascii() and name.isdecimal() and 0 < int(name) < 2**63
    return bool(name) and name.isprintable()


@schemathesis.hook
def map_query(context: schemathesis.HookContext, query: Any) -> Any:
    """Intervals end after they start."""
    del context
    return in_order(query)


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: Any) -> Any:
    """Names of nobody become ours."""
    del context
    if isinstance(body, dict):
        for name in ("agent", "to"):
            if isinstance(body.get(name), str) and 1 <= len(body[name]) <= 64:
                body[name] = AGENTS[len(body[name]) % len(AGENTS)]
        if isinstance(body.get("group"), str) and 1 <= len(body["group"]) <= 64:
            body["group"] = "advice" if len(body["group"]) % 2 else None
    return in_order(body)


def in_order(asked: Any) -> Any:
    """An end that does not come within a day of its start is put an hour behind it."""
    if isinstance(asked, dict):
        times = [moment(asked.get(name)) for name in ("start", "end")]
        if all(times) and not timedelta(0) < times[1] - times[0] < timedelta(days=1):
            asked["end"] = f"{times[0] + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    return asked


def moment(text: Any) -> Any:
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None

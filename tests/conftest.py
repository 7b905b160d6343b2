"""What all tests share: Hypothesis profiles (the same examples on every run), and the fixtures of the servers."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))

pytest_plugins = [
    "stores",
    "servers",
    "worlds",
    "daemons",
    "graphs",
    "mailboxes",
    "referee",
    "cyrus",
    "rooms",
    "pages",
    "browsers",
]

settings.register_profile(
    "same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=100
)
settings.register_profile(
    "soak", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=5000
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What stands above the store is tried on SQLite by `make test`, and on PostgreSQL too by `make test-long`.

    The store's own tests run on both at once, and so does what is about PostgreSQL alone.
    """
    for item in items:
        if item.path.parent.name != "store" and _on_postgresql_as_well(item):
            item.add_marker(pytest.mark.long)


def _on_postgresql_as_well(item: pytest.Item) -> bool:
    call = getattr(item, "callspec", None)
    if call is None or call.params.get("dialect") != "postgresql":
        return False
    chosen = (mark.args for mark in item.iter_markers("parametrize"))
    return not any(args[:2] == ("dialect", ["postgresql"]) for args in chosen)

"""What all tests share: Hypothesis profiles (the same examples on every run), and the fixtures of the servers."""

import os
import sys
from pathlib import Path

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

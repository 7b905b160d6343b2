"""How things stand, as figures for Prometheus: looked up in the store whenever somebody asks, and told as `syncd status` tells it."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from store import meta, tokens
from syncd import __version__
from syncd.actions.context import Context
from syncd.actions.status import Status, status

STATES = ("ok", "syncing", "stale", "failing", "held", "no-access", "never-seen")
"""Of calendars. Each is told, also if none is in it: an alert on a series that is not there never fires."""


class Figures(Collector):
    """Gauges of the store's state, and what the connections to calendar servers counted."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._configured = ctx.clock()

    def describe(self) -> list[Metric]:
        """Nothing beforehand: else the store would be asked at the start."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All of them as they stand now. Raises `StoreError`."""
        found = status(self._ctx)
        yield _labelled("syncd_build_info", "The version that runs.", "version", {__version__: 1})
        yield from _of_calendars(found)
        yield from _of_work(found)
        with self._ctx.store.reading() as tx:
            size, ends = meta.size(tx), tokens.soonest_end(tx, found.as_of)
        yield GaugeMetricFamily("syncd_store_size_bytes", "The store on disk.", value=size)
        yield from _of_time(self._configured, ends)
        yield from self._of_requests()

    def _of_requests(self) -> Iterator[Metric]:
        asked = CounterMetricFamily(
            "syncd_remote_requests", "Requests to calendar servers; code is error where none came back.",
            labels=("connector", "code"),
        )  # fmt: skip
        for (kind, code), number in sorted(self._ctx.connections.answers().items()):
            asked.add_metric((kind, code), number)
        yield asked
        waited = self._ctx.connections.waited
        yield CounterMetricFamily(
            "syncd_throttle_wait_seconds", "Waited because servers refused for going too fast.", value=waited
        )


def _of_calendars(found: Status) -> Iterator[Metric]:
    yield GaugeMetricFamily("syncd_agents", "Agents that are configured.", value=found.agents)
    states = Counter(one.state for one in found.calendars)
    by_state = {state: states.get(state, 0) for state in STATES}
    yield _labelled("syncd_calendars", "Calendars by their state (syncd status).", "state", by_state)
    unreadable = sum(one.unreadable for one in found.calendars)
    yield GaugeMetricFamily("syncd_unreadable_objects", "Objects that can't be read whole.", value=unreadable)
    if found.push is not None:
        push = {"working": found.push.working, "polled": len(found.push.polled)}
        yield _labelled(
            "syncd_webhook_subscriptions", "Logins whose servers could tell of changes.", "state", push
        )


def _of_work(found: Status) -> Iterator[Metric]:
    backlog = found.backlog
    oldest = (found.as_of - backlog.oldest_pending).total_seconds() if backlog.oldest_pending else 0.0
    yield GaugeMetricFamily(
        "syncd_deliveries_pending", "Owed, and tried by themselves.", value=backlog.pending
    )
    yield GaugeMetricFamily("syncd_deliveries_failed", "Owed, and a person is needed.", value=backlog.failed)
    yield GaugeMetricFamily(
        "syncd_delivery_oldest_pending_seconds",
        "How long the oldest that should have happened waits.",
        value=oldest,
    )
    yield GaugeMetricFamily("syncd_drift", "Events that are not what was written.", value=found.drift)
    yield GaugeMetricFamily(
        "syncd_orphaned_meetings",
        "Coming meetings of agents no longer configured.",
        value=len(found.orphaned),
    )


def _of_time(configured: datetime, ends: datetime | None) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "syncd_config_last_reload_success_timestamp_seconds",
        "When the configuration that is followed was read: at the start.",
        value=configured.timestamp(),
    )
    expiry = GaugeMetricFamily(
        "syncd_token_expiry_timestamp_seconds", "When the first of the tokens that are good expires."
    )
    if ends is not None:
        expiry.add_metric((), ends.timestamp())
    yield expiry


def _labelled(name: str, about: str, label: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=(label,))
    for value, number in values.items():
        family.add_metric((value,), number)
    return family

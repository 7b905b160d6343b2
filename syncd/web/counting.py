"""The daemon's meter: counts for Prometheus (https://prometheus.io/docs/practices/naming/), kept in this process from its start.

No label ever names an agent: ten thousand of them would be ten thousand series, and a list of the staff.
"""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from syncd.meter import Meter, Pass

SHORT = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
ROUND = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
AGE = (10.0, 30.0, 60.0, 90.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 86400.0)


class Counting(Meter):
    """Counts what it is told, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._passes = self._counter(
            "syncd_calendar_sync", "Passes over a login's calendars.", "connector", "result"
        )
        self._seconds = self._histogram(
            "syncd_calendar_sync_duration_seconds", "Their length.", ROUND, "connector"
        )
        self._lag = self._histogram(
            "syncd_calendar_lag_seconds",
            "How old what was known of a login had become when it was looked at.",
            AGE,
        )
        self._deliveries = self._counter("syncd_delivery", "Tries to change a calendar.", "kind", "result")
        self._mails = self._counter("syncd_mail", "Tries to send a mail.", "result")
        self._under_way = Gauge(
            "syncd_executor_inflight",
            "Work that was claimed and is not done.",
            ("lane",),
            registry=self.registry,
        )
        self._notices = self._counter("syncd_webhook", "Notifications of changes that came in.", "result")
        self._ranked = self._histogram("syncd_candidate_query_seconds", "Candidates of a meeting.", SHORT)
        self._requests = self._counter("syncd_http_requests", "Requests over HTTP.", "method", "path", "code")
        self._answers = self._histogram("syncd_http_request_duration_seconds", "Their length.", SHORT, "path")

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(name, about, labels, registry=self.registry)

    def _histogram(self, name: str, about: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(name, about, labels, registry=self.registry, buckets=buckets)

    def passed(self, kind: str, result: Pass, seconds: float, lag: float | None) -> None:
        """See `Meter`."""
        self._passes.labels(kind, result).inc()
        self._seconds.labels(kind).observe(seconds)
        if lag is not None:
            self._lag.observe(lag)

    def delivered(self, target: str, kind: str, result: str) -> None:
        """See `Meter`."""
        if target == "mail":
            self._mails.labels(result).inc()
        else:
            self._deliveries.labels(kind, result).inc()

    def working(self, lane: str, under_way: Callable[[], int]) -> None:
        """See `Meter`."""
        self._under_way.labels(lane).set_function(under_way)

    def notified(self, genuine: int, forged: int) -> None:
        """See `Meter`."""
        self._notices.labels("genuine").inc(genuine)
        self._notices.labels("forged").inc(forged)

    def ranked(self, seconds: float) -> None:
        """See `Meter`."""
        self._ranked.observe(seconds)

    def answered(self, method: str, path: str, status: int, seconds: float) -> None:
        """See `Meter`."""
        self._requests.labels(method, path, str(status)).inc()
        self._answers.labels(path).observe(seconds)

"""What a consumer shows Prometheus while it works; nothing of it is imported where nobody asked for it.

The names and base units follow Prometheus's own advice: https://prometheus.io/docs/practices/naming/.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from wirewatch.errors import SettingsError
from wirewatch.settings import Settings
from wirewatch.stream.decoding import Rejected
from wirewatch.stream.lane import Lane, Records

BATCH_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60)


class Metrics:
    """What the consuming loop tells of itself, here to nobody: the consumer was given no address to show it at."""

    def worked(self, lane: Lane, records: Records, refused: Sequence[Rejected], seconds: float) -> None:
        """A batch is done, with its offsets final, after ``seconds`` of work."""

    def idle(self, lane: Lane) -> None:
        """Nothing came."""

    def failed(self) -> None:
        """A batch was given up and will be tried again."""

    def close(self) -> None:
        """Show nothing more."""


class Shown(Metrics):
    """The metrics of one consumer at ``http://host:port/metrics``, with its memory, CPU time and open files."""

    def __init__(self, group: str, host: str, port: int) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, start_http_server

        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        lane = ("consumer", "topic")
        self._group = group
        self._messages = Counter("wirewatch_messages", "Messages whose work is final.", lane, registry=registry)
        self._refused = Counter("wirewatch_dead_letters", "Messages refused for good.", lane, registry=registry)
        self._failed = Counter(
            "wirewatch_batches_given_up", "Batches that are tried again.", ("consumer",), registry=registry
        )
        self._lag = Gauge("wirewatch_lag_messages", "Messages that wait in the topic.", lane, registry=registry)
        self._size = Histogram(
            "wirewatch_batch_messages", "Messages a batch.", lane, registry=registry, buckets=BATCH_SIZES
        )
        self._took = Histogram(
            "wirewatch_batch_seconds",
            "From a batch's arrival until its offsets are final.",
            lane,
            registry=registry,
            buckets=SECONDS,
        )
        self._age = Histogram(
            "wirewatch_message_age_seconds",
            "From a message's time in Kafka until its work is final.",
            lane,
            registry=registry,
            buckets=SECONDS,
        )
        self._failed.labels(group)  # shown from the first moment, so that a rate over it begins at 0
        try:
            self._server, self._thread = start_http_server(port, host.strip("[]"), registry)
        except OSError as error:
            raise SettingsError(
                f"metrics of {group} cannot be shown at {host}:{port}: {error.strerror}; set WIREWATCH_METRICS to "
                "another port, or unset it"
            ) from None

    def worked(self, lane: Lane, records: Records, refused: Sequence[Rejected], seconds: float) -> None:
        """Count a batch."""
        labels = (self._group, lane.topic)
        size = sum(map(len, records.values()))
        self._messages.labels(*labels).inc(size)
        self._refused.labels(*labels).inc(len(refused))
        self._size.labels(*labels).observe(size)
        self._took.labels(*labels).observe(seconds)
        age, now_ms = self._age.labels(*labels), time.time() * 1000
        for partition in records.values():
            for record in partition:
                age.observe(max(0.0, now_ms - record.timestamp) / 1000)
        self.idle(lane)

    def idle(self, lane: Lane) -> None:
        """Say how far behind it is."""
        self._lag.labels(self._group, lane.topic).set(lane.behind())

    def failed(self) -> None:
        """Count a batch that is tried again."""
        self._failed.labels(self._group).inc()

    def close(self) -> None:
        """Free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def metrics_of(settings: Settings, group: str) -> Metrics:
    """The metrics of a consumer, shown where the settings say; raises SettingsError."""
    if settings.metrics is None:
        return Metrics()
    host, port = metrics_address(settings.metrics)
    return Shown(group, host, port)


def metrics_address(text: str) -> tuple[str, int]:
    """Host (IPv6 in brackets, as written) and port of ``WIREWATCH_METRICS``; raises SettingsError for anything else."""
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise SettingsError(f"WIREWATCH_METRICS is {text!r}: write host:port, such as 127.0.0.1:9464")
    return host, int(port)

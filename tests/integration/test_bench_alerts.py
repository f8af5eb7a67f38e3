"""The way from Kafka to a notification is measured on real servers, and leaves nothing there."""

from __future__ import annotations

import json

import httpx
import pytest
from click.testing import CliRunner

from wirewatch.bench.alerts import Latency, latency
from wirewatch.cli.bench import bench
from wirewatch.errors import BenchFailed
from wirewatch.settings import Settings


@pytest.mark.long
def test_the_way_to_a_receiver_is_measured_busy_and_idle(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("WIREWATCH_NER", "off")
    words = ["alerts", "--articles", "40", "--rate", "20", "--rules", "300", "--json"]
    result = CliRunner().invoke(bench, words, catch_exceptions=False)
    figures = json.loads(result.stdout)
    alerts, latencies = figures["stages"]["alerts"], figures["latency"]
    assert alerts["searchable"]["count"] == 40
    for one in (alerts["busy"], alerts["idle"], alerts["searchable"]):
        assert one["count"] >= 2
        assert 0 < one["p50_s"] <= one["p95_s"] <= one["p99_s"] < 60
    assert 0 < alerts["indexed_per_s"] <= 20
    assert latencies["alerted_p95_s"] == alerts["busy"]["p95_s"]
    assert latencies["alerted_idle_p95_s"] == alerts["idle"]["p95_s"]
    assert latencies["searchable_p95_s"] == alerts["searchable"]["p95_s"]
    assert {"tagger", "clusterer", "indexer", "alerter", "notifier"} <= set(alerts["cpu_ms"])
    assert httpx.get(f"{settings.elasticsearch}/_cat/indices/{settings.name_prefix}*").text == ""


def test_percentiles_are_those_of_what_came() -> None:
    assert latency([n / 100 for n in range(101)]) == Latency(101, 0.5, 0.95, 0.99)
    with pytest.raises(BenchFailed, match="0 came"):
        latency([])

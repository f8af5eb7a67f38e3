"""The line and its floor are measured on real servers, and leave nothing there."""

from __future__ import annotations

import json
import time

import httpx
import pytest
from click.testing import CliRunner

from wirewatch.bench.processes import Processes, at_work
from wirewatch.cli.bench import bench
from wirewatch.errors import BenchFailed
from wirewatch.settings import Settings


@pytest.mark.long
def test_line_and_floor_are_measured_with_what_each_process_costs(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("WIREWATCH_NER", "off")
    # The system counts processor time in steps of 10 ms: with few articles a stage of the floor takes none.
    result = CliRunner().invoke(bench, ["line", "--articles", "500", "--runs", "1", "--json"], catch_exceptions=False)
    figures = json.loads(result.stdout)
    line, floor = figures["line"], figures["floor"]
    assert 0 < line["articles_per_s"] < floor["articles_per_s"]
    assert figures["line_of_floor"] == pytest.approx(line["articles_per_s"] / floor["articles_per_s"], abs=0.001)
    assert {"tagger", "clusterer", "indexer", "alerter", "notifier"} <= set(line["cpu_ms"])
    assert all(0 < floor["cpu_ms"][stage] < line["cpu_ms"][stage] for stage in ("tagger", "clusterer", "indexer"))
    left = httpx.get(f"{settings.elasticsearch}/_cat/indices/{settings.name_prefix}*").text
    assert left == ""


def test_a_consumer_that_cannot_work_is_named(settings: Settings) -> None:
    at_home = ["-c", "raise SystemExit('nobody at home')"]
    said = pytest.raises(BenchFailed, match=r"^tagger could not be measured: .*nobody at home")
    with said, at_work(settings, [("tagger", at_home)]) as processes:
        _watch(processes)


def _watch(processes: Processes) -> None:
    for _ in range(200):
        processes.costs()
        time.sleep(0.05)

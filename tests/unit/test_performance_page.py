"""docs/performance.md says what was measured, and nothing else."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from wirewatch.bench.page import page

POLL = {"took_s": 3.26, "cpu_s": 5.5, "new": 30_000, "unchanged": 0}
LATENCY = {"count": 812, "p50_s": 0.21, "p95_s": 0.64, "p99_s": 1.13}


def figures(rate: float, tagger_ms: float) -> dict[str, Any]:
    """As `wirewatch bench --json` prints them."""
    return {
        "line": {
            "articles_per_s": rate,
            "slowest": rate - 9,
            "fastest": rate + 9,
            "cpu_ms": {"tagger": tagger_ms, "alerter": 0.4},
        },
        "floor": {"articles_per_s": 700.0, "cpu_ms": {"tagger": 0.25}},
        "line_of_floor": rate / 700,
        "memory_mb": {"tagger": 390, "line/alerter": 88},
        "stages": {
            "tagger": {"off": {"articles_per_s": 300.0, "articles_per_cpu_s": 310.4}},
            "rules": {"rules": 10_000, "ms_per_article": 0.447, "matching": 24.6, "sharing_a_word": 411.0},
            "rss": {"feeds": 1000, "items": 30, "wirewatch": {"first": POLL, "second": POLL | {"took_s": 1.44}}},
            "alerts": {
                "rules": 1000,
                "articles_per_s": 50.0,
                "indexed_per_s": 49.7,
                "busy": LATENCY,
                "searchable": LATENCY,
                "idle": LATENCY | {"p95_s": 0.33},
            },
        },
    }


def test_the_page_has_line_floor_stages_alerts_and_memory_as_they_were_measured() -> None:
    said = page(figures(70.0, 14.2), figures(350.0, 2.26), machine="2 cores", day=date(2026, 11, 26))
    for line in (
        "26 November 2026, 2 cores.",
        "| `WIREWATCH_NER=off` | 350 | 341 to 359 | 700 | 50% |",
        "| default settings | 70 | 61 to 79 | 700 | 10% |",
        "| tagger | 2.26 | 14.20 | 0.25 |",
        "| alerter | 0.40 | 0.40 |  |",
        '    x-axis ["tagger", "alerter"]',
        "    bar [2.26, 0.40]",
        "| tagger, model off | 310 articles a second of processor time |",
        "| 1,000 feeds of 30 items, all unchanged (both cores) | 1.4 s, 5.5 s of processor time |",
        "| busy | 0.21 s | 0.64 s | 1.13 s | 812 |",
        "| idle | 0.21 s | 0.33 s | 1.13 s | 812 |",
        "| tagger alone | 390 |",
        "| alerter in the line | 88 |",
    ):
        assert line in said.splitlines()


def test_what_reader_took_stands_beside_it_where_it_was_measured() -> None:
    run = figures(70.0, 14.2)
    run["stages"]["rss"]["reader"] = {"first": POLL | {"took_s": 17.0}, "second": POLL | {"took_s": 2.4}}
    said = page(run, run, machine="2 cores", day=date(2026, 11, 26))
    assert "| 1,000 feeds of 30 items, all new (both cores) | 3.3 s, 5.5 s of processor time; reader 17.0 s |" in said


def test_a_figure_that_is_missing_is_not_passed_over() -> None:
    with pytest.raises(KeyError):
        page(figures(70.0, 14.2), {}, machine="2 cores", day=date(2026, 11, 26))

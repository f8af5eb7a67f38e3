"""What was measured, kept so that it can be drawn how it changes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from wirewatch.models import Metric
from wirewatch.search.articles import write
from wirewatch.search.asked import Question, answers
from wirewatch.search.client import Connection, as_our_errors, connect
from wirewatch.search.documents import ARTICLES, CORRECTIONS, METRICS, metric_write
from wirewatch.search.indices import ensure_indices
from wirewatch.settings import Settings

MOST = 5_000
"""Figures that are read at most, the newest."""


def store_metrics(settings: Settings, metrics: Sequence[Metric]) -> int:
    """Keep each metric under its id in ``news-metrics``; how many were not there yet."""
    ensure_indices(settings)
    with connect(settings) as es, as_our_errors(settings):
        return write(es, settings, [metric_write(metric) for metric in metrics]).written


class Quality(msgspec.Struct, frozen=True):
    """Every figure that was kept, the newest first, and what can be counted: corrections, articles without tags."""

    metrics: tuple[Metric, ...]
    corrections: int
    articles: int
    without_place: int
    without_actor: int


def quality(es: Connection, settings: Settings) -> Quality:
    """What is known of how right the tags are."""
    newest = {"query": {"term": {"kind": "quality"}}, "size": MOST, "sort": [{"@timestamp": "desc"}, {"id": "asc"}]}
    without = {
        f"without_{name}": {"filter": {"bool": {"must_not": {"exists": {"field": field}}}}}
        for name, field in (("place", "locations"), ("actor", "actors"))
    }
    with as_our_errors(settings):
        measured, corrected, stored = answers(
            es,
            settings,
            [
                Question(METRICS, newest),
                Question(CORRECTIONS, {"size": 0, "track_total_hits": True}),
                Question(ARTICLES, {"size": 0, "track_total_hits": True, "aggs": without}),
            ],
        )
    groups = stored["aggregations"]
    return Quality(
        tuple(msgspec.convert(hit["_source"], Metric) for hit in measured["hits"]["hits"]),
        corrected["hits"]["total"]["value"],
        stored["hits"]["total"]["value"],
        groups["without_place"]["doc_count"],
        groups["without_actor"]["doc_count"],
    )

"""What was measured, kept so that a dashboard can draw how it changes."""

from __future__ import annotations

from collections.abc import Sequence

from wirewatch.models import Metric
from wirewatch.search.articles import write
from wirewatch.search.client import as_our_errors, connect
from wirewatch.search.documents import metric_write
from wirewatch.search.indices import ensure_indices
from wirewatch.settings import Settings


def store_metrics(settings: Settings, metrics: Sequence[Metric]) -> int:
    """Keep each metric under its id in ``news-metrics``; how many were not there yet."""
    ensure_indices(settings)
    with connect(settings) as es, as_our_errors(settings):
        return write(es, settings, [metric_write(metric) for metric in metrics]).written

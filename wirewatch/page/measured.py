"""The measured quality as a table: by gold set, a row a measure, with the change since the run before. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from wirewatch.models import Metric

_ORDER = ("precision", "recall", "f1", "accuracy")


class Cell(msgspec.Struct, frozen=True):
    """A figure, and how much it is more than in the run before; None where there was none."""

    metric: Metric
    change: float | None = None


class Subject(msgspec.Struct, frozen=True):
    """What a gold set said last: rows of a measure and its cells, one a statistic (None: not measured)."""

    name: str
    at: datetime
    version: str | None
    runs: int
    statistics: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...]


def subjects(metrics: Sequence[Metric]) -> list[Subject]:
    """The subjects of these metrics, which come with the newest first, by name.

    Runs that count demonyms and such that do not are apart: their figures cannot be compared.
    """
    of: dict[str, list[Metric]] = {}
    for metric in metrics:
        of.setdefault(metric.subject + ("" if metric.demonyms is not False else ", without demonyms"), []).append(
            metric
        )
    return [_subject(name, theirs) for name, theirs in sorted(of.items())]


def _subject(name: str, metrics: Sequence[Metric]) -> Subject:
    runs = sorted({metric.at for metric in metrics}, reverse=True)
    by_run = {(metric.at, metric.measure, metric.statistic): metric for metric in metrics}
    newest = [metric for metric in metrics if metric.at == runs[0]]
    statistics = tuple(sorted({m.statistic for m in newest}, key=lambda s: _ORDER.index(s) if s in _ORDER else 9))

    def cell(measure: str, statistic: str) -> Cell | None:
        metric = by_run.get((runs[0], measure, statistic))
        if metric is None:
            return None
        before = by_run.get((runs[1], measure, statistic)) if len(runs) > 1 else None
        change = round(metric.value - before.value, 4) if before else None
        return Cell(metric, change or None)

    measures = sorted({metric.measure for metric in newest})
    rows = tuple((measure, tuple(cell(measure, statistic) for statistic in statistics)) for measure in measures)
    return Subject(name, runs[0], newest[0].version, len(runs), statistics, rows)

"""From the tallies of many articles to figures with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import numpy as np
from numpy.typing import NDArray

from wirewatch.evaluation.errors import Error
from wirewatch.evaluation.scores import CORRECTIONS, END_TO_END, FOCUS, RECOGNISED, Tallies
from wirewatch.models import Metric
from wirewatch.text import digest

SEED = 161
RESAMPLES = 1_000

Counts = NDArray[np.float64]


class Figure(msgspec.Struct, frozen=True):
    """One number of a run, with the bounds between which 95 of 100 such samples of articles would put it.

    ``statistic`` is precision, recall, f1 or accuracy; ``count`` is of how many it is a share.
    """

    measure: str
    statistic: str
    value: float
    low: float
    high: float
    count: int


class Run(msgspec.Struct, frozen=True):
    """One tagger over one gold set: which, when, and how right it was."""

    set: str
    at: datetime
    documents: int
    demonyms: bool
    ner: str
    version: str
    tagger_version: str
    kb_version: str
    figures: tuple[Figure, ...]
    errors: tuple[Error, ...] = ()

    def figure(self, measure: str, statistic: str) -> Figure | None:
        """The figure of that name; None where the gold set does not have it."""
        return next((f for f in self.figures if (f.measure, f.statistic) == (measure, statistic)), None)


def metrics(run: Run) -> list[Metric]:
    """The figures of a run as they are kept: one metric a figure, the same run the same ids."""
    return [
        Metric(
            id=digest("quality", run.set, run.at.isoformat(), str(run.demonyms), f.measure, f.statistic),
            at=run.at,
            kind="quality",
            subject=run.set,
            measure=f.measure,
            statistic=f.statistic,
            value=f.value,
            low=f.low,
            high=f.high,
            count=f.count,
            demonyms=run.demonyms,
            ner=run.ner,
            version=run.version,
            tagger_version=run.tagger_version,
            kb_version=run.kb_version,
        )
        for f in run.figures
    ]


def figures(scored: Sequence[Tallies], *, seed: int = SEED, resamples: int = RESAMPLES) -> tuple[Figure, ...]:
    """Every measure that any of the articles has, over all of them (micro average).

    The intervals are percentiles of a bootstrap over whole articles, because the names of one article stand or
    fall together; the same ``seed`` gives the same intervals. Source: Efron and Tibshirani, An Introduction to
    the Bootstrap (1993), chapter 13.
    """
    random = np.random.default_rng(seed)
    found: list[Figure] = []
    for measure in dict.fromkeys(name for tallies in scored for name in tallies):
        counts = np.array([tallies[measure] for tallies in scored if measure in tallies], dtype=np.float64)
        if not counts[:, 1:].any():
            continue  # nothing to find and nothing tagged anywhere
        drawn = random.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), size=resamples) @ counts
        whole = counts.sum(axis=0, keepdims=True)
        for statistic, rates, of in _statistics(measure, drawn):
            value = float(_statistic(statistic, whole)[0])
            low, high = np.percentile(rates, [2.5, 97.5])
            found.append(Figure(measure, statistic, value, float(low), float(high), int(whole[0, of])))
    return tuple(found)


def _statistics(measure: str, drawn: Counts) -> list[tuple[str, Counts, int]]:
    """The statistics of a measure over each sample, with the column that they are a share of."""
    if measure in (RECOGNISED, END_TO_END, FOCUS) or measure.startswith(CORRECTIONS):
        named = [("accuracy", 1)]
    elif measure.startswith("places ") and measure.split()[1] not in ("exact", "overlap"):
        named = [("recall", 1)]
    else:
        named = [("precision", 2), ("recall", 1), ("f1", 1)]
    return [(name, _statistic(name, drawn), of) for name, of in named]


def _statistic(name: str, counts: Counts) -> Counts:
    correct, gold, tagged = counts[:, 0], counts[:, 1], counts[:, 2]
    if name == "f1":
        return _ratio(2 * correct, gold + tagged)
    return _ratio(correct, tagged if name == "precision" else gold)


def _ratio(part: Counts, whole: Counts) -> Counts:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)

"""How many articles a second the whole line takes in, where the time goes, and what the servers alone would carry.

All articles wait on Kafka when the clock starts, and it stops when the last is written to the index. The line runs as
it does under `wirewatch up`: a process a consumer. The floor (see `wirewatch.bench.floor`) runs right after it on the
same servers with the very bytes that the line made.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import msgspec

from wirewatch.bench import floor
from wirewatch.bench.processes import Processes, at_work
from wirewatch.bench.written import until_written
from wirewatch.errors import BenchFailed
from wirewatch.models import Article, Origin
from wirewatch.search.indices import count, delete_indices, ensure_indices, refresh
from wirewatch.settings import Settings
from wirewatch.stream import Publisher
from wirewatch.stream.admin import delete_topics, ensure_topics
from wirewatch.topics import ARTICLES_RAW, CONSUMERS

WARM_UP = 300
"""Articles before the first run: the servers compile, caches fill, models load."""
STALLED_S = 120.0
"""Without one more article in the index for so long, something is wrong."""


class LineFigures(msgspec.Struct, frozen=True):
    """What one way through the topics reached.

    ``articles_per_s`` is the median of the runs, ``slowest`` and ``fastest`` the others' range. ``cpu_ms`` is the
    processor time an article cost in each process, all runs together; ``memory_mb`` what each held at the end.
    """

    articles_per_s: float
    slowest: float
    fastest: float
    cpu_ms: dict[str, float]
    memory_mb: dict[str, int]


def measure(
    settings: Settings,
    articles: Sequence[Article],
    folder: Path,
    *,
    taggers: int,
    runs: int,
    say: Callable[[str], None],
    warm_up: int = WARM_UP,
) -> tuple[LineFigures, LineFigures]:
    """The line and its floor over ``articles`` in ``runs`` equal parts, the first ``warm_up`` of them aside.

    ``settings`` are those of running servers, ``folder`` is for the floor's files. Topics and indices get names of
    their own and are deleted at the end. Raises BenchFailed.
    """
    prefix = f"{settings.name_prefix}bench{secrets.token_hex(3)}."
    line, below = (msgspec.structs.replace(settings, name_prefix=f"{prefix}{way}.") for way in ("line", "floor"))
    try:
        return _measure(line, below, articles, folder, taggers=taggers, runs=runs, say=say, warm_up=warm_up)
    finally:
        for made in (line, below):
            delete_topics(made)
            delete_indices(made)


def _measure(
    line: Settings,
    below: Settings,
    articles: Sequence[Article],
    folder: Path,
    *,
    taggers: int,
    runs: int,
    say: Callable[[str], None],
    warm_up: int,
) -> tuple[LineFigures, LineFigures]:
    commands = [(name, ["-m", "wirewatch", "consume", name]) for name in CONSUMERS]
    commands += [commands[0]] * (taggers - 1)
    say("the line")
    of_line = _through(line, articles, commands, runs, warm_up)
    say("the floor")
    files = floor.prepare(line, below, folder)
    stages = [(name, ["-m", "wirewatch.bench.floor", name, str(file)]) for name, file in files.items()]
    return of_line, _through(below, articles, stages, runs, warm_up)


def _through(
    settings: Settings,
    articles: Sequence[Article],
    commands: Sequence[tuple[str, Sequence[str]]],
    runs: int,
    warm_up: int,
) -> LineFigures:
    ensure_topics(settings)
    ensure_indices(settings)
    part = (len(articles) - warm_up) // runs
    with at_work(settings, commands) as processes:
        _pass(settings, processes, articles[:warm_up], warm_up)
        before, rates = processes.costs(), []
        for run in range(runs):
            first = warm_up + run * part
            began = time.perf_counter()
            _pass(settings, processes, articles[first : first + part], first + part)
            rates.append(part / (time.perf_counter() - began))
        after = processes.costs()
    refresh(settings)
    if (found := count(settings)) != warm_up + runs * part:
        raise BenchFailed("the line", f"{warm_up + runs * part} articles went in, {found} came out")
    return LineFigures(
        round(median(rates), 1),
        round(min(rates), 1),
        round(max(rates), 1),
        {name: cost.ms_each(before[name], runs * part) for name, cost in after.items()},
        {name: cost.memory_mb for name, cost in after.items()},
    )


def _pass(settings: Settings, processes: Processes, articles: Sequence[Article], total: int) -> None:
    """Publish, and return when ``total`` articles were written."""
    with Publisher(settings) as publisher:
        for article in articles:
            publisher.publish(ARTICLES_RAW, article, origin=Origin.LIVE)
    until_written(settings, processes, total, stage="the line", stalled_s=STALLED_S)

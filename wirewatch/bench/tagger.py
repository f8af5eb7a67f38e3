"""How many articles one tagger tags in a second on one core, what memory it takes, how soon it is ready.

Each way to use the model is measured in a process of its own, because memory and readiness belong to a process:
this module, run as a program, is that process.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median

import msgspec

from wirewatch.errors import BenchFailed
from wirewatch.models import Article
from wirewatch.settings import load_settings
from wirewatch.tagging import Tagger, load_tagger
from wirewatch.tagging.tagger import NerUse

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WAYS: tuple[NerUse, ...] = ("off", "auto", "full")
WARM_UP = 20
"""Articles before the first run: caches are full in a service."""


class TaggerFigures(msgspec.Struct, frozen=True):
    """One tagger in one process.

    Rates are medians of the runs: by the clock, and by the processor's time, which other work on the machine disturbs
    less. ``ready_s`` runs from the start of the process to its first tagged article; ``memory_mb`` is the most it held.
    """

    articles_per_s: float
    articles_per_cpu_s: float
    ready_s: float
    memory_mb: int


def measure(way: NerUse, articles: Sequence[Article], *, runs: int) -> TaggerFigures:
    """The tagger with `WIREWATCH_NER` = ``way`` in a new process; raises BenchFailed where that ends badly."""
    child = subprocess.run(
        [sys.executable, "-m", "wirewatch.bench.tagger", str(time.time()), str(runs)],
        env={**os.environ, "WIREWATCH_NER": way, "OPENBLAS_NUM_THREADS": "1"},
        input=msgspec.json.Encoder().encode_lines(articles),
        capture_output=True,
        check=False,
    )
    if child.returncode:
        raise BenchFailed(f"tagger ({way})", child.stderr.decode(errors="replace"))
    return msgspec.json.decode(child.stdout, type=TaggerFigures)


def _this_process(started: float, runs: int) -> TaggerFigures:
    tagger = load_tagger(load_settings())
    articles = msgspec.json.Decoder(Article).decode_lines(sys.stdin.buffer.read())
    tagger.tag(articles[0], now=NOW)
    ready_s = time.time() - started
    for article in articles[:WARM_UP]:
        tagger.tag(article, now=NOW)
    times = [_tag_all(tagger, articles) for _ in range(runs)]
    return TaggerFigures(
        articles_per_s=round(len(articles) / median(clock for clock, _ in times), 1),
        articles_per_cpu_s=round(len(articles) / median(cpu for _, cpu in times), 1),
        ready_s=round(ready_s, 2),
        memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    )


def _tag_all(tagger: Tagger, articles: Sequence[Article]) -> tuple[float, float]:
    clock, cpu = time.perf_counter(), time.process_time()
    for article in articles:
        tagger.tag(article, now=NOW)
    return time.perf_counter() - clock, time.process_time() - cpu


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(_this_process(float(sys.argv[1]), int(sys.argv[2]))))

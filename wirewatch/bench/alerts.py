"""How long after its publication on Kafka an article is told, with the whole line running and many rules.

Articles come at an even rate, and then one by one on an idle line. One rule in `PAGING` has a channel, a receiver on
loopback; all others make alerts too, which are only kept. A notification belongs to the article that it links to.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import quantiles

import msgspec

from wirewatch.alerts.rule import Rule
from wirewatch.bench.processes import Processes, at_work
from wirewatch.bench.receiver import PAGE, Receiver, receiver
from wirewatch.bench.searchable import Sought, sought
from wirewatch.bench.written import until_written
from wirewatch.errors import BenchFailed
from wirewatch.models import Article, Origin
from wirewatch.notify import add_channel
from wirewatch.search.indices import delete_indices, ensure_indices
from wirewatch.search.rules import save_rules
from wirewatch.settings import Settings
from wirewatch.stream import Publisher
from wirewatch.stream.admin import delete_topics, ensure_topics, lag
from wirewatch.topics import ARTICLES_RAW, CONSUMERS

PAGING = 4
"""One rule in so many has a channel."""
IDLE_S = 0.75
"""Between two articles on an idle line."""
STALLED_S = 60.0
"""Without one more article in the index for so long, something is wrong."""
DRAIN_S = 60.0
"""So long notifications may still come after the last article was published; those that do not are not counted."""
SEARCHABLE_S = 2.0
"""After so long a search finds what was written."""
CHANNEL = "bench"


class Latency(msgspec.Struct, frozen=True):
    """Seconds from publication on Kafka, and how many notifications or articles they were taken from."""

    count: int
    p50_s: float
    p95_s: float
    p99_s: float


class AlertFigures(msgspec.Struct, frozen=True):
    """``busy`` while articles come at ``articles_per_s``, ``idle`` when one comes now and then; CPU in ms an article.

    ``searchable`` is until a search finds an article, in the busy time; the others are until a notification came.

    ``indexed_per_s`` is what the line kept up with: where it is smaller, ``busy`` shows a queue that grows.
    """

    rules: int
    articles_per_s: float
    indexed_per_s: float
    busy: Latency
    idle: Latency
    searchable: Latency
    cpu_ms: dict[str, float]
    memory_mb: dict[str, int]


def latency(seconds: Sequence[float]) -> Latency:
    """The percentiles of ``seconds``; BenchFailed where there are too few for any."""
    if len(seconds) < 2:
        raise BenchFailed("alerts", f"{len(seconds)} came; take more articles or more rules")
    cuts = quantiles(seconds, n=100, method="inclusive")
    return Latency(len(seconds), *(round(cuts[at - 1], 3) for at in (50, 95, 99)))


def measure(
    settings: Settings,
    articles: Sequence[Article],
    rules: Sequence[Rule],
    folder: Path,
    *,
    rate: float,
    warm_up: int,
    idle: int,
    say: Callable[[str], None],
) -> AlertFigures:
    """Publish ``articles``: the first ``warm_up`` aside, the last ``idle`` one by one, all others at ``rate`` a second.

    ``settings`` are those of running servers; ``folder`` takes the channel's file. Topics and indices get names of
    their own and are deleted at the end. Raises BenchFailed.
    """
    prefix = f"{settings.name_prefix}bench{secrets.token_hex(3)}."
    own = msgspec.structs.replace(settings, name_prefix=prefix, channels=str(folder / "channels.json"))
    paging = [
        msgspec.structs.replace(rule, notify=(CHANNEL,) if n % PAGING == 0 else ()) for n, rule in enumerate(rules)
    ]
    try:
        ensure_topics(own)
        ensure_indices(own)
        save_rules(own, paging)
        with (
            receiver() as at,
            at_work(own, [(name, ["-m", "wirewatch", "consume", name]) for name in CONSUMERS]) as work,
        ):
            add_channel(own, CHANNEL, at.url)
            return _measure(own, articles, at, work, rate=rate, warm_up=warm_up, idle=idle, rules=len(rules), say=say)
    finally:
        delete_topics(own)
        delete_indices(own)


def _measure(
    settings: Settings,
    articles: Sequence[Article],
    at: Receiver,
    work: Processes,
    *,
    rate: float,
    warm_up: int,
    idle: int,
    rules: int,
    say: Callable[[str], None],
) -> AlertFigures:
    last = len(articles) - idle
    written = partial(until_written, settings, work, stage="alerts", stalled_s=STALLED_S)
    with Publisher(settings) as publisher:
        say("warming up")
        _published(publisher, articles, range(warm_up), 1 / rate)
        written(warm_up)
        before = work.costs()
        say(f"{rate:.0f} articles a second")
        began = time.perf_counter()
        with sought(settings) as seeking:
            busy = _published(publisher, articles, range(warm_up, last), 1 / rate, seeking)
            written(last)
            took = time.perf_counter() - began
            time.sleep(SEARCHABLE_S)
        after = work.costs()
        _until_quiet(settings, at)  # or the idle line would begin with what waits
        say("one article now and then")
        quiet = _published(publisher, articles, range(last, len(articles)), IDLE_S)
        written(len(articles))
    _until_quiet(settings, at)
    return AlertFigures(
        rules,
        rate,
        round((last - warm_up) / took, 1),
        latency(_told(at, busy)),
        latency(_told(at, quiet)),
        latency(seeking.seconds()),
        {name: cost.ms_each(before[name], last - warm_up) for name, cost in after.items()},
        {name: cost.memory_mb for name, cost in after.items()},
    )


def _published(
    publisher: Publisher, articles: Sequence[Article], numbers: range, every_s: float, seeking: Sought | None = None
) -> dict[int, float]:
    """Publish those of ``articles`` one every ``every_s`` seconds, and say when each was."""
    sent, began = {}, time.perf_counter()
    for n, number in enumerate(numbers):
        time.sleep(max(0.0, began + n * every_s - time.perf_counter()))
        now = datetime.now(UTC)
        fresh = msgspec.structs.replace(articles[number], url=f"{PAGE}{number}", published_at=now, fetched_at=now)
        sent[number] = time.perf_counter()
        if seeking is not None:
            seeking.published[fresh.id] = sent[number]
        publisher.publish(ARTICLES_RAW, fresh, origin=Origin.LIVE)
    return sent


def _told(at: Receiver, sent: dict[int, float]) -> list[float]:
    return [when - sent[number] for number, when in at.came if number in sent]


def _until_quiet(settings: Settings, at: Receiver) -> None:
    """Return when nothing waits on Kafka and nothing came for three seconds, or after `DRAIN_S`."""
    until, count = time.monotonic() + DRAIN_S, -1
    while (len(at.came) != count or any(lag(settings).values())) and time.monotonic() < until:
        count = len(at.came)
        time.sleep(3.0)

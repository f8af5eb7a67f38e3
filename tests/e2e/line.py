"""The line as it runs for real: one process a consumer, killed, frozen and started again by the tests."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from threading import Event, Thread
from types import ModuleType

import msgspec
import psutil
from kafka import KafkaAdminClient

from consumers import alerter, clusterer, indexer, notifier, tagger
from wirewatch.embedded import Child
from wirewatch.failpoints import VARIABLE
from wirewatch.models import Alert, Article, Assignment, ClusteredArticle, Origin, TaggedArticle
from wirewatch.search.alerts import find_alerts
from wirewatch.search.client import asking, connect
from wirewatch.search.indices import alias_of, count, ensure_indices, refresh
from wirewatch.settings import Settings
from wirewatch.stream import Publisher, Until
from wirewatch.stream.admin import READS, ensure_topics
from wirewatch.stream.compacted import read_table
from wirewatch.topics import (
    ALERTS,
    ARTICLES_BULK,
    ARTICLES_CLUSTERED,
    ARTICLES_RAW,
    ARTICLES_TAGGED,
    CONSUMERS,
    STORIES_ASSIGNED,
)


def quick(settings: Settings, **changes: object) -> Settings:
    """The settings with small batches and a short session, so that a killed consumer's work moves on soon."""
    given: dict[str, object] = {"session_timeout_s": 2.0, "batch_size": 100, "ner": "off"}
    return msgspec.structs.replace(settings, **(given | changes))


def prepare(settings: Settings) -> None:
    """Topics and indices."""
    ensure_topics(settings)
    ensure_indices(settings)


def publish(settings: Settings, articles: list[Article], *, bulk: bool = False) -> None:
    """Articles onto the live lane, or the slow one."""
    topic, origin = (ARTICLES_BULK, Origin.BACKFILL) if bulk else (ARTICLES_RAW, Origin.LIVE)
    with Publisher(settings) as publisher:
        for article in articles:
            publisher.publish(topic, article, origin=origin)


class Consumer:
    """One consumer process; dead ones are started again by `keep`, with a failpoint while any is left."""

    def __init__(self, settings: Settings, name: str, failpoints: list[str] | None = None, tag: str = "") -> None:
        self._settings, self._name = settings, name
        self._failpoints = list(failpoints or [])
        self._log = Path(settings.data_dir) / "logs" / f"{name}{tag}.log"
        self.deaths = 0
        self.child = self._start()

    def _start(self) -> Child:
        environment: Mapping[str, str] = os.environ | self._settings.environment()
        if self._failpoints:
            environment = {**environment, VARIABLE: self._failpoints.pop(0)}
        child = Child(
            self._name,
            [sys.executable, "-W", "ignore", "-m", "wirewatch", "consume", self._name],
            env=environment,
            cwd=Path("/"),
            log=self._log,
        )
        child.start()
        return child

    def keep(self) -> None:
        """Start it again when it is dead."""
        if not self.child.alive():
            self.deaths += 1
            self.child = self._start()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the consumer itself."""
        assert self.child.pid is not None
        os.kill(self.child.pid, number)

    def is_frozen(self) -> bool:
        """Whether it was stopped by SIGSTOP."""
        return psutil.Process(self.child.pid).status() == psutil.STATUS_STOPPED

    def log(self) -> str:
        """The last lines it logged."""
        return self.child.tail(20)


@contextmanager
def consumers(
    settings: Settings, failpoints: Mapping[str, list[str]] | None = None, names: Sequence[str] = CONSUMERS
) -> Iterator[dict[str, Consumer]]:
    """The consumers of the line, all or those of ``names``; stopped at the end."""
    Path(settings.data_dir).mkdir(parents=True, exist_ok=True)
    running = {name: Consumer(settings, name, (failpoints or {}).get(name)) for name in names}
    try:
        yield running
    finally:
        for one in running.values():
            one.child.ask_to_stop()
        for one in running.values():
            one.child.stop()


@contextmanager
def in_threads(*services: Callable[[Event], object]) -> Iterator[None]:
    """These services, each in a thread and told to stop by its event, until the end of the block."""
    stop = Event()
    threads = [Thread(target=service, args=(stop,)) for service in services]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    assert not [thread for thread in threads if thread.is_alive()], "still at work 30 s after it was told to stop"


def at_work(settings: Settings, *working: ModuleType) -> AbstractContextManager[None]:
    """These consumers, each in a thread, until the end of the block."""

    def service(one: ModuleType) -> Callable[[Event], object]:
        return lambda stop: one.run(settings, stop=stop)

    return in_threads(*map(service, working))


def run_the_line(settings: Settings) -> dict[str, int]:
    """All that waits, through one consumer after the other; how much each of them handled."""
    each = {"tagger": tagger, "clusterer": clusterer, "indexer": indexer, "alerter": alerter, "notifier": notifier}
    return {name: consumer.run(settings, Until.END).handled for name, consumer in each.items()}


def forget_the_groups(settings: Settings) -> None:
    """From now on every consumer group is new, and reads from the first offset on."""
    with closing(KafkaAdminClient(bootstrap_servers=settings.kafka)) as admin:
        admin.delete_groups([settings.name_prefix + group for group in READS])


def wait_until(
    condition: Callable[[], bool],
    timeout_s: float,
    *,
    meanwhile: Callable[[], object] = lambda: None,
    every_s: float = 0.1,
    what: str,
) -> float:
    """Seconds until ``condition`` held; fails after ``timeout_s``."""
    started = time.monotonic()
    while not condition():
        meanwhile()
        assert time.monotonic() - started < timeout_s, f"not within {timeout_s} s: {what}"
        time.sleep(every_s)
    return time.monotonic() - started


def documents(settings: Settings) -> dict[str, tuple[str, int]]:
    """Story and version of every article in the index, by article id."""
    refresh(settings)
    found: dict[str, tuple[str, int]] = {}
    after: list[object] | None = None
    with asking(settings) as es:
        while True:
            answer = es.search(
                index=alias_of(settings, "news-articles"),
                size=5_000,
                sort=[{"id": "asc"}],
                source=["id", "story_id", "version"],
                search_after=after,
            )
            hits = answer["hits"]["hits"]
            if not hits:
                return found
            for hit in hits:
                source = hit["_source"]
                assert source["id"] not in found
                found[source["id"]] = (source["story_id"], source["version"])
            after = hits[-1]["sort"]


def indexed(settings: Settings) -> int:
    """How many articles are searchable."""
    refresh(settings)
    return count(settings)


def assignments(settings: Settings) -> list[Assignment]:
    """Every assignment ever made, in order, those of the same article too."""
    return [value for _, value in read_table(settings, STORIES_ASSIGNED) if value is not None]


def clustered(settings: Settings) -> list[ClusteredArticle]:
    """Everything the clusterer put out, in order."""
    return [value for _, value in read_table(settings, ARTICLES_CLUSTERED) if value is not None]


def tagged(settings: Settings) -> list[TaggedArticle]:
    """Everything the taggers put out."""
    return [value for _, value in read_table(settings, ARTICLES_TAGGED) if value is not None]


def stored(settings: Settings) -> list[Alert]:
    """Every alert in the index."""
    refresh(settings)
    with connect(settings) as es:
        return find_alerts(es, settings, limit=5_000)


def published(settings: Settings) -> list[Alert]:
    """Every alert that the alerter ever put on Kafka, those that came twice too."""
    return [alert for _, alert in read_table(settings, ALERTS) if alert is not None]

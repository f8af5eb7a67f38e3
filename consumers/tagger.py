"""The tagger: takes articles (live ones first), finds actors and places, hands them on."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import datetime
from threading import Event
from typing import TYPE_CHECKING, Protocol

import msgspec

from wirewatch import clock
from wirewatch.errors import KnowledgeError, Unavailable
from wirewatch.knowledge.load import own_folder, state_of
from wirewatch.models import Article, Origin, TaggedArticle
from wirewatch.search.client import connect
from wirewatch.search.corrections import Corrections
from wirewatch.settings import Settings
from wirewatch.stream import Consumed, Publisher, Received, Rejected, Until, consume
from wirewatch.stream.admin import ensure_topics
from wirewatch.stream.downstream import Downstream
from wirewatch.tagging.corrections import CorrectedTagger
from wirewatch.topics import ARTICLES_BULK, ARTICLES_RAW, ARTICLES_TAGGED

if TYPE_CHECKING:
    from wirewatch.tagging import Tagger

GROUP = "tagger"
BEHIND = ("clusterer", "indexer", "alerter")
"""Consumer groups that a live article has still to pass, behind what was tagged before it."""

PACE_S = 0.1
"""A batch of the tagger comes to all behind it as one batch: a tenth of a second of news costs them little more than
one article, and they begin with it at once."""

CORRECTIONS_EVERY_S = 5.0
"""So old may be what is known of the analysts' corrections when something new is tagged."""

CLOCKS_DIFFER_S = 60.0
"""What was sent to be retagged by a machine whose clock is so far off is still tagged with its correction."""

log = logging.getLogger(__name__)


class Tags(Protocol):
    """What tags an article; see wirewatch.tagging."""

    def tag(self, article: Article, *, now: datetime) -> TaggedArticle:
        """The article with its tags."""
        ...


def tag_batch(
    tagger: Tags, publisher: Publisher, batch: Sequence[Received[Article]], *, now: datetime
) -> list[Rejected]:
    """Tag each article and publish it with the place in Kafka it came from; an article that cannot be is refused.

    What was tagged is published together, in a long batch every `PACE_S`: what comes one by one costs all behind more.
    """
    refused: list[Rejected] = []
    tagged: list[tuple[TaggedArticle, Origin]] = []
    began = time.monotonic()
    for received in batch:
        try:
            tagged.append((tagger.tag(with_origin(received), now=now), received.origin))
        except Exception as error:  # one article must not stop all others; too many stop the consumer
            log.exception("an article cannot be tagged", extra=received.value.log_fields)
            refused.append(Rejected(received.record, f"cannot be tagged: {type(error).__name__}: {error}"))
            continue
        if time.monotonic() - began >= PACE_S:
            _publish(publisher, tagged)
            tagged, began = [], time.monotonic()
    _publish(publisher, tagged)
    return refused


def _publish(publisher: Publisher, tagged: Iterable[tuple[TaggedArticle, Origin]]) -> None:
    for article, origin in tagged:
        publisher.publish(ARTICLES_TAGGED, article, origin=origin)


def with_origin(received: Received[Article]) -> Article:
    """The article with topic, partition and offset in its lineage; one sent again to be retagged keeps its first."""
    article = received.value
    if received.origin is Origin.RETAG and article.lineage.kafka_topic is not None:
        return article
    lineage = msgspec.structs.replace(
        article.lineage,
        kafka_topic=received.topic,
        kafka_partition=received.partition,
        kafka_offset=received.offset,
    )
    return msgspec.structs.replace(article, lineage=lineage)


class CurrentTagger:
    """The tagger, with the user's own actor files as they are when it is asked for.

    What is added to them counts from the next batch on. Files that do not hold together change nothing until they
    do; the log says what is wrong.
    """

    def __init__(self, settings: Settings) -> None:
        from wirewatch.tagging import load_tagger

        self._settings, self._load = settings, load_tagger
        self._seen = self._files()
        self._tagger = load_tagger(settings)

    def __call__(self) -> Tagger:
        """The tagger of this moment."""
        files = self._files()
        if files != self._seen:
            self._seen = files
            try:
                self._tagger = self._load(self._settings)
                log.info("actor files have changed; tagging with knowledge %s", self._tagger.kb_version)
            except KnowledgeError as error:
                log.error("actor files have changed and cannot be used, the former are kept: %s", error)
        return self._tagger

    def _files(self) -> tuple[tuple[str, int, int], ...]:
        return state_of(own_folder(self._settings))


class KnownCorrections:
    """The analysts' corrections as they were a few seconds ago, and at least when an article was sent again for one.

    Without an Elasticsearch in the settings there are none.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._es = connect(settings) if settings.elasticsearch else None
        self._known = Corrections()
        self._read_at = 0.0

    def read(self) -> None:
        """Read what is new of them; raises Unavailable where Elasticsearch does not answer."""
        now = time.time()
        if self._es is not None:
            self._known.update(self._es, self._settings)
        self._read_at = now

    def applied_to(self, tagger: Tags, batch: Sequence[Received[Article]]) -> CorrectedTagger:
        """The tagger for this batch; for new articles, what cannot be read now can wait."""
        sent = max((r.record.timestamp / 1000 for r in batch if r.origin is Origin.RETAG), default=0.0)
        if self._read_at < sent + CLOCKS_DIFFER_S:
            self.read()
        elif time.time() - self._read_at > CORRECTIONS_EVERY_S:
            try:
                self.read()
            except Unavailable as error:
                log.warning("going on with the corrections of before: %s", error)
                self._read_at = time.time()
        return CorrectedTagger(tagger, self._known.of)


def run(settings: Settings, until: Until = Until.STOPPED, *, stop: Event | None = None) -> Consumed:
    """Tag what comes; see `consume` for when this ends and what it raises."""
    ensure_topics(settings)
    current = CurrentTagger(settings)
    corrections = KnownCorrections(settings)
    publisher = Publisher(settings)
    with closing(Downstream(settings, BEHIND)) as behind:
        return consume(
            settings,
            ARTICLES_RAW,
            GROUP,
            lambda batch: tag_batch(corrections.applied_to(current(), batch), publisher, batch, now=clock.now()),
            publisher=publisher,
            until=until,
            opened=corrections.read,
            slow_lane=ARTICLES_BULK,
            room=behind.has_room,
            pace_s=PACE_S,
            stop=stop,
        )

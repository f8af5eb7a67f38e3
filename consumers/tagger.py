"""The tagger: takes articles (live ones first), finds actors and places, hands them on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Event
from typing import Protocol

import msgspec

from wirewatch.errors import KnowledgeError
from wirewatch.knowledge.load import own_folder, state_of
from wirewatch.models import Article, Origin, TaggedArticle
from wirewatch.settings import Settings
from wirewatch.stream import Consumed, Publisher, Received, Rejected, Until, consume
from wirewatch.stream.admin import ensure_topics
from wirewatch.topics import ARTICLES_BULK, ARTICLES_RAW, ARTICLES_TAGGED

GROUP = "tagger"

log = logging.getLogger(__name__)


class Tags(Protocol):
    """What tags an article; see wirewatch.tagging."""

    def tag(self, article: Article, *, now: datetime) -> TaggedArticle:
        """The article with its tags."""
        ...


def tag_batch(
    tagger: Tags, publisher: Publisher, batch: Sequence[Received[Article]], *, now: datetime
) -> list[Rejected]:
    """Tag each article and publish it with the place in Kafka it came from; an article that cannot be is refused."""
    refused = []
    for received in batch:
        try:
            tagged = tagger.tag(with_origin(received), now=now)
        except Exception as error:  # one article must not stop all others; too many stop the consumer
            log.exception("article %s cannot be tagged", received.value.id)
            refused.append(Rejected(received.record, f"cannot be tagged: {type(error).__name__}: {error}"))
            continue
        publisher.publish(ARTICLES_TAGGED, tagged, origin=received.origin)
    return refused


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

    def __call__(self) -> Tags:
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


def run(settings: Settings, until: Until = Until.STOPPED, *, stop: Event | None = None) -> Consumed:
    """Tag what comes; see `consume` for when this ends and what it raises."""
    ensure_topics(settings)
    current = CurrentTagger(settings)
    publisher = Publisher(settings)
    return consume(
        settings,
        ARTICLES_RAW,
        GROUP,
        lambda batch: tag_batch(current(), publisher, batch, now=datetime.now(UTC)),
        publisher=publisher,
        until=until,
        slow_lane=ARTICLES_BULK,
        stop=stop,
    )

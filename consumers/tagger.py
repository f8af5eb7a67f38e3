"""The tagger: takes articles (live ones first), finds actors and places, hands them on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Event
from typing import Protocol

import msgspec

from wirewatch.models import Article, TaggedArticle
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
    """The article with topic, partition and offset in its lineage."""
    article = received.value
    lineage = msgspec.structs.replace(
        article.lineage,
        kafka_topic=received.topic,
        kafka_partition=received.partition,
        kafka_offset=received.offset,
    )
    return msgspec.structs.replace(article, lineage=lineage)


def run(settings: Settings, until: Until = Until.STOPPED, *, stop: Event | None = None) -> Consumed:
    """Tag what comes; see `consume` for when this ends and what it raises."""
    from wirewatch.tagging import load_tagger

    ensure_topics(settings)
    tagger = load_tagger(settings)
    publisher = Publisher(settings)
    return consume(
        settings,
        ARTICLES_RAW,
        GROUP,
        lambda batch: tag_batch(tagger, publisher, batch, now=datetime.now(UTC)),
        publisher=publisher,
        until=until,
        slow_lane=ARTICLES_BULK,
        stop=stop,
    )

"""The topics of the line: name, what flows through it, and by what it is kept in order.

A consumer's dead letters have a topic of their own, see `dead_letters`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from wirewatch.models import Alert, Article, Assignment, ClusteredArticle, DeadLetter, TaggedArticle

M = TypeVar("M", bound=msgspec.Struct)


class Topic(msgspec.Struct, Generic[M], frozen=True):
    """A Kafka topic that carries one model; publishing another is a type error.

    ``key`` decides the partition and so what is kept in order. ``schema`` goes up when a reader of the
    former one would misread the message. ``compacted`` topics keep the last message of each key.
    """

    name: str
    model: type[M]
    key: Callable[[M], str]
    schema: int = 1
    partitions: int = 4
    compacted: bool = False


ARTICLES_RAW = Topic("news.articles.raw", Article, lambda a: a.id)
"""Live articles from the producers."""

ARTICLES_BULK = Topic("news.articles.bulk", Article, lambda a: a.id)
"""Old articles (backfill, retag): taken only while nothing live waits."""

ARTICLES_TAGGED = Topic("news.articles.tagged", TaggedArticle, lambda t: t.article.id, partitions=1)
"""One partition, because one clusterer decides on stories."""

ARTICLES_CLUSTERED = Topic("news.articles.clustered", ClusteredArticle, lambda c: c.story.id)
"""Keyed by story, so that one reader sees a story grow."""

STORIES_ASSIGNED = Topic("news.stories.assigned", Assignment, lambda a: a.key, partitions=1, compacted=True)
"""The clusterer's memory."""

ALERTS = Topic("news.alerts", Alert, lambda a: a.rule_id)
"""Keyed by rule, so that one notifier owns what a rule may send and when."""

LINE: tuple[Topic[Any], ...] = (
    ARTICLES_RAW,
    ARTICLES_BULK,
    ARTICLES_TAGGED,
    ARTICLES_CLUSTERED,
    STORIES_ASSIGNED,
    ALERTS,
)
CONSUMERS = ("tagger", "clusterer", "indexer", "alerter", "notifier")


def dead_letters(consumer: str) -> Topic[DeadLetter]:
    """The topic of what ``consumer`` refused: compacted, so that a replayed letter can be taken out."""
    return Topic(f"news.dlq.{consumer}", DeadLetter, lambda letter: letter.id, partitions=1, compacted=True)

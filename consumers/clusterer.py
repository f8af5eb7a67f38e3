"""The clusterer: decides on story and version of each article, once, and remembers it in Kafka.

Output, assignment and offsets of a batch are one transaction under a fixed id, so a crash leaves nothing
half done and a frozen predecessor is fenced.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from threading import Event

from wirewatch import clock
from wirewatch.feeds.listed import load_feeds
from wirewatch.models import ClusteredArticle, Origin, TaggedArticle
from wirewatch.pulse import beat as pulse
from wirewatch.resources import seed_feeds
from wirewatch.settings import Settings
from wirewatch.stories import Stories, forgotten
from wirewatch.stream import Consumed, Publisher, Received, Rejected, TransactionalPublisher, Until, consume
from wirewatch.stream.admin import ensure_topics
from wirewatch.stream.compacted import read_encoded, read_newest
from wirewatch.topics import ARTICLES_CLUSTERED, ARTICLES_TAGGED, STORIES_ASSIGNED

GROUP = "clusterer"
_LOOKED_AT = 500
"""Last assignments by which it is told how many were made; with them stand renewed ones, which have older numbers."""

log = logging.getLogger(__name__)


def cluster_batch(
    stories: Stories, publisher: Publisher, batch: Sequence[Received[TaggedArticle]], *, now: datetime
) -> list[Rejected]:
    """Judge each article in turn; publish it in its story, and the assignment where it is news.

    A pulse is not kept. What was taken down goes no further, whatever comes of it: only the mark in its place does, in
    each story that it was part of.
    """
    for received in batch:
        if received.origin is Origin.PULSE:
            alone = ClusteredArticle(received.value, pulse.story_of(received.value), 1, now)
            publisher.publish(ARTICLES_CLUSTERED, alone, origin=received.origin)
            continue
        judged = stories.judge(received.value)
        for each in (*judged.elsewhere, judged):
            if each.changed:
                publisher.publish(STORIES_ASSIGNED, each.assignment, origin=received.origin)
            if each.assignment.taken_down and not received.value.article.taken_down:
                continue
            clustered = ClusteredArticle(each.tagged, each.story, each.version, now)
            # What was judged before came as news then: whatever it is tagged with now, it is no news again.
            origin = Origin.RETAG if each.known and received.origin is Origin.LIVE else received.origin
            publisher.publish(ARTICLES_CLUSTERED, clustered, origin=origin)
    return []


def remembered(settings: Settings) -> Stories:
    """The stories as the assignments in Kafka tell them."""
    stories = _empty(settings)
    for assignment in read_encoded(settings, STORIES_ASSIGNED):
        stories.restore_encoded(assignment)
    stories.settle()
    log.info("%d articles remembered", len(stories))
    return stories


def forgotten_articles(settings: Settings) -> int:
    """How many articles the clusterer had to forget, by what it decided last.

    Fewer while a retag renews old decisions, whose numbers are smaller.
    """
    decided = max((one.sequence for one in read_newest(settings, STORIES_ASSIGNED, _LOOKED_AT)), default=0)
    return forgotten(decided, settings.stories_kept)


def _empty(settings: Settings) -> Stories:
    outlets = load_feeds(Path(settings.feeds) if settings.feeds else seed_feeds()).outlets
    return Stories(houses=outlets.houses, hours=settings.story_hours, kept=settings.stories_kept)


def run(settings: Settings, until: Until = Until.STOPPED, *, stop: Event | None = None) -> Consumed:
    """Cluster what comes; see `consume` for when this ends and what it raises."""
    ensure_topics(settings)
    stories = _empty(settings)

    def remember() -> None:
        nonlocal stories
        stories = remembered(settings)

    publisher = TransactionalPublisher(settings, GROUP)
    return consume(
        settings,
        ARTICLES_TAGGED,
        GROUP,
        lambda batch: cluster_batch(stories, publisher, batch, now=clock.now()),
        publisher=publisher,
        until=until,
        opened=remember,
        stop=stop,
    )

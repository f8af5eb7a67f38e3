"""The indexer: writes articles and their stories to Elasticsearch, each under its id and version.

Writing the same thing twice changes nothing and an older thing never replaces a newer one, so any message may
come again at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Event

from wirewatch import clock
from wirewatch.models import ClusteredArticle
from wirewatch.pulse.beat import passed
from wirewatch.search.articles import Outcome, write
from wirewatch.search.client import connect
from wirewatch.search.documents import Write, article_write, metric_write, story_write
from wirewatch.search.indices import ensure_indices
from wirewatch.settings import Settings
from wirewatch.stream import Consumed, Publisher, Received, Rejected, Until, apart, consume
from wirewatch.stream.admin import ensure_topics
from wirewatch.topics import ARTICLES_CLUSTERED

GROUP = "indexer"

PATIENCE_S = 5.0
"""So long a busy Elasticsearch is asked again within a batch; after that the consuming loop goes back and waits."""

Store = Callable[[Sequence[Write]], Outcome]


def index_batch(store: Store, batch: Sequence[Received[ClusteredArticle]], *, now: datetime) -> list[Rejected]:
    """Write each article, and each story as its newest article shows it; refuse what never can be stored.

    Of a pulse it is written that it has passed, and nothing else.
    """
    pulses, news = apart(batch)
    newest = newest_of_stories(news)
    writes = [article_write(received.value, indexed_at=now, origin=received.origin) for received in news]
    writes += [story_write(received.value.story) for received in newest]
    writes += [metric_write(passed(GROUP, one.value.tagged.article.timestamp, now=now)) for one in pulses]
    messages = [*news, *newest, *pulses]
    rejected = {
        (messages[at.position].partition, messages[at.position].offset): Rejected(
            messages[at.position].record, f"Elasticsearch refuses it: {at.reason}"
        )
        for at in store(writes).refused
    }
    return list(rejected.values())


def newest_of_stories(batch: Sequence[Received[ClusteredArticle]]) -> list[Received[ClusteredArticle]]:
    """For each story of the batch, the message that shows it in its newest state."""
    newest: dict[str, Received[ClusteredArticle]] = {}
    for received in batch:
        story = received.value.story
        known = newest.get(story.id)
        if known is None or known.value.story.revision < story.revision:
            newest[story.id] = received
    return list(newest.values())


def run(settings: Settings, until: Until = Until.STOPPED, *, stop: Event | None = None) -> Consumed:
    """Index what comes; see `consume` for when this ends and what it raises."""
    stop = stop or Event()
    ensure_topics(settings)
    ensure_indices(settings)
    with connect(settings) as es:
        return consume(
            settings,
            ARTICLES_CLUSTERED,
            GROUP,
            lambda batch: index_batch(
                lambda documents: write(es, settings, documents, patience_s=PATIENCE_S, sleep=stop.wait),
                batch,
                now=clock.now(),
            ),
            publisher=Publisher(settings),
            until=until,
            stop=stop,
        )

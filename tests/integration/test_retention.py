"""Retention on real servers: what is old leaves, what keeps a replay quiet stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from consumers import alerter, indexer, notifier
from tests.builders import article, replaced, tagged
from tests.e2e.line import wait_until
from tests.receivers import Webhook, webhook
from tests.stored import stored
from wirewatch.alerts.rule import Rule
from wirewatch.models import TAKEN_DOWN, ClusteredArticle, Metric, Origin, Story
from wirewatch.notify.channels import add_channel
from wirewatch.search.client import asking
from wirewatch.search.documents import ALERTS, ARTICLES, METRICS, STORIES, article_write, story_write
from wirewatch.search.indices import alias_of, count, ensure_indices, refresh
from wirewatch.search.metrics import store_metrics
from wirewatch.search.retention import Removed, live_bytes, remove_old
from wirewatch.search.rules import save_rules
from wirewatch.settings import Settings
from wirewatch.stream import Publisher, Until
from wirewatch.stream.admin import admin, ensure_topics
from wirewatch.stream.retention import RETENTION, keep_shorter
from wirewatch.topics import ARTICLES_CLUSTERED, ARTICLES_RAW

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=400)


def told_at(came: datetime, name: str, story: str, **fields: Any) -> ClusteredArticle:
    """An article that came then, as one of a story."""
    of = article(f"Report {name}", f"Rebels are in Homs, says {name}.", id=name, fetched_at=came, published_at=came)
    return ClusteredArticle(
        tagged(replaced(of, **fields)), Story(story, "Homs", name, came, came, 1, 1, independent_outlets=1), 1, came
    )


def put(settings: Settings, *articles: ClusteredArticle) -> None:
    writes = [article_write(one, indexed_at=NOW) for one in articles]
    assert not stored(settings, *writes, *(story_write(one.story) for one in articles)).refused


def ids(settings: Settings, alias: str) -> set[str]:
    """All that is in the index, also what its alias hides."""
    refresh(settings)
    with asking(settings) as es:
        found = es.search(index=f"{alias_of(settings, alias)}-000001", size=1_000, source=False)
        return {hit["_id"] for hit in found["hits"]["hits"]}


@pytest.fixture
def line(settings: Settings) -> Settings:
    """A line that keeps articles for a year."""
    ensure_indices(settings)
    return settings


def test_what_came_long_ago_leaves_with_its_stories_and_a_second_time_nothing_more(line: Settings) -> None:
    put(
        line,
        told_at(LONG_AGO, "old", "gone"),
        told_at(LONG_AGO, "old too", "goes on"),
        told_at(NOW, "new", "goes on"),
        told_at(NOW, "archive", "of 1999", published_at=datetime(1999, 1, 1, tzinfo=UTC)),
    )
    store_metrics(line, [Metric(f"m{at:%Y}", at, "quality", "gold", "f1", "all", 0.9) for at in (LONG_AGO, NOW)])
    assert remove_old(line, now=NOW, dry_run=True) == Removed(by_age=2, records=1)
    assert ids(line, ARTICLES) == {"old", "old too", "new", "archive"}
    assert remove_old(line, now=NOW) == Removed(by_age=2, stories=1, records=1)
    assert (ids(line, ARTICLES), ids(line, STORIES)) == ({"new", "archive"}, {"goes on", "of 1999"})
    assert count(line, METRICS) == 1
    assert remove_old(line, now=NOW) == Removed()


def test_the_mark_of_a_taken_down_article_stays(line: Settings) -> None:
    put(line, told_at(LONG_AGO, "down", "s", content_hash=TAKEN_DOWN), told_at(LONG_AGO, "old", "s"))
    assert remove_old(line, now=NOW).by_age == 1
    assert ids(line, ARTICLES) == {"down"}


def test_what_is_more_than_there_is_room_for_goes_and_what_came_first_goes_first(line: Settings) -> None:
    put(line, *(told_at(NOW - timedelta(hours=n), f"a{n:03}", f"s{n}") for n in range(300)))
    with asking(line) as es:
        half = replaced(line, keep_gb=live_bytes(es, line) / 2e9)
    removed = remove_old(half, now=NOW)
    assert 120 <= removed.by_size <= 200
    assert removed.stories == removed.by_size
    assert ids(half, ARTICLES) == {f"a{n:03}" for n in range(300 - removed.by_size)}
    assert remove_old(half, now=NOW) == Removed()


@pytest.fixture
def receiver() -> Iterator[Webhook]:
    with webhook() as got:
        yield got


def test_a_replay_after_retention_pages_nobody(line: Settings, receiver: Webhook) -> None:
    ensure_topics(line)
    add_channel(line, "desk", receiver.url())
    save_rules(line, [Rule("homs", "Homs", text="homs", notify=("desk",), created_at=LONG_AGO, since=LONG_AGO)])
    with Publisher(line) as publisher:
        publisher.publish(ARTICLES_CLUSTERED, told_at(NOW, "a", "s"), origin=Origin.LIVE)
    for consumer in (indexer, alerter, notifier):
        consumer.run(line, Until.END)
    assert len(receiver.ids) == 1
    assert remove_old(line, now=NOW + timedelta(days=400)).by_age == 1
    # The topic of alerts is read on, not again: what would page is an alert that is made a second time.
    with closing(KafkaAdminClient(bootstrap_servers=line.kafka)) as client:
        client.delete_groups([line.name_prefix + consumer.GROUP for consumer in (indexer, alerter)])
    handled = [consumer.run(line, Until.END).handled for consumer in (indexer, alerter, notifier)]
    assert len(receiver.ids) == 1
    assert handled == [1, 1, 0]
    assert len(ids(line, ALERTS)) == 1


def test_kafka_keeps_everything_shorter_than_the_index(settings: Settings) -> None:
    ensure_topics(settings)
    raw = settings.name_prefix + ARTICLES_RAW.name
    with admin(settings) as client:

        def kept_ms() -> int:
            asked = ConfigResource(ConfigResourceType.TOPIC, raw, {RETENTION: ""})
            return int(client.describe_configs([asked], config_filter="all")["topic"][raw][RETENTION]["value"])

        # A broker takes what was altered, and shows what it has heard of: a busy one hears of it a moment later.
        client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, raw, {RETENTION: "-1"})])
        wait_until(lambda: kept_ms() == -1, 10, what="the broker knows that it keeps the topic for ever")
        assert keep_shorter(settings) == [raw]
        shorter = timedelta(days=settings.keep_days - 7) // timedelta(milliseconds=1)
        wait_until(lambda: kept_ms() == shorter, 10, what="the broker keeps it a week less than the index")
    assert keep_shorter(settings) == []

"""Bad messages on every topic, and servers that are away: each consumer as it runs for real, one clear line each."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator
from contextlib import closing

import msgspec
import pytest
from kafka import KafkaProducer

from tests.builders import NOW, article, replaced, tagged
from tests.integration.test_search_errors import always, answering
from wirewatch.errors import IndexMissing, NewerSchema, Refused, TooManyRefused, Unavailable
from wirewatch.models import ClusteredArticle, Mention, Origin
from wirewatch.search.client import asking
from wirewatch.search.indices import alias_of, count, ensure_indices, refresh
from wirewatch.settings import Settings
from wirewatch.stories import Stories
from wirewatch.stream import Consumed, Publisher, Until
from wirewatch.stream.admin import ensure_topics, lag
from wirewatch.stream.dead_letters import by_reason, replay, waiting
from wirewatch.topics import ALERTS, ARTICLES_BULK, ARTICLES_CLUSTERED, ARTICLES_RAW, ARTICLES_TAGGED

TAKES = [
    ("tagger", "tagger", ARTICLES_RAW.name),
    ("tagger", "tagger-bulk", ARTICLES_BULK.name),
    ("clusterer", "clusterer", ARTICLES_TAGGED.name),
    ("indexer", "indexer", ARTICLES_CLUSTERED.name),
    ("alerter", "alerter", ARTICLES_CLUSTERED.name),
    ("notifier", "notifier", ALERTS.name),
]
"""Consumer, its group, and the topic."""

each_topic = pytest.mark.parametrize(
    ("consumer", "group", "topic"), TAKES, ids=[f"{topic}-{consumer}" for consumer, _, topic in TAKES]
)
each_consumer = pytest.mark.parametrize("consumer", ["tagger", "clusterer", "indexer", "alerter", "notifier"])


@pytest.fixture(autouse=True)
def _stores(settings: Settings) -> None:
    ensure_topics(settings)
    ensure_indices(settings)


@pytest.fixture
def raw(settings: Settings) -> Iterator[KafkaProducer]:
    """A producer of any bytes."""
    with closing(KafkaProducer(bootstrap_servers=settings.kafka)) as producer:
        yield producer


def run(settings: Settings, consumer: str) -> Consumed:
    """The consumer to the end, without the model for names, which these tests are not about."""
    quick = msgspec.structs.replace(settings, ner="off")
    consumed: Consumed = importlib.import_module(f"consumers.{consumer}").run(quick, Until.END)
    return consumed


def clustered(**fields: object) -> ClusteredArticle:
    one = tagged(article(**fields)) if fields else tagged()
    return ClusteredArticle(one, Stories().judge(one).story, 1, NOW)


def publish(settings: Settings, *messages: ClusteredArticle) -> None:
    with Publisher(settings) as publisher:
        for message in messages:
            publisher.publish(ARTICLES_CLUSTERED, message, origin=Origin.LIVE)


@each_topic
def test_what_is_no_message_becomes_a_dead_letter_with_its_reason(
    settings: Settings, raw: KafkaProducer, consumer: str, group: str, topic: str
) -> None:
    for value in (b"\x00\xff no JSON", b'{"id": 7}', b"[]", None):
        raw.send(settings.name_prefix + topic, value=value, key=b"k").get(10)
    assert run(settings, consumer) == Consumed(4, 4)
    letters = waiting(settings)
    assert {letter.consumer for letter in letters} == {consumer}
    assert all(letter.reason for letter in letters)
    kinds = by_reason(letters)
    assert (kinds.pop("no body"), sum(kinds.values()), len(kinds)) == (1, 3, 1), "three are no JSON of what is awaited"
    assert lag(settings)[group] == 0


@each_topic
def test_a_message_of_a_newer_schema_stops_the_consumer_and_stays(
    settings: Settings, raw: KafkaProducer, consumer: str, group: str, topic: str
) -> None:
    raw.send(settings.name_prefix + topic, value=b"{}", key=b"k", headers=[("schema", b"9")]).get(10)
    with pytest.raises(NewerSchema, match="schema 9, this wirewatch reads up to 1") as caught:
        run(settings, consumer)
    assert "\n" not in str(caught.value)
    assert lag(settings)[group] == 1
    assert waiting(settings) == []


@each_topic
def test_a_topic_full_of_poison_stops_the_consumer_with_the_rest_in_place(
    settings: Settings, raw: KafkaProducer, consumer: str, group: str, topic: str
) -> None:
    for _ in range(300):
        raw.send(settings.name_prefix + topic, value=b"poison", key=b"k")
    raw.flush()
    with pytest.raises(TooManyRefused):
        run(settings, consumer)
    assert len(waiting(settings)) <= settings.refused_allowed
    assert lag(settings)[group] >= 300 - settings.refused_allowed


def test_a_document_that_elasticsearch_refuses_goes_through_when_its_cause_is_gone(settings: Settings) -> None:
    troubled = clustered(title="Troubled")
    with asking(settings) as es:  # a limit that this article breaks, and that is lifted later
        limit = {"index.mapping.nested_objects.limit": 2}
        es.indices.put_settings(index=alias_of(settings, "news-articles"), settings=limit)
    mention = Mention("Homs", 0, 4, "place")
    tags = replaced(troubled.tagged.tags, mentions=(mention,) * 5)
    troubled = replaced(troubled, tagged=replaced(troubled.tagged, tags=tags))
    publish(settings, troubled, clustered(title="Fine", text="Nothing happened.", url="https://a.example/fine"))
    run(settings, "indexer")
    refresh(settings)
    (letter,) = waiting(settings)
    assert "Elasticsearch refuses it" in letter.reason
    assert "nested" in letter.reason
    assert letter.topic.endswith(ARTICLES_CLUSTERED.name)
    with asking(settings) as es:
        es.indices.put_settings(
            index=alias_of(settings, "news-articles"), settings={"index.mapping.nested_objects.limit": 10_000}
        )
    assert replay(settings) == 1
    run(settings, "indexer")
    refresh(settings)
    assert count(settings) == 2
    assert waiting(settings) == []


def test_an_index_that_goes_missing_stops_the_indexer_and_loses_nothing(settings: Settings) -> None:
    from consumers import indexer
    from wirewatch.search.articles import write
    from wirewatch.stream import consume

    publish(settings, clustered())
    with asking(settings) as es:
        es.indices.delete(index=",".join(es.indices.get_alias(index=alias_of(settings, "news-articles"))))
    with asking(settings) as es, pytest.raises(IndexMissing, match="has no index"):
        consume(
            settings,
            ARTICLES_CLUSTERED,
            indexer.GROUP,
            lambda batch: indexer.index_batch(lambda documents: write(es, settings, documents), batch, now=NOW),
            publisher=Publisher(settings),
            until=Until.END,
        )
    assert lag(settings)["indexer"] == 1
    assert run(settings, "indexer") == Consumed(1, 0)  # a start makes the index anew
    refresh(settings)
    assert count(settings) == 1


@each_consumer
def test_kafka_out_of_reach_is_one_line_within_fifteen_seconds(settings: Settings, consumer: str) -> None:
    nowhere = msgspec.structs.replace(settings, kafka="127.0.0.1:9", connect_timeout_s=1)
    started = time.monotonic()
    with pytest.raises(Unavailable, match=r"Kafka at 127\.0\.0\.1:9 cannot be reached") as caught:
        run(nowhere, consumer)
    assert time.monotonic() - started < 15
    assert "\n" not in str(caught.value)


def test_elasticsearch_out_of_reach_is_one_line_within_fifteen_seconds(settings: Settings) -> None:
    started = time.monotonic()
    with pytest.raises(Unavailable, match=r"Elasticsearch at http://127\.0\.0\.1:9 cannot be reached") as caught:
        run(msgspec.structs.replace(settings, elasticsearch="http://127.0.0.1:9"), "indexer")
    assert time.monotonic() - started < 15
    assert "\n" not in str(caught.value)


def test_a_wrong_password_stops_the_indexer_and_nothing_is_committed(settings: Settings) -> None:
    publish(settings, clustered())
    with answering(always(401, "no such user")) as (stand_in, _):
        wrong = msgspec.structs.replace(
            settings,
            elasticsearch=stand_in.elasticsearch,
            elasticsearch_user="wirewatch",
            elasticsearch_password="wrong",
        )
        with pytest.raises(Refused, match="user or password is wrong"):
            run(wrong, "indexer")
    assert lag(settings)["indexer"] == 1

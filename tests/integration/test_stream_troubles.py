"""What goes wrong around the consuming loop: an article nobody can handle, servers that are not there, odd messages."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import msgspec
import pytest
from kafka import KafkaProducer
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import CoordinatorNotAvailableError

from consumers.alerter import RULES_EVERY_S, Met, Rules, alert_batch
from consumers.tagger import KnownCorrections, tag_batch
from tests.builders import article, replaced, tagged
from tests.consuming import Seen, service, work
from tests.e2e.line import publish, wait_until
from wirewatch.alerts.index import RuleIndex
from wirewatch.alerts.rule import Rule
from wirewatch.alerts.seen import Seen as SeenArticle
from wirewatch.embedded.started import free_ports
from wirewatch.errors import NewerSchema, Refused, SettingsError, Unavailable
from wirewatch.models import Article, Assignment, ClusteredArticle, Origin, Story, TaggedArticle, alert_id
from wirewatch.search.alerts import get_alerts
from wirewatch.search.client import connect
from wirewatch.search.indices import ensure_indices
from wirewatch.search.rules import save_rules
from wirewatch.settings import Settings
from wirewatch.stream import Publisher, Received, Rejected
from wirewatch.stream.admin import _when_ready, delete_topics, ensure_topics, lag, reachable
from wirewatch.stream.compacted import read_encoded, read_messages, read_newest, read_table
from wirewatch.stream.connection import address
from wirewatch.stream.downstream import Downstream
from wirewatch.topics import ARTICLES_RAW, STORIES_ASSIGNED, Topic

NOW = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _topics(settings: Settings) -> None:
    ensure_topics(settings)


@pytest.fixture
def raw(settings: Settings) -> Iterator[KafkaProducer]:
    with closing(KafkaProducer(bootstrap_servers=settings.kafka)) as producer:
        yield producer


def received(value: Article | ClusteredArticle, offset: int) -> Received:  # type: ignore[type-arg]
    record = ConsumerRecord("t", 0, 0, offset, 0, 0, b"k", b"{}", [], None, 1, 2, -1)
    return Received(value, Origin.LIVE, record)


class Stumbling:
    """A tagger that has not learnt one of its articles."""

    def tag(self, one: Article, *, now: datetime) -> TaggedArticle:
        if one.title == "Odd":
            raise ZeroDivisionError("an odd article")
        return tagged(one)


def test_an_article_that_the_tagger_stumbles_over_is_refused_and_its_neighbours_go_on(settings: Settings) -> None:
    batch = [received(article(title), n) for n, title in enumerate(("Before", "Odd", "After"))]
    with Publisher(settings) as publisher:
        (refused,) = tag_batch(Stumbling(), publisher, batch, now=NOW)
    assert (refused.record.offset, refused.reason) == (1, "cannot be tagged: ZeroDivisionError: an odd article")
    assert lag(settings)["clusterer"] == 2


class Slow:
    """A tagger that takes ten milliseconds for an article."""

    def tag(self, one: Article, *, now: datetime) -> TaggedArticle:
        time.sleep(0.01)
        return tagged(one)


class Noting(Publisher):
    """Notes when it was given what."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.given: list[tuple[str, float]] = []

    def publish(self, topic: Topic[Any], message: Any, *, origin: Origin) -> None:
        self.given.append((message.article.title, time.monotonic()))
        super().publish(topic, message, origin=origin)


def test_what_is_tagged_goes_on_together_and_a_long_batch_in_parts(settings: Settings) -> None:
    titles = [f"Report {n}" for n in range(50)]
    batch = [received(article(title), n) for n, title in enumerate(titles)]
    with Noting(settings) as publisher:
        tag_batch(Slow(), publisher, batch, now=NOW)
    assert [title for title, _ in publisher.given] == titles
    moments = [at for _, at in publisher.given]
    parts = 1 + sum(later - at > 0.01 for at, later in pairwise(moments))
    assert 2 <= parts <= 6, "half a second of work, and a part every tenth of a second"
    assert lag(settings)["clusterer"] == 50


class StumblingIndex(RuleIndex):
    """An index of rules that one of the articles brings down."""

    def matching(self, seen: SeenArticle, story: Story) -> list[Rule]:
        if seen.article.title == "Odd":
            raise ZeroDivisionError("an odd article")
        return super().matching(seen, story)


def test_an_article_that_the_alerter_stumbles_over_is_refused_and_its_neighbours_go_on(settings: Settings) -> None:
    ensure_indices(settings)
    rules, told = Rules(), Story("s1", "Odd", "a1", NOW, NOW, 1, 1)
    rules.index = StumblingIndex()
    batch = [
        received(ClusteredArticle(tagged(article(title)), told, 1, NOW), n) for n, title in enumerate(("Odd", "Even"))
    ]
    with connect(settings) as es, Publisher(settings) as publisher:
        (refused,) = alert_batch(es, settings, rules, Met(es, settings), publisher, batch, now=NOW)
    assert (refused.record.offset, refused.reason) == (0, "cannot be judged: ZeroDivisionError: an odd article")


def test_a_rule_that_cannot_be_read_is_left_out_and_the_others_still_work(settings: Settings) -> None:
    ensure_indices(settings)
    old = NOW - timedelta(days=1)
    given = [Rule(f"r{n}", "R", text=text, created_at=old, since=old) for n, text in enumerate(("homs AND (", "homs"))]
    save_rules(settings, given)
    rules, told = Rules(), Story("s1", "Homs", "a1", NOW, NOW, 1, 1, independent_outlets=1)
    batch = [received(ClusteredArticle(tagged(article("Rebels enter Homs")), told, 1, NOW), 0)]
    with connect(settings) as es, Publisher(settings) as publisher:
        assert alert_batch(es, settings, rules, Met(es, settings), publisher, batch, now=NOW) == []
        assert [one.alert.rule_id for one in get_alerts(es, settings, [alert_id(r, "s1") for r in ("r0", "r1")])] == [
            "r1"
        ]


def test_rules_are_put_under_their_rarest_words_once_a_thousand_articles_have_shown_which_are_rare(
    settings: Settings,
) -> None:
    ensure_indices(settings)
    rules = Rules()
    before = rules.index
    with connect(settings) as es:
        rules.update(es, settings)
        assert rules.index is before
        before.articles = 1_001
        time.sleep(RULES_EVERY_S)
        rules.update(es, settings)
    assert rules.index is not before
    assert rules.index.articles == 1_001


def test_without_an_elasticsearch_nothing_was_corrected(settings: Settings) -> None:
    known = KnownCorrections(replaced(settings, elasticsearch=None))
    known.read()
    (given,) = [known.applied_to(Stumbling(), [received(article("Even"), 0)])]
    assert given.tag(article("Even"), now=NOW) == tagged(article("Even"))


def away(_: Sequence[object]) -> list[Rejected]:
    raise Unavailable("Elasticsearch", "http://nowhere", "it sleeps")


def test_a_server_that_stays_away_ends_a_run_with_its_error(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wirewatch.stream.consumer.END_PATIENCE_S", 0.3)
    publish(settings, [article()])
    with pytest.raises(Unavailable, match="it sleeps"):
        work(settings, away)
    assert lag(settings)["tagger"] == 1


def test_a_batch_that_a_service_tries_again_is_counted(settings: Settings) -> None:
    watched = replaced(settings, metrics=f"127.0.0.1:{free_ports(1)[0]}")
    publish(settings, [article()])

    def failed() -> float:
        try:
            lines = httpx.get(f"http://{watched.metrics}/metrics").text.splitlines()
        except httpx.ConnectError:  # it is not up yet
            return 0.0
        return sum(float(line.split()[-1]) for line in lines if line.startswith("wirewatch_batches_given_up_total"))

    with service(watched, away):
        wait_until(lambda: failed() >= 2, 30, what="two tries are counted")
    assert lag(settings)["tagger"] == 1


def test_a_tagger_that_cannot_ask_how_far_the_others_are_says_so_and_asks_again(settings: Settings) -> None:
    nowhere = replaced(settings, kafka="127.0.0.1:9", connect_timeout_s=1)
    downstream = Downstream(nowhere, ["indexer"])
    for _ in range(2):
        with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9"):
            downstream.has_room()


def test_several_processes_may_make_the_topics_at_once(settings: Settings) -> None:
    fresh = replaced(settings, name_prefix=settings.name_prefix + "fresh.")
    with ThreadPoolExecutor(6) as threads:
        for made in [threads.submit(ensure_topics, fresh) for _ in range(6)]:
            made.result()
    assert set(lag(fresh).values()) == {0}


def test_topics_of_a_line_in_earnest_are_never_deleted(settings: Settings) -> None:
    with pytest.raises(ValueError, match="name_prefix"):
        delete_topics(replaced(settings, name_prefix=""))


def test_kafka_is_known_and_answers_or_what_is_missing_is_said(settings: Settings) -> None:
    reachable(settings)
    with pytest.raises(SettingsError, match="WIREWATCH_KAFKA"):
        address(replaced(settings, kafka=None))
    with pytest.raises(Refused, match="Kafka at"):
        ensure_topics(replaced(settings, name_prefix="no/topic "))


def test_a_coordinator_that_is_not_there_yet_is_asked_again_and_given_up_in_time(settings: Settings) -> None:
    failures = [CoordinatorNotAvailableError(), CoordinatorNotAvailableError()]

    def ask() -> str:
        if failures:
            raise failures.pop()
        return "here"

    assert _when_ready(settings, ask) == "here"
    failures = [CoordinatorNotAvailableError()] * 99
    with pytest.raises(CoordinatorNotAvailableError):
        _when_ready(replaced(settings, connect_timeout_s=0.3), ask)


def test_what_was_published_in_a_block_that_failed_is_not_waited_for(settings: Settings) -> None:
    publisher = Publisher(settings)

    def fail() -> None:
        with publisher:
            publisher.publish(ARTICLES_RAW, article("Half"), origin=Origin.LIVE)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    publisher.publish(ARTICLES_RAW, article("Whole"), origin=Origin.LIVE)  # it connects anew
    publisher.flush()
    publisher.close()
    seen = Seen()
    work(settings, seen)
    assert "Whole" in seen


def assignment(article_id: str, **fields: object) -> bytes:
    given = Assignment(article_id, "s1", ("h",), (), 1, "Title", NOW)
    return msgspec.json.encode(msgspec.structs.replace(given, **fields))


def sent(settings: Settings, raw: KafkaProducer, messages: Sequence[tuple[bytes, bytes | None, bytes]]) -> None:
    for key, value, schema in messages:
        topic = settings.name_prefix + STORIES_ASSIGNED.name
        raw.send(topic, key=key, value=value, headers=[("schema", schema)], partition=0).get(10)


def test_a_table_is_read_past_what_was_taken_out_and_what_nobody_can_read(
    settings: Settings, raw: KafkaProducer
) -> None:
    sent(
        settings,
        raw,
        [(b"a", assignment("a"), b"1"), (b"b", None, b"1"), (b"c", b"{", b"1"), (b"d", assignment("d"), b"1")],
    )
    assert [(key, one and one.article_id) for key, one in read_table(settings, STORIES_ASSIGNED)] == [
        (b"a", "a"),
        (b"b", None),
        (b"d", "d"),
    ]
    assert [one.article_id for one in read_newest(settings, STORIES_ASSIGNED, 10)] == ["a", "d"]
    assert [one.article_id for one in read_newest(settings, STORIES_ASSIGNED, 2)] == ["d"]
    assert len(list(read_encoded(settings, STORIES_ASSIGNED))) == 3
    assert [key for key, _ in read_messages(settings, STORIES_ASSIGNED)] == [b"a", b"c", b"d"]


def test_a_table_of_a_newer_wirewatch_is_not_read_at_all(settings: Settings, raw: KafkaProducer) -> None:
    sent(settings, raw, [(b"a", assignment("a"), b"2")])
    for read in (read_table, read_encoded):
        with pytest.raises(NewerSchema, match="update wirewatch"):
            list(read(settings, STORIES_ASSIGNED))

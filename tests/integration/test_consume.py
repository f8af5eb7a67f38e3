"""The consuming loop on a real Kafka: nothing skipped, nothing lost, live before bulk."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import msgspec
import pytest
from kafka import KafkaProducer

from tests.builders import article, numbered
from tests.consuming import Seen, service, titles, work
from tests.e2e.line import publish, wait_until
from wirewatch.errors import NewerSchema, TooManyRefused, Unavailable
from wirewatch.models import Article, Origin
from wirewatch.settings import Settings
from wirewatch.stream import Consumed, Publisher, Received, Rejected, Until
from wirewatch.stream.admin import ensure_topics, lag
from wirewatch.stream.consumer import PACE_S
from wirewatch.stream.dead_letters import replay, waiting
from wirewatch.stream.downstream import LOOK_EVERY_S, ROOM, Downstream
from wirewatch.stream.lane import Lane
from wirewatch.topics import ARTICLES_RAW


@pytest.fixture(autouse=True)
def _topics(settings: Settings) -> None:
    ensure_topics(settings)


@pytest.fixture
def raw(settings: Settings) -> Iterator[KafkaProducer]:
    """A producer of any bytes."""
    with closing(KafkaProducer(bootstrap_servers=settings.kafka)) as producer:
        yield producer


def test_every_message_is_handled_once_and_a_second_run_finds_none(settings: Settings) -> None:
    articles = numbered(500)
    publish(settings, articles)
    seen, again = Seen(), Seen()
    assert work(settings, seen) == Consumed(500, 0)
    assert work(settings, again) == Consumed(0, 0)
    assert sorted(seen) == titles(articles)
    assert again == []


def test_an_empty_topic_ends_at_once(settings: Settings) -> None:
    started = time.monotonic()
    assert work(settings, Seen()) == Consumed(0, 0)
    assert time.monotonic() - started < 10


def test_until_end_leaves_what_came_after_the_start(settings: Settings) -> None:
    publish(settings, numbered(10))
    late = article("Came later")

    def handle_and_publish(batch: Sequence[Received[Article]]) -> Sequence[Rejected]:
        if len(seen) < 1_000:
            publish(settings, [article(f"Later {len(seen)} {n}") for n in range(3)])
        return seen(batch)

    seen = Seen()
    work(settings, handle_and_publish)
    assert late.title not in seen
    assert len(seen) < 100, "it ran after new messages for ever"


@pytest.mark.parametrize(("over", "handled"), [("commit_transaction", 1), ("abort_transaction", 0)])
def test_until_end_waits_for_a_transaction_that_is_not_over(settings: Settings, over: str, handled: int) -> None:
    with closing(KafkaProducer(bootstrap_servers=settings.kafka, transactional_id=settings.name_prefix)) as producer:
        producer.init_transactions()
        producer.begin_transaction()
        topic = settings.name_prefix + ARTICLES_RAW.name
        headers = [("schema", b"1"), ("origin", b"live")]
        producer.send(topic, msgspec.json.encode(article("Not over")), headers=headers).get(10)
        assert lag(settings)["tagger"] == 1
        seen = Seen()
        with ThreadPoolExecutor() as threads:
            working = threads.submit(work, settings, seen)
            time.sleep(2)
            assert not working.done()
            getattr(producer, over)()
            assert working.result(30) == Consumed(handled, 0)
    assert len(seen) == handled


def test_a_live_article_overtakes_those_of_the_slow_lane(settings: Settings) -> None:
    settings = msgspec.structs.replace(settings, bulk_batch_size=5)
    publish(settings, numbered(300), bulk=True)
    order: list[str] = []

    def handle(batch: Sequence[Received[Article]]) -> Sequence[Rejected]:
        if not order:
            publish(settings, [article("Breaking")])
        order.extend(received.value.title for received in batch)
        time.sleep(0.02)
        return []

    with service(settings, handle):
        wait_until(lambda: len(order) == 301, 60, what="all are handled")
    assert order.index("Breaking") < 150


def test_the_slow_lane_waits_while_there_is_no_room_behind(settings: Settings) -> None:
    publish(settings, numbered(20), bulk=True)
    seen, room = Seen(), threading.Event()
    with service(settings, seen, room.is_set):
        publish(settings, [article("Breaking")])
        wait_until(lambda: seen == ["Breaking"], 30, what="the live one is handled")
        time.sleep(1)
        assert seen == ["Breaking"]
        room.set()
        wait_until(lambda: len(seen) == 21, 10, what="the old ones are handled")


def test_nobody_is_asked_for_room_while_the_slow_lane_is_empty_and_what_comes_into_it_waits_too(
    settings: Settings,
) -> None:
    publish(settings, [article("Old")], bulk=True)
    seen, asked, room = Seen(), [], threading.Event()

    def has_room() -> bool:
        asked.append(room.is_set())
        return asked[-1]

    room.set()
    with service(settings, seen, has_room):
        wait_until(lambda: seen == ["Old"], 30, what="the slow lane is empty")
        before = len(asked)
        time.sleep(1)
        assert len(asked) == before
        room.clear()
        publish(settings, numbered(5), bulk=True)
        wait_until(lambda: len(asked) > before + 2, 10, what="it asks for room")
        assert seen == ["Old"]
        room.set()
        wait_until(lambda: len(seen) == 6, 10, what="they are handled, each once")


def test_until_the_end_nobody_waits_for_room(settings: Settings) -> None:
    publish(settings, numbered(20), bulk=True)
    seen = Seen()
    work(settings, seen, room=lambda: False)
    assert len(seen) == 20


def test_consumers_behind_have_room_again_as_soon_as_they_took_what_waits(settings: Settings) -> None:
    with closing(Downstream(settings, ["tagger", "indexer"])) as behind:

        def has_room() -> bool:
            time.sleep(LOOK_EVERY_S)
            return behind.has_room()

        publish(settings, numbered(ROOM + 1))
        assert has_room(), "nobody is at work: there is nothing to wait for"
        with closing(Lane(settings, ARTICLES_RAW.name, "tagger", 100)) as lane:
            lane.subscribe(lambda: None)
            wait_until(lambda: not lane.poll(0.1) and lane.behind() == 0, 10, what="it has taken all")
            assert not has_room(), "what is taken and not committed still stands in the way"
            lane.kafka.commit()
            assert has_room()


def test_messages_that_come_one_by_one_are_taken_together(settings: Settings) -> None:
    seen, began = Seen(), []

    def handle(batch: Sequence[Received[Article]]) -> Sequence[Rejected]:
        began.append(time.monotonic())
        return seen(batch)

    with service(settings, handle):
        with Publisher(settings) as publisher:
            for one in numbered(200):
                publisher.publish(ARTICLES_RAW, one, origin=Origin.LIVE)
                time.sleep(0.01)
        wait_until(lambda: len(seen) == 200, 30, what="all are handled")
    assert len(began) <= 2 + (began[-1] - began[0]) / PACE_S


def test_the_origin_of_a_message_is_seen_by_its_handler(settings: Settings) -> None:
    publish(settings, [article("Live")])
    publish(settings, [article("Old")], bulk=True)
    origins: dict[str, Origin] = {}

    def handle(batch: Sequence[Received[Article]]) -> Sequence[Rejected]:
        origins.update({received.value.title: received.origin for received in batch})
        return []

    work(settings, handle)
    assert origins == {"Live": Origin.LIVE, "Old": Origin.BACKFILL}


@pytest.mark.parametrize(
    ("value", "headers", "reason"),
    [
        (b"\xff\xfe no json", [("schema", b"1")], "not a Article"),
        (b'{"id": "a"}', [("schema", b"1")], "missing required field"),
        (b'{"id": 7}', [], "Expected `str`"),
        (b"[]", [("schema", b"one")], "header not readable"),
        (b"{}", [("origin", b"elsewhere")], "header not readable"),
        (None, [("schema", b"1")], "no body"),
    ],
    ids=["no JSON", "fields missing", "wrong type", "odd schema", "odd origin", "tombstone"],
)
def test_what_cannot_be_decoded_becomes_a_dead_letter_and_its_neighbours_go_on(
    settings: Settings, raw: KafkaProducer, value: bytes | None, headers: list[tuple[str, bytes]], reason: str
) -> None:
    raw.send(settings.name_prefix + ARTICLES_RAW.name, value=value, key=b"k", headers=headers).get(10)
    publish(settings, [article("Good")])
    seen = Seen()
    assert work(settings, seen) == Consumed(2, 1)
    assert seen == ["Good"]
    (letter,) = waiting(settings)
    assert reason in letter.reason
    assert letter.value == (value or b"")
    assert letter.consumer == "tagger"


def test_a_refused_message_goes_through_when_replayed_after_its_cause_is_gone(settings: Settings) -> None:
    publish(settings, [article("Fine"), article("Troubled")])

    def refuse_troubled(batch: Sequence[Received[Article]]) -> Sequence[Rejected]:
        return [Rejected(r.record, "for now") for r in batch if r.value.title == "Troubled"]

    assert work(settings, refuse_troubled) == Consumed(2, 1)
    assert [letter.reason for letter in waiting(settings)] == ["for now"]
    assert replay(settings) == 1
    assert waiting(settings) == []
    seen = Seen()
    work(settings, seen)
    assert seen == ["Troubled"]


def test_replay_takes_no_more_letters_than_it_is_told(settings: Settings) -> None:
    publish(settings, numbered(3))
    work(settings, lambda batch: [Rejected(r.record, "no") for r in batch])
    assert replay(settings, limit=2) == 2
    assert len(waiting(settings)) == 1


def test_a_message_of_a_newer_schema_stops_the_consumer_and_nothing_is_skipped(
    settings: Settings, raw: KafkaProducer
) -> None:
    topic = settings.name_prefix + ARTICLES_RAW.name
    encoded = msgspec.json.encode(article("From the future"))
    publish(settings, [article("Before", id="k")])
    raw.send(topic, value=encoded, key=b"k", headers=[("schema", b"2")]).get(10)
    publish(settings, [article("After", id="k")])
    seen = Seen()
    for _ in range(2):  # a restart stops at the same message
        with pytest.raises(NewerSchema, match="update wirewatch"):
            work(settings, seen)
    assert seen == ["Before"]
    assert waiting(settings) == []
    assert lag(settings)["tagger"] == 2


def test_a_topic_full_of_poison_stops_the_consumer_before_it_is_emptied(settings: Settings, raw: KafkaProducer) -> None:
    for n in range(400):
        raw.send(settings.name_prefix + ARTICLES_RAW.name, value=b"poison %d" % n)
    raw.flush()
    with pytest.raises(TooManyRefused, match="leaves the rest where they are"):
        work(settings, Seen())
    assert len(waiting(settings)) <= settings.refused_allowed
    assert lag(settings)["tagger"] >= 400 - settings.refused_allowed


def test_a_few_refusals_among_many_do_not_stop_the_consumer(settings: Settings) -> None:
    publish(settings, numbered(400))
    refused = work(settings, lambda batch: [Rejected(r.record, "no") for r in batch if r.value.title.endswith("7")])
    assert refused == Consumed(400, 40)


def test_a_batch_that_meets_a_missing_server_is_tried_again_whole(settings: Settings) -> None:
    articles = numbered(20)
    publish(settings, articles)
    seen, failures = Seen(), iter([True, True])

    def handle(batch: Sequence[Received[Article]]) -> Sequence[Rejected]:
        if next(failures, False):
            raise Unavailable("Elasticsearch", "http://nowhere", "it sleeps")
        return seen(batch)

    assert work(settings, handle) == Consumed(20, 0)
    assert sorted(seen) == titles(articles)


def test_a_crash_in_the_handler_loses_nothing(settings: Settings) -> None:
    publish(settings, numbered(20))

    def crash(batch: Sequence[Received[Article]]) -> Sequence[Rejected]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        work(settings, crash)
    seen = Seen()
    work(settings, seen)
    assert len(seen) == 20


def test_a_stop_ends_within_ten_seconds_and_nothing_is_repeated(settings: Settings) -> None:
    articles = numbered(200)
    publish(settings, articles)
    settings = msgspec.structs.replace(settings, batch_size=10)
    seen, stop = Seen(), threading.Event()

    def handle(batch: Sequence[Received[Article]]) -> Sequence[Rejected]:
        time.sleep(0.05)
        if len(seen) > 50:
            stop.set()
        return seen(batch)

    started = time.monotonic()
    work(settings, handle, Until.STOPPED, stop)
    assert time.monotonic() - started < 15
    assert 50 < len(seen) < 200
    work(settings, seen)
    assert sorted(seen) == titles(articles)


def test_kafka_out_of_reach_is_one_line_within_fifteen_seconds(settings: Settings) -> None:
    nowhere = msgspec.structs.replace(settings, kafka="127.0.0.1:9", connect_timeout_s=1)
    started = time.monotonic()
    with pytest.raises(Unavailable, match=r"Kafka at 127\.0\.0\.1:9") as caught:
        work(nowhere, Seen())
    assert time.monotonic() - started < 15
    assert "\n" not in str(caught.value)
    with pytest.raises(Unavailable, match=r"Kafka at 127\.0\.0\.1:9"):
        ensure_topics(nowhere)

"""A consumer group on a real Kafka: its members share the work, and lose it, and nothing is missed or doubled."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing

import msgspec
import pytest
from kafka import KafkaConsumer
from kafka.admin import MemberToRemove
from kafka.coordinator.base import MemberState

from tests.builders import article, numbered, tagged
from tests.consuming import Handle, Seen, service, work
from tests.e2e.line import publish, wait_until
from wirewatch.models import Article, Origin
from wirewatch.settings import Settings
from wirewatch.stream import Consumed, Publisher, Received, Rejected, TransactionalPublisher
from wirewatch.stream.admin import admin, ensure_topics, lag
from wirewatch.stream.lane import Lane
from wirewatch.topics import ARTICLES_RAW, ARTICLES_TAGGED


@pytest.fixture(autouse=True)
def _topics(settings: Settings) -> None:
    ensure_topics(settings)


def remove_everybody(settings: Settings, group: str) -> None:
    """Take a group's members out of it, as Kafka does with those that it has not heard of for long."""
    name = settings.name_prefix + group
    with admin(settings) as client:
        members = client.describe_groups([name])[name]["members"]
        client.remove_group_members(name, [MemberToRemove(member_id=one["member_id"]) for one in members])


def committed(settings: Settings, topic: str) -> list[bytes]:
    """The bodies that a reader of committed messages finds in a topic."""
    with closing(
        KafkaConsumer(
            settings.name_prefix + topic,
            bootstrap_servers=settings.kafka,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            consumer_timeout_ms=2_000,
        )
    ) as consumer:
        return [record.value for record in consumer]


@pytest.mark.parametrize("transactional", [False, True], ids=["commits offsets", "in a transaction"])
def test_a_batch_whose_partitions_went_away_meanwhile_is_done_again_and_a_transaction_leaves_nothing_of_the_first_try(
    settings: Settings, transactional: bool
) -> None:
    articles = numbered(20)
    publish(settings, articles)
    settings = msgspec.structs.replace(settings, batch_size=10, session_timeout_s=3.0)
    publisher = TransactionalPublisher(settings, "tagger") if transactional else Publisher(settings)
    batches: list[list[str]] = []

    def handle(batch: Sequence[Received[Article]]) -> Sequence[Rejected]:
        batches.append([received.value.title for received in batch])
        for received in batch:
            publisher.publish(ARTICLES_TAGGED, tagged(received.value), origin=Origin.LIVE)
        if len(batches) == 1:
            remove_everybody(settings, "tagger")
        return []

    assert work(settings, handle, publisher=publisher) == Consumed(20, 0)
    assert set(batches[0]) <= {title for later in batches[1:] for title in later}, "the first batch was done again"
    assert {title for batch in batches for title in batch} == {one.title for one in articles}
    wait_until(lambda: lag(settings)["tagger"] == 0, 5, what="all is committed")
    came = committed(settings, ARTICLES_TAGGED.name)
    assert len(set(came)) == 20
    assert len(came) == (20 if transactional else 20 + len(batches[0]))


def test_two_consumers_of_a_group_share_the_work_and_miss_nothing(settings: Settings) -> None:
    articles = numbered(400)
    settings = msgspec.structs.replace(settings, batch_size=10)
    parts = [Seen(), Seen()]

    def slowly(seen: Seen) -> Handle:
        def handle(batch: Sequence[Received[Article]]) -> Sequence[Rejected]:
            time.sleep(0.02)
            return seen(batch)

        return handle

    with service(settings, slowly(parts[0])), service(settings, slowly(parts[1])):
        time.sleep(3)
        publish(settings, articles)
        wait_until(lambda: len({*parts[0], *parts[1]}) == 400, 60, what="all are handled")
    assert {*parts[0], *parts[1]} == {one.title for one in articles}
    assert all(parts), "one of the two did all the work"


def test_a_join_that_ends_while_the_other_lane_is_polled_is_completed(settings: Settings) -> None:
    publish(settings, [article("Waits")])
    lane = Lane(settings, ARTICLES_RAW.name, "tagger", 10)
    with closing(lane):
        lane.subscribe(lambda: None)
        while lane.kafka.group_metadata().state is not MemberState.REBALANCING:
            lane.kafka.poll(1)
            time.sleep(0.05)
        time.sleep(0.5)  # the join ends, and nobody waits for it
        deadline = time.monotonic() + 10
        records = lane.poll(0.001)
        while not records and time.monotonic() < deadline:
            time.sleep(0.05)
            records = lane.poll(0.001)
        assert sum(map(len, records.values())) == 1


def test_a_lane_that_was_given_no_end_has_not_come_to_one_and_a_publisher_that_never_connected_has_nothing_to_undo(
    settings: Settings,
) -> None:
    with closing(Lane(settings, ARTICLES_RAW.name, "tagger", 10)) as lane:
        assert not lane.at_end()
    TransactionalPublisher(settings, "tagger").abort()

"""Reading a compacted topic as what it is: a table, of which the last message of each key counts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TypeVar

import msgspec
from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from wirewatch.settings import Settings
from wirewatch.stream.connection import MAX_MESSAGE_BYTES, as_our_errors, bootstrap
from wirewatch.stream.decoding import Decoder, Received
from wirewatch.topics import Topic

M = TypeVar("M", bound=msgspec.Struct)


def read_table(settings: Settings, topic: Topic[M]) -> Iterator[tuple[bytes, M | None]]:
    """Every committed message of ``topic`` up to its end now, oldest first; None is a key that was taken out.

    What cannot be decoded is passed over: such a table is written by wirewatch alone. Raises NewerSchema.
    """
    decode = Decoder(topic)
    for record in _records(settings, topic):
        if record.value is None:
            yield record.key, None
            continue
        decoded = decode(record)
        if isinstance(decoded, Received):
            yield record.key, decoded.value


def read_encoded(settings: Settings, topic: Topic[M]) -> Iterator[bytes]:
    """The bodies of the same messages as they stand in Kafka, for who decodes them better; raises NewerSchema."""
    decode = Decoder(topic)
    for record in _records(settings, topic):
        if record.value is not None:
            decode.check(record)
            yield record.value


def read_messages(settings: Settings, topic: Topic[M]) -> Iterator[tuple[bytes, bytes]]:
    """Key and body of the same messages, unread; for measuring."""
    return ((record.key, record.value) for record in _records(settings, topic) if record.value is not None)


def read_newest(settings: Settings, topic: Topic[M], most: int) -> Iterator[M]:
    """The last ``most`` messages of each partition of ``topic``, fewer where it was compacted; raises NewerSchema."""
    decode = Decoder(topic)
    for record in _records(settings, topic, most):
        decoded = decode(record) if record.value is not None else None
        if isinstance(decoded, Received):
            yield decoded.value


def _records(settings: Settings, topic: Topic[M], most: int | None = None) -> Iterator[ConsumerRecord]:
    with as_our_errors(settings), closing(_reader(settings)) as consumer:
        name = settings.name_prefix + topic.name
        partitions = [TopicPartition(name, number) for number in consumer.partitions_for_topic(name)]
        if not partitions:  # the topic was never made
            return
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        ends = consumer.end_offsets(partitions)
        if most is not None:
            starts = consumer.beginning_offsets(partitions)
            for tp, end in ends.items():
                consumer.seek(tp, max(starts[tp], end - most))
        while any((consumer.position(tp) or 0) < end for tp, end in ends.items()):
            for records in consumer.poll(500).values():
                yield from records


def _reader(settings: Settings) -> KafkaConsumer:
    return KafkaConsumer(
        bootstrap_servers=bootstrap(settings),
        bootstrap_timeout_ms=int(settings.connect_timeout_s * 1000),
        enable_auto_commit=False,
        isolation_level="read_committed",
        allow_auto_create_topics=False,
        max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
        max_poll_records=5_000,
    )

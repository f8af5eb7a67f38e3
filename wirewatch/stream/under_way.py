"""What was published and not yet taken."""

from __future__ import annotations

from contextlib import closing
from typing import TypeVar

import msgspec
from kafka import KafkaConsumer, TopicPartition

from wirewatch.models import Origin
from wirewatch.settings import Settings
from wirewatch.stream.connection import MAX_MESSAGE_BYTES, as_our_errors, bootstrap
from wirewatch.topics import Topic

M = TypeVar("M", bound=msgspec.Struct)


def keys_under_way(settings: Settings, topic: Topic[M], group: str, origin: Origin) -> frozenset[str]:
    """The keys of the messages of ``origin`` that ``group`` has still to take from ``topic`` at this moment."""
    found: set[str] = set()
    with as_our_errors(settings), closing(_reader(settings, group)) as consumer:
        name = settings.name_prefix + topic.name
        partitions = [TopicPartition(name, number) for number in consumer.partitions_for_topic(name)]
        ends = consumer.end_offsets(partitions) if partitions else {}
        starts = consumer.beginning_offsets(partitions) if partitions else {}
        nexts = {tp: max(consumer.committed(tp) or 0, starts[tp]) for tp in partitions}
        waiting = [tp for tp in partitions if nexts[tp] < ends[tp]]
        consumer.assign(waiting)
        for tp in waiting:
            consumer.seek(tp, nexts[tp])
        wanted = ("origin", origin.value.encode())
        while any((consumer.position(tp) or 0) < ends[tp] for tp in waiting):
            for records in consumer.poll(500).values():
                found.update(record.key.decode() for record in records if record.key and wanted in record.headers)
    return frozenset(found)


def _reader(settings: Settings, group: str) -> KafkaConsumer:
    """A consumer that knows what ``group`` has committed and never joins it."""
    return KafkaConsumer(
        bootstrap_servers=bootstrap(settings),
        bootstrap_timeout_ms=int(settings.connect_timeout_s * 1000),
        group_id=settings.name_prefix + group,
        enable_auto_commit=False,
        isolation_level="read_committed",
        allow_auto_create_topics=False,
        max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
        max_poll_records=5_000,
    )

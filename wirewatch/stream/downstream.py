"""Whether the consumers behind keep up, so that old material never stands in the way of a live article."""

from __future__ import annotations

import time
from collections.abc import Sequence

from kafka import IsolationLevel, KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec

from wirewatch.settings import Settings
from wirewatch.stream.admin import READS, committed_offset
from wirewatch.stream.connection import as_our_errors, bootstrap

ROOM = 60
"""Messages that may wait for one of the consumers behind: less than a second's work of an indexer."""

LOOK_EVERY_S = 0.2


class Downstream:
    """The consumer groups behind a consumer, and whether they have room for more.

    A group without a process at work is not waited for: nothing passes through it, live or old.
    """

    def __init__(self, settings: Settings, groups: Sequence[str]) -> None:
        self._settings = settings
        self._topics = {settings.name_prefix + group: settings.name_prefix + READS[group] for group in groups}
        self._client: KafkaAdminClient | None = None
        self._room, self._looked_at = True, 0.0

    def has_room(self) -> bool:
        """Whether none of the groups has more than ROOM messages to take, as of a moment ago.

        Raises Unavailable and Refused.
        """
        now = time.monotonic()
        if now - self._looked_at >= LOOK_EVERY_S:
            try:
                with as_our_errors(self._settings):
                    self._room = self._longest() <= ROOM
            except BaseException:
                self.close()
                raise
            self._looked_at = now
        return self._room

    def close(self) -> None:
        """Leave Kafka; another question connects again."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _longest(self) -> int:
        """Messages that wait for the group that is furthest behind."""
        client = self._client = self._client or self._connected()
        at_work = [group for group, found in client.describe_groups(list(self._topics)).items() if found.get("members")]
        if not at_work:
            return 0
        done = client.list_group_offsets(at_work)
        described = client.describe_topics(sorted({self._topics[group] for group in at_work}))
        partitions = {
            topic["name"]: [TopicPartition(topic["name"], one["partition_index"]) for one in topic["partitions"]]
            for topic in described
        }
        every = [tp for topic in partitions.values() for tp in topic]
        begins = client.list_partition_offsets(dict.fromkeys(every, OffsetSpec.EARLIEST))
        ends = client.list_partition_offsets(dict.fromkeys(every, OffsetSpec.LATEST), IsolationLevel.READ_COMMITTED)
        waiting: dict[str, int] = dict.fromkeys(at_work, 0)
        for group in at_work:
            for tp in partitions[self._topics[group]]:
                waiting[group] += ends[tp].offset - max(committed_offset(done[group].get(tp)), begins[tp].offset)
        return max(waiting.values())

    def _connected(self) -> KafkaAdminClient:
        timeout_ms = int(self._settings.connect_timeout_s * 1000)
        return KafkaAdminClient(
            bootstrap_servers=bootstrap(self._settings),
            bootstrap_timeout_ms=timeout_ms,
            request_timeout_ms=timeout_ms,
        )

"""One lane of a consumer: a topic, the group that reads it, and how far it has come."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.coordinator.base import MemberState  # type: ignore[attr-defined]  # its stubs lack it

from wirewatch.settings import Settings
from wirewatch.stream.admin import ends
from wirewatch.stream.connection import MAX_MESSAGE_BYTES, as_our_errors, bootstrap
from wirewatch.stream.publisher import Offsets, as_committed

Records = Mapping[TopicPartition, Sequence[ConsumerRecord]]

COMMIT_TIMEOUT_MS = 5_000
JOIN_S = 1.0
SETTLE_S = 0.1


class Lane:
    """Reads one topic in one consumer group.

    Two lanes are two kafka consumers and not one that pauses partitions: kafka-python 3.0.12 can forget the
    fetched records of a partition that was paused and resumed until something else arrives.
    """

    def __init__(self, settings: Settings, topic: str, group: str, batch_size: int) -> None:
        self._settings, self._batch_size = settings, batch_size
        self.topic, self._topic = topic, settings.name_prefix + topic
        timeout_ms = int(settings.connect_timeout_s * 1000)
        session_ms = int(settings.session_timeout_s * 1000)
        self.kafka = KafkaConsumer(
            bootstrap_servers=bootstrap(settings),
            bootstrap_timeout_ms=timeout_ms,
            group_id=settings.name_prefix + group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            allow_auto_create_topics=False,
            session_timeout_ms=session_ms,
            heartbeat_interval_ms=session_ms // 4,
            max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
            metadata_max_age_ms=15_000,
        )
        self._ends: dict[TopicPartition, int] | None = None
        self._final: dict[TopicPartition, int] = {}
        self._settled = False  # knows its partitions and where it stands in them

    def end_at_what_is_there(self) -> None:
        """Take the end offsets of now as the end of this lane."""
        self._ends = ends(self._settings, self.topic)

    def subscribe(self, moved: Callable[[], None]) -> None:
        """Join the group; ``moved`` is called whenever partitions come or go."""

        def unsettle() -> None:
            self._settled = False
            moved()

        self.kafka.subscribe([self._topic], listener=_Rebalance(unsettle))
        self.kafka.partitions_for_topic(self._topic)  # a group whose leader does not know the topic yet assigns nothing

    def poll(self, timeout_s: float) -> Records:
        """A batch, or nothing when none comes in time; while it joins its group it waits longer."""
        self._keep_joined()
        if not self._settled:
            timeout_s = max(timeout_s, SETTLE_S)  # with no time at all kafka-python never learns where it stands
        records = self.kafka.poll(int(timeout_s * 1000), max_records=self._batch_size)
        if not self._settled:
            own = self.kafka.assignment()
            self._settled = bool(own) and all(self.kafka.position(tp, timeout_ms=0) is not None for tp in own)
        return records

    def is_full(self, records: Records) -> bool:
        """Whether a batch is as large as one may be, so that more may well be waiting."""
        return sum(map(len, records.values())) >= self._batch_size

    def _keep_joined(self) -> None:
        """Join the group, or join it again, and wait a moment for it.

        kafka-python 3.0.12 drops the end of a join that no poll is waiting for, and our polls are short and take
        turns: it would begin again and again, or stay "rebalancing" without partitions for ever
        (ConsumerCoordinator.join_group_async). So a join gets a wait of its own here, and a dropped one is repeated.
        """
        coordinator = self.kafka._coordinator  # type: ignore[attr-defined]  # private, and the only way in
        if coordinator.state is MemberState.REBALANCING and not coordinator.need_rejoin():
            coordinator.request_rejoin()
        if coordinator.need_rejoin():
            coordinator.poll(timeout_ms=JOIN_S * 1000)

    def assigned(self) -> bool:
        """Whether this process has any part of the topic."""
        return bool(self.kafka.assignment())

    def recall(self, records: Records) -> Records:
        """Learn how far the group has come in what is assigned, go there, and return what of ``records`` is left.

        A commit whose answer was lost may have been made: what it made final is not taken again.
        """
        committed = {partition: self.kafka.committed(partition) for partition in self.kafka.assignment()}
        self._final = {partition: offset for partition, offset in committed.items() if offset is not None}
        left = dict(records)
        for partition, final in self._final.items():
            polled = records.get(partition)
            at = polled[0].offset if polled else self.kafka.position(partition, timeout_ms=0)
            if at is not None and at < final:
                self.kafka.seek(partition, final)
                left.pop(partition, None)
        return left

    def note(self, offsets: Offsets) -> None:
        """Remember what was made final."""
        self._final.update(offsets)

    def behind(self) -> int:
        """How many messages wait, as far as this process has heard; it asks nobody."""
        waiting = 0
        for partition in self.kafka.assignment():
            end, position = self.kafka.highwater(partition), self.kafka.position(partition, timeout_ms=0)
            waiting += end - position if end is not None and position is not None else 0
        return waiting

    def back_to(self, records: Records) -> None:
        """Take this batch again."""
        for partition in set(records) & self.kafka.assignment():
            self.kafka.seek(partition, records[partition][0].offset)

    def commit_idle(self) -> None:
        """Commit past what is no message, such as the marks of transactions, so that the lag reads 0."""
        ahead: dict[TopicPartition, int] = {}
        for partition in self.kafka.assignment():
            position = self.kafka.position(partition, timeout_ms=0)
            if position is not None and position > self._final.get(partition, position):
                ahead[partition] = position
        if ahead:
            with as_our_errors(self._settings):
                self.kafka.commit(as_committed(ahead), timeout_ms=COMMIT_TIMEOUT_MS)
            self.note(ahead)

    def at_end(self) -> bool:
        """Whether the group has come to the ends, be it through this process or another."""
        if self._ends is None:
            return False
        own = self.kafka.assignment()
        for partition, end in self._ends.items():
            done = self.kafka.position(partition, timeout_ms=0) if partition in own else None
            if done is None or done < end:
                done = self.kafka.committed(partition)
            if done is None or done < end:
                return False
        return True

    def close(self) -> None:
        """Leave the group, so that another takes over at once."""
        self.kafka.close(autocommit=False, timeout_ms=3_000)


class _Rebalance(ConsumerRebalanceListener):
    def __init__(self, moved: Callable[[], None]) -> None:
        self._moved = moved

    def on_partitions_assigned(self, _assigned: object) -> None:
        self._moved()

    def on_partitions_revoked(self, _revoked: object) -> None:
        self._moved()

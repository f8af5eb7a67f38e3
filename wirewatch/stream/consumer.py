"""The consuming loop, once, for all consumers: no other file touches an offset.

    poll (live lane first) -> decode -> handle -> dead letters -> effects final -> offsets final

A message's effects are final before its offset is, so a crash repeats and never loses; handlers are
idempotent, or use a TransactionalPublisher, with which effects and offsets become final together.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from threading import Event
from typing import Generic, TypeVar

import msgspec
from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.consumer.subscription_state import ConsumerRebalanceListener

from wirewatch.errors import NewerSchema, Unavailable
from wirewatch.models import DeadLetter
from wirewatch.settings import Settings
from wirewatch.stream.connection import MAX_MESSAGE_BYTES, PartitionsMoved, as_our_errors, bootstrap
from wirewatch.stream.decoding import Decoder, Received, RefusedShare, Rejected, dead_letter
from wirewatch.stream.publisher import Offsets, Publisher, as_committed
from wirewatch.topics import Topic, dead_letters

M = TypeVar("M", bound=msgspec.Struct)
Handle = Callable[[Sequence[Received[M]]], Sequence[Rejected]]
Records = Mapping[TopicPartition, Sequence[ConsumerRecord]]

POLL_S = 0.25
"""How long an empty poll waits; also how soon a stop is noticed."""

RETRY_MAX_S = 15.0
"""Longest pause between two tries of a batch while a server is away."""

END_PATIENCE_S = 60.0
"""With Until.END, so long a batch may fail for want of a server before the run gives up."""

log = logging.getLogger(__name__)


class Until(StrEnum):
    """When consuming is over."""

    STOPPED = "stopped"
    """When it is told to stop: a service."""
    END = "end"
    """At the end offsets seen at the start: what an Airflow task wants."""


class Consumed(msgspec.Struct, frozen=True):
    """What a consumer did: messages handled, and those of them that went to the dead letters."""

    handled: int = 0
    refused: int = 0


def consume(
    settings: Settings,
    topic: Topic[M],
    group: str,
    handle: Handle[M],
    *,
    publisher: Publisher,
    until: Until,
    slow_lane: Topic[M] | None = None,
    opened: Callable[[], None] | None = None,
    stop: Event | None = None,
) -> Consumed:
    """Give ``handle`` every message of ``topic`` at least once, in batches, and keep what it refuses as dead letters.

    ``slow_lane`` is taken from only while ``topic`` has nothing. ``opened`` runs whenever the publisher was
    opened: on assignment, and after a batch was given up; a consumer with a memory rebuilds it there.
    Raises Unavailable, Refused, NewerSchema, TooManyRefused, Fenced; what was not final then is seen again.
    """
    loop = _Loop(settings, topic, slow_lane, group, handle, publisher, opened or (lambda: None), stop or Event())
    try:
        with as_our_errors(settings):
            loop.start(until)
            while not loop.over():
                loop.step()
    except BaseException:
        publisher.abort()
        raise
    finally:
        loop.close()
    return loop.consumed


class _Loop(Generic[M]):
    """One consumer at work. Its steps are in the order in which they happen."""

    def __init__(
        self,
        settings: Settings,
        live: Topic[M],
        slow: Topic[M] | None,
        group: str,
        handle: Handle[M],
        publisher: Publisher,
        opened: Callable[[], None],
        stop: Event,
    ) -> None:
        self._settings, self._group, self._handle = settings, group, handle
        self._publisher, self._opened, self._stop = publisher, opened, stop
        self._live = settings.name_prefix + live.name
        self._slow = settings.name_prefix + slow.name if slow else None
        self._decoder = Decoder(live)
        self._dead_letters: Topic[DeadLetter] = dead_letters(group)
        self._share = RefusedShare(settings)
        self._ends: dict[TopicPartition, int] | None = None
        self._ready = False  # the publisher is open for what is assigned now
        self._final: dict[TopicPartition, int] = {}
        self._failing_since: float | None = None
        self._pause_s = 0.0
        self.consumed = Consumed()

    def start(self, until: Until) -> None:
        timeout_ms = int(self._settings.connect_timeout_s * 1000)
        self._consumer = KafkaConsumer(
            bootstrap_servers=bootstrap(self._settings),
            bootstrap_timeout_ms=timeout_ms,
            group_id=self._settings.name_prefix + self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            allow_auto_create_topics=False,
            session_timeout_ms=int(self._settings.session_timeout_s * 1000),
            heartbeat_interval_ms=int(self._settings.session_timeout_s * 1000 / 4),
            max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
            fetch_max_wait_ms=100,  # a fetch for one lane must not hold up the other for long
        )
        topics = [self._live, *([self._slow] if self._slow else [])]
        if until is Until.END:
            partitions = [TopicPartition(t, p) for t in topics for p in self._consumer.partitions_for_topic(t)]
            begins = self._consumer.beginning_offsets(partitions) if partitions else {}
            ends = self._consumer.end_offsets(partitions) if partitions else {}
            self._ends = {tp: end for tp, end in ends.items() if end > begins[tp]}
        self._consumer.subscribe(topics, listener=_Rebalance(self._moved))

    def over(self) -> bool:
        """Told to stop, or at the ends seen at the start."""
        return self._stop.is_set() or (self._ends is not None and self._at_ends(self._ends))

    def step(self) -> None:
        """One batch from poll to commit, or one wait for it."""
        records: Records = {}
        try:
            records = self._poll()
            if not self._ready and self._consumer.assignment():
                self._get_ready()
            if records:
                self._work(records)
            else:
                self._commit_idle()
        except Unavailable as error:
            self._try_later(records, error)
        except PartitionsMoved:
            log.info("partitions moved during a batch of %s; whoever has them now does it again", self._group)
            self._publisher.abort()
            self._moved()
        else:
            self._failing_since, self._pause_s = None, 0.0

    def close(self) -> None:
        """Leave the group, so that another takes over at once."""
        self._publisher.close()
        consumer = getattr(self, "_consumer", None)
        if consumer is not None:
            consumer.close(autocommit=False, timeout_ms=3000)

    # The steps of a step

    def _poll(self) -> Records:
        slow = [tp for tp in self._consumer.assignment() if tp.topic == self._slow]
        if not slow:
            return self._consumer.poll(int(POLL_S * 1000), max_records=self._settings.batch_size)
        self._consumer.pause(*slow)
        records = self._consumer.poll(0, max_records=self._settings.batch_size)
        self._consumer.resume(*[tp for tp in slow if tp in self._consumer.assignment()])
        if records:
            return records
        return self._consumer.poll(int(POLL_S * 1000), max_records=self._settings.bulk_batch_size)

    def _get_ready(self) -> None:
        self._publisher.open()
        self._opened()
        committed = {tp: self._consumer.committed(tp) for tp in self._consumer.assignment()}
        self._final = {tp: offset for tp, offset in committed.items() if offset is not None}
        self._ready = True

    def _work(self, records: Records) -> None:
        batch, refused, offsets, newer = self._decode(records)
        if offsets:
            taken = len(batch) + len(refused)
            self._publisher.begin()
            if batch:
                refused += self._handle(batch)
            self._share.count(taken, refused)
            self._bury(refused)
            self._publisher.finish(self._consumer, offsets)
            self._final.update(offsets)
            self.consumed = Consumed(self.consumed.handled + taken, self.consumed.refused + len(refused))
        if newer is not None:
            raise newer

    def _decode(self, records: Records) -> tuple[list[Received[M]], list[Rejected], Offsets, NewerSchema | None]:
        batch: list[Received[M]] = []
        refused: list[Rejected] = []
        offsets: dict[TopicPartition, int] = {}
        newer: NewerSchema | None = None
        for partition, partition_records in records.items():
            for record in partition_records:
                try:
                    decoded = self._decoder(record)
                except NewerSchema as error:
                    newer = error  # what stands before it is still done; it and what follows are not
                    break
                if isinstance(decoded, Rejected):
                    refused.append(decoded)
                else:
                    batch.append(decoded)
                offsets[partition] = record.offset + 1
        return batch, refused, offsets, newer

    def _bury(self, refused: Sequence[Rejected]) -> None:
        for rejected in refused:
            letter = dead_letter(rejected, self._group)
            log.warning("%s refused %s: %s", self._group, letter.id, letter.reason)
            self._publisher.publish(self._dead_letters, letter, origin=letter.origin)

    def _commit_idle(self) -> None:
        """Commit past what is no message, such as the marks of transactions, so that the lag reads 0."""
        ahead: dict[TopicPartition, int] = {}
        for partition in self._consumer.assignment():
            position = self._consumer.position(partition, timeout_ms=0)
            if position is not None and position > self._final.get(partition, position):
                ahead[partition] = position
        if ahead:
            with as_our_errors(self._settings):
                self._consumer.commit(as_committed(ahead), timeout_ms=5000)
            self._final.update(ahead)

    def _try_later(self, records: Records, error: Unavailable) -> None:
        """Go back to where the batch began, wait a little, try again."""
        now = time.monotonic()
        self._failing_since = self._failing_since or now
        if self._ends is not None and now - self._failing_since > END_PATIENCE_S:
            raise error
        self._pause_s = min(max(0.5, self._pause_s * 2), RETRY_MAX_S)
        log.warning("%s; trying again in %.1f s", error, self._pause_s)
        self._publisher.abort()
        for partition in set(records) & self._consumer.assignment():
            self._consumer.seek(partition, records[partition][0].offset)
        self._moved()
        self._stop.wait(self._pause_s)

    def _moved(self) -> None:
        """What is assigned may be another's by now: open the publisher anew before the next batch."""
        self._ready = False

    def _at_ends(self, ends: Mapping[TopicPartition, int]) -> bool:
        own = self._consumer.assignment()
        for partition, end in ends.items():
            done = self._consumer.position(partition, timeout_ms=0) if partition in own else None
            if done is None or done < end:
                done = self._consumer.committed(partition)  # another of the group may have done it
            if done is None or done < end:
                return False
        return True


class _Rebalance(ConsumerRebalanceListener):
    def __init__(self, moved: Callable[[], None]) -> None:
        self._moved = moved

    def on_partitions_assigned(self, _assigned: object) -> None:
        self._moved()

    def on_partitions_revoked(self, _revoked: object) -> None:
        self._moved()

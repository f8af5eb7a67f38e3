"""Publishing: a message goes to the topic of its model, and a batch is final only when its publisher says so."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self, TypeVar

import msgspec
from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.errors import KafkaError
from kafka.producer.future import FutureRecordMetadata

from wirewatch.failpoints import failpoint
from wirewatch.models import Origin
from wirewatch.settings import Settings
from wirewatch.stream.connection import DELIVERY_TIMEOUT_S, MAX_MESSAGE_BYTES, as_our_errors, bootstrap
from wirewatch.topics import Topic

M = TypeVar("M", bound=msgspec.Struct)
Offsets = Mapping[TopicPartition, int]
"""The next offset to take of each partition."""


def as_committed(offsets: Offsets) -> dict[TopicPartition, OffsetAndMetadata]:
    """Offsets as kafka-python commits them."""
    return {partition: OffsetAndMetadata(offset, "", -1) for partition, offset in offsets.items()}


_encode = msgspec.json.Encoder().encode


class Publisher:
    """Publishes at least once: what was published before `flush` returns is on the broker's log.

    Use it as a context manager. Raises Unavailable where Kafka does not take a message within 30 s.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: KafkaProducer | None = None
        self._pending: list[FutureRecordMetadata] = []

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.flush()
        finally:
            self.close()

    def open(self) -> None:
        """Connect; a second call starts afresh."""
        self.close()
        self._producer = self._connect()

    def close(self) -> None:
        """Let go of the connection; what was not flushed is lost."""
        producer, self._producer = self._producer, None
        self._pending.clear()
        if producer is not None:
            producer.close(timeout=2)

    def begin(self) -> None:
        """Start a batch."""

    def publish(self, topic: Topic[M], message: M, *, origin: Origin) -> None:
        """Hand ``message`` over; it is under way, and on the log after `flush`."""
        headers = [("schema", str(topic.schema).encode()), ("origin", origin.value.encode())]
        self._send(topic.name, topic.key(message).encode(), _encode(message), headers)

    def publish_raw(
        self, topic: str, key: bytes | None, value: bytes | None, *, schema: int | None = None, origin: Origin
    ) -> None:
        """The same for bytes as they are: a replayed dead letter, or a tombstone (``value`` None)."""
        headers = [("origin", origin.value.encode())]
        if schema is not None:
            headers.append(("schema", str(schema).encode()))
        self._send(topic, key, value, headers)

    def flush(self) -> None:
        """Wait until everything published is on the log."""
        pending, self._pending = self._pending, []
        with as_our_errors(self._settings):
            self._live().flush(timeout=DELIVERY_TIMEOUT_S)
            for future in pending:
                future.get(timeout=0)

    def finish(self, group: str, consumer: KafkaConsumer, offsets: Offsets) -> None:
        """Make a consumed batch final: first its effects, then its offsets."""
        self.flush()
        failpoint(f"{group}.after_effect")
        with as_our_errors(self._settings):
            consumer.commit(as_committed(offsets), timeout_ms=DELIVERY_TIMEOUT_S * 1000)

    def abort(self) -> None:
        """Give up a batch: nothing to undo here, its messages may be published again."""
        self._pending.clear()

    def _send(self, topic: str, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]]) -> None:
        with as_our_errors(self._settings):
            self._pending.append(
                self._live().send(self._settings.name_prefix + topic, value=value, key=key, headers=headers)
            )

    def _live(self) -> KafkaProducer:
        if self._producer is None:
            self.open()
        assert self._producer is not None
        return self._producer

    def _connect(self, transactional_id: str | None = None) -> KafkaProducer:
        with as_our_errors(self._settings):
            return KafkaProducer(
                bootstrap_servers=bootstrap(self._settings),
                bootstrap_timeout_ms=int(self._settings.connect_timeout_s * 1000),
                max_block_ms=int(self._settings.connect_timeout_s * 1000),
                delivery_timeout_ms=DELIVERY_TIMEOUT_S * 1000,
                request_timeout_ms=10_000,
                max_request_size=MAX_MESSAGE_BYTES,
                allow_auto_create_topics=False,
                batch_size=256 * 1024,
                linger_ms=5,
                retry_backoff_ms=5,  # a transaction right behind the last one waits so long
                transactional_id=transactional_id,
            )


class TransactionalPublisher(Publisher):
    """Publishes exactly once: a batch's messages and its offsets become visible together or not at all.

    Opening it under a transactional id fences whoever held that id (KIP-98), so open it when the work is
    assigned, not before: a standby must not fence the one that works.
    """

    def __init__(self, settings: Settings, transactional_id: str) -> None:
        super().__init__(settings)
        self._transactional_id = settings.name_prefix + transactional_id

    def open(self) -> None:
        """Connect and fence: whatever another process under this id had begun is aborted."""
        self.close()
        self._producer = self._connect(self._transactional_id)
        with as_our_errors(self._settings):
            self._producer.init_transactions()

    def begin(self) -> None:
        """Begin the batch's transaction."""
        with as_our_errors(self._settings):
            self._live().begin_transaction()

    def finish(self, group: str, consumer: KafkaConsumer, offsets: Offsets) -> None:
        """Commit the batch's messages together with its offsets; Fenced where another has taken over."""
        self.flush()
        failpoint(f"{group}.after_effect")
        producer = self._live()
        with as_our_errors(self._settings):
            producer.send_offsets_to_transaction(as_committed(offsets), consumer.group_metadata())
            failpoint(f"{group}.inside_transaction")
            producer.commit_transaction()

    def abort(self) -> None:
        """Undo the batch: no reader of committed messages will see any of it."""
        super().abort()
        producer = self._producer
        if producer is not None:
            try:
                producer.abort_transaction()
            except (KafkaError, ConnectionError):
                self.close()  # the next `open` fences, and so aborts, what this one left

"""From bytes on a topic to models, and the reasons where that cannot be."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Generic, TypeVar

import msgspec
from kafka.consumer.fetcher import ConsumerRecord

from wirewatch.errors import NewerSchema, TooManyRefused
from wirewatch.models import DeadLetter, Origin
from wirewatch.settings import Settings
from wirewatch.topics import Topic

M = TypeVar("M", bound=msgspec.Struct)


class Received(msgspec.Struct, Generic[M], frozen=True):
    """A message as it came: what it says, why it flows, and where it stood."""

    value: M
    origin: Origin
    record: ConsumerRecord

    @property
    def topic(self) -> str:
        """The topic it stood in, with its prefix."""
        return str(self.record.topic)

    @property
    def partition(self) -> int:
        """The partition it stood in."""
        return int(self.record.partition)

    @property
    def offset(self) -> int:
        """Its offset there."""
        return int(self.record.offset)


def apart(batch: Sequence[Received[M]]) -> tuple[list[Received[M]], list[Received[M]]]:
    """The pulses of a batch, and its news."""
    pulses: list[Received[M]] = []
    news: list[Received[M]] = []
    for received in batch:
        (pulses if received.origin is Origin.PULSE else news).append(received)
    return pulses, news


class Rejected(msgspec.Struct, frozen=True):
    """A message that can never succeed, and why."""

    record: ConsumerRecord
    reason: str


class Decoder(Generic[M]):
    """Turns the records of one topic into models."""

    def __init__(self, topic: Topic[M]) -> None:
        self._topic = topic
        self._decode = msgspec.json.Decoder(topic.model).decode

    def check(self, record: ConsumerRecord) -> None:
        """Raises NewerSchema for a message of a newer wirewatch; a header that is not readable is passed over."""
        schema = dict(record.headers).get("schema", b"1")
        if schema.isdigit() and int(schema) > self._topic.schema:
            raise NewerSchema(where(record), int(schema), self._topic.schema)

    def __call__(self, record: ConsumerRecord) -> Received[M] | Rejected:
        """The message, or why it can never be one.

        Raises NewerSchema for a message of a newer wirewatch: that is no fault of the message.
        """
        headers = dict(record.headers)
        try:
            schema = int(headers.get("schema", b"1"))
            origin = Origin(headers.get("origin", b"live").decode())
        except (ValueError, UnicodeDecodeError) as error:
            return Rejected(record, f"header not readable: {error}")
        if schema > self._topic.schema:
            raise NewerSchema(where(record), schema, self._topic.schema)
        if record.value is None:
            return Rejected(record, "no body")
        try:
            return Received(self._decode(record.value), origin, record)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return Rejected(record, f"not a {self._topic.model.__name__}: {error}")


def where(record: ConsumerRecord) -> str:
    """Topic, partition and offset in one word: the id of a dead letter."""
    return f"{record.topic}/{record.partition}/{record.offset}"


def dead_letter(rejected: Rejected, consumer: str, *, now: datetime | None = None) -> DeadLetter:
    """The letter that keeps a refused message whole, whatever its bytes."""
    record = rejected.record
    headers = dict(record.headers)
    schema, origin = headers.get("schema", b"").decode("latin-1"), headers.get("origin", b"").decode("latin-1")
    return DeadLetter(
        id=where(record),
        consumer=consumer,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        reason=rejected.reason,
        refused_at=now or datetime.now(UTC),
        value=record.value or b"",
        key=record.key,
        schema=int(schema) if schema.isdecimal() else None,
        origin=Origin(origin) if origin in set(Origin) else Origin.LIVE,
    )


class RefusedShare:
    """Watches how many of the last messages were refused, and stops a consumer that refuses too many.

    A bad deployment refuses everything; without a limit it would empty a topic into the dead letters.
    Source of the idea: the dead-letter policy of Sentry's arroyo.
    """

    def __init__(self, settings: Settings) -> None:
        self._last: deque[bool] = deque(maxlen=settings.refused_window)
        self._settings = settings

    def count(self, taken: int, refused: list[Rejected]) -> None:
        """Add a batch of ``taken`` messages; raises TooManyRefused before its refusals are made final."""
        self._last.extend([False] * (taken - len(refused)) + [True] * len(refused))
        number = sum(self._last)
        if number > self._settings.refused_allowed and number > self._settings.refused_share * len(self._last):
            raise TooManyRefused(
                f"{number} of the last {len(self._last)} messages were refused, the last at "
                f"{where(refused[-1].record)} ({refused[-1].reason}); the consumer stops and leaves the rest where "
                "they are: is this the right version of wirewatch? WIREWATCH_REFUSED_SHARE raises the limit"
            )

"""The consuming loop, once, for all consumers: no other file touches an offset.

    poll (live lane first) -> decode -> handle -> dead letters -> effects final -> offsets final -> pause

A message's effects are final before its offset is, so a crash repeats and never loses; handlers are
idempotent, or use a TransactionalPublisher, with which effects and offsets become final together.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from threading import Event
from typing import Generic, TypeVar

import msgspec
from kafka import TopicPartition

from wirewatch.errors import NewerSchema, Unavailable
from wirewatch.models import DeadLetter
from wirewatch.settings import Settings
from wirewatch.stream.connection import PartitionsMoved, as_our_errors
from wirewatch.stream.decoding import Decoder, Received, RefusedShare, Rejected, dead_letter
from wirewatch.stream.lane import Lane, Records
from wirewatch.stream.metrics import Metrics, metrics_of
from wirewatch.stream.publisher import Offsets, Publisher
from wirewatch.topics import Topic, dead_letters

M = TypeVar("M", bound=msgspec.Struct)
Handle = Callable[[Sequence[Received[M]]], Sequence[Rejected]]

POLL_S = 0.25
"""How long an empty poll waits; also how soon a stop, or something in the slow lane, is noticed."""

PACE_S = 0.02
"""A service begins batches no more often, unless they are full: the commit of one message costs as much as that of a
hundred. What comes after a quiet moment waits for nothing. The first stage of the line is slower, see the tagger."""

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
    room: Callable[[], bool] = lambda: True,
    opened: Callable[[], None] | None = None,
    pace_s: float = PACE_S,
    stop: Event | None = None,
) -> Consumed:
    """Give ``handle`` every message of ``topic`` at least once, in batches, and keep what it refuses as dead letters.

    ``slow_lane`` is taken from only while ``topic`` has nothing, and by a service only while there is ``room`` behind:
    with Until.END one consumer runs after the other, and nobody would ever make room. ``opened`` runs whenever the
    publisher was opened: on assignment, and after a batch was given up; a consumer with a memory rebuilds it there.
    A service begins a batch every ``pace_s`` at most.
    Raises Unavailable, Refused, NewerSchema, TooManyRefused, Fenced; what was not final then is seen again.
    """
    stop = stop or Event()
    lanes: list[Lane] = []
    metrics = metrics_of(settings, group) if until is Until.STOPPED else Metrics()  # a service is worth watching
    try:
        with as_our_errors(settings):
            lanes.append(Lane(settings, topic.name, group, settings.batch_size))
            if slow_lane is not None:
                lanes.append(Lane(settings, slow_lane.name, slow_group(group), settings.bulk_batch_size))
            loop = _Loop(
                settings,
                lanes,
                Decoder(topic),
                group,
                handle,
                publisher,
                room,
                opened or (lambda: None),
                pace_s,
                metrics,
            )
            loop.start(until)
            while not stop.is_set() and not (until is Until.END and loop.at_end()):
                loop.step(stop)
        return loop.consumed
    except BaseException:
        publisher.abort()
        raise
    finally:
        publisher.close()
        for lane in lanes:
            lane.close()
        metrics.close()


def slow_group(group: str) -> str:
    """The consumer group of a consumer's slow lane."""
    return f"{group}-bulk"


class _Loop(Generic[M]):
    """One consumer at work; its methods stand in the order in which things happen."""

    def __init__(
        self,
        settings: Settings,
        lanes: Sequence[Lane],
        decoder: Decoder[M],
        group: str,
        handle: Handle[M],
        publisher: Publisher,
        room: Callable[[], bool],
        opened: Callable[[], None],
        pace_s: float,
        metrics: Metrics,
    ) -> None:
        self._lanes, self._decoder, self._group = lanes, decoder, group
        self._handle, self._publisher, self._metrics = handle, publisher, metrics
        self._room, self._opened, self._pace_s = room, opened, pace_s
        self._dead_letters: Topic[DeadLetter] = dead_letters(group)
        self._share = RefusedShare(settings)
        self._ready = False  # the publisher is open for what is assigned now
        self._service = True
        self._failing_since: float | None = None
        self._pause_s = 0.0
        self.consumed = Consumed()

    def start(self, until: Until) -> None:
        self._service = until is Until.STOPPED
        for lane in self._lanes:
            if not self._service:
                lane.end_at_what_is_there()
            lane.subscribe(self._moved)

    def at_end(self) -> bool:
        return all(lane.at_end() for lane in self._lanes)

    def step(self, stop: Event) -> None:
        """One batch from poll to commit, or one wait for it."""
        lane = self._lanes[0]
        records: Records = {}
        began = time.monotonic()
        try:
            lane, records = self._poll()
            if not self._ready and lane.assigned():
                records = self._get_ready(lane, records)
            if records:
                self._work(lane, records)
            else:
                for idle in self._lanes:
                    idle.commit_idle()
                    self._metrics.idle(idle)
        except Unavailable as error:
            self._try_later(lane, records, error, stop)
        except PartitionsMoved:
            log.info("partitions moved during a batch; whoever has them now does it again")
            self._publisher.abort()
            lane.back_to(records)  # what is still ours after the move was given up with the batch
            self._moved()
        else:
            self._failing_since, self._pause_s = None, 0.0
            if records and self._service and not lane.is_full(records):
                stop.wait(max(0.0, began + self._pace_s - time.monotonic()))

    def _poll(self) -> tuple[Lane, Records]:
        """What there is, live before slow; only where there is nothing it waits, and then for live."""
        live, *slow = self._lanes
        if records := live.poll(0):
            return live, records
        for lane in slow:
            if records := self._poll_slow(lane):
                return lane, records
        return live, live.poll(POLL_S)

    def _poll_slow(self, lane: Lane) -> Records:
        """What the slow lane has, where there is room; nobody is asked for room while nothing waits."""
        if lane.behind() and not self._has_room():
            return {}
        records = lane.poll(0)
        if records and not self._has_room():  # it came into an empty lane
            lane.back_to(records)
            return {}
        return records

    def _has_room(self) -> bool:
        return not self._service or self._room()

    def _get_ready(self, polled: Lane, records: Records) -> Records:
        self._publisher.open()
        self._opened()
        left = {lane: lane.recall(records if lane is polled else {}) for lane in self._lanes}
        if self._service:
            gc.freeze()  # what is loaded by now stays: looking through it again and again is a tenth of a tagger's time
        self._ready = True
        return left[polled]

    def _work(self, lane: Lane, records: Records) -> None:
        began = time.monotonic()
        batch, refused, offsets, newer = self._decode(records)
        if offsets:
            taken = len(batch) + len(refused)
            self._publisher.begin()
            if batch:
                refused += self._handle(batch)
            self._share.count(taken, refused)
            self._bury(refused)
            self._publisher.finish(self._group, lane.kafka, offsets)
            lane.note(offsets)
            self._metrics.worked(lane, records, refused, time.monotonic() - began)
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
            log.warning("refused: %s", letter.reason, extra={"dead_letter": letter.id})
            self._publisher.publish(self._dead_letters, letter, origin=letter.origin)

    def _try_later(self, lane: Lane, records: Records, error: Unavailable, stop: Event) -> None:
        """Go back to where the batch began, wait a little, try again."""
        now = time.monotonic()
        self._failing_since = self._failing_since or now
        if not self._service and now - self._failing_since > END_PATIENCE_S:
            raise error
        self._metrics.failed()
        self._pause_s = min(max(0.5, self._pause_s * 2), RETRY_MAX_S)
        log.warning("%s; trying again in %.1f s", error, self._pause_s)
        self._publisher.abort()
        lane.back_to(records)
        self._moved()
        stop.wait(self._pause_s)

    def _moved(self) -> None:
        """What is assigned may be another's by now: open the publisher anew before the next batch."""
        self._ready = False

"""Topics and groups: made when missing, measured by their lag."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, NamedTuple, TypeVar

from kafka import IsolationLevel, KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    NotCoordinatorError,
    TopicAlreadyExistsError,
)

from wirewatch.settings import Settings
from wirewatch.stream.connection import MAX_MESSAGE_BYTES, as_our_errors, bootstrap
from wirewatch.topics import (
    ALERTS,
    ARTICLES_BULK,
    ARTICLES_CLUSTERED,
    ARTICLES_RAW,
    ARTICLES_TAGGED,
    CONSUMERS,
    LINE,
    Topic,
    dead_letters,
)

T = TypeVar("T")

READS = {
    "tagger": ARTICLES_RAW.name,
    "tagger-bulk": ARTICLES_BULK.name,
    "clusterer": ARTICLES_TAGGED.name,
    "indexer": ARTICLES_CLUSTERED.name,
    "alerter": ARTICLES_CLUSTERED.name,
    "notifier": ALERTS.name,
}
"""Which consumer group reads which topic."""


@contextmanager
def admin(settings: Settings) -> Iterator[KafkaAdminClient]:
    """An admin client; Unavailable within ``connect_timeout_s`` where Kafka does not answer."""
    with as_our_errors(settings), closing(connected(settings)) as client:
        yield client


def connected(settings: Settings) -> KafkaAdminClient:
    """An admin client for whoever keeps it and closes it; raises what kafka-python does."""
    timeout_ms = int(settings.connect_timeout_s * 1000)
    return KafkaAdminClient(
        bootstrap_servers=bootstrap(settings), bootstrap_timeout_ms=timeout_ms, request_timeout_ms=timeout_ms
    )


def ensure_topics(settings: Settings) -> None:
    """Make every topic of the line that is missing; what exists is left as it is."""
    topics: list[Topic[Any]] = [*LINE, *map(dead_letters, CONSUMERS)]
    wanted = {settings.name_prefix + topic.name: topic for topic in topics}
    with admin(settings) as client:
        present = set(client.list_topics())
        missing: dict[str, dict[str, Any]] = {
            name: {
                "num_partitions": topic.partitions,
                "configs": {
                    "cleanup.policy": "compact" if topic.compacted else "delete",
                    "max.message.bytes": str(MAX_MESSAGE_BYTES),
                },
            }
            for name, topic in wanted.items()
            if name not in present
        }
        if not missing:
            return
        try:
            client.create_topics(missing, wait_for_metadata=True)
        except TopicAlreadyExistsError:  # another process was as quick; its topics are the same
            client.wait_for_topics(list(missing))


def delete_topics(settings: Settings) -> None:
    """Delete every topic and group under ``name_prefix``; for tests, so refused without a prefix."""
    if not settings.name_prefix:
        raise ValueError("topics are only deleted under a name_prefix")
    with admin(settings) as client:
        ours = [name for name in client.list_topics() if name.startswith(settings.name_prefix)]
        if ours:
            client.delete_topics(ours)


def reachable(settings: Settings) -> None:
    """Nothing when Kafka answers; Unavailable or Refused in one line when not."""
    with admin(settings):
        pass


class Position(NamedTuple):
    """How far a group has come in one partition: the offset it takes next, and the offset behind the last message.

    The last message may be of a transaction that is being committed: what the stage before has just done counts.
    """

    done: int
    end: int


def lag(settings: Settings) -> dict[str, int]:
    """Messages that each consumer group has still to take, by group."""
    return {group: sum(at.end - at.done for at in found.values()) for group, found in positions(settings).items()}


def positions(settings: Settings) -> dict[str, dict[TopicPartition, Position]]:
    """How far each consumer group has come in each partition of what it reads, by group."""
    with admin(settings) as client:
        return positions_of(client, settings, tuple(READS))


def positions_of(
    client: KafkaAdminClient, settings: Settings, groups: Sequence[str]
) -> dict[str, dict[TopicPartition, Position]]:
    """The same for some of the groups, asked of a client that is open; raises what kafka-python does."""
    prefix = settings.name_prefix
    committed = _when_ready(settings, lambda: client.list_group_offsets([prefix + group for group in groups]))
    partitions = {
        topic["name"]: [TopicPartition(topic["name"], one["partition_index"]) for one in topic["partitions"]]
        for topic in client.describe_topics(sorted({prefix + READS[group] for group in groups}))
    }
    every = [tp for of_topic in partitions.values() for tp in of_topic]
    starts = client.list_partition_offsets(dict.fromkeys(every, OffsetSpec.EARLIEST))
    ends = client.list_partition_offsets(dict.fromkeys(every, OffsetSpec.LATEST), IsolationLevel.READ_UNCOMMITTED)
    found = {}
    for group in groups:
        done = committed.get(prefix + group, {})
        found[group] = {
            tp: Position(max(_offset(done.get(tp)), starts[tp].offset), ends[tp].offset)
            for tp in partitions[prefix + READS[group]]
        }
    return found


def ends(settings: Settings, topic: str) -> dict[TopicPartition, int]:
    """The offset behind the last message of each partition of ``topic`` that has any.

    A commit returns when it is decided, a moment before readers of committed messages see its end (KIP-98). So what is
    in a transaction counts, and who reads up to here waits until that transaction is over.
    """
    with admin(settings) as client:
        (described,) = client.describe_topics([settings.name_prefix + topic])
        every = [TopicPartition(described["name"], one["partition_index"]) for one in described["partitions"]]
        starts = client.list_partition_offsets(dict.fromkeys(every, OffsetSpec.EARLIEST))
        found = client.list_partition_offsets(dict.fromkeys(every, OffsetSpec.LATEST), IsolationLevel.READ_UNCOMMITTED)
    return {tp: found[tp].offset for tp in every if found[tp].offset > starts[tp].offset}


def members(settings: Settings) -> dict[str, int]:
    """How many processes each consumer group has at work."""
    with admin(settings) as client:
        return members_of(client, settings, tuple(READS))


def members_of(client: KafkaAdminClient, settings: Settings, groups: Sequence[str]) -> dict[str, int]:
    """The same for some of the groups, asked of a client that is open; raises what kafka-python does."""
    names = {settings.name_prefix + group: group for group in groups}
    described = _when_ready(settings, lambda: client.describe_groups(list(names)))
    return {group: len(described.get(name, {}).get("members") or ()) for name, group in names.items()}


def _when_ready(settings: Settings, ask: Callable[[], T]) -> T:
    """The answer of the group coordinator, which a broker that just started does not have at once."""
    give_up = time.monotonic() + settings.connect_timeout_s
    while True:
        try:
            return ask()
        except (CoordinatorNotAvailableError, CoordinatorLoadInProgressError, NotCoordinatorError):
            if time.monotonic() > give_up:
                raise
            time.sleep(0.2)


def _offset(committed: Any) -> int:
    return -1 if committed is None else int(committed.offset)

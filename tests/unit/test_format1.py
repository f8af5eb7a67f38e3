"""What format 1 wrote is read for ever: messages decode and come back the same, mappings only ever grow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kafka.consumer.fetcher import ConsumerRecord

from wirewatch.geo import Point
from wirewatch.models import Mention, Origin
from wirewatch.search.indices import MAPPINGS, mapping
from wirewatch.stream import Received
from wirewatch.stream.decoding import Decoder
from wirewatch.topics import ALERTS, CONSUMERS, LINE, Topic, dead_letters

FORMAT1 = Path(__file__).parents[1] / "fixtures" / "format1"
MESSAGES = sorted(FORMAT1.glob("*.json"))
OLD_MAPPINGS = sorted((FORMAT1 / "mappings").glob("*.json"))
CURRENT = {Path(file).stem: mapping(alias) for alias, file in MAPPINGS.items()}
SINCE_THEN = {ALERTS.name, dead_letters("alerter").name, dead_letters("notifier").name}
"""Topics that format 1 did not have."""
TOPICS: dict[str, Topic[Any]] = {
    topic.name: topic for topic in (*LINE, *map(dead_letters, CONSUMERS)) if topic.name not in SINCE_THEN
}
NOON = datetime(2024, 12, 8, 12, 0, tzinfo=UTC)

ARTICLE = {
    "id": "a1",
    "title": "Rebels enter Homs",
    "text": "Rebels entered Homs on Sunday.",
    "fetched_at": NOON,
    "published_at": datetime(2024, 12, 8, 11, 59, tzinfo=UTC),
    "content_hash": "c1",
    "source.country": "GB",
    "truncated": True,
    "lineage.kafka_offset": 41,
}
TAGGED = {
    **{f"article.{name}": value for name, value in ARTICLE.items()},
    "tags.mentions.0": Mention("Rebels", 0, 6, "organisation", "syria-rebels", "title", None, 1, 0.9, "listed"),
    "tags.actors.0.kind": "armed_group",
    "tags.places.0.point": Point(34.73, 36.71),
    "tags.places.0.located_by": "nearest",
    "tags.unsupported_language": True,
    "tagged_at": datetime(2024, 12, 8, 12, 1, tzinfo=UTC),
}
LETTER = {"value": b"\xff no json", "key": b"k", "schema": 1, "origin": Origin.RETAG, "refused_at": NOON, "offset": 41}
EXPECTED: dict[str, dict[str, Any]] = {
    "news.articles.raw": ARTICLE,
    "news.articles.bulk": ARTICLE,
    "news.articles.tagged": TAGGED,
    "news.articles.clustered": {
        **{f"tagged.{name}": value for name, value in TAGGED.items()},
        "story.revision": 7,
        "story.last_seen": NOON,
        "story.outlets": ("Harbour Wire", "Delta Post"),
        "story.linked_stories": ("s9",),
        "version": 2,
    },
    "news.stories.assigned": {
        "article_id": "a1",
        "story_id": "s1",
        "content_hashes": ("c0", "c1"),
        "signatures": ("f0", "f1"),
        "geo": (Point(34.73, 36.71),),
    },
    **{f"news.dlq.{consumer}": {**LETTER, "consumer": consumer} for consumer in ("tagger", "clusterer", "indexer")},
}


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def record(message: dict[str, Any]) -> ConsumerRecord:
    """The message as kafka-python hands it over."""
    return ConsumerRecord(
        topic=message["topic"],
        partition=0,
        leader_epoch=0,
        offset=0,
        timestamp=0,
        timestamp_type=0,
        key=message["key"].encode(),
        value=json.dumps(message["value"]).encode(),
        headers=[(name, value.encode()) for name, value in message["headers"].items()],
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=0,
        serialized_header_size=0,
    )


def decoded(path: Path) -> Received[Any]:
    message = read(path)
    received = Decoder(TOPICS[message["topic"]])(record(message))
    assert isinstance(received, Received), received
    return received


def at(value: Any, where: str) -> Any:
    for step in where.split("."):
        value = value[int(step)] if step.isdecimal() else getattr(value, step)
    return value


def types(properties: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Each field of a mapping by its full name, and its type."""
    for name, field in properties.items():
        yield above + name, field.get("type", "object")
        yield from types(field.get("properties", {}), f"{above}{name}.")


def test_every_topic_has_a_complete_and_a_minimal_message() -> None:
    assert {path.name for path in MESSAGES} == {
        f"{name}.{kind}.json" for name in TOPICS for kind in ("full", "minimal")
    }


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_a_message_of_format_1_is_read_and_written_again_the_same(path: Path) -> None:
    message, received = read(path), decoded(path)
    assert received.origin == message["headers"]["origin"]
    assert TOPICS[message["topic"]].key(received.value) == message["key"]
    assert json.loads(msgspec.json.encode(received.value)) == message["value"]


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_a_complete_message_of_format_1_still_means_what_it_meant(topic: str) -> None:
    value = decoded(FORMAT1 / f"{topic}.full.json").value
    assert {where: at(value, where) for where in EXPECTED[topic]} == EXPECTED[topic]


def test_every_index_has_its_mapping_of_format_1() -> None:
    assert {path.stem for path in OLD_MAPPINGS} == {"articles", "stories"} <= CURRENT.keys()


@pytest.mark.parametrize("path", OLD_MAPPINGS, ids=lambda path: path.stem)
def test_a_mapping_keeps_every_field_of_format_1_with_its_type(path: Path) -> None:
    now = dict(types(CURRENT[path.stem]["properties"]))
    before = dict(types(read(path)["properties"]))
    assert {name: now.get(name) for name in before} == before

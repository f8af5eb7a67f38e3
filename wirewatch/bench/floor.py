"""The floor under the line: the same bytes through the same topics into the same index, with no work in between.

Each of its consumers takes a batch as the real one does and hands on what the real one made of it, which stands
ready in a file. This module, run as a program, is one of them: ``python -m wirewatch.bench.floor STAGE FILE``.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any

import msgspec

from wirewatch.models import ClusteredArticle
from wirewatch.search.articles import encoded, write_encoded
from wirewatch.search.client import connect
from wirewatch.search.documents import article_write, story_write
from wirewatch.settings import Settings, load_settings
from wirewatch.stream import Publisher, Received, Rejected, TransactionalPublisher, Until, consume
from wirewatch.stream.compacted import read_messages
from wirewatch.topics import (
    ARTICLES_CLUSTERED,
    ARTICLES_RAW,
    ARTICLES_TAGGED,
    STORIES_ASSIGNED,
    Topic,
)

STAGES = ("tagger", "clusterer", "indexer")


class Passed(msgspec.Struct, frozen=True):
    """A message that nobody looks into."""


class Ready(msgspec.Struct, frozen=True):
    """What one message of a stage leads to: messages as (topic, key, body), and documents as lines of a bulk."""

    messages: tuple[tuple[str, bytes, bytes], ...] = ()
    documents: tuple[bytes, ...] = ()


def passing(topic: Topic[Any]) -> Topic[Passed]:
    """The topic, read without looking at what it carries."""
    return Topic(topic.name, Passed, lambda _passed: "", partitions=topic.partitions)


def prepare(line: Settings, floor: Settings, folder: Path) -> dict[str, Path]:
    """Write what each stage of ``line`` made of its messages into files of ``folder``, for the names of ``floor``."""
    tagged = [Ready(((ARTICLES_TAGGED.name, key, body),)) for key, body in read_messages(line, ARTICLES_TAGGED)]
    assigned = list(read_messages(line, STORIES_ASSIGNED))
    clustered = list(read_messages(line, ARTICLES_CLUSTERED))
    pairs = zip(clustered, assigned, strict=False)  # an article that came again has no new assignment
    decided = [Ready(((ARTICLES_CLUSTERED.name, *one), (STORIES_ASSIGNED.name, *other))) for one, other in pairs]
    decode = msgspec.json.Decoder(ClusteredArticle).decode
    documents = [Ready(documents=_documents(floor, decode(body))) for _key, body in clustered]
    files = {}
    for stage, ready in zip(STAGES, (tagged, decided, documents), strict=True):
        files[stage] = folder / f"{stage}.msgpack"
        files[stage].write_bytes(msgspec.msgpack.encode(ready))
    return files


def _documents(floor: Settings, clustered: ClusteredArticle) -> tuple[bytes, ...]:
    assert clustered.clustered_at is not None
    article = article_write(clustered, indexed_at=clustered.clustered_at)
    return encoded(floor, article), encoded(floor, story_write(clustered.story))


def _this_process(settings: Settings, stage: str, file: Path, stop: Event) -> None:
    ready = iter(msgspec.msgpack.decode(file.read_bytes(), type=list[Ready]))
    topics: dict[str, Topic[Any]] = {
        "tagger": ARTICLES_RAW,
        "clusterer": ARTICLES_TAGGED,
        "indexer": ARTICLES_CLUSTERED,
    }
    publisher = TransactionalPublisher(settings, stage) if stage == "clusterer" else Publisher(settings)
    with connect(settings) as es:

        def hand_on(batch: Sequence[Received[Passed]]) -> list[Rejected]:
            documents: list[bytes] = []
            for received, one in zip(batch, islice(ready, len(batch)), strict=False):
                for topic, key, body in one.messages:
                    publisher.publish_raw(topic, key, body, schema=1, origin=received.origin)
                documents += one.documents
            if documents:
                write_encoded(es, settings, documents)
            return []

        consume(settings, passing(topics[stage]), stage, hand_on, publisher=publisher, until=Until.STOPPED, stop=stop)


def _stop_on_sigterm() -> Event:
    stop = Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    return stop


if __name__ == "__main__":
    _this_process(load_settings(), sys.argv[1], Path(sys.argv[2]), _stop_on_sigterm())

"""The files producer: articles from files, folders and standard input onto the topic of new articles."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import BinaryIO, Literal

import msgspec

from producers.reading.draft import Given, Record
from producers.reading.inputs import Found, find_inputs, read_input
from wirewatch.errors import UnreadableInput
from wirewatch.models import Article, Origin
from wirewatch.settings import Settings
from wirewatch.stream.admin import ensure_topics
from wirewatch.stream.publisher import Publisher
from wirewatch.topics import ARTICLES_BULK, ARTICLES_RAW

FLUSH_EVERY = 500
"""Articles that are under way to Kafka before it has to say that it holds them."""
NOTES_KEPT = 100
"""Notes that are kept word for word; the rest is counted."""
_REMEMBERED = 1_000_000


class Progress(msgspec.Struct, frozen=True):
    """How far a reading is: files, bytes (``bytes_total`` 0 where unknown, as with standard input), articles."""

    files: int
    files_total: int
    bytes_read: int
    bytes_total: int
    read: int


class Produced(msgspec.Struct, frozen=True):
    """What came of a reading.

    ``read`` articles were understood and ``published`` of them sent: fewer where the input holds one twice, none
    in a dry run. ``refused`` has a line for each file or record that is no article, ``notes`` one for what was
    guessed or left out, ``ignored_keys`` how often each unknown key came. ``end`` is why reading ended.
    """

    files: int = 0
    read: int = 0
    published: int = 0
    refused: tuple[str, ...] = ()
    ignored_keys: dict[str, int] = {}
    notes: tuple[str, ...] = ()
    end: Literal["input", "limit"] = "input"


def read_files(
    paths: Sequence[str],
    *,
    settings: Settings,
    now: datetime,
    source: str | None = None,
    language: str | None = None,
    stdin: BinaryIO | None = None,
) -> Iterator[Article | UnreadableInput]:
    """The articles in ``paths`` (files, folders, ``-``), in order; what is none comes as its error, in its place.

    ``source`` and ``language`` stand in where a file names none. Raises UserMistake for a path that is not there.
    """
    given = Given(now=now, text_limit=settings.text_limit, source=source, language=language)
    for found in find_inputs(paths).inputs:
        for item in read_input(found, given, stdin):
            yield item.article if isinstance(item, Record) else item


def run(
    settings: Settings,
    paths: Sequence[str],
    *,
    backfill: bool = False,
    dry_run: bool = False,
    limit: int | None = None,
    source: str | None = None,
    language: str | None = None,
    now: datetime | None = None,
    airflow_run_id: str | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    stdin: BinaryIO | None = None,
) -> Produced:
    """Publish the articles in ``paths``; when it returns, all of them are in Kafka.

    ``backfill`` takes the slow lane, ``limit`` counts articles. Raises UserMistake for a path that is not there,
    before anything is sent, and Unavailable or Refused where Kafka does not take them.
    """
    given = Given(
        now=now or datetime.now(UTC),
        text_limit=settings.text_limit,
        source=source,
        language=language,
        airflow_run_id=airflow_run_id,
    )
    found = find_inputs(paths)
    topic, origin = (ARTICLES_BULK, Origin.BACKFILL) if backfill else (ARTICLES_RAW, Origin.LIVE)
    reading = _Reading(found, given, limit, on_progress, stdin or getattr(sys.stdin, "buffer", None))
    with ExitStack() as stack:
        publisher = None
        if not dry_run:
            ensure_topics(settings)
            publisher = stack.enter_context(Publisher(settings))
        published = 0
        for article in reading.articles():
            if publisher is not None:
                publisher.publish(topic, article, origin=origin)
                published += 1
                if published % FLUSH_EVERY == 0:
                    publisher.flush()
    return reading.result(published)


class _Reading:
    """One pass over the files, and what is counted on the way."""

    def __init__(
        self,
        found: Found,
        given: Given,
        limit: int | None,
        on_progress: Callable[[Progress], None] | None,
        stdin: BinaryIO | None,
    ) -> None:
        self._found, self._given, self._limit, self._stdin = found, given, limit, stdin
        self._tell = on_progress
        self._files = self._read = self._doubled = self._notes_dropped = 0
        self._end: Literal["input", "limit"] = "input"
        self._refused: list[str] = []
        self._ignored: Counter[str] = Counter()
        self._notes: list[str] = []
        self._seen: set[int] = set()

    def articles(self) -> Iterator[Article]:
        """The articles to send, each once."""
        before = 0
        self._note(*self._found.notes)
        for found in self._found.inputs:
            for item in read_input(found, self._given, self._stdin):
                if self._limit is not None and self._read >= self._limit:
                    self._end = "limit"
                    return
                if isinstance(item, UnreadableInput):
                    self._refused.append(str(item))
                    continue
                self._count(item)
                if self._is_new(item.article):
                    yield item.article
                self._report(before + item.position)
            self._files += 1
            before += found.size
            self._report(before)

    def result(self, published: int) -> Produced:
        """What was counted, with the number that was sent."""
        notes = list(self._notes)
        if self._notes_dropped:
            notes.append(f"and {self._notes_dropped} more notes of this kind")
        if self._doubled:
            notes.append(f"{self._doubled} came more than once in this input and were sent once")
        return Produced(
            files=self._files,
            read=self._read,
            published=published,
            refused=tuple(self._refused),
            ignored_keys=dict(self._ignored.most_common()),
            notes=tuple(notes),
            end=self._end,
        )

    def _count(self, item: Record) -> None:
        self._read += 1
        self._ignored.update(item.ignored)
        self._note(*(f"{item.article.lineage.path}: {note}" for note in item.notes))

    def _note(self, *notes: str) -> None:
        room = max(NOTES_KEPT - len(self._notes), 0)
        self._notes += notes[:room]
        self._notes_dropped += len(notes[room:])

    def _is_new(self, article: Article) -> bool:
        """Whether this text has not come before; memory is bounded, and to forget costs one message in vain."""
        if len(self._seen) >= _REMEMBERED:
            self._seen.clear()
        key = hash((article.id, article.content_hash))
        if key in self._seen:
            self._doubled += 1
            return False
        self._seen.add(key)
        return True

    def _report(self, bytes_read: int) -> None:
        if self._tell is None:
            return
        inputs = self._found.inputs
        known = all(found.size for found in inputs)
        total = sum(found.size for found in inputs) if known else 0
        self._tell(Progress(self._files, len(inputs), bytes_read, total, self._read))

"""The retagger: stored articles through the slow lane again, so that the past follows what is known today.

An article is known by its versions: what carries today's is left alone, what is still under way is not sent again.
So a run that was stopped, by whatever, goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any, Literal

import msgspec

from wirewatch.failpoints import failpoint
from wirewatch.knowledge import load_knowledge, own_folder
from wirewatch.models import Article, Origin
from wirewatch.search.client import asking
from wirewatch.search.corrections import Corrections
from wirewatch.search.difference import Difference, Marks, difference, marks_of_document, marks_of_tags
from wirewatch.search.documents import article_of_document
from wirewatch.search.stored import Choice, count_stored, stored_documents
from wirewatch.settings import Settings
from wirewatch.stream.admin import ensure_topics, lag, members
from wirewatch.stream.publisher import Publisher
from wirewatch.stream.under_way import keys_under_way
from wirewatch.topics import ARTICLES_BULK

LANE = "tagger-bulk"
"""The consumer group of the slow lane."""

AHEAD = 1_000
"""Articles that may wait in the slow lane while a tagger is at work: few, so that stopping loses little."""

LOOK_EVERY_S = 2.0


class Progress(msgspec.Struct, frozen=True):
    """How far a run is: articles it has come past, of how many."""

    done: int
    total: int


class Retagged(msgspec.Struct, frozen=True):
    """What came of a run.

    ``stored`` articles were meant; ``sent`` of them went to the taggers, ``under_way`` were on their way already,
    ``unreadable`` are documents that are no article (a line each). ``difference`` is what a dry run found, of the
    articles it came past. ``taggers`` were at work on the slow lane when it ended.
    """

    stored: int = 0
    sent: int = 0
    under_way: int = 0
    unreadable: tuple[str, ...] = ()
    difference: Difference | None = None
    taggers: int = 0
    end: Literal["done", "stopped"] = "done"


def run(
    settings: Settings,
    *,
    since: timedelta | None = None,
    actor: str | None = None,
    dry_run: bool = False,
    everything: bool = False,
    now: datetime | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    stop: Event | None = None,
) -> Retagged:
    """Send the stored articles that were tagged with other knowledge or by another tagger through the slow lane.

    Only those of the last ``since`` and tagged with ``actor``, where these are given; those of today's versions too
    if ``everything``. While taggers are at work it keeps just ahead of them, so it ends when they have all but the
    last 1,000. A dry run needs no Kafka: it tags here, compares, and writes nothing. ``stop`` ends either after the
    article in hand.
    """
    from wirewatch.tagging import TAGGER_VERSION

    now = now or datetime.now(UTC)
    knowledge = load_knowledge(own_folder(settings), cache_dir=Path(settings.cache_dir))
    choice = Choice(
        since=now - since if since is not None else None,
        actor=actor,
        not_versions=None if everything else (TAGGER_VERSION, knowledge.version),
    )
    passing = _Passing(settings, choice, on_progress, stop or Event())
    return _compare(passing, now) if dry_run else _send(passing)


class _Passing:
    """One pass over the stored articles, and what is counted on the way."""

    def __init__(
        self, settings: Settings, choice: Choice, tell: Callable[[Progress], None] | None, stop: Event
    ) -> None:
        self.settings, self.stop = settings, stop
        self.total = count_stored(settings, choice)
        self.unreadable: list[str] = []
        self._choice, self._tell = choice, tell
        self._done = 0

    def pages(self) -> Iterator[list[tuple[Article, dict[str, Any]]]]:
        """The articles with the documents they were made of; ends early when told to stop."""
        for documents in stored_documents(self.settings, self._choice):
            if self.stop.is_set():
                return
            yield [(article, document) for document in documents if (article := self._article(document))]

    def past(self, articles: int) -> None:
        """Count articles as done with, and say so."""
        self._done += articles
        if self._tell is not None:
            self._tell(Progress(self._done, max(self.total, self._done)))

    @property
    def end(self) -> Literal["done", "stopped"]:
        """Why it ended."""
        return "stopped" if self.stop.is_set() else "done"

    def _article(self, document: dict[str, Any]) -> Article | None:
        try:
            return article_of_document(document)
        except msgspec.ValidationError as error:
            self.unreadable.append(f"document {document.get('id')}: {error}")
            return None


def _send(passing: _Passing) -> Retagged:
    settings, stop = passing.settings, passing.stop
    ensure_topics(settings)
    waiting = keys_under_way(settings, ARTICLES_BULK, LANE, Origin.RETAG)
    sent = under_way = 0
    with Publisher(settings) as publisher:
        for page in passing.pages():
            for article, _ in page:
                if article.id in waiting:
                    under_way += 1
                    continue
                publisher.publish(ARTICLES_BULK, article, origin=Origin.RETAG)
                sent += 1
            publisher.flush()
            failpoint("retag.after_page")
            passing.past(len(page))
            _keep_pace(settings, stop)
    return Retagged(
        stored=passing.total,
        sent=sent,
        under_way=under_way,
        unreadable=tuple(passing.unreadable),
        taggers=members(settings)[LANE],
        end=passing.end,
    )


def _keep_pace(settings: Settings, stop: Event) -> None:
    """Wait while taggers have enough to do; where there are none, nobody is waited for."""
    while lag(settings)[LANE] > AHEAD and members(settings)[LANE] and not stop.wait(LOOK_EVERY_S):
        pass


def _compare(passing: _Passing, now: datetime) -> Retagged:
    from wirewatch.tagging import load_tagger
    from wirewatch.tagging.corrections import CorrectedTagger

    corrections = Corrections()
    with asking(passing.settings) as es:
        corrections.update(es, passing.settings)
    tagger = CorrectedTagger(load_tagger(passing.settings), corrections.of)

    def pairs() -> Iterator[tuple[Marks, Marks]]:
        for page in passing.pages():
            for article, document in page:
                if passing.stop.is_set():
                    return
                yield marks_of_document(document), marks_of_tags(tagger.tag(article, now=now).tags)
                passing.past(1)

    found = difference(pairs())
    return Retagged(stored=passing.total, unreadable=tuple(passing.unreadable), difference=found, end=passing.end)

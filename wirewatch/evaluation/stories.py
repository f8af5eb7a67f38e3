"""How well stories come out: sets of articles that say which story each tells, through the real tagger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from wirewatch.models import Article, Source
from wirewatch.stories import Stories
from wirewatch.tagging import Tagger
from wirewatch.text import content_hash

ORIGINAL, COPIES, TRANSLATION = "original", frozenset({"original", "copy"}), "translation"


class Told(msgspec.Struct, frozen=True):
    """An article of a set, the story it tells, and how: an original, a copy, a rewrite, an update, a translation."""

    id: str
    story: str
    kind: str
    published: datetime
    source: str
    title: str
    text: str
    url: str | None = None


class StoryFigures(msgspec.Struct, frozen=True):
    """B-cubed over the articles in English, over originals and their copies alone, and translations that joined."""

    set: str
    articles: int
    stories: int
    precision: float
    recall: float
    copies_precision: float
    copies_recall: float
    joined: int
    translations: int


def read_told(lines: Iterable[bytes]) -> list[Told]:
    """The articles of one set, a JSON object a line, in the order of publication."""
    return sorted((msgspec.json.decode(line, type=Told) for line in lines), key=lambda told: told.published)


def judged(tagger: Tagger, articles: Iterable[Told]) -> dict[str, str]:
    """The story that each article is put into, one after the other as they were published."""
    stories, found = Stories(), {}
    for told in articles:
        article = Article(
            told.id,
            told.title,
            told.text,
            told.published,
            content_hash(told.title, told.text),
            url=told.url,
            source=Source(told.source, told.source),
            published_at=told.published,
        )
        found[told.id] = stories.judge(tagger.tag(article, now=told.published)).story.id
    return found


def measured(name: str, tagger: Tagger, articles: Sequence[Told]) -> StoryFigures:
    """The figures of one set."""
    found = judged(tagger, articles)
    english = [told for told in articles if told.kind != TRANSLATION]
    abroad = [told for told in articles if told.kind == TRANSLATION]
    originals = {told.story: found[told.id] for told in articles if told.kind == ORIGINAL}
    return StoryFigures(
        name,
        len(articles),
        len({told.story for told in articles}),
        *bcubed({told.id: told.story for told in english}, found),
        *bcubed({told.id: told.story for told in english if told.kind in COPIES}, found),
        sum(found[told.id] == originals.get(told.story) for told in abroad),
        len(abroad),
    )


def bcubed(truth: Mapping[str, str], found: Mapping[str, str]) -> tuple[float, float]:
    """B-cubed precision and recall of ``found`` (article -> story) over the articles of ``truth``.

    Source: A. Bagga and B. Baldwin, Entity-based cross-document coreferencing using the vector space model (1998).
    """
    true, guessed = defaultdict(set), defaultdict(set)
    for article, story in truth.items():
        true[story].add(article)
        guessed[found[article]].add(article)
    shared = {a: len(true[story] & guessed[found[a]]) for a, story in truth.items()}
    return (
        sum(n / len(guessed[found[a]]) for a, n in shared.items()) / len(truth),
        sum(n / len(true[truth[a]]) for a, n in shared.items()) / len(truth),
    )

"""The clusterer's judgement: which story an article belongs to, decided once and kept.

Articles whose normalised text is the same are one story. What has been decided is in the assignments, from
which the whole state can be built again in any order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import TypeVar

import msgspec

from wirewatch.models import Assignment, Story, TaggedArticle
from wirewatch.stories.fingerprint import signature
from wirewatch.text import digest

T = TypeVar("T", bound=Hashable)

NAMES_KEPT = 50
"""Actors, places and outlets a story lists at most, the most frequent first."""


class Judged(msgspec.Struct, frozen=True):
    """A decision: the article's version, its story as it stands with it, and the assignment to keep.

    ``changed`` says whether the assignment is other than what was remembered before.
    """

    version: int
    story: Story
    assignment: Assignment
    changed: bool


class Stories:
    """All stories and the articles they are made of.

    `restore` and `judge` change this state and nothing else; the same sequence of calls always leads to the
    same decisions.
    """

    def __init__(self) -> None:
        self._assignments: dict[str, Assignment] = {}
        self._stories: dict[str, dict[str, Assignment]] = {}  # story -> article -> its part, first come first
        self._by_signature: dict[str, str] = {}
        self._told: dict[str, Story] = {}  # stories as last told, dropped when a part of them changes

    def __len__(self) -> int:
        return len(self._assignments)

    def restore(self, assignment: Assignment) -> None:
        """Take a decision as made; a later one about the same article replaces it."""
        self._assignments[assignment.article_id] = assignment
        self._stories.setdefault(assignment.story_id, {})[assignment.article_id] = assignment
        for text in assignment.signatures:
            self._by_signature.setdefault(text, assignment.story_id)
        self._told.pop(assignment.story_id, None)

    def judge(self, tagged: TaggedArticle) -> Judged:
        """Decide on an article; one that was decided keeps its story, and a text that was seen its version."""
        known = self._assignments.get(tagged.article.id)
        version, assignment = self._first_time(tagged) if known is None else self._again(tagged, known)
        changed = assignment is not known
        if changed:
            self.restore(assignment)
        return Judged(version, self._tell(assignment.story_id), assignment, changed)

    def _first_time(self, tagged: TaggedArticle) -> tuple[int, Assignment]:
        text = signature(tagged.article)
        story_id = self._by_signature.get(text) or digest("story", tagged.article.id)
        return 1, self._part(tagged, story_id, (tagged.article.content_hash,), (text,))

    def _again(self, tagged: TaggedArticle, known: Assignment) -> tuple[int, Assignment]:
        seen = tagged.article.content_hash
        if seen not in known.content_hashes:
            hashes, texts = (*known.content_hashes, seen), (*known.signatures, signature(tagged.article))
            return len(hashes), self._part(tagged, known.story_id, hashes, texts)
        version = known.content_hashes.index(seen) + 1
        if version < len(known.content_hashes):
            return version, known
        renewed = self._part(tagged, known.story_id, known.content_hashes, known.signatures)
        unchanged = msgspec.structs.replace(renewed, story_revision=known.story_revision) == known
        return version, known if unchanged else renewed  # other tags: the same text, tagged with other knowledge

    def _part(
        self, tagged: TaggedArticle, story_id: str, hashes: tuple[str, ...], texts: tuple[str, ...]
    ) -> Assignment:
        article, tags = tagged.article, tagged.tags
        places = [place for place in tags.places if place.role == "place"]
        return Assignment(
            article_id=article.id,
            story_id=story_id,
            content_hashes=hashes,
            signatures=texts,
            story_revision=1 + self._revision(story_id),
            title=article.title,
            seen_at=article.timestamp,
            outlet=article.source.domain or article.source.name,
            language=tags.language or article.language,
            actors=tuple(actor.id for actor in tags.actors),
            locations=tuple(place.id for place in places if place.id),
            countries=tuple(dict.fromkeys(place.country_code for place in tags.places if place.country_code)),
            geo=tuple(place.point for place in places if place.point and place.precision in ("city", "site")),
        )

    def _revision(self, story_id: str) -> int:
        return max((part.story_revision for part in self._stories.get(story_id, {}).values()), default=0)

    def _tell(self, story_id: str) -> Story:
        told = self._told.get(story_id)
        if told is None:
            told = self._told[story_id] = tell(story_id, list(self._stories[story_id].values()))
        return told


def tell(story_id: str, parts: list[Assignment]) -> Story:
    """A story from the parts its articles play in it.

    Copies of one text are one independent outlet, however many print it.
    """
    first = min(parts, key=lambda part: (part.seen_at, part.article_id))
    outlets = _frequent(part.outlet for part in parts if part.outlet)
    texts = {part.signatures[0] for part in parts}
    return Story(
        id=story_id,
        title=first.title,
        first_article=first.article_id,
        first_seen=first.seen_at,
        last_seen=max(part.seen_at for part in parts),
        revision=max(part.story_revision for part in parts),
        articles=len(parts),
        outlets=outlets,
        independent_outlets=min(len(texts), max(1, len(outlets))),
        actors=_frequent(actor for part in parts for actor in part.actors),
        locations=_frequent(place for part in parts for place in part.locations),
        countries=_frequent(country for part in parts for country in part.countries),
        geo=_frequent(point for part in parts for point in part.geo),
        languages=_frequent(part.language for part in parts if part.language),
    )


def _frequent(names: Iterable[T]) -> tuple[T, ...]:
    """Most frequent first; ties in an order of their own, so that a rebuilt state tells the same story."""
    ranked = sorted(Counter(names).items(), key=lambda item: (-item[1], str(item[0])))
    return tuple(name for name, _ in ranked[:NAMES_KEPT])

"""A story, an article in it, and what the clusterer remembers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from wirewatch.geo import Point
from wirewatch.models.articles import TAKEN_DOWN
from wirewatch.models.tags import TaggedArticle


class Story(msgspec.Struct, frozen=True, omit_defaults=True):
    """A story as it stood when an article was added: who told it, what it is about.

    ``revision`` grows by one with every change, so that an older state never overwrites a newer one.
    """

    id: str
    title: str
    first_article: str
    first_seen: datetime
    last_seen: datetime
    revision: int
    articles: int
    outlets: tuple[str, ...] = ()
    independent_outlets: int = 0
    actors: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    geo: tuple[Point, ...] = ()
    languages: tuple[str, ...] = ()
    linked_stories: tuple[str, ...] = ()


class ClusteredArticle(msgspec.Struct, frozen=True, omit_defaults=True):
    """A tagged article in its story; ``version`` 1 is the first text seen under its id, an edit is 2."""

    tagged: TaggedArticle
    story: Story
    version: int
    clustered_at: datetime


DecisionNumber = Annotated[int, Meta(ge=0, lt=1 << 32)]
"""A place among all decisions, from 1 up; 0 where none is known. It fits into 32 bits."""


class Assignment(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the clusterer remembers of an article, made once and kept.

    ``content_hashes[n - 1]`` is the hash of version n, ``signatures[n - 1]`` its text's fingerprint. The rest
    is the article's part in its story, by its latest version, from which the story is rebuilt.

    ``part`` counts the stories that one id took part in: a version with little left of the former text begins
    part 1, after ``versions_before`` versions. ``sequence`` is the place of this part's first version among all
    decisions; ``trace`` packs what it was judged by (wirewatch/stories/trace.py), ``latest_print`` the print of an
    edited text. ``agency`` is credited with the report; ``linked`` are stories found to be the same.
    """

    article_id: str
    story_id: str
    content_hashes: tuple[str, ...]
    signatures: tuple[str, ...]
    story_revision: int
    title: str
    seen_at: datetime
    outlet: str | None = None
    language: str | None = None
    actors: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    geo: tuple[Point, ...] = ()
    part: int = 0
    versions_before: int = 0
    sequence: DecisionNumber = 0
    trace: bytes = b""
    latest_print: bytes = b""
    agency: str | None = None
    linked: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The article's id, and the part where it is not the first."""
        return f"{self.article_id}/{self.part}" if self.part else self.article_id

    @property
    def taken_down(self) -> bool:
        """Whether nothing of the article may be told any more."""
        return self.content_hashes[-1:] == (TAKEN_DOWN,)

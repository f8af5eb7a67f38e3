"""What the tagger found in an article: mentions, actors, places."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from wirewatch.geo import Point
from wirewatch.models.articles import Article

ActorKind = Literal[
    "person",
    "government",
    "armed_group",
    "armed_forces",
    "political_party",
    "international_org",
    "company",
    "media",
    "other_org",
]
UNLISTED = "name:"
"""Before the id of an actor that is in no list: `name:rami-abdurrahman`, the same in every article."""

Precision = Literal["country", "admin1", "admin2", "city", "site"]


class Mention(msgspec.Struct, frozen=True, omit_defaults=True):
    """One name at one spot of an article.

    ``start`` and ``end`` are code points of ``field`` and ``name`` is what stands there. ``entity_id`` is an
    actor's slug or a GeoNames id; None for a place that is in no list. ``sentence`` counts from 0 within the
    field. ``reason`` says in words why this entity and not another.
    """

    name: str
    start: int
    end: int
    type: Literal["person", "organisation", "place"]
    entity_id: str | None = None
    field: Literal["title", "text"] = "text"
    role: Literal["place", "demonym"] | None = None
    sentence: int = 0
    confidence: float = 1.0
    reason: str = ""


class ActorTag(msgspec.Struct, frozen=True, omit_defaults=True):
    """An actor of an article: who it is, and how much the article is about it (``salience`` 0..1)."""

    id: str
    name: str
    kind: ActorKind
    countries: tuple[str, ...] = ()
    salience: float = 0.0


class PlaceTag(msgspec.Struct, frozen=True, omit_defaults=True):
    """A place of an article. ``located_by`` is "nearest" where the point is borrowed from the nearest named city.

    ``admin1`` is the GeoNames code of the first-level region that it lies in or is ("US.PA").
    """

    name: str
    id: str | None = None
    country_code: str | None = None
    precision: Precision | None = None
    point: Point | None = None
    located_by: Literal["gazetteer", "nearest"] = "gazetteer"
    role: Literal["place", "demonym"] = "place"
    salience: float = 0.0
    admin1: str | None = None


class Argument(msgspec.Struct, frozen=True, omit_defaults=True):
    """What speaks for a place, and how much, in powers of ten of people; below 0 it speaks against.

    ``words`` are what it rests on, as the text writes it: without them it is gone or weighs less. An argument without
    words rests on the gazetteer. Weight 0 says why the name stands for a place at all.
    """

    weight: float
    why: str
    words: tuple[str, ...] = ()


class RunnerUp(msgspec.Struct, frozen=True, omit_defaults=True):
    """The place that a choice beat, by how much, and what spoke for it."""

    id: str
    name: str
    by: float
    reasons: tuple[Argument, ...] = ()


class Choice(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why the ``mentions`` (their numbers in the article's tags) mean place ``id``; the weights add up to ``score``."""

    id: str
    name: str
    mentions: tuple[int, ...]
    score: float
    reasons: tuple[Argument, ...]
    runner_up: RunnerUp | None = None


class Tags(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that the tagger found in one article; ``about_*`` hold the ids the article is about."""

    mentions: tuple[Mention, ...] = ()
    actors: tuple[ActorTag, ...] = ()
    places: tuple[PlaceTag, ...] = ()
    focus_country: str | None = None
    about_actors: tuple[str, ...] = ()
    about_locations: tuple[str, ...] = ()
    language: str | None = None
    unsupported_language: bool = False
    choices: tuple[Choice, ...] = ()


class TaggedArticle(msgspec.Struct, frozen=True, omit_defaults=True):
    """An article with its tags, and by which tagger and knowledge they were found."""

    article: Article
    tags: Tags
    tagged_at: datetime
    tagger_version: str
    kb_version: str

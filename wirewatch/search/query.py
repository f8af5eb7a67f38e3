"""Asking for articles: by words, actor, distance and time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from elasticsearch import BadRequestError

from wirewatch.errors import UserMistake
from wirewatch.geo import Point
from wirewatch.search.client import asking, reason
from wirewatch.search.documents import ARTICLES
from wirewatch.search.indices import alias_of
from wirewatch.settings import Settings
from wirewatch.text import EARLIEST

WITHIN_KM = 50.0
"""How far "near" reaches where nothing is said."""

MOST = 10_000
"""Elasticsearch gives no more at once."""

WORDS_IN = ["title^3", "text", "summary", "actor_names.words", "location_names.words"]
"""The fields in which words are looked for."""

_LONG = ["text", "mentions"]


class Hit(msgspec.Struct, frozen=True):
    """An article that was found, with what a person wants to know before opening it."""

    id: str
    title: str
    timestamp: datetime = msgspec.field(name="@timestamp")
    url: str | None = None
    summary: str | None = None
    source: dict[str, str] = {}
    language: str | None = None
    story_id: str | None = None
    version: int = 1
    actors: tuple[str, ...] = ()
    actor_names: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    location_names: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    focus_country: str | None = None
    score: float | None = None


class Hits(msgspec.Struct, frozen=True):
    """The first articles of a search, and how many there are in all."""

    total: int
    articles: tuple[Hit, ...]


def search(
    settings: Settings,
    query: str | None = None,
    *,
    now: datetime,
    actor: str | None = None,
    near: Point | None = None,
    within_km: float = WITHIN_KM,
    since: timedelta | None = None,
    limit: int = 20,
) -> Hits:
    """The articles that meet all conditions: the best first for a ``query``, else the newest first.

    ``query`` is Lucene's language over title, text, summary and the names of actors and places, all words needed.
    ``actor`` is an id; ``near`` with ``within_km`` asks for a place of city precision or finer within that distance;
    ``since`` looks back from ``now`` by the article's own time. Raises UserMistake for a query that Elasticsearch
    cannot read and IndexMissing before anything was indexed.
    """
    score_first: list[dict[str, Any]] = [{"_score": "desc"}] if query else []
    with asking(settings) as es:
        try:
            answer = es.search(
                index=alias_of(settings, ARTICLES),
                query=_conditions(query, actor, near, within_km, now - since if since else None),
                sort=[*score_first, {"@timestamp": "desc"}, {"id": "asc"}],
                track_scores=bool(query),
                track_total_hits=True,
                source_excludes=_LONG,
                size=min(limit, MOST),
            )
        except BadRequestError as error:
            if not query:
                raise
            raise UserMistake(f"the query {query!r} cannot be read: {reason(error.body)}") from error
    hits = answer["hits"]
    return Hits(
        total=hits["total"]["value"],
        articles=tuple(msgspec.convert(hit["_source"] | {"score": hit["_score"]}, Hit) for hit in hits["hits"]),
    )


def words_query(words: str) -> dict[str, Any]:
    """The query for articles that have all of ``words``, which are in Lucene's language.

    Each word may stand in another field ("Homs" in a name, "truce" in the text): that is ``cross_fields``.
    """
    return {
        "query_string": {"query": words, "fields": WORDS_IN, "default_operator": "AND", "type": "cross_fields"},
    }


def _conditions(
    query: str | None, actor: str | None, near: Point | None, within_km: float, since: datetime | None
) -> dict[str, Any]:
    filters: list[dict[str, Any]] = []
    if actor:
        filters.append({"term": {"actors": actor}})
    if near:
        filters.append({"geo_distance": {"distance": f"{within_km}km", "geo": {"lat": near.lat, "lon": near.lon}}})
    if since:
        filters.append({"range": {"@timestamp": {"gte": max(since, EARLIEST).astimezone(UTC).isoformat()}}})
    must: dict[str, Any] = {"match_all": {}}
    if query:
        must = words_query(query)
    return {"bool": {"must": [must], "filter": filters}}

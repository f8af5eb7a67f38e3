"""What the news is about, counted: for summaries and the actors' list."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from elasticsearch import Elasticsearch

from wirewatch.errors import IndexMissing
from wirewatch.search.client import asking
from wirewatch.search.documents import ARTICLES, STORIES, moment_of
from wirewatch.search.indices import alias_of
from wirewatch.settings import Settings

_ALL_COUNTRIES = 300
_ALL_ACTORS = 10_000


class Overview(msgspec.Struct, frozen=True):
    """Counts of what is stored; the lists are (name, number of articles), the most frequent first."""

    articles: int = 0
    stories: int = 0
    top_actors: tuple[tuple[str, int], ...] = ()
    top_places: tuple[tuple[str, int], ...] = ()
    top_stories: tuple[tuple[str, int], ...] = ()
    countries: tuple[tuple[str, int], ...] = ()
    newest: datetime | None = None


def overview(settings: Settings, *, limit: int = 10) -> Overview:
    """What is stored at this moment; zeros where there is no index yet. ``countries`` holds all of them."""
    articles, stories = alias_of(settings, ARTICLES), alias_of(settings, STORIES)
    try:
        with asking(settings) as es:
            es.indices.refresh(index=[articles, stories])
            return _overview(es, articles, stories, limit)
    except IndexMissing:
        return Overview()


def actor_counts(settings: Settings) -> dict[str, int]:
    """In how many articles each actor is named, by id; empty where there is no index yet."""
    try:
        with asking(settings) as es:
            answer = es.search(
                index=alias_of(settings, ARTICLES),
                size=0,
                aggregations={"actors": {"terms": {"field": "actors", "size": _ALL_ACTORS}}},
            )
            return dict(_pairs(answer["aggregations"]["actors"]))
    except IndexMissing:
        return {}


def _overview(es: Elasticsearch, articles: str, stories: str, limit: int) -> Overview:
    counted = es.search(
        index=articles,
        size=0,
        track_total_hits=True,
        aggregations={
            "actors": {"terms": {"field": "actor_names", "size": limit}},
            "places": {"terms": {"field": "location_names", "size": limit}},
            "countries": {"terms": {"field": "countries", "size": _ALL_COUNTRIES}},
            "newest": {"max": {"field": "@timestamp"}},
        },
    )
    largest = es.search(
        index=stories,
        size=limit,
        track_total_hits=True,
        sort=[{"articles": "desc"}, {"@timestamp": "desc"}, {"id": "asc"}],
        source_includes=["title", "articles"],
    )
    groups = counted["aggregations"]
    newest = groups["newest"]["value"]
    return Overview(
        articles=counted["hits"]["total"]["value"],
        stories=largest["hits"]["total"]["value"],
        top_actors=_pairs(groups["actors"]),
        top_places=_pairs(groups["places"]),
        top_stories=tuple((hit["_source"]["title"], hit["_source"]["articles"]) for hit in largest["hits"]["hits"]),
        countries=_pairs(groups["countries"]),
        newest=None if newest is None else moment_of(newest),
    )


def _pairs(group: dict[str, Any]) -> tuple[tuple[str, int], ...]:
    return tuple((bucket["key"], bucket["doc_count"]) for bucket in group["buckets"])

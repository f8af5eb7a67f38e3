"""Actors that were in no article for a while and now are."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from elasticsearch import Elasticsearch

from wirewatch.search.asked import Question, answers
from wirewatch.search.client import as_our_errors
from wirewatch.search.documents import ARTICLES
from wirewatch.settings import Settings

LOOKED_BACK = timedelta(days=30)
AT_MOST = 1_000
"""Actors of the time asked for that are looked at, those in the most articles."""


class Newcomer(msgspec.Struct, frozen=True):
    """An actor's id, and in how many articles it is."""

    id: str
    articles: int


def newcomers(es: Elasticsearch, settings: Settings, *, since: datetime, until: datetime, limit: int) -> list[Newcomer]:
    """The actors of that time that were in no article of the 30 days before, those in the most articles first.

    None where there are no articles from before: all would be new.
    """
    with as_our_errors(settings):
        (now,) = answers(es, settings, [_actors(since, until, {"size": AT_MOST})])
        found = [Newcomer(bucket["key"], bucket["doc_count"]) for bucket in _buckets(now)]
        named = {"size": max(1, len(found)), "include": [one.id for one in found] or ["-"]}
        (before,) = answers(es, settings, [_actors(since - LOOKED_BACK, since, named)])
    if not before["hits"]["total"]["value"]:
        return []
    known = {bucket["key"] for bucket in _buckets(before)}
    return [one for one in found if one.id not in known][:limit]


def _actors(since: datetime, until: datetime, terms: dict[str, Any]) -> Question:
    then = {"range": {"@timestamp": {"gte": since.isoformat(), "lt": until.isoformat()}}}
    return Question(
        ARTICLES,
        {
            "size": 0,
            "track_total_hits": True,
            "query": then,
            "aggs": {"actors": {"terms": {"field": "actors"} | terms}},
        },
    )


def _buckets(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return list(answer["aggregations"]["actors"]["buckets"])

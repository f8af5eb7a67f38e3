"""One thing opened: an article, a story with all who told it, and lists of articles and alerts, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from elasticsearch import Elasticsearch

from wirewatch.models import Alert, TaggedArticle
from wirewatch.search.alerts import alerts_of
from wirewatch.search.asked import Asked, Question, alerts_asked, answers, articles_asked
from wirewatch.search.client import as_our_errors
from wirewatch.search.documents import ALERTS, ARTICLES, STORIES
from wirewatch.search.past import tagged_of_document
from wirewatch.search.query import Hit
from wirewatch.search.situation import Told, hit_fields, story_of
from wirewatch.settings import Settings

PAGE = 25
"""Entries on one page of a list."""

DEEPEST = 400
"""Elasticsearch gives the first 10,000 of a search, which are so many pages."""

TELLERS = 500
"""Articles of a story that are shown at most, the first ones."""

FOUND, END = "\ue000", "\ue001"
"""Around the words that were found in a passage: characters that no text has."""


class OpenArticle(msgspec.Struct, frozen=True):
    """An article as it is stored, the story it is in, and the alerts that it made."""

    tagged: TaggedArticle
    version: int
    indexed_at: datetime | None
    story: Told | None
    alerts: tuple[Alert, ...]


class OpenStory(msgspec.Struct, frozen=True):
    """A story, its first articles of ``in_all`` there are, its alerts, and stories found to be the same."""

    story: Told
    articles: tuple[Hit, ...]
    in_all: int
    alerts: tuple[Alert, ...]
    linked: tuple[Told, ...]


class Found(msgspec.Struct, frozen=True):
    """An article and the passages in which the words asked for stand, each between `FOUND` and `END`."""

    hit: Hit
    passages: tuple[str, ...] = ()


class Founds(msgspec.Struct, frozen=True):
    """One page of a search, and how many articles there are in all."""

    total: int
    articles: tuple[Found, ...]


class Fired(msgspec.Struct, frozen=True):
    """One page of alerts, how many there are in all, and how many by rule and by status."""

    total: int
    alerts: tuple[Alert, ...]
    rules: tuple[tuple[str, str, int], ...]
    statuses: tuple[tuple[str, int], ...]


def open_article(es: Elasticsearch, settings: Settings, id_: str) -> OpenArticle | None:
    """The article with that id; None where none has it."""
    with as_our_errors(settings):
        found, alerts = answers(
            es, settings, [_one(ARTICLES, id_), Question(ALERTS, _by_time({"term": {"article_id": id_}}, 20))]
        )
        for hit in found["hits"]["hits"]:
            document = hit["_source"]
            stories = _stories(es, settings, [document.get("story_id", "")])
            return OpenArticle(
                tagged_of_document(document),
                document.get("version", 1),
                msgspec.convert(document.get("indexed_at"), datetime | None),
                stories[0] if stories else None,
                alerts_of(alerts["hits"]["hits"]),
            )
    return None


def open_story(es: Elasticsearch, settings: Settings, id_: str) -> OpenStory | None:
    """The story with that id; None where none has it."""
    theirs = {"term": {"story_id": id_}}
    articles: dict[str, Any] = {
        "query": theirs,
        "size": TELLERS,
        "track_total_hits": True,
        "sort": [{"@timestamp": "asc"}, {"id": "asc"}],
        "_source": hit_fields(),
    }
    with as_our_errors(settings):
        own, found, alerts = answers(
            es, settings, [_one(STORIES, id_), Question(ARTICLES, articles), Question(ALERTS, _by_time(theirs, 50))]
        )
        for hit in own["hits"]["hits"]:
            total = found["hits"]["total"]["value"]
            story = story_of(hit["_source"], total)
            return OpenStory(
                story,
                tuple(msgspec.convert(one["_source"], Hit) for one in found["hits"]["hits"]),
                total,
                alerts_of(alerts["hits"]["hits"]),
                tuple(_stories(es, settings, story.linked_stories)),
            )
    return None


def find_articles(es: Elasticsearch, settings: Settings, asked: Asked, *, page: int = 1) -> Founds:
    """One page of the articles asked for, the newest first; with words, where they stand."""
    body: dict[str, Any] = {
        "query": articles_asked(asked),
        "size": PAGE,
        "from": (page - 1) * PAGE,
        "track_total_hits": True,
        "sort": [{"@timestamp": "desc"}, {"id": "asc"}],
        "_source": hit_fields(),
    }
    if asked.words:
        body["highlight"] = {
            "pre_tags": [FOUND],
            "post_tags": [END],
            "fields": {"text": {"number_of_fragments": 2, "fragment_size": 180}},
        }
    with as_our_errors(settings):
        (answer,) = answers(es, settings, [Question(ARTICLES, body)])
    return Founds(
        answer["hits"]["total"]["value"],
        tuple(
            Found(msgspec.convert(hit["_source"], Hit), tuple(hit.get("highlight", {}).get("text", ())))
            for hit in answer["hits"]["hits"]
        ),
    )


def find_fired(es: Elasticsearch, settings: Settings, asked: Asked, *, page: int = 1, rule: str | None = None) -> Fired:
    """One page of the alerts asked for, the newest first; all rules are counted, also where one is asked for."""
    every = alerts_asked(asked)
    body: dict[str, Any] = {
        "query": every,
        "size": PAGE,
        "from": (page - 1) * PAGE,
        "track_total_hits": True,
        "sort": [{"@timestamp": "desc"}, {"id": "asc"}],
    }
    counts = {
        "query": every,
        "size": 0,
        "aggs": {
            "rules": {
                "terms": {"field": "rule_id", "size": 200},
                "aggs": {"name": {"terms": {"field": "rule_name", "size": 1}}},
            },
            "statuses": {"terms": {"field": "status", "size": 20}},
        },
    }
    if rule:
        body["query"] = {"bool": {"filter": [every, {"term": {"rule_id": rule}}]}}
    with as_our_errors(settings):
        found, counted = answers(es, settings, [Question(ALERTS, body), Question(ALERTS, counts)])
    groups = counted["aggregations"]
    return Fired(
        found["hits"]["total"]["value"],
        alerts_of(found["hits"]["hits"]),
        tuple(
            (bucket["key"], bucket["name"]["buckets"][0]["key"] if bucket["name"]["buckets"] else bucket["key"], n)
            for bucket in groups["rules"]["buckets"]
            if (n := bucket["doc_count"])
        ),
        tuple((bucket["key"], bucket["doc_count"]) for bucket in groups["statuses"]["buckets"]),
    )


def _one(alias: str, id_: str) -> Question:
    return Question(alias, {"query": {"ids": {"values": [id_]}}, "size": 1})


def _by_time(query: dict[str, Any], size: int) -> dict[str, Any]:
    return {"query": query, "size": size, "sort": [{"@timestamp": "desc"}, {"id": "asc"}]}


def _stories(es: Elasticsearch, settings: Settings, ids: Sequence[str]) -> list[Told]:
    if not ids:
        return []
    body = {"query": {"ids": {"values": list(ids)}}, "size": len(ids)}
    (answer,) = answers(es, settings, [Question(STORIES, body)])
    return [story_of(hit["_source"], 0) for hit in answer["hits"]["hits"]]

"""What came last: stories that began and alerts that were made."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec
from elasticsearch import Elasticsearch

from wirewatch.search.asked import Asked, Question, alerts_asked, answers
from wirewatch.search.client import as_our_errors
from wirewatch.search.documents import ALERTS, ARTICLES, STORIES
from wirewatch.settings import Settings

MOST = 500
"""Articles and alerts that are looked through at once, the newest of each."""


class Come(msgspec.Struct, frozen=True, omit_defaults=True):
    """A story that began, or an alert that was made, ``at`` that time; ``rule`` and ``status`` are an alert's."""

    kind: Literal["story", "alert"]
    id: str
    at: datetime
    title: str
    outlets: int
    story_id: str
    rule: str | None = None
    status: str | None = None
    url: str | None = None


def coming(es: Elasticsearch, settings: Settings, *, since: datetime) -> list[Come]:
    """Stories whose first article came here, and alerts that were made, since that time, the oldest first.

    What was published long before and comes only now is among them; what is tagged anew is not.
    """
    articles = _newest({"range": {"fetched_at": {"gte": since.isoformat()}}}, "fetched_at")
    articles["_source"] = ["id", "story_id", "fetched_at"]
    alerts = _newest(alerts_asked(Asked(since=since)), "@timestamp")
    with as_our_errors(settings):
        came, made = answers(es, settings, [Question(ARTICLES, articles), Question(ALERTS, alerts)])
        at = {hit["_source"]["id"]: hit["_source"]["fetched_at"] for hit in came["hits"]["hits"]}
        ids = list({hit["_source"]["story_id"] for hit in came["hits"]["hits"]})
        (told,) = answers(es, settings, [Question(STORIES, {"query": {"ids": {"values": ids}}, "size": MOST})])
    stories = [hit["_source"] for hit in told["hits"]["hits"]]
    found = [_story(story, at[story["first_article"]]) for story in stories if story["first_article"] in at]
    found += [_alert(hit["_source"]) for hit in made["hits"]["hits"]]
    return sorted(found, key=lambda come: (come.at, come.id))


def _newest(query: dict[str, Any], by: str) -> dict[str, Any]:
    return {"query": query, "size": MOST, "sort": [{by: "desc"}, {"id": "asc"}]}


def _story(document: dict[str, Any], at: str) -> Come:
    id_, outlets = document["id"], document.get("independent_outlets", 0)
    return Come("story", id_, msgspec.convert(at, datetime), document["title"], outlets, id_)


def _alert(document: dict[str, Any]) -> Come:
    return Come(
        "alert",
        document["id"],
        msgspec.convert(document["@timestamp"], datetime),
        document["title"],
        document.get("outlets", 0),
        document["story_id"],
        document["rule_name"],
        document["status"],
        document.get("url"),
    )

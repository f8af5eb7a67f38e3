"""Retention: what is old, or more than there is room for, leaves the indices.

Alerts stay, and so do rules, corrections and what is known of feeds and their items: they are what keeps a later replay
from paging anybody again (docs/decisions/0005). A story goes with the last of its articles.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from elasticsearch import Elasticsearch

from wirewatch.search.client import asking, failure
from wirewatch.search.documents import ARTICLES, FEEDS, METRICS, RUNS, STORIES
from wirewatch.search.indices import alias_of, ensure_indices
from wirewatch.settings import Settings

AT_ONCE = 1_000
"""Documents that are found and deleted with one request each."""

ROOM = 0.9
"""What is too large is brought down to this share of its limit, so that not every night finds it too large again."""

TIMEOUT_S = 60.0

_AGING: tuple[tuple[str, dict[str, Any]], ...] = (
    (METRICS, {"match_all": {}}),
    (RUNS, {"match_all": {}}),
    (FEEDS, {"term": {"kind": "change"}}),
)
"""What else grows for ever, by alias: all of it, or what this query finds."""

_encode = msgspec.json.Encoder().encode


class Removed(msgspec.Struct, frozen=True):
    """How many documents were deleted, or would be: articles by age and by size, stories, and records of the line."""

    by_age: int = 0
    by_size: int = 0
    stories: int = 0
    records: int = 0


def remove_old(
    settings: Settings, *, now: datetime, dry_run: bool = False, progress: Callable[[int], object] = lambda _: None
) -> Removed:
    """Delete what is kept longer than ``keep_days`` or is more than ``keep_gb``, the longest stored first.

    An article's age counts from when it came, so an archive brought in today is young. Doing it twice deletes nothing
    more. A document that is written anew meanwhile stays until the next time. With ``dry_run`` nothing is deleted, and
    stories are not counted. ``progress`` is told how many articles are gone. Raises Unavailable and Refused.
    """
    ensure_indices(settings)
    before = (now - timedelta(days=settings.keep_days)).isoformat()
    old: dict[str, Any] = {"range": {"fetched_at": {"lt": before}}}
    past: dict[str, Any] = {"range": {"@timestamp": {"lt": before}}}
    aging = [(alias, {"bool": {"filter": [query, past]}}) for alias, query in _AGING]
    with asking(settings, timeout_s=TIMEOUT_S) as es:
        es.indices.refresh(index=[alias_of(settings, name) for name in (ARTICLES, STORIES, METRICS, RUNS, FEEDS)])
        if dry_run:
            by_age = _count(es, settings, ARTICLES, old)
            too_many = _too_many(es, settings)
            records = sum(_count(es, settings, alias, query) for alias, query in aging)
            return Removed(by_age, max(0, too_many - by_age), 0, records)
        by_age, stories = _articles(es, settings, old, None, progress)
        by_size, more = _articles(
            es, settings, {"match_all": {}}, _too_many(es, settings), lambda n: progress(by_age + n)
        )
        records = sum(_records(es, settings, alias, query) for alias, query in aging)
        return Removed(by_age, by_size, stories + more, records)


def live_bytes(es: Elasticsearch, settings: Settings) -> int:
    """What the stored articles take on the disk, without the share of what is deleted and not yet cleared away."""
    stats = es.indices.stats(index=alias_of(settings, ARTICLES), metric=["docs", "store"])["_all"]["primaries"]
    live, deleted = stats["docs"]["count"], stats["docs"].get("deleted", 0)
    return int(stats["store"]["size_in_bytes"] * live / (live + deleted)) if live else 0


def _too_many(es: Elasticsearch, settings: Settings) -> int:
    """How many articles have to go for the others to have room."""
    if not settings.keep_gb:
        return 0
    limit, size = settings.keep_gb * 1e9, live_bytes(es, settings)
    if size <= limit:
        return 0
    return math.ceil(_count(es, settings, ARTICLES, {"match_all": {}}) * (1 - ROOM * limit / size))


def _count(es: Elasticsearch, settings: Settings, alias: str, query: dict[str, Any]) -> int:
    return int(es.count(index=alias_of(settings, alias), query=query)["count"])


def _articles(
    es: Elasticsearch,
    settings: Settings,
    query: dict[str, Any],
    most: int | None,
    progress: Callable[[int], object],
) -> tuple[int, int]:
    """Delete the articles that ``query`` finds, ``most`` at most, each story with its last one; how many of both."""
    articles = stories = 0
    while most is None or articles < most:
        size = AT_ONCE if most is None else min(AT_ONCE, most - articles)
        hits = _found(es, settings, ARTICLES, query, size, [{"fetched_at": "asc"}, {"id": "asc"}], ["story_id"])
        # First the stories: were it stopped in between, the articles still say which ones those were.
        stories += _delete(es, settings, _emptied(es, settings, hits))
        gone = _delete(es, settings, hits)
        articles += gone
        progress(articles)
        if not gone:
            break
    return articles, stories


def _emptied(es: Elasticsearch, settings: Settings, hits: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The documents of the stories that have no articles but these."""
    here = Counter(hit["_source"]["story_id"] for hit in hits if "story_id" in hit["_source"])
    if not here:
        return []
    answer = es.search(
        index=alias_of(settings, ARTICLES),
        query={"terms": {"story_id": list(here)}},
        size=0,
        aggregations={"stories": {"terms": {"field": "story_id", "size": len(here)}}},
    )
    all_of = {bucket["key"]: bucket["doc_count"] for bucket in answer["aggregations"]["stories"]["buckets"]}
    ids = [story for story, count in here.items() if all_of.get(story, 0) <= count]
    return _found(es, settings, STORIES, {"ids": {"values": ids}}, AT_ONCE, ["_doc"], False)


def _records(es: Elasticsearch, settings: Settings, alias: str, query: dict[str, Any]) -> int:
    removed = 0
    while gone := _delete(es, settings, _found(es, settings, alias, query, AT_ONCE, ["_doc"], False)):
        removed += gone
    return removed


def _found(
    es: Elasticsearch, settings: Settings, alias: str, query: dict[str, Any], size: int, sort: list[Any], source: Any
) -> list[dict[str, Any]]:
    answer = es.search(
        index=alias_of(settings, alias),
        query=query,
        size=size,
        sort=sort,
        source=source,
        seq_no_primary_term=True,
        track_total_hits=False,
    )
    return list(answer["hits"]["hits"])


def _delete(es: Elasticsearch, settings: Settings, hits: Sequence[dict[str, Any]]) -> int:
    """Delete these documents where they still are as they were found; how many. A search misses them at once."""
    if not hits:
        return 0
    lines: list[Any] = []  # the client sends bytes as they are; its types say only dicts
    for hit in hits:
        where = {"_index": hit["_index"], "_id": hit["_id"]}
        lines.append(
            _encode({"delete": where | {"if_seq_no": hit["_seq_no"], "if_primary_term": hit["_primary_term"]}})
        )
    answer = es.bulk(operations=lines, refresh=True, timeout="20s")
    gone = 0
    for item in answer["items"]:
        done = item["delete"]
        status, error = done["status"], done.get("error", {})
        if status < 300:
            gone += 1
        elif status not in (404, 409):
            raise failure(settings, error, status, f"{done['_id']} cannot be deleted")
    return gone

"""From the line's models to what Elasticsearch stores: pure, no client needed.

Fields without a value are left out; the fields of a full document are those of mappings/*.json.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from wirewatch.alerts.rule import Rule
from wirewatch.folding import fold
from wirewatch.geo import Point
from wirewatch.models import (
    Alert,
    Article,
    ClusteredArticle,
    Correction,
    Lineage,
    Mention,
    Metric,
    Origin,
    PlaceTag,
    Source,
    Story,
)
from wirewatch.text import sane_time

ARTICLES = "news-articles"
STORIES = "news-stories"
FEEDS = "news-feeds"
FEEDS_SEEN = "news-feeds-seen"
RUNS = "news-runs"
ALERTS = "news-alerts"
ALERT_RULES = "news-alert-rules"
CORRECTIONS = "news-corrections"
METRICS = "news-metrics"

MENTIONS_LIMIT = 5_000
"""Mentions kept in a document; Elasticsearch refuses one with more than 10,000 nested objects."""

_PINNED = frozenset({"city", "site"})
_MILLISECOND_BITS = 43  # enough until the year 2248, and leaves a million versions below 2**63
_LAST_VERSION = (1 << 63) - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Write(msgspec.Struct, frozen=True):
    """A document on its way into ``alias``: it replaces what is there only if ``version`` is higher."""

    alias: str
    id: str
    version: int
    document: dict[str, Any]


def moment_of(milliseconds: float) -> datetime:
    """The time that an aggregation answers in milliseconds."""
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)


def external_version(version: int, tagged_at: datetime) -> int:
    """(version, time of tagging) in one number that Elasticsearch compares: an edit first, then newer tags.

    ``tagged_at`` counts in milliseconds; a time without a zone is taken for UTC.
    """
    milliseconds = (_zoned(tagged_at) - _EPOCH) // timedelta(milliseconds=1)
    return version << _MILLISECOND_BITS | min(max(milliseconds, 0), (1 << _MILLISECOND_BITS) - 1)


def article_write(clustered: ClusteredArticle, *, indexed_at: datetime, origin: Origin = Origin.LIVE) -> Write:
    """The write that puts an article under its own id, over any older state; over a taken down one nothing goes."""
    down = clustered.tagged.article.taken_down
    return Write(
        ARTICLES,
        clustered.tagged.article.id,
        _LAST_VERSION if down else external_version(clustered.version, clustered.tagged.tagged_at),
        article_document(clustered, indexed_at=indexed_at, origin=origin),
    )


def story_write(story: Story) -> Write:
    """The write that puts a story under its own id, over any older revision of it."""
    return Write(STORIES, story.id, story.revision, story_document(story))


def metric_write(metric: Metric) -> Write:
    """The write that puts a metric under its id; what was measured is measured once."""
    document = msgspec.to_builtins(metric, builtin_types=(datetime,))
    return Write(METRICS, metric.id, external_version(0, metric.at), document)


def article_document(
    clustered: ClusteredArticle, *, indexed_at: datetime, origin: Origin = Origin.LIVE
) -> dict[str, Any]:
    """An article, its tags, its story and its lineage as one document of ``news-articles``.

    ``delay_ms`` is from its publication until it came, which no retag changes; old material (``origin``) has none.
    ``geo`` holds only points that are right to show on a map: places (no demonyms) of city precision or finer, with
    a point of their own.
    """
    tagged = clustered.tagged
    article, tags = tagged.article, tagged.tags
    return _without_none(
        {
            "@timestamp": sane_time(article.timestamp, now=indexed_at),
            "id": article.id,
            "url": article.url,
            "title": article.title,
            "text": article.text,
            "summary": article.summary,
            "source": _source(article.source),
            "feed": article.feed,
            "language": article.language or tags.language,
            "declared_language": article.language,
            "author": article.author,
            "published_at": article.published_at,
            "fetched_at": article.fetched_at,
            "indexed_at": indexed_at,
            "delay_ms": _between(article.published_at, article.fetched_at) if origin is not Origin.BACKFILL else None,
            "content_hash": article.content_hash,
            "aliases": list(article.aliases),
            "version": clustered.version,
            "story_id": clustered.story.id,
            "actors": _once(actor.id for actor in tags.actors),
            "actor_names": _once(actor.name for actor in tags.actors),
            "actor_kinds": _once(actor.kind for actor in tags.actors),
            "actor_countries": _once(country for actor in tags.actors for country in actor.countries),
            "locations": _once(place.id for place in tags.places),
            "location_names": _once(place.name for place in tags.places),
            "countries": _once(place.country_code for place in tags.places),
            "geo": [_geo(point) for point in _once(place.point for place in tags.places if _has_pin(place))],
            "focus_country": tags.focus_country,
            "about_actors": list(tags.about_actors),
            "about_locations": list(tags.about_locations),
            "mentions": [_mention(mention) for mention in tags.mentions[:MENTIONS_LIMIT]],
            "tags": {"actors": msgspec.to_builtins(tags.actors), "places": msgspec.to_builtins(tags.places)},
            "folded": folded(article.title, article.text),
            "truncated": article.truncated,
            "tagger_version": tagged.tagger_version,
            "kb_version": tagged.kb_version,
            "lineage": _lineage(article.lineage),
        }
    )


def article_of_document(document: dict[str, Any]) -> Article:
    """The article that a document of ``news-articles`` was made of, so that it can be sent through the line again.

    A language that the tagger found is left out, for it to be found anew; so is every language in documents from
    before ``declared_language``. Raises msgspec.ValidationError for a document that is no article's.
    """
    return msgspec.convert(document | {"language": document.get("declared_language")}, Article)


def folded(title: str, text: str) -> str:
    """The words of an article as rules compare them, which are searched and not kept in the document."""
    return " ".join((*fold(title).tokens, *fold(text).tokens))


def story_document(story: Story) -> dict[str, Any]:
    """A story as one document of ``news-stories``."""
    return {
        "@timestamp": story.last_seen,
        "id": story.id,
        "title": story.title,
        "first_seen": story.first_seen,
        "first_article": story.first_article,
        "articles": story.articles,
        "outlets": list(story.outlets),
        "independent_outlets": story.independent_outlets,
        "actors": list(story.actors),
        "locations": list(story.locations),
        "countries": list(story.countries),
        "geo": [_geo(point) for point in story.geo],
        "languages": list(story.languages),
        "linked_stories": list(story.linked_stories),
    }


def alert_document(alert: Alert) -> dict[str, Any]:
    """An alert as one document of ``news-alerts``; `msgspec.convert` makes it an Alert again.

    ``age_ms`` is from the publication of its article until it was made.
    """
    found: dict[str, Any] = msgspec.to_builtins(alert, builtin_types=(datetime,))
    age_ms = _between(alert.published_at, alert.made_at)
    return found | ({} if age_ms is None else {"age_ms": age_ms})


def rule_document(rule: Rule) -> dict[str, Any]:
    """A rule and its history as one document of ``news-alert-rules``; `msgspec.convert` makes it a Rule again."""
    found: dict[str, Any] = msgspec.to_builtins(rule, builtin_types=(datetime,))
    return found


def correction_document(correction: Correction) -> dict[str, Any]:
    """A correction as one document of ``news-corrections``; `msgspec.convert` makes it a Correction again."""
    found: dict[str, Any] = msgspec.to_builtins(correction, builtin_types=(datetime,))
    return found | {"should_be": correction.should_be or "nothing"}


def _source(source: Source) -> dict[str, Any]:
    return _without_none({"name": source.name, "domain": source.domain, "country": source.country})


def _mention(mention: Mention) -> dict[str, Any]:
    return _without_none(
        {
            "entity_id": mention.entity_id,
            "name": mention.name,
            "type": mention.type,
            "role": mention.role,
            "field": mention.field,
            "start": mention.start,
            "end": mention.end,
            "sentence": mention.sentence,
            "confidence": mention.confidence,
            "reason": mention.reason or None,
        }
    )


def _lineage(lineage: Lineage) -> dict[str, Any]:
    return _without_none(
        {
            "producer": lineage.producer,
            "path": lineage.path,
            "airflow_run_id": lineage.airflow_run_id,
            "kafka_topic": lineage.kafka_topic,
            "kafka_partition": lineage.kafka_partition,
            "kafka_offset": lineage.kafka_offset,
        }
    )


def _has_pin(place: PlaceTag) -> bool:
    return place.precision in _PINNED and place.role == "place" and place.located_by == "gazetteer"


def _between(since: datetime | None, until: datetime) -> int | None:
    """Milliseconds, never fewer than none: clocks differ."""
    return None if since is None else max(0, (_zoned(until) - _zoned(since)) // timedelta(milliseconds=1))


def _zoned(moment: datetime) -> datetime:
    """A time without a zone is taken for UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _geo(point: Point) -> dict[str, float]:
    return {"lat": point.lat, "lon": point.lon}


def _once(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(value for value in values if value is not None))


def _without_none(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}

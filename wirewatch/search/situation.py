"""What is happening where, and who does it: everything that a first view shows, counted in the index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from elasticsearch import Elasticsearch

from wirewatch.models import Alert, PlaceTag
from wirewatch.search.alerts import alerts_of
from wirewatch.search.asked import Asked, Question, alerts_asked, answers, articles_asked
from wirewatch.search.client import as_our_errors
from wirewatch.search.documents import ALERTS, ARTICLES, STORIES, moment_of
from wirewatch.search.query import Hit
from wirewatch.settings import Settings

PLACES = 300
"""Places that are counted at most, those in the most articles; those with a point of their own are drawn."""

SAMPLED = 5_000
"""So many of the newest articles tell how sure their places are."""

COUNTRIES = 250
NEWEST = 50
"""The newest articles, which are looked through for places that no list knows."""

_HIT = [*(name for name in Hit.__struct_fields__ if name not in ("timestamp", "score")), "@timestamp"]
_CANDIDATES = 40


class Counted(msgspec.Struct, frozen=True):
    """In how many articles something is, and was in the period before; a place also in how many stories.

    ``confidence`` is the mean of a place's mentions. None is what was not asked.
    """

    id: str
    articles: int
    stories: int | None = None
    before: int | None = None
    confidence: float | None = None


class Told(msgspec.Struct, frozen=True):
    """A story: how many of its ``articles`` are among those asked for (``here``), and who told it."""

    id: str
    title: str
    here: int
    articles: int = 1
    outlets: tuple[str, ...] = ()
    independent_outlets: int = 0
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    actors: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    linked_stories: tuple[str, ...] = ()
    first_article: str | None = None


class Bar(msgspec.Struct, frozen=True):
    """Articles from ``start`` on, for one step."""

    start: datetime
    articles: int


class Situation(msgspec.Struct, frozen=True):
    """All that a first view shows; lists have the most frequent first, ``before`` is the period before.

    ``alerts`` are the newest ones, ``alert_bars`` say when all of them were made and how many in each step.
    ``newest`` are the newest articles and ``borrowed`` the places of theirs that have the point of another. ``last`` is
    the newest article at any time that meets the other conditions; ``first`` the oldest.
    """

    articles: int
    stories: int
    articles_before: int | None
    bars: tuple[Bar, ...]
    bars_before: tuple[int, ...]
    actors: tuple[Counted, ...]
    countries: tuple[Counted, ...]
    places: tuple[Counted, ...]
    sources: tuple[Counted, ...]
    languages: tuple[Counted, ...]
    biggest: tuple[Told, ...]
    alerts: tuple[Alert, ...]
    alerts_in_all: int
    alert_bars: tuple[tuple[datetime, int], ...]
    newest: tuple[Hit, ...]
    borrowed: tuple[PlaceTag, ...]
    first: datetime | None
    last: datetime | None


class Wanted(msgspec.Struct, frozen=True):
    """How much of each list; ``step`` is a bar's time, ``before`` when the period before began (None: no such)."""

    step: timedelta
    before: datetime | None
    actors: int = 10
    stories: int = 8
    alerts: int = 8
    newest: int = 10
    sources: int = 12


def bounds(es: Elasticsearch, settings: Settings, asked: Asked) -> tuple[datetime, datetime] | None:
    """The times of the oldest and of the newest article asked for; None where there is none."""
    with as_our_errors(settings):
        (answer,) = answers(es, settings, [Question(ARTICLES, _times(asked))])
    return _bounds(answer)


def situation(es: Elasticsearch, settings: Settings, asked: Asked, wanted: Wanted) -> Situation:
    """What is happening by the articles asked for, in two requests: the counts, and what they are compared with."""
    with as_our_errors(settings):
        now, there, times, newest, alerts = answers(
            es,
            settings,
            [
                Question(ARTICLES, _counts(asked, wanted)),
                Question(ARTICLES, _areas(asked)),  # apart, so that the server can do both at once
                Question(ARTICLES, _times(asked.over(None, None))),
                Question(ARTICLES, _newest(asked)),
                Question(ALERTS, _alerts(asked, wanted)),
            ],
        )
        groups = now["aggregations"] | there["aggregations"]
        here = {bucket["key"]: bucket["doc_count"] for bucket in groups["told"]["buckets"]}
        shown = {name: _ids(groups[name]) for name in ("actors", "countries")}
        stories, before, sure = answers(
            es,
            settings,
            [
                Question(STORIES, {"query": {"ids": {"values": list(here)}}, "size": _CANDIDATES}),
                Question(ARTICLES, _before(asked, wanted, shown)),
                Question(ARTICLES, _sure(asked, _ids(groups["places"]), groups["bars"]["buckets"])),
            ],
        )
    hits = newest["hits"]["hits"]
    known = _bounds(times)
    compared = wanted.before is not None
    then = before["aggregations"] if compared else {}
    return Situation(
        articles=now["hits"]["total"]["value"],
        stories=groups["stories"]["value"],
        articles_before=before["hits"]["total"]["value"] if compared else None,
        bars=tuple(Bar(moment_of(bucket["key"]), bucket["doc_count"]) for bucket in groups["bars"]["buckets"]),
        bars_before=_bars_before(then, wanted, asked),
        actors=_counted(groups["actors"], then.get("actors")),
        countries=_counted(groups["countries"], then.get("countries")),
        places=_with_confidence(_counted(groups["places"]), sure["aggregations"]),
        sources=_counted(groups["sources"]),
        languages=_counted(groups["languages"]),
        biggest=tuple(biggest(stories["hits"]["hits"], here)[: wanted.stories]),
        alerts=alerts_of(alerts["hits"]["hits"]),
        alerts_in_all=alerts["hits"]["total"]["value"],
        alert_bars=tuple(
            (moment_of(one["key"]), one["doc_count"]) for one in alerts["aggregations"]["bars"]["buckets"]
        ),
        newest=tuple(msgspec.convert(hit["_source"], Hit) for hit in hits[: wanted.newest]),
        borrowed=tuple(_borrowed(hits)),
        first=known[0] if known else None,
        last=known[1] if known else None,
    )


def biggest(hits: Sequence[dict[str, Any]], here: dict[str, int]) -> list[Told]:
    """The stories of these documents, told by the most independent outlets first, then in the most articles."""
    told = [story_of(hit["_source"], here.get(hit["_id"], 0)) for hit in hits]
    return sorted(told, key=lambda one: (-one.independent_outlets, -one.here, -_seconds(one.last_seen), one.id))


def story_of(document: dict[str, Any], here: int) -> Told:
    """The story that a document of ``news-stories`` holds."""
    return msgspec.convert(document | {"last_seen": document["@timestamp"], "here": here}, Told)


def hit_fields() -> list[str]:
    """The fields of an article that a list shows."""
    return list(_HIT)


def _counts(asked: Asked, wanted: Wanted) -> dict[str, Any]:
    return {
        "size": 0,
        "track_total_hits": True,
        "query": articles_asked(asked),
        "aggs": {
            "bars": _bars(asked.since, wanted.step),
            "stories": {"cardinality": {"field": "story_id", "precision_threshold": 40_000}},
            "actors": {"terms": {"field": "actors", "size": wanted.actors}},
            "sources": {"terms": {"field": "source.name", "size": wanted.sources}},
            "languages": {"terms": {"field": "language", "size": 30}},
            "told": {"terms": {"field": "story_id", "size": _CANDIDATES, "order": [{"_count": "desc"}, {"at": "desc"}]}}
            | {"aggs": {"at": {"max": {"field": "@timestamp"}}}},
        },
    }


def _areas(asked: Asked) -> dict[str, Any]:
    """Countries by articles, and places by stories too."""
    stories = {"stories": {"cardinality": {"field": "story_id", "precision_threshold": 300}}}
    return {
        "size": 0,
        "track_total_hits": False,
        "query": articles_asked(asked),
        "aggs": {
            "countries": {"terms": {"field": "countries", "size": COUNTRIES}},
            "places": {
                "terms": {"field": "locations", "size": PLACES, "collect_mode": "breadth_first"},
                "aggs": stories,
            },
        },
    }


def _sure(asked: Asked, places: list[str], bars: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """How sure the mentions of these places are in the newest articles; all of them would take too long."""
    named = [{"term": {"mentions.role": "place"}}, {"terms": {"mentions.entity_id": places}}]
    each = {
        "terms": {"field": "mentions.entity_id", "size": PLACES},
        "aggs": {"confidence": {"avg": {"field": "mentions.confidence"}}},
    }
    mentions = {
        "mentions": {
            "nested": {"path": "mentions"},
            "aggs": {"named": {"filter": {"bool": {"filter": named}}, "aggs": {"places": each}}},
        }
    }
    newest = asked.over(_newest_since(bars) or asked.since, asked.until)
    return {"size": 0, "track_total_hits": False, "query": articles_asked(newest), "aggs": mentions}


def _newest_since(bars: Sequence[dict[str, Any]]) -> datetime | None:
    """The start of the last bars that hold `SAMPLED` articles together; None where all do not."""
    among = 0
    for bar in reversed(bars):
        among += bar["doc_count"]
        if among >= SAMPLED:
            return moment_of(bar["key"])
    return None


def _ids(group: dict[str, Any]) -> list[str]:
    return [bucket["key"] for bucket in group["buckets"]]


def _bars(since: datetime | None, step: timedelta) -> dict[str, Any]:
    """Bars that begin where the time asked for does."""
    milliseconds = int(step.total_seconds() * 1000)
    offset = int(since.timestamp() * 1000) % milliseconds if since else 0
    return {
        "date_histogram": {
            "field": "@timestamp",
            "fixed_interval": f"{milliseconds}ms",
            "offset": f"{offset}ms",
            "min_doc_count": 1,
        }
    }


def _times(asked: Asked) -> dict[str, Any]:
    moments = {name: {name: {"field": "@timestamp"}} for name in ("min", "max")}
    return {"size": 0, "track_total_hits": False, "query": articles_asked(asked), "aggs": moments}


def _newest(asked: Asked) -> dict[str, Any]:
    return {
        "size": NEWEST,
        "track_total_hits": False,
        "query": articles_asked(asked),
        "sort": [{"@timestamp": "desc"}, {"id": "asc"}],
        "_source": [*_HIT, "tags.places"],
    }


def _alerts(asked: Asked, wanted: Wanted) -> dict[str, Any]:
    return {
        "size": wanted.alerts,
        "track_total_hits": True,
        "query": alerts_asked(asked),
        "sort": [{"@timestamp": "desc"}, {"id": "asc"}],
        "aggs": {"bars": _bars(asked.since, wanted.step)},
    }


def _before(asked: Asked, wanted: Wanted, shown: dict[str, list[str]]) -> dict[str, Any]:
    """The counts of the period before, of those that are shown."""
    if wanted.before is None:
        return {"size": 0, "query": {"match_none": {}}}
    groups: dict[str, Any] = {
        name: {"terms": {"field": name, "size": max(1, len(ids)), "include": ids or ["-"]}}
        for name, ids in shown.items()
    }
    return {
        "size": 0,
        "track_total_hits": True,
        "query": articles_asked(asked.over(wanted.before, asked.since)),
        "aggs": {"bars": _bars(wanted.before, wanted.step), **groups},
    }


def _bars_before(then: dict[str, Any], wanted: Wanted, asked: Asked) -> tuple[int, ...]:
    if wanted.before is None or asked.since is None:
        return ()
    found = {moment_of(bucket["key"]): bucket["doc_count"] for bucket in then["bars"]["buckets"]}
    count = round((asked.since - wanted.before) / wanted.step)
    bars = [0] * count
    for start, articles in found.items():
        bars[min(max(round((start - wanted.before) / wanted.step), 0), count - 1)] += articles
    return tuple(bars)


def _counted(group: dict[str, Any], before: dict[str, Any] | None = None) -> tuple[Counted, ...]:
    then = None if before is None else {bucket["key"]: bucket["doc_count"] for bucket in before["buckets"]}
    return tuple(
        Counted(
            bucket["key"],
            bucket["doc_count"],
            bucket["stories"]["value"] if "stories" in bucket else None,
            None if then is None else then.get(bucket["key"], 0),
        )
        for bucket in group["buckets"]
    )


def _with_confidence(places: Iterable[Counted], found: dict[str, Any]) -> tuple[Counted, ...]:
    mentions = found["mentions"]["named"]["places"]["buckets"]
    sure = {bucket["key"]: bucket["confidence"]["value"] for bucket in mentions}
    return tuple(msgspec.structs.replace(one, confidence=sure.get(one.id)) for one in places)


def _borrowed(hits: Iterable[dict[str, Any]]) -> Iterable[PlaceTag]:
    """The places with another's point, each once."""
    seen: set[str] = set()
    for hit in hits:
        for place in hit["_source"].get("tags", {}).get("places", ()):
            if place.get("located_by") == "nearest" and place.get("point") and place["name"] not in seen:
                seen.add(place["name"])
                yield msgspec.convert(place, PlaceTag)


def _bounds(answer: dict[str, Any]) -> tuple[datetime, datetime] | None:
    low, high = (answer["aggregations"][name]["value"] for name in ("min", "max"))
    return None if low is None else (moment_of(low), moment_of(high))


def _seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0

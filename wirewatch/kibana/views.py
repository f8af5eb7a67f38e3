"""The data views: an index each, with the labels and formats that its fields have wherever they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from babel import Locale


class View(msgspec.Struct, frozen=True):
    """A data view over the index alias ``alias``.

    ``labels`` are what people call the fields, ``links`` the fields that hold addresses, ``durations`` those that hold
    lengths of time, with their unit as Kibana calls it, ``moments`` points in time besides ``@timestamp``. Fields of
    `ACTORS`, `COUNTRIES` and `LANGUAGES` are shown by name.
    """

    slug: str
    name: str
    alias: str
    labels: dict[str, str] = {}
    links: tuple[str, ...] = ()
    durations: dict[str, str] = {}
    moments: tuple[str, ...] = ()


ACTORS = ("actors",)
COUNTRIES = ("countries", "country", "focus_country", "actor_countries", "source.country")
LANGUAGES = ("language", "languages")
MOMENT = "YYYY-MM-DD HH:mm"

_PEOPLE_SAY = {
    "@timestamp": "Time",
    "actors": "Actor",
    "countries": "Country",
    "source.name": "Outlet",
    "language": "Language",
    "title": "Title",
    "url": "Link",
}

ARTICLES = View(
    "articles",
    "Articles",
    "news-articles",
    labels=_PEOPLE_SAY
    | {
        "actor_names": "Actors by name",
        "actor_kinds": "Kind of actor",
        "location_names": "Place",
        "focus_country": "Country it is about",
        "source.country": "Outlet's country",
        "indexed_at": "Searchable since",
        "delay_ms": "From publication to its arrival",
        "story_id": "Story",
        "tagger_version": "Tagger",
    },
    links=("url",),
    durations={"delay_ms": "milliseconds"},
    moments=("published_at", "fetched_at", "indexed_at"),
)
STORIES = View(
    "stories",
    "Stories",
    "news-stories",
    labels={name: label for name, label in _PEOPLE_SAY.items() if name != "url"}
    | {
        "@timestamp": "Last seen",
        "first_seen": "First seen",
        "articles": "Articles",
        "independent_outlets": "Outlets apart",
        "outlets": "Outlets",
        "languages": "Languages",
    },
    moments=("first_seen",),
)
ALERTS = View(
    "alerts",
    "Alerts",
    "news-alerts",
    labels=_PEOPLE_SAY
    | {
        "rule_name": "Rule",
        "status": "State",
        "outlets": "Independent outlets",
        "articles": "Articles",
        "delay_ms": "From arrival to the alert",
        "age_ms": "From publication to the alert",
        "reasons.condition": "Condition",
        "reasons.words": "Words",
        "reasons.sentence": "Sentence",
        "reasons.actor_name": "Actor of the rule",
        "reasons.place": "Place of the rule",
        "reasons.distance_km": "Kilometres",
        "channels.name": "Channel",
        "channels.state": "State in the channel",
        "channels.error": "Error of the channel",
        "acked_by": "Seen by",
    },
    links=("url",),
    durations={"delay_ms": "milliseconds", "age_ms": "milliseconds"},
    moments=("published_at", "updated_at", "channels.at", "acked_at"),
)
FEEDS = View(
    "feeds",
    "Feeds",
    "news-feeds",
    labels={
        "@timestamp": "Last asked",
        "name": "Feed",
        "url": "Link",
        "language": "Language",
        "country": "Country",
        "health": "State",
        "health_since": "Since",
        "before": "State before",
        "why": "Why",
        "error": "Error",
        "new_at": "Newest item",
        "answered_at": "Last answer",
        "due_at": "Asked again",
        "failures": "Failures in a row",
        "source.name": "Outlet",
        "source.country": "Outlet's country",
    },
    links=("url", "moved_to"),
    moments=("health_since", "failing_since", "new_at", "answered_at", "polled_at", "due_at"),
)
RUNS = View(
    "runs",
    "Runs",
    "news-runs",
    labels={
        "@timestamp": "Time",
        "kind": "Kind",
        "new": "New articles",
        "edited": "Edited articles",
        "polled": "Feeds asked",
        "failing": "Feeds failing",
        "took_s": "Took",
        "airflow_run_id": "Airflow run",
    },
    durations={"took_s": "seconds"},
)
METRICS = View(
    "metrics",
    "Measures",
    "news-metrics",
    labels={"@timestamp": "Time", "subject": "Of", "measure": "Measure", "tagger_version": "Tagger", "value": "Value"},
)
CORRECTIONS = View(
    "corrections",
    "Corrections",
    "news-corrections",
    labels={
        "@timestamp": "Time",
        "by": "By",
        "name": "Name in the text",
        "layer": "Actor or place",
        "was": "Was tagged",
        "should_be": "Should be",
        "article_id": "Article",
    },
)

VIEWS = (ARTICLES, STORIES, ALERTS, FEEDS, RUNS, METRICS, CORRECTIONS)


def attributes(view: View, prefix: str, actors: Mapping[str, str]) -> dict[str, Any]:
    """The data view as Kibana keeps it, over the index with the line's ``prefix``; ``actors`` are names by id."""
    formats: dict[str, Any] = {field: {"id": "url", "params": {"labelTemplate": "open"}} for field in view.links}
    formats |= {field: _duration(unit) for field, unit in view.durations.items()}
    formats |= {field: {"id": "date", "params": {"pattern": MOMENT}} for field in ("@timestamp", *view.moments)}
    formats |= {field: _looked_up(actors) for field in ACTORS if field in view.labels and actors}
    formats |= {field: _looked_up(_of_babel("territories")) for field in COUNTRIES if field in view.labels}
    formats |= {field: _looked_up(_of_babel("languages")) for field in LANGUAGES if field in view.labels}
    return {
        "title": prefix + view.alias,
        "name": f"{prefix}wirewatch: {view.name}",
        "timeFieldName": "@timestamp",
        "fields": "[]",
        "fieldAttrs": _json({field: {"customLabel": label} for field, label in sorted(view.labels.items())}),
        "fieldFormatMap": _json(formats),
        "runtimeFieldMap": "{}",
        "sourceFilters": "[]",
        "typeMeta": "{}",
    }


def _duration(unit: str) -> dict[str, Any]:
    params = {"inputFormat": unit, "outputFormat": "humanizePrecise", "outputPrecision": 1, "useShortSuffix": True}
    return {"id": "duration", "params": params | {"showSuffix": True, "includeSpaceWithSuffix": True}}


@cache
def _of_babel(table: str) -> Mapping[str, str]:
    """Names for codes of two letters, by the Unicode CLDR (in Babel)."""
    names: dict[str, str] = getattr(Locale("en"), table)
    return {code: name for code, name in names.items() if len(code) == 2}


def _looked_up(names: Mapping[str, str]) -> dict[str, Any]:
    entries = [{"key": id_, "value": names[id_]} for id_ in sorted(names)]
    return {"id": "static_lookup", "params": {"lookupEntries": entries, "unknownKeyValue": None}}


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()

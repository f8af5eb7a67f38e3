"""Stored articles as rules see them: narrowed by the index, which may find too many and never too few."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from wirewatch.alerts.match import parsed
from wirewatch.alerts.query import And, Not, Or, Query, Term
from wirewatch.alerts.rule import Rule
from wirewatch.models import ActorTag, Article, Mention, PlaceTag, Story, TaggedArticle, Tags
from wirewatch.search.client import asking
from wirewatch.search.documents import ARTICLES, STORIES
from wirewatch.search.indices import alias_of
from wirewatch.settings import Settings

PAGE = 1_000
TIMEOUT_S = 60.0
_NEVER_READ = ["lineage", "aliases", "actor_names", "location_names", "actor_kinds", "actor_countries", "author"]
_EVERYTHING: dict[str, Any] = {"match_all": {}}


class Past(msgspec.Struct, frozen=True):
    """An article that is stored, and the id of its story."""

    tagged: TaggedArticle
    story_id: str


def past_articles(settings: Settings, rule: Rule, *, since: datetime | None = None) -> Iterator[list[Past]]:
    """The stored articles that may meet ``rule``, the oldest first, in lists; all that do are among them."""
    filters = narrowing(rule)
    if since is not None:
        filters.append({"range": {"@timestamp": {"gte": since.astimezone(UTC).isoformat()}}})
    after: list[Any] | None = None
    with asking(settings, timeout_s=TIMEOUT_S) as es:
        while True:
            answer = es.search(
                index=alias_of(settings, ARTICLES),
                query={"bool": {"filter": filters}},
                sort=[{"@timestamp": "asc"}, {"id": "asc"}],
                search_after=after,
                size=PAGE,
                track_total_hits=False,
                source_excludes=_NEVER_READ,
            )
            hits = answer["hits"]["hits"]
            if hits:
                yield [Past(tagged_of_document(hit["_source"]), hit["_source"].get("story_id", "")) for hit in hits]
            if len(hits) < PAGE:
                return
            after = hits[-1]["sort"]


def past_article(settings: Settings, article: str) -> Past | None:
    """One stored article, by its id or URL."""
    with asking(settings) as es:
        answer = es.search(
            index=alias_of(settings, ARTICLES),
            query={"bool": {"should": [{"term": {name: article}} for name in ("id", "url", "aliases")]}},
            size=1,
        )
    for hit in answer["hits"]["hits"]:
        return Past(tagged_of_document(hit["_source"]), hit["_source"].get("story_id", ""))
    return None


def past_stories(settings: Settings, ids: list[str]) -> dict[str, Story]:
    """The stories with these ids, as they are now."""
    found: dict[str, Story] = {}
    with asking(settings, timeout_s=TIMEOUT_S) as es:
        for start in range(0, len(ids), PAGE):
            docs = es.mget(index=alias_of(settings, STORIES), ids=ids[start : start + PAGE])["docs"]
            for doc in docs:
                if doc.get("found"):
                    source = doc["_source"]
                    story = msgspec.convert(source | {"last_seen": source["@timestamp"], "revision": 0}, Story)
                    found[story.id] = story
    return found


def tagged_of_document(document: dict[str, Any]) -> TaggedArticle:
    """The tagged article that a document of ``news-articles`` was made of, as far as rules look at it.

    Documents from before ``tags`` was stored have their actors by id alone, and no points of their places.
    """
    kept = document.get("tags") or {}
    return TaggedArticle(
        msgspec.convert(document, Article),
        Tags(
            mentions=msgspec.convert(document.get("mentions", ()), tuple[Mention, ...]),
            actors=msgspec.convert(kept.get("actors", ()), tuple[ActorTag, ...]),
            places=msgspec.convert(kept.get("places", ()), tuple[PlaceTag, ...]),
            focus_country=document.get("focus_country"),
            about_actors=tuple(document.get("about_actors", ())),
            about_locations=tuple(document.get("about_locations", ())),
            language=document.get("language"),
        ),
        msgspec.convert(document["fetched_at"], datetime),
        document.get("tagger_version", ""),
        document.get("kb_version", ""),
    )


def narrowing(rule: Rule) -> list[dict[str, Any]]:
    """Conditions for the index that every article which meets ``rule`` fulfils."""
    members = rule.members if rule.include_members else {}
    filters: list[dict[str, Any]] = []
    if rule.text:
        filters.append(_of_query(parsed(rule.text)))
    if rule.actors:
        filters.append({"terms": {"actors": [a for one in rule.actors for a in (one, *members.get(one, ()))]}})
    filters += [{"terms": {"actors": [one, *members.get(one, ())]}} for one in rule.actors_all]
    if rule.kinds:
        filters.append({"terms": {"actor_kinds": list(rule.kinds)}})
    if rule.near:
        # A little more than asked: the index counts distance on a slightly other globe. A borrowed point is that of
        # a city of the same article, which is in `geo` itself.
        filters.append(_any_of([_geo(one.point.lat, one.point.lon, one.within_km * 1.01 + 1) for one in rule.near]))
    if rule.inside:
        filters.append({"terms": {"countries": [area.country for area in rule.inside if area.country]}})
    if rule.countries:
        codes = list(rule.countries)
        filters.append(_any_of([{"terms": {"countries": codes}}, {"terms": {"focus_country": codes}}]))
    return filters


def _geo(lat: float, lon: float, km: float) -> dict[str, Any]:
    return {"geo_distance": {"distance": f"{km}km", "geo": {"lat": lat, "lon": lon}}}


def _of_query(query: Query) -> dict[str, Any]:
    match query:
        case Term(tokens, prefix=prefix, within=within):
            if prefix:
                last: dict[str, Any] = {"prefix": {"folded": {"value": tokens[-1]}}}
                return {"bool": {"filter": [*map(_word, tokens[:-1]), last]}}
            if len(tokens) == 1 or within is not None:
                return {"bool": {"filter": list(map(_word, tokens))}}
            return {"match_phrase": {"folded": " ".join(tokens)}}
        case And(parts):
            return {"bool": {"filter": list(map(_of_query, parts))}}
        case Or(parts):
            return _any_of(list(map(_of_query, parts)))
        case Not():
            return _EVERYTHING


def _word(token: str) -> dict[str, Any]:
    return {"term": {"folded": token}}


def _any_of(conditions: list[dict[str, Any]]) -> dict[str, Any]:
    return {"bool": {"should": conditions, "minimum_should_match": 1}}

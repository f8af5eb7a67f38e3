"""Stored articles as rules see them: narrowed by the index, which may find too many and never too few."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import msgspec

from wirewatch.alerts.match import parsed
from wirewatch.alerts.query import And, Not, Or, Query, Term, terms
from wirewatch.alerts.rule import Rule
from wirewatch.models import ActorTag, Article, Mention, PlaceTag, Story, TaggedArticle, Tags
from wirewatch.search.client import asking, documents_of
from wirewatch.search.documents import ARTICLES, STORIES
from wirewatch.search.indices import alias_of
from wirewatch.settings import Settings

PAGE = 1_000
TIMEOUT_S = 60.0
_ALWAYS_READ = ["id", "title", "url", "source", "language", "fetched_at", "published_at", "content_hash", "story_id"]
_TAGS_READ = ["tags", "focus_country", "about_actors", "about_locations"]
_NOTHING: dict[str, Any] = {"match_none": {}}


class Past(msgspec.Struct, frozen=True):
    """An article that is stored, and the id of its story."""

    tagged: TaggedArticle
    story_id: str


def past_articles(settings: Settings, rule: Rule, *, since: datetime | None = None) -> Iterator[list[Past]]:
    """The stored articles that may meet ``rule``, the oldest first, in lists; all that do are among them.

    Of each there is what decides whether it meets the rule, and no more: where it is mentioned, and a text that the
    rule does not ask for, are left out. While one list is judged the next is fetched.
    """
    filters = narrowing(rule)
    if since is not None:
        filters.append({"range": {"@timestamp": {"gte": since.astimezone(UTC).isoformat()}}})
    with asking(settings, timeout_s=TIMEOUT_S) as es, ThreadPoolExecutor(1) as ahead:

        def page(after: list[Any] | None) -> list[dict[str, Any]]:
            hits: list[dict[str, Any]] = (
                es.search(
                    index=alias_of(settings, ARTICLES),
                    query={"bool": {"filter": filters}},
                    sort=[{"@timestamp": "asc"}, {"id": "asc"}],
                    search_after=after,
                    size=PAGE,
                    track_total_hits=False,
                    source_includes=_fields_for(rule),
                    filter_path=["hits.hits._source", "hits.hits.sort"],
                )
                .get("hits", {})
                .get("hits", [])
            )
            return hits

        hits = page(None)
        while hits:
            coming = ahead.submit(page, hits[-1]["sort"]) if len(hits) == PAGE else None
            yield [_past(hit["_source"]) for hit in hits]
            hits = coming.result() if coming else []


def whole_articles(settings: Settings, ids: list[str]) -> dict[str, Past]:
    """The stored articles with these ids, with all that reasons are written from."""
    with asking(settings) as es:
        found = documents_of(es, settings, alias_of(settings, ARTICLES), ids)
    return {document["_id"]: _past(document["_source"]) for document in found}


def past_article(settings: Settings, article: str) -> Past | None:
    """One stored article, by its id or URL."""
    with asking(settings) as es:
        answer = es.search(
            index=alias_of(settings, ARTICLES),
            query={"bool": {"should": [{"term": {name: article}} for name in ("id", "url", "aliases")]}},
            size=1,
        )
    for hit in answer["hits"]["hits"]:
        return _past(hit["_source"])
    return None


def past_stories(settings: Settings, ids: list[str]) -> dict[str, Story]:
    """The stories with these ids, as they are now."""
    found: dict[str, Story] = {}
    with asking(settings, timeout_s=TIMEOUT_S) as es:
        for start in range(0, len(ids), PAGE):
            for document in documents_of(es, settings, alias_of(settings, STORIES), ids[start : start + PAGE]):
                source = document["_source"]
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


def _past(document: dict[str, Any]) -> Past:
    return Past(tagged_of_document({"text": ""} | document), document.get("story_id", ""))


def _fields_for(rule: Rule) -> list[str]:
    """The fields of a stored article that decide whether it meets ``rule``."""
    asks_for_text = rule.text and not all(term.title for term, _ in terms(parsed(rule.text)))
    of_tags = (rule.actors, rule.actors_all, rule.kinds, rule.near, rule.inside, rule.countries)
    return [*_ALWAYS_READ, *(["text"] if asks_for_text else []), *(_TAGS_READ if any(of_tags) else [])]


def narrowing(rule: Rule) -> list[dict[str, Any]]:
    """Conditions for the index that every article which meets ``rule`` fulfils."""
    members = rule.members if rule.include_members else {}
    filters: list[dict[str, Any]] = []
    if rule.text:
        filters.append(_may_hold(parsed(rule.text)))
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


def _may_hold(query: Query) -> dict[str, Any]:
    """What every article fulfils for which ``query`` holds."""
    match query:
        case Term(tokens, prefix=prefix, within=within):
            if prefix:
                return _all_of([*map(_word, tokens[:-1]), _beginning(tokens[-1])])
            if len(tokens) == 1 or within is not None:
                return _all_of(list(map(_word, tokens)))
            return {"match_phrase": {"folded": " ".join(tokens)}}
        case Not(part):
            return _none_of(_must_hold(part))
        case _:
            return _joined(query, _may_hold)


def _must_hold(query: Query) -> dict[str, Any]:
    """What no article fulfils for which ``query`` does not hold.

    Only a single word is sure: `folded` does not say where the title ends, so words that follow each other there may
    stand in both, and any word in either.
    """
    match query:
        case Term((token,), prefix=prefix, within=None, title=False):
            return _beginning(token) if prefix else _word(token)
        case Term():
            return _NOTHING
        case Not(part):
            return _none_of(_may_hold(part))
        case _:
            return _joined(query, _must_hold)


def _joined(query: And | Or, each: Callable[[Query], dict[str, Any]]) -> dict[str, Any]:
    parts = list(map(each, query.parts))
    return _all_of(parts) if isinstance(query, And) else _any_of(parts)


def _word(token: str) -> dict[str, Any]:
    return {"term": {"folded": token}}


def _beginning(token: str) -> dict[str, Any]:
    return {"prefix": {"folded": {"value": token}}}


def _all_of(conditions: list[dict[str, Any]]) -> dict[str, Any]:
    return {"bool": {"filter": conditions}}


def _none_of(condition: dict[str, Any]) -> dict[str, Any]:
    return {"bool": {"must_not": [condition]}}


def _any_of(conditions: list[dict[str, Any]]) -> dict[str, Any]:
    return {"bool": {"should": conditions, "minimum_should_match": 1}}

"""Names that the tagger found by itself and nobody has listed yet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from wirewatch.models import UNLISTED, ActorKind
from wirewatch.search.client import asking
from wirewatch.search.documents import ARTICLES
from wirewatch.search.indices import alias_of
from wirewatch.settings import Settings
from wirewatch.tagging.reading import read
from wirewatch.text import folded_words

MOST = 1_000
"""Names looked at, the most frequent ones."""

LAST_WORDS: dict[ActorKind, frozenset[str]] = {
    "armed_group": frozenset(
        {"brigade", "brigades", "battalion", "front", "militia", "cartel", "fighters", "resistance"}
    ),
    "armed_forces": frozenset({"army", "navy", "guard", "police", "corps"}),
    "political_party": frozenset({"party", "coalition"}),
    "company": frozenset({"inc", "corp", "ltd", "plc", "group", "bank", "airlines", "motors", "energy", "holdings"}),
    "media": frozenset({"news", "times", "tv", "radio", "post", "herald", "tribune", "gazette"}),
}
"""Last words of names that say what bears them; no more than a first guess for a person to correct."""


class Unknown(msgspec.Struct, frozen=True):
    """A name in no list: the id the tagger gave it, in how many articles it is, what it may be, and a sentence."""

    id: str
    name: str
    articles: int
    kind: ActorKind
    example: str = ""


def unknown_names(
    settings: Settings, *, without: frozenset[str], since: datetime | None, at_least: int, limit: int
) -> list[Unknown]:
    """The most frequent names in no list, each in ``at_least`` articles; ``without`` are folded names to pass over.

    Raises IndexMissing before anything was indexed.
    """
    young: dict[str, Any] = {"range": {"@timestamp": {"gte": since.isoformat()}}} if since else {"match_all": {}}
    index = alias_of(settings, ARTICLES)
    with asking(settings, timeout_s=30) as es:
        names = {"terms": {"field": "actors", "include": f"{UNLISTED}.*", "min_doc_count": at_least, "size": MOST}}
        answer = es.search(index=index, query=young, size=0, aggregations={"names": names})
        found: list[Unknown] = []
        for bucket in answer["aggregations"]["names"]["buckets"]:
            if len(found) == limit:
                break
            if bucket["key"].removeprefix(UNLISTED).replace("-", " ") in without:
                continue
            holds = {"bool": {"filter": [young, {"term": {"actors": bucket["key"]}}]}}
            one = es.search(index=index, query=holds, sort=[{"@timestamp": "desc"}], size=1)["hits"]["hits"]
            if one:
                found.append(_unknown(bucket["key"], bucket["doc_count"], one[0]["_source"]))
    return found


def _unknown(key: str, articles: int, document: dict[str, Any]) -> Unknown:
    """The name in its fullest form in ``document``, with the sentence in which it stands there first."""
    mentions = [one for one in document.get("mentions", ()) if one.get("entity_id") == key]
    fullest = max(mentions, key=lambda one: len(one["name"]), default={"name": key.removeprefix(UNLISTED)})
    kind = "person" if fullest.get("type") == "person" else kind_of(fullest["name"])
    return Unknown(key, fullest["name"], articles, kind, _sentence(document, mentions[0]) if mentions else "")


def kind_of(name: str) -> ActorKind:
    """What an organisation of this name may be."""
    last = folded_words(name)[-1:]
    return next((kind for kind, words in LAST_WORDS.items() if not words.isdisjoint(last)), "other_org")


def _sentence(document: dict[str, Any], mention: dict[str, Any]) -> str:
    text = document.get(mention["field"], "")
    if mention["field"] == "title":
        return str(text)
    spans = read("", text).spans
    start, end = next(((s, e) for s, e in spans if s <= mention["start"] < e), (mention["start"], mention["end"]))
    return " ".join(text[start:end].split())

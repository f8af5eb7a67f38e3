"""The analysts' corrections in the index, and as a consumer knows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from elasticsearch import Elasticsearch

from wirewatch.errors import IndexMissing, UserMistake
from wirewatch.models import Article, Correction
from wirewatch.search.client import as_our_errors, asking, documents_of, failure
from wirewatch.search.documents import ARTICLES, CORRECTIONS, article_of_document, correction_document
from wirewatch.search.indices import alias_of
from wirewatch.settings import Settings
from wirewatch.text import article_id

_AT_ONCE = 1_000
_OVERLAP = 50
"""Numbers of writes looked at again: two that were under way at once may become visible in the other order."""

_encode = msgspec.json.Encoder().encode


class Corrections:
    """All corrections by article; `update` brings in what was stored since it was last asked."""

    def __init__(self) -> None:
        self._by_article: dict[str, dict[str, Correction]] = {}
        self._seen = -1

    def __len__(self) -> int:
        return sum(map(len, self._by_article.values()))

    def of(self, article_id: str) -> tuple[Correction, ...]:
        """The corrections of one article."""
        return tuple(self._by_article.get(article_id, {}).values())

    def all(self) -> tuple[Correction, ...]:
        """Every correction, those of an article together."""
        return tuple(one for of in self._by_article.values() for one in of.values())

    def update(self, es: Elasticsearch, settings: Settings) -> None:
        """Read what is new; where there is no index yet, nobody has corrected anything."""
        after = max(self._seen - _OVERLAP, -1)
        while True:
            try:
                hits = _written_after(es, settings, after)
            except IndexMissing:
                return
            for hit in hits:
                after = hit["_seq_no"]
                self._seen = max(self._seen, after)
                found = msgspec.convert(hit["_source"], Correction)
                self._by_article.setdefault(found.article_id, {})[found.id] = found
            if len(hits) < _AT_ONCE:
                return


def store_corrections(settings: Settings, corrections: Sequence[Correction]) -> None:
    """Keep each correction under its id, in place of an earlier one of the same spot; they are found at once."""
    operations: list[Any] = []  # the client sends bytes as they are; its types say only dicts
    for correction in corrections:
        action = {"_index": alias_of(settings, CORRECTIONS), "_id": correction.id, "require_alias": True}
        operations += [_encode({"index": action}), _encode(correction_document(correction))]
    with asking(settings) as es:
        answer = es.bulk(operations=operations, refresh=True)
        for item in answer["items"]:
            done = item["index"]
            if done["status"] >= 300:
                raise failure(settings, done.get("error"), done["status"], f"correction {done['_id']}")


def article_named(settings: Settings, said: str) -> dict[str, Any]:
    """The document of the article with this id, URL or other name; raises UserMistake where there is none."""
    # A URL in another spelling (http, a slash at its end) has the same id.
    names = [
        {"ids": {"values": [said, article_id(said, "", "")]}},
        {"term": {"url": said}},
        {"term": {"aliases": said}},
    ]
    try:
        with asking(settings) as es:
            es.indices.refresh(index=alias_of(settings, ARTICLES))
            answer = es.search(index=alias_of(settings, ARTICLES), query={"bool": {"should": names}}, size=1)
    except IndexMissing:
        answer = None
    if answer is None or not answer["hits"]["hits"]:
        raise UserMistake(f"no stored article has the id or address {said}; `wirewatch search --json` shows ids")
    document: dict[str, Any] = answer["hits"]["hits"][0]["_source"]
    return document


def corrected_articles(settings: Settings, corrections: Corrections) -> list[Article]:
    """The stored articles that somebody has corrected, by id; those that are gone are left out."""
    ids = sorted({one.article_id for one in corrections.all()})
    with asking(settings) as es:
        found = documents_of(es, settings, alias_of(settings, ARTICLES), ids)
    return [article_of_document(document["_source"]) for document in found]


def _written_after(es: Elasticsearch, settings: Settings, number: int) -> list[dict[str, Any]]:
    with as_our_errors(settings):
        answer = es.search(
            index=alias_of(settings, CORRECTIONS),
            query={"range": {"_seq_no": {"gt": number}}},
            sort=[{"_seq_no": "asc"}],
            size=_AT_ONCE,
            seq_no_primary_term=True,
        )
    return list(answer["hits"]["hits"])

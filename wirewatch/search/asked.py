"""What a view asks for: the same conditions for every one of its questions, and all questions in one request."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from elasticsearch import Elasticsearch

from wirewatch.errors import UserMistake
from wirewatch.search.client import failure, reason
from wirewatch.search.indices import alias_of
from wirewatch.search.query import words_query
from wirewatch.settings import Settings


class Asked(msgspec.Struct, frozen=True):
    """Which articles: from ``since`` on, before ``until``, and all that is given.

    ``country`` is an ISO 3166 alpha-2 code, ``actor`` an id, ``place`` a GeoNames id, ``source`` an outlet's name or
    domain, ``words`` a query in Lucene's language. None asks for nothing.
    """

    since: datetime | None = None
    until: datetime | None = None
    country: str | None = None
    actor: str | None = None
    place: str | None = None
    source: str | None = None
    language: str | None = None
    words: str | None = None

    def over(self, since: datetime | None, until: datetime | None) -> Asked:
        """The same of another time."""
        return msgspec.structs.replace(self, since=since, until=until)


class Question(msgspec.Struct, frozen=True):
    """One search: of which alias, and its body."""

    alias: str
    body: dict[str, Any]


def answers(es: Elasticsearch, settings: Settings, questions: Sequence[Question]) -> list[dict[str, Any]]:
    """The answer to each question, asked in one request.

    Raises UserMistake for words that cannot be read as a query, IndexMissing before anything was indexed.
    """
    searches: list[dict[str, Any]] = []
    for question in questions:
        searches += [{"index": alias_of(settings, question.alias)}, question.body]
    found: list[dict[str, Any]] = es.msearch(searches=searches)["responses"]
    for answer in found:
        if "error" in answer:
            raise _failure(settings, answer)
    return found


def articles_asked(asked: Asked) -> dict[str, Any]:
    """The query for articles."""
    filters = _about(asked)
    if asked.source:
        filters.append(_any_of({"source.name": asked.source, "source.domain": asked.source}))
    if asked.words:
        return {"bool": {"must": [words_query(asked.words)], "filter": filters}}
    return {"bool": {"filter": filters}}


def alerts_asked(asked: Asked) -> dict[str, Any]:
    """The query for alerts made in that time about that; what waits for more outlets or is muted is left out."""
    filters = _about(asked)
    if asked.source:
        filters.append({"term": {"source": asked.source}})
    quiet = {"terms": {"status": ["waiting", "muted"]}}
    if asked.words:
        words = {"query": asked.words, "fields": ["title", "rule_name"], "default_operator": "AND"}
        return {"bool": {"must": [{"query_string": words}], "filter": filters, "must_not": quiet}}
    return {"bool": {"filter": filters, "must_not": quiet}}


def _about(asked: Asked) -> list[dict[str, Any]]:
    """What articles and alerts are asked alike: their time, and whom and where they are about."""
    bounds = {"gte": asked.since, "lt": asked.until}
    given = {name: moment.isoformat() for name, moment in bounds.items() if moment}
    terms = {"actors": asked.actor, "locations": asked.place, "countries": asked.country, "language": asked.language}
    times = [{"range": {"@timestamp": given}}] if given else []
    return [*times, *({"term": {name: value}} for name, value in terms.items() if value)]


def _any_of(terms: dict[str, str]) -> dict[str, Any]:
    return {"bool": {"should": [{"term": {name: value}} for name, value in terms.items()], "minimum_should_match": 1}}


def _failure(settings: Settings, answer: dict[str, Any]) -> Exception:
    why = reason(answer)
    if answer["status"] == 400 and ("query" in why or "parse" in why):
        return UserMistake(f"these words cannot be read as a query: {why}")
    return failure(settings, answer, answer["status"])

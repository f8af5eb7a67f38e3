"""Stored articles, one after the other, so that they can go through the line again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from wirewatch.errors import IndexMissing
from wirewatch.search.client import asking
from wirewatch.search.documents import ARTICLES
from wirewatch.search.indices import alias_of
from wirewatch.settings import Settings

PAGE = 200
"""Documents asked for at once; with their texts they are some 3 KB each, 200 KB at most."""

TIMEOUT_S = 60.0


class Choice(msgspec.Struct, frozen=True):
    """Which stored articles: those since a time, those tagged with an actor, those of other versions than given.

    ``not_versions`` is (tagger_version, kb_version); an article that has both is left out.
    """

    since: datetime | None = None
    actor: str | None = None
    not_versions: tuple[str, str] | None = None


def count_stored(settings: Settings, choice: Choice) -> int:
    """How many stored articles are meant by ``choice``; 0 where there is no index yet."""
    try:
        with asking(settings, timeout_s=TIMEOUT_S) as es:
            return int(es.count(index=alias_of(settings, ARTICLES), query=_query(choice))["count"])
    except IndexMissing:
        return 0


def count_of_run(settings: Settings, airflow_run_id: str) -> int:
    """How many stored articles were brought by that run of Airflow's; 0 where there is no index yet."""
    alias = alias_of(settings, ARTICLES)
    try:
        with asking(settings, timeout_s=TIMEOUT_S) as es:
            es.indices.refresh(index=alias)
            return int(es.count(index=alias, query={"term": {"lineage.airflow_run_id": airflow_run_id}})["count"])
    except IndexMissing:
        return 0


def stored_documents(settings: Settings, choice: Choice, *, page: int = PAGE) -> Iterator[list[dict[str, Any]]]:
    """The documents of the articles that ``choice`` means, the newest first, in lists of at most ``page``.

    Each article comes once, also when it is written anew meanwhile: what they are sorted by (their own time, then
    the id) stays what it was.
    """
    after: list[Any] | None = None
    try:
        with asking(settings, timeout_s=TIMEOUT_S) as es:
            while True:
                answer = es.search(
                    index=alias_of(settings, ARTICLES),
                    query=_query(choice),
                    sort=[{"@timestamp": "desc"}, {"id": "desc"}],
                    search_after=after,
                    size=page,
                    track_total_hits=False,
                )
                hits = answer["hits"]["hits"]
                if hits:
                    yield [hit["_source"] for hit in hits]
                if len(hits) < page:
                    return
                after = hits[-1]["sort"]
    except IndexMissing:
        return


def _query(choice: Choice) -> dict[str, Any]:
    filters: list[dict[str, Any]] = []
    if choice.since is not None:
        filters.append({"range": {"@timestamp": {"gte": choice.since.isoformat()}}})
    if choice.actor is not None:
        filters.append({"term": {"actors": choice.actor}})
    without: list[dict[str, Any]] = []
    if choice.not_versions is not None:
        tagger, knowledge = choice.not_versions
        same = [{"term": {"tagger_version": tagger}}, {"term": {"kb_version": knowledge}}]
        without.append({"bool": {"filter": same}})
    return {"bool": {"filter": filters, "must_not": without}}

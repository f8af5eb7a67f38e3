"""The alerts in the index: made once under their id, changed only by who saw them as they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from elasticsearch import Elasticsearch

from wirewatch.models import Alert
from wirewatch.search.client import as_our_errors, asking, documents_of, failure
from wirewatch.search.documents import ALERTS, alert_document
from wirewatch.search.indices import alias_of
from wirewatch.settings import Settings

_AT_ONCE = 2_000
"""Alerts read in one request."""

ALERTER_FIELDS = (
    "status",
    "updated_at",
    "article_id",
    "article_version",
    "title",
    "url",
    "source",
    "language",
    "published_at",
    "rule_version",
    "origin",
    "reasons",
    "outlets",
    "articles",
    "geo",
    "story_revision",
    "occasion",
    "escalated",
)
"""The fields that the alerter changes in an alert that exists; the others are as they were made, or the notifier's."""

_encode = msgspec.json.Encoder().encode


class Mark(NamedTuple):
    """What a change of a document must show to be taken: that it was seen as it is."""

    seq_no: int
    primary_term: int


class Stored(msgspec.Struct, frozen=True):
    """An alert as it stands in the index, with its mark."""

    alert: Alert
    mark: Mark


def alerts_of_stories(es: Elasticsearch, settings: Settings, stories: Iterable[str]) -> list[Stored]:
    """Every alert of these stories, as `create_alerts` and `change_alerts` have left them."""
    wanted = sorted(set(stories))
    return list(_search(es, settings, {"terms": {"story_id": wanted}})) if wanted else []


def get_alerts(es: Elasticsearch, settings: Settings, ids: Sequence[str]) -> list[Stored]:
    """The alerts with these ids that there are, in their very last state."""
    return list(map(_stored, documents_of(es, settings, alias_of(settings, ALERTS), ids)))


def alerts_of(hits: Iterable[Mapping[str, Any]]) -> tuple[Alert, ...]:
    """The alerts that a search has found."""
    return tuple(msgspec.convert(hit["_source"], Alert) for hit in hits)


def find_alerts(
    es: Elasticsearch,
    settings: Settings,
    *,
    rule: str | None = None,
    story: str | None = None,
    article: str | None = None,
    status: Sequence[str] = (),
    since: datetime | None = None,
    limit: int = 50,
) -> list[Alert]:
    """The newest alerts that meet all that is given, newest first."""
    terms = {"rule_id": rule, "story_id": story, "article_id": article}
    filters: list[dict[str, Any]] = [{"term": {name: value}} for name, value in terms.items() if value]
    if status:
        filters.append({"terms": {"status": list(status)}})
    if since:
        filters.append({"range": {"@timestamp": {"gte": since.isoformat()}}})
    with as_our_errors(settings):
        answer = es.search(
            index=alias_of(settings, ALERTS),
            query={"bool": {"filter": filters}},
            sort=[{"@timestamp": "desc"}, {"id": "asc"}],
            size=limit,
        )
    return list(alerts_of(answer["hits"]["hits"]))


def alerts_by_rule(settings: Settings, *, since: datetime) -> list[tuple[str, int, str]]:
    """What rules found since a time: name, number of stories, the newest one's title; the most stories first.

    What waits for more outlets, or is muted, is not counted.
    """
    with asking(settings) as es:
        answer = es.search(
            index=alias_of(settings, ALERTS),
            query={
                "bool": {
                    "filter": {"range": {"@timestamp": {"gte": since.isoformat()}}},
                    "must_not": {"terms": {"status": ["waiting", "muted"]}},
                }
            },
            size=0,
            aggregations={
                "rules": {
                    "terms": {"field": "rule_name", "size": 1_000},
                    "aggregations": {
                        "newest": {"top_hits": {"size": 1, "sort": [{"@timestamp": "desc"}], "_source": ["title"]}}
                    },
                }
            },
        )
    return [
        (bucket["key"], bucket["doc_count"], bucket["newest"]["hits"]["hits"][0]["_source"]["title"])
        for bucket in answer["aggregations"]["rules"]["buckets"]
    ]


def alerts_like(es: Elasticsearch, settings: Settings, beginning: str) -> list[Alert]:
    """The alerts whose id begins so, three at most."""
    with as_our_errors(settings):
        answer = es.search(index=alias_of(settings, ALERTS), query={"prefix": {"id": {"value": beginning}}}, size=3)
    return list(alerts_of(answer["hits"]["hits"]))


def acknowledge(es: Elasticsearch, settings: Settings, alert: str, *, by: str, at: datetime) -> None:
    """Note who has seen an alert, and when; the first stays."""
    found = get_alerts(es, settings, [alert])
    if found and found[0].alert.acked_by is None:
        change_alerts(es, settings, [(found[0], {"acked_by": by, "acked_at": at})])


def create_alerts(
    es: Elasticsearch, settings: Settings, alerts: Sequence[Alert], *, refresh: bool = True
) -> dict[str, Mark]:
    """Make each alert that is not there yet; ids and marks of those that were made. A search finds them at once.

    Without ``refresh``, which takes longer than all the rest, a search finds them a second later, their ids at once.
    """
    return write_alerts(es, settings, alerts, [], refresh=refresh)


def change_alerts(
    es: Elasticsearch,
    settings: Settings,
    changes: Sequence[tuple[Stored, Mapping[str, Any]]],
    *,
    refresh: bool = True,
) -> bool:
    """Set these fields of each alert, where it still is as it was seen; whether all were. See `create_alerts`.

    Fields that are not named keep what others may have written into them. None removes a value.
    """
    return len(write_fields(es, settings, changes, refresh=refresh)) == len(changes)


def write_fields(
    es: Elasticsearch, settings: Settings, changes: Sequence[tuple[Stored, Mapping[str, Any]]], *, refresh: bool
) -> dict[str, Mark]:
    """The same, found at once only with ``refresh``; ids and marks of the alerts that were still as they were seen."""
    return write_alerts(es, settings, [], changes, refresh=refresh)


def write_alerts(
    es: Elasticsearch,
    settings: Settings,
    new: Sequence[Alert],
    changes: Sequence[tuple[Stored, Mapping[str, Any]]],
    *,
    refresh: bool,
) -> dict[str, Mark]:
    """Both `create_alerts` and `write_fields` in one request."""
    lines = []
    for alert in new:
        action: dict[str, Any] = {"_index": alias_of(settings, ALERTS), "_id": alert.id, "require_alias": True}
        lines += [_encode({"create": action}), _encode(alert_document(alert))]
    for stored, fields in changes:
        action = {
            "_index": alias_of(settings, ALERTS),
            "_id": stored.alert.id,
            "if_seq_no": stored.mark.seq_no,
            "if_primary_term": stored.mark.primary_term,
            "require_alias": True,
        }
        lines += [_encode({"update": action}), _encode({"doc": fields})]
    written = _bulk(es, settings, lines, refresh=refresh)
    return {done["_id"]: Mark(done["_seq_no"], done["_primary_term"]) for done in written}


def refresh_alerts(es: Elasticsearch, settings: Settings) -> None:
    """From now on a search finds everything that was written so far."""
    with as_our_errors(settings):
        es.indices.refresh(index=alias_of(settings, ALERTS))


def note_told(es: Elasticsearch, settings: Settings, alerts: Sequence[Alert]) -> list[Stored]:
    """Note that these alerts are on Kafka, whatever else has happened to them, and say what has.

    Searches find it a second later.
    """
    lines = []
    for alert in alerts:
        action = {"_index": alias_of(settings, ALERTS), "_id": alert.id, "retry_on_conflict": 5, "require_alias": True}
        lines += [_encode({"update": action}), _encode({"doc": {"occasion": None}, "_source": True})]
    return [_stored(done["get"]) for done in _bulk(es, settings, lines, refresh=False)]


def _bulk(es: Elasticsearch, settings: Settings, lines: list[bytes], *, refresh: bool = True) -> list[dict[str, Any]]:
    """What was written; what met another's change (409, or a document that is gone) is left out."""
    if not lines:
        return []
    operations: list[Any] = lines  # the client sends bytes as they are; its types say only dicts
    with as_our_errors(settings):
        answer = es.bulk(operations=operations, refresh=refresh, timeout="20s")
    written = []
    for item in answer["items"]:
        ((_, done),) = item.items()
        status, error = done["status"], done.get("error", {})
        if status < 300:
            written.append(done)
        elif status not in (404, 409):
            raise failure(settings, error, status, f"alert {done['_id']}")
    return written


def _search(es: Elasticsearch, settings: Settings, query: dict[str, Any]) -> Iterator[Stored]:
    after: list[Any] | None = None
    while True:
        with as_our_errors(settings):
            answer = es.search(
                index=alias_of(settings, ALERTS),
                query={"bool": {"filter": [query]}},
                sort=[{"id": "asc"}],
                size=_AT_ONCE,
                seq_no_primary_term=True,
                search_after=after,
            )
        hits = answer["hits"]["hits"]
        yield from map(_stored, hits)
        if len(hits) < _AT_ONCE:
            return
        after = hits[-1]["sort"]


def _stored(hit: Mapping[str, Any]) -> Stored:
    return Stored(msgspec.convert(hit["_source"], Alert), Mark(hit["_seq_no"], hit["_primary_term"]))

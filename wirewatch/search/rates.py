"""How quickly articles come in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from wirewatch.search.client import Connection, as_our_errors, asking
from wirewatch.search.documents import ARTICLES, moment_of
from wirewatch.search.indices import alias_of
from wirewatch.settings import Settings


def indexed_since(settings: Settings, *, seconds: int) -> int:
    """Articles indexed in the last ``seconds``; 0 where there is no index yet."""
    with asking(settings) as es:
        answer = es.count(
            index=alias_of(settings, ARTICLES),
            query={"range": {"indexed_at": {"gte": f"now-{seconds}s"}}},
            ignore_unavailable=True,
        )
    return int(answer["count"])


class Arrivals(msgspec.Struct, frozen=True):
    """When the last article came into the index (None: there is none), and how many did in the last minute and hour."""

    last: datetime | None = None
    minute: int = 0
    hour: int = 0


def arrivals(settings: Settings) -> Arrivals:
    """How articles come in at this moment; nothing where there is no index yet."""
    since = {"minute": "now-1m", "hour": "now-1h"}
    with asking(settings) as es:
        answer = es.search(
            index=alias_of(settings, ARTICLES),
            size=0,
            track_total_hits=False,
            ignore_unavailable=True,
            aggregations={"last": {"max": {"field": "indexed_at"}}}
            | {name: {"filter": {"range": {"indexed_at": {"gte": start}}}} for name, start in since.items()},
        )
    groups = answer.get("aggregations") or {name: {"value": None, "doc_count": 0} for name in ("last", *since)}
    last = groups["last"]["value"]
    return Arrivals(
        None if last is None else moment_of(last),
        groups["minute"]["doc_count"],
        groups["hour"]["doc_count"],
    )


def writes(es: Connection, settings: Settings) -> int:
    """How many documents of articles were ever written, replaced ones too; costs the server next to nothing."""
    with as_our_errors(settings):
        answer = es.indices.stats(index=alias_of(settings, ARTICLES), metric="indexing")
    return int(answer["_all"]["primaries"]["indexing"]["index_total"])


def found(es: Connection, settings: Settings, ids: Sequence[str]) -> list[str]:
    """Which of these articles a search finds at this moment."""
    if not ids:
        return []
    with as_our_errors(settings):
        answer = es.search(
            index=alias_of(settings, ARTICLES), query={"ids": {"values": list(ids)}}, source=False, size=len(ids)
        )
    return [hit["_id"] for hit in answer["hits"]["hits"]]

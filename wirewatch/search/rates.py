"""How quickly articles come in."""

from __future__ import annotations

from wirewatch.search.client import Connection, as_our_errors, asking
from wirewatch.search.documents import ARTICLES
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


def writes(es: Connection, settings: Settings) -> int:
    """How many documents of articles were ever written, replaced ones too; costs the server next to nothing."""
    with as_our_errors(settings):
        answer = es.indices.stats(index=alias_of(settings, ARTICLES), metric="indexing")
    return int(answer["_all"]["primaries"]["indexing"]["index_total"])

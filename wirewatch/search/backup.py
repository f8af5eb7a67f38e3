"""What a lost index would take with it for good: read out as it stands at one moment, and put back.

Articles and stories are not among it: Kafka and the producers give them again. Rules, what was alerted and told,
corrections and what is known of feeds would be gone, and without the alerts' ids a replay would page for everything
again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import msgspec

from wirewatch.errors import Refused
from wirewatch.search.articles import write
from wirewatch.search.client import SERVER, Connection, address, as_our_errors, asking, connect
from wirewatch.search.documents import ALERT_RULES, ALERTS, CORRECTIONS, FEEDS, FEEDS_SEEN, METRICS, RUNS, Write
from wirewatch.search.indices import alias_of, ensure_indices, refresh
from wirewatch.settings import Settings

KEPT = (ALERT_RULES, ALERTS, CORRECTIONS, FEEDS, FEEDS_SEEN, RUNS, METRICS)
"""The aliases of what is kept."""

AT_ONCE = 500
KEEP_ALIVE = "5m"
"""So long Elasticsearch holds the moment open for the next request."""
TIMEOUT_S = 60.0


class KeptDocument(msgspec.Struct, frozen=True):
    """A document behind an alias, and how often it had been changed: its version in Elasticsearch."""

    alias: str
    id: str
    version: int
    document: dict[str, Any]


class Restored(msgspec.Struct, frozen=True):
    """What became of the documents: written, or there already as late as in the backup or later."""

    written: int = 0
    already_there: int = 0


def count_kept(settings: Settings) -> int:
    """How many documents there are to keep, those apart that measure the line; 0 where there is no index yet."""
    with asking(settings, timeout_s=TIMEOUT_S) as es:
        present = [alias for alias in _present(es, settings) if alias != alias_of(settings, METRICS)]
        if not present:
            return 0
        es.indices.refresh(index=present)
        return int(es.count(index=present)["count"])


def kept_documents(settings: Settings) -> Iterator[list[KeptDocument]]:
    """Every document of `KEPT`, all as they stand at the moment of the first; nothing where there is no index yet."""
    with asking(settings, timeout_s=TIMEOUT_S) as es:
        present = _present(es, settings)
        if not present:
            return
        moment = es.open_point_in_time(index=present, keep_alive=KEEP_ALIVE)["id"]
        try:
            after: list[Any] | None = None
            while True:
                answer = es.search(
                    pit={"id": moment, "keep_alive": KEEP_ALIVE},
                    sort=[{"_shard_doc": "asc"}],
                    search_after=after,
                    size=AT_ONCE,
                    version=True,
                    track_total_hits=False,
                )
                moment = answer["pit_id"]
                hits = answer["hits"]["hits"]
                if not hits:
                    return
                yield [_kept(settings, hit) for hit in hits]
                after = hits[-1]["sort"]
        finally:
            es.close_point_in_time(id=moment)


def restore_documents(
    settings: Settings, documents: Iterable[KeptDocument], *, progress: Callable[[int], object] = lambda _: None
) -> Restored:
    """Make the indices, and write each document under its id and version; what is as late or later there stays.

    A search finds all of it at the end. Doing it twice changes nothing. Raises Refused for a document that the index
    does not take, Unavailable where Elasticsearch stays away: what was written until then is there.
    """
    ensure_indices(settings)
    written = there = 0
    with connect(settings) as es, as_our_errors(settings):
        waiting = iter(documents)
        while some := list(islice(waiting, AT_ONCE)):
            outcome = write(es, settings, [Write(one.alias, one.id, one.version, one.document) for one in some])
            if outcome.refused:
                first = outcome.refused[0]
                where = f"{some[first.position].alias}, document {first.id}"
                raise Refused(SERVER, address(settings), f"{where}: {first.reason}")
            written, there = written + outcome.written, there + outcome.unchanged
            progress(written + there)
    refresh(settings)
    return Restored(written, there)


def _present(es: Connection, settings: Settings) -> list[str]:
    aliases = [alias_of(settings, name) for name in KEPT]
    return [alias for alias in aliases if es.indices.exists_alias(name=alias)]


def _kept(settings: Settings, hit: dict[str, Any]) -> KeptDocument:
    alias = re.sub(r"-\d{6}$", "", hit["_index"].removeprefix(settings.name_prefix))
    return KeptDocument(alias, hit["_id"], hit["_version"], hit["_source"])

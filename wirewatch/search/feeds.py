"""Feeds in Elasticsearch: their state, what is remembered of their items, changes of health, and runs.

A state is written only over the one that was read (``if_seq_no``), so of two producers that want a feed one gets it,
and one that was too slow changes nothing any more. States are read by their ids, which is never stale.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Self, TypeVar

import msgspec
from elasticsearch import Elasticsearch

from wirewatch.feeds.identity import Memory, decoded, encoded
from wirewatch.feeds.state import ILL, FeedState, HealthChange
from wirewatch.search.client import as_our_errors, asking, connect, documents_of, failure
from wirewatch.search.documents import FEEDS, FEEDS_SEEN, RUNS
from wirewatch.search.indices import alias_of
from wirewatch.settings import Settings

AT_ONCE = 500
"""Documents in one request."""
_encode = msgspec.json.Encoder().encode
_STATE_FIELDS = frozenset(FeedState.__struct_fields__)

T = TypeVar("T")


class Place(msgspec.Struct, frozen=True):
    """Where a document stands in the history of its index: what a write must find, to be the next."""

    seq_no: int
    primary_term: int


class Stored(msgspec.Struct, frozen=True):
    """A state as it is stored; ``place`` None: not yet."""

    state: FeedState
    place: Place | None = None


class Remembered(msgspec.Struct, frozen=True):
    """What is remembered of a feed's items; ``place`` None: nothing yet."""

    memory: Memory = Memory()
    place: Place | None = None


class PollRun(msgspec.Struct, frozen=True):
    """One run of the RSS producer in numbers; stored in ``news-runs``.

    ``listed`` feeds are in the list, ``polled`` of them were due: ``unchanged`` said that nothing is new, ``failing``
    could not be read; ``taken_by_others`` were due and another producer had them.
    """

    id: str
    began_at: datetime
    took_s: float = 0.0
    airflow_run_id: str | None = None
    listed: int = 0
    polled: int = 0
    unchanged: int = 0
    failing: int = 0
    taken_by_others: int = 0
    new: int = 0
    edited: int = 0
    requests: int = 0


class FeedStore:
    """The feeds' documents over one connection; use it as a context manager. Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._es = connect(settings, timeout_s=max(30.0, settings.connect_timeout_s))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._es.close()

    def states(self, ids: Sequence[str]) -> dict[str, Stored]:
        """The states of these feeds that are stored, as they are this moment."""
        found = {}
        for document in _documents(self._es, self._settings, FEEDS, ids):
            found[document["_id"]] = Stored(state_of_document(document["_source"]), _place(document))
        return found

    def save_states(self, stored: Sequence[Stored]) -> list[Stored | None]:
        """Write each state over the one that was read: with its new place, or None where another was faster."""
        places = _write(
            self._es, self._settings, FEEDS, [(one.state.id, one.place, state_document(one.state)) for one in stored]
        )
        return [Stored(one.state, place) if place else None for one, place in zip(stored, places, strict=True)]

    def memories(self, ids: Sequence[str]) -> dict[str, Remembered]:
        """What is remembered of these feeds' items."""
        return {
            document["_id"]: Remembered(decoded(b64decode(document["_source"]["seen"])), _place(document))
            for document in _documents(self._es, self._settings, FEEDS_SEEN, ids)
        }

    def save_memories(self, remembered: Mapping[str, Remembered], *, now: datetime) -> None:
        """Write what is remembered, each over what was read; what another has written meanwhile stays."""
        _write(
            self._es,
            self._settings,
            FEEDS_SEEN,
            [(id_, one.place, memory_document(id_, one.memory, now=now)) for id_, one in remembered.items()],
        )

    def sites(self, sites: Sequence[str]) -> dict[str, Remembered]:
        """What names the articles of each of these sites go by; see `wirewatch.feeds.sites`."""
        found = self.memories([_site_id(site) for site in sites])
        return {site: found.get(_site_id(site), Remembered()) for site in sites}

    def save_sites(self, remembered: Mapping[str, Remembered], *, now: datetime) -> set[str]:
        """Write each over what was read; the sites where another was faster, of which nothing is written."""
        documents = [
            (_site_id(site), one.place, memory_document(_site_id(site), one.memory, now=now))
            for site, one in remembered.items()
        ]
        places = _write(self._es, self._settings, FEEDS_SEEN, documents)
        return {site for site, place in zip(remembered, places, strict=True) if place is None}

    def save_changes(self, changes: Sequence[HealthChange]) -> None:
        """Add events to the history of the feeds' health; one that is there stays."""
        _write(self._es, self._settings, FEEDS, [(one.id, None, change_document(one)) for one in changes])

    def save_run(self, run: PollRun) -> None:
        """Record a run."""
        _write(self._es, self._settings, RUNS, [(run.id, None, run_document(run))])


def all_states(settings: Settings) -> list[FeedState]:
    """Every feed that was ever polled, by name; at most 10,000."""
    with asking(settings) as es:
        alias = alias_of(settings, FEEDS)
        es.indices.refresh(index=alias)
        found = es.search(index=alias, query={"term": {"kind": "feed"}}, size=10_000, sort=["name"])
    return [state_of_document(hit["_source"]) for hit in found["hits"]["hits"]]


def ill_feeds(settings: Settings) -> list[FeedState]:
    """The feeds that bring nothing because they fail, by name."""
    return [state for state in all_states(settings) if state.health in ILL]


def last_poll(settings: Settings) -> PollRun | None:
    """The newest run of the RSS producer; None where there was none."""
    with asking(settings) as es:
        found = es.search(
            index=alias_of(settings, RUNS),
            query={"term": {"kind": "poll"}},
            size=1,
            sort=[{"@timestamp": {"order": "desc"}}],
            ignore_unavailable=True,
        )
    known = PollRun.__struct_fields__
    for hit in found["hits"]["hits"]:
        return msgspec.convert({name: value for name, value in hit["_source"].items() if name in known}, PollRun)
    return None


def feeds_by_health(settings: Settings) -> dict[str, int]:
    """How many feeds had which health when they were last polled, the most frequent first; none before the first."""
    with asking(settings) as es:
        found = es.search(
            index=alias_of(settings, FEEDS),
            query={"term": {"kind": "feed"}},
            size=0,
            aggs={"healths": {"terms": {"field": "health"}}},
            ignore_unavailable=True,
        )
    buckets = found.get("aggregations", {}).get("healths", {}).get("buckets", [])
    return {bucket["key"]: bucket["doc_count"] for bucket in buckets}


def changes_of(settings: Settings, *, feed_id: str | None = None, limit: int = 100) -> list[HealthChange]:
    """The last changes of health, newest first."""
    terms: list[dict[str, Any]] = [{"term": {"kind": "change"}}]
    if feed_id:
        terms.append({"term": {"feed_id": feed_id}})
    with asking(settings) as es:
        alias = alias_of(settings, FEEDS)
        es.indices.refresh(index=alias)
        found = es.search(
            index=alias, query={"bool": {"filter": terms}}, size=limit, sort=[{"@timestamp": {"order": "desc"}}]
        )
    return [
        msgspec.convert(
            {("at" if k == "@timestamp" else k): v for k, v in hit["_source"].items() if k != "kind"}, HealthChange
        )
        for hit in found["hits"]["hits"]
    ]


def state_document(state: FeedState) -> dict[str, Any]:
    """A state as a document of ``news-feeds``; its time is that of the last poll."""
    fields = msgspec.to_builtins(state, builtin_types=(datetime,))
    return {"@timestamp": state.polled_at or state.claimed_until, "kind": "feed", "health": state.health, **fields}


def state_of_document(document: Mapping[str, Any]) -> FeedState:
    """The state that a document holds; fields of a newer wirewatch are left out."""
    return msgspec.convert({name: value for name, value in document.items() if name in _STATE_FIELDS}, FeedState)


def change_document(change: HealthChange) -> dict[str, Any]:
    """A change of health as a document of ``news-feeds``."""
    fields = msgspec.to_builtins(change, builtin_types=(datetime,))
    return {"@timestamp": fields.pop("at"), "kind": "change", **fields}


def memory_document(feed_id: str, memory: Memory, *, now: datetime) -> dict[str, Any]:
    """What is remembered of a feed as a document of ``news-feeds-seen``."""
    return {"@timestamp": now, "id": feed_id, "seen": b64encode(encoded(memory)).decode()}


def run_document(run: PollRun) -> dict[str, Any]:
    """A run as a document of ``news-runs``."""
    fields = msgspec.to_builtins(run, builtin_types=(datetime,))
    return {"@timestamp": run.began_at, "kind": "poll", **fields}


def _site_id(site: str) -> str:
    return f"site:{site}"


def _documents(es: Elasticsearch, settings: Settings, alias: str, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    for some in _some(ids):
        yield from documents_of(es, settings, alias_of(settings, alias), some)


def _write(
    es: Elasticsearch, settings: Settings, alias: str, documents: Sequence[tuple[str, Place | None, dict[str, Any]]]
) -> list[Place | None]:
    """Write each document in its place; the place it has then, or None where another document has that place."""
    places: list[Place | None] = []
    for some in _some(documents):
        lines: list[Any] = []  # the client sends bytes as they are; its types say only dicts
        for id_, place, document in some:
            action: dict[str, Any] = {"_index": alias_of(settings, alias), "_id": id_, "require_alias": True}
            if place is not None:
                action |= {"if_seq_no": place.seq_no, "if_primary_term": place.primary_term}
            verb = "create" if place is None else "index"
            lines.append(b"%b\n%b\n" % (_encode({verb: action}), _encode(document)))
        with as_our_errors(settings):
            answer = es.options(request_timeout=30).bulk(operations=lines)
        for item in answer["items"]:
            ((_, result),) = item.items()
            if result["status"] == 409:
                places.append(None)
            elif result["status"] >= 300:
                raise failure(settings, result["error"], result["status"])
            else:
                places.append(_place(result))
    return places


def _place(document: Mapping[str, Any]) -> Place:
    return Place(document["_seq_no"], document["_primary_term"])


def _some(things: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(things)
    while some := list(islice(iterator, AT_ONCE)):
        yield some

"""A new index behind an alias, with today's mapping: the documents are copied while the line runs, and can be found
throughout. docs/decisions/0006 has the reasons.

    make the next index -> copy everything -> copy what has changed meanwhile, until that is little
    -> hold writing back -> copy the last changes, take out what was deleted, count -> lead the alias there
    -> delete the old index

Until the alias leads to the new index the old one is all that anybody sees: whatever ends this before, a second run
begins anew and nothing is lost.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from elasticsearch import Elasticsearch

from wirewatch.errors import Refused, Unavailable
from wirewatch.failpoints import failpoint
from wirewatch.search.client import SERVER, address, asking, documents_of, is_busy, reason
from wirewatch.search.documents import ARTICLES, folded
from wirewatch.search.indices import MAPPINGS, SHOWN, alias_of, index_settings, mapping
from wirewatch.settings import Settings

AT_ONCE = 500
"""Documents in one request: six megabytes of articles."""

LITTLE = 200
"""When so few have changed since the last look, writing is held back for the rest."""

ROUNDS = 20
"""Looks at what has changed, at most; each takes less time than the one before."""

LAST_SEARCHES_S = 2.0
"""So long a search may take that has begun on the old index: then that is deleted."""

TRIES = 6
TIMEOUT_S = 120.0
_encode = msgspec.json.Encoder().encode


class Copied(msgspec.Struct, frozen=True):
    """What was done: the index before and now, how many documents it holds, how long writing was held back."""

    alias: str
    before: str
    now: str
    documents: int
    held_back_s: float


Reached = Callable[[str, int, int], None]
"""Told how far a copy is: the alias, documents copied, documents in all."""


def upgrade(settings: Settings, name: str, *, keep: bool = False, reached: Reached = lambda *_: None) -> Copied:
    """Copies what is behind alias ``name`` into a new index with today's mapping, and leads the alias there.

    The old index is deleted unless it is to be kept. Raises Refused where a document does not fit the new mapping, and
    Unavailable where Elasticsearch is too busy for long: the old index stays in its place then, and can be written.
    """
    if name not in MAPPINGS:
        raise ValueError(f"{name} is no alias of ours")
    with asking(settings, timeout_s=TIMEOUT_S) as es:
        copy = _Copy(es, settings, name, reached)
        copy.make()
        copy.all()
        failpoint("indices.copied")
        held_back_s = copy.move()
        if not keep:
            time.sleep(LAST_SEARCHES_S)
            es.indices.delete(index=copy.old)
        return Copied(alias_of(settings, name), copy.old, copy.new, copy.count(copy.new), held_back_s)


class _Copy:
    """One alias on its way from the old index to the new one; its methods stand in the order of their calls."""

    def __init__(self, es: Elasticsearch, settings: Settings, name: str, reached: Reached) -> None:
        self._es, self._settings, self._name, self._reached = es, settings, name, reached
        self._alias = alias_of(settings, name)
        found = es.indices.get_alias(name=self._alias)
        if len(found) != 1:
            raise self._refused(f"alias {self._alias} stands for {len(found)} indices: {', '.join(found)}")
        ((self.old, self._of_old),) = found.items()
        self.new = next_name(self.old, self._alias)
        self._done_to = -1  # every operation on the old index up to this number is in the new one
        self._copied = self._in_all = 0

    def make(self) -> None:
        """Make the new index, in place of one that an earlier run has not finished; let the old one be written."""
        self._es.indices.delete(index=self.new, ignore_unavailable=True)
        self._es.indices.create(index=self.new, mappings=mapping(self._name), settings=index_settings(self._settings))
        self._let_write(True)

    def all(self) -> None:
        """Copy everything, then what has changed meanwhile, until that is little."""
        self._in_all = self.count(self.old)
        for _ in range(ROUNDS):
            if self._copy_changes() <= LITTLE:
                return

    def move(self) -> float:
        """Hold writing back, bring the rest over, and lead the alias to the new index; how long that took."""
        began = time.monotonic()
        moved = False
        self._let_write(False)
        try:
            failpoint("indices.held_back")
            self._copy_changes()
            self._take_out_deleted()
            old, new = self.count(self.old), self.count(self.new)
            if old != new:
                raise self._refused(f"{self.old} holds {old} documents and its copy {new}; nothing was changed")
            self._lead()
            moved = True
        finally:
            if not moved:
                self._let_write(True)
        return time.monotonic() - began

    def count(self, index: str) -> int:
        """How many documents there are."""
        self._es.indices.refresh(index=index)
        return int(self._es.count(index=index)["count"])

    def _copy_changes(self) -> int:
        """Copy what has changed since the last time, and say how much that was."""
        up_to = self._finished_operations()
        self._es.indices.refresh(index=self.old)
        copied = 0
        for hits in self._changed_since(self._done_to):
            self._put(hits)
            copied += len(hits)
            self._copied += len(hits)
            self._reached(self._alias, min(self._copied, self._in_all), self._in_all)
        self._done_to = up_to
        return copied

    def _finished_operations(self) -> int:
        """The number up to which every operation is in the index: a refresh shows all of them.

        A later one may be there already while an earlier one is still on its way, so the largest number says nothing.
        """
        stats = self._es.indices.stats(index=self.old, level="shards")["indices"][self.old]["shards"]
        copies = [one for shard in stats.values() for one in shard if one["routing"]["primary"]]
        return min(int(one["seq_no"]["local_checkpoint"]) for one in copies)

    def _changed_since(self, done: int) -> Iterator[list[dict[str, Any]]]:
        """The documents of the old index that were written after that operation, a request's worth each time."""
        point = self._es.open_point_in_time(index=self.old, keep_alive="10m")["id"]
        after: list[Any] | None = None
        try:
            while True:
                answer = self._es.search(
                    pit={"id": point, "keep_alive": "10m"},
                    query={"range": {"_seq_no": {"gt": done}}},
                    sort=[{"_shard_doc": "asc"}],
                    search_after=after,
                    size=AT_ONCE,
                    version=True,
                    track_total_hits=False,
                )
                hits = answer["hits"]["hits"]
                if hits:
                    yield hits
                if len(hits) < AT_ONCE:
                    return
                after = hits[-1]["sort"]
        finally:
            self._es.close_point_in_time(id=point)

    def _put(self, hits: Sequence[dict[str, Any]]) -> None:
        """Write these documents into the new index, each under the version that it has.

        What was deleted and made again has a smaller one than its copy: it goes over that, since nobody else writes
        there.
        """
        lines = {
            hit["_id"]: (
                _encode({"index": {"_id": hit["_id"], "version": hit["_version"], "version_type": "external_gte"}}),
                _encode(self._whole(hit["_source"])),
            )
            for hit in hits
        }
        smaller = self._bulk([line for both in lines.values() for line in both], fine=409)
        self._bulk([line for id_ in smaller for line in (_encode({"index": {"_id": id_}}), lines[id_][1])], fine=409)

    def _whole(self, document: dict[str, Any]) -> dict[str, Any]:
        """The document with what is searched in it and not kept."""
        if self._name != ARTICLES:
            return document
        return document | {"folded": folded(document.get("title", ""), document.get("text", ""))}

    def _take_out_deleted(self) -> None:
        """Delete from the new index what was deleted from the old one meanwhile."""
        if self.count(self.old) == self.count(self.new):  # the new one holds all of the old one
            return
        after: list[Any] | None = None
        while True:
            answer = self._es.search(
                index=self.new, sort=[{"_seq_no": "asc"}], search_after=after, size=AT_ONCE, source=False
            )
            hits = answer["hits"]["hits"]
            if not hits:
                return
            ids = [hit["_id"] for hit in hits]
            kept = {one["_id"] for one in documents_of(self._es, self._settings, self.old, ids, source=False)}
            self._bulk([_encode({"delete": {"_id": id_}}) for id_ in ids if id_ not in kept], fine=404)
            after = hits[-1]["sort"]

    def _bulk(self, lines: Sequence[bytes], *, fine: int) -> list[str]:
        """Send these lines to the new index, again for a while where it is busy; ids of what that status answers."""
        operations: list[Any] = list(lines)  # the client sends bytes as they are; its types say only dicts
        for tries in range(TRIES if lines else 0):
            answer = self._es.bulk(index=self.new, operations=operations, timeout="60s")
            wrong = [
                done for item in answer["items"] for done in item.values()
                if done["status"] >= 300 and done["status"] != fine
            ]  # fmt: skip
            refused = next((done for done in wrong if not is_busy(done["status"], done.get("error"))), None)
            if refused is not None:
                raise self._refused(f"{refused['_id']} does not fit {self.new}: {reason(refused.get('error', {}))}")
            if not wrong:
                return [done["_id"] for item in answer["items"] for done in item.values() if done["status"] == fine]
            time.sleep(2.0**tries)
        if not lines:
            return []
        raise Unavailable(SERVER, address(self._settings), f"{self.new} cannot be written now; try again later")

    def _let_write(self, yes: bool) -> None:
        """Let the old index be written, or hold that back; returns when what had begun before is done."""
        if yes:
            self._es.indices.put_settings(index=self.old, settings={"index.blocks.write": None})
        else:
            self._es.indices.add_block(index=self.old, block="write")

    def _lead(self) -> None:
        """From one moment to the next every alias of the old index is one of the new."""
        actions: list[dict[str, Any]] = []
        for alias, how in self._of_old["aliases"].items():
            shown = how.get("filter") or (SHOWN.get(self._name) if alias == self._alias else None)
            new = {"index": self.new, "alias": alias, "is_write_index": alias == self._alias}
            actions.append({"add": new | ({"filter": shown} if shown else {})})
            actions.append({"remove": {"index": self.old, "alias": alias}})
        self._es.indices.update_aliases(actions=actions)

    def _refused(self, why: str) -> Refused:
        return Refused(SERVER, address(self._settings), why)


def next_name(index: str, alias: str) -> str:
    """The name of the index after ``index``: news-articles-000002 after news-articles-000001."""
    numbered = re.fullmatch(rf"{re.escape(alias)}-(\d{{6}})", index)
    return f"{alias}-{int(numbered[1]) + 1 if numbered else 1:06}"

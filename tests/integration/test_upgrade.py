"""An index is copied into a new one while the line writes, and nothing is lost, doubled, or out of sight."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
from click.testing import CliRunner

from tests.builders import NOW, article, replaced, tagged
from tests.stored import as_write, clustered
from wirewatch.cli import main
from wirewatch.errors import Refused, Unavailable
from wirewatch.failpoints import VARIABLE
from wirewatch.models import TAKEN_DOWN, Article
from wirewatch.search.articles import write
from wirewatch.search.client import asking, connect
from wirewatch.search.documents import ARTICLES, article_write
from wirewatch.search.indices import SHOWN, alias_of, compared, count, ensure_indices, held, mapping, refresh
from wirewatch.search.upgrade import _Copy, next_name, upgrade
from wirewatch.settings import Settings

MANY = 3_000


def report(n: int) -> Article:
    return article(f"Report {n}", f"Rebels entered village {n}.", url=f"https://wire.example/{n}", author="A. Writer")


def create(settings: Settings, changed: dict[str, Any], meta: dict[str, Any] | None = None) -> None:
    """An index of articles as another wirewatch made it: these fields are otherwise, and it says of which format."""
    fields = mapping(ARTICLES)
    older = fields | {"properties": fields["properties"] | changed, "_meta": meta or {}}
    alias = alias_of(settings, ARTICLES)
    with asking(settings) as es:
        es.indices.create(index=f"{alias}-000001", aliases={alias: {"filter": SHOWN[ARTICLES]}}, mappings=older)


@pytest.fixture
def older(settings: Settings) -> Settings:
    """A line whose articles lie in an index of an earlier mapping, which cannot become today's."""
    create(settings, {"author": {"type": "text"}})
    with pytest.raises(Refused, match="indices upgrade"):
        ensure_indices(settings)
    with connect(settings) as es:
        write(es, settings, [as_write(report(n)) for n in range(MANY)])
    refresh(settings)
    return settings


def everything(settings: Settings, index: str) -> dict[str, dict[str, Any]]:
    """All documents of an index by their ids, the marks of what was taken down among them."""
    with asking(settings) as es:
        es.indices.refresh(index=index)
        found: dict[str, dict[str, Any]] = {}
        after = None
        while hits := es.search(index=index, size=2_000, sort=[{"id": "asc"}], search_after=after)["hits"]["hits"]:
            found |= {hit["_id"]: hit["_source"] for hit in hits}
            after = hits[-1]["sort"]
        return found


class Busy:
    """The line at work: new articles, newer tags, what is taken down, and what retention deletes, one after another."""

    def __init__(self, settings: Settings) -> None:
        self.titles: dict[str, str | None] = {report(n).id: report(n).title for n in range(MANY)}
        self.refused: list[object] = []
        self.steps = 0
        self._settings = settings

    def __call__(self, stop: Event) -> None:
        with connect(self._settings, timeout_s=30) as es:
            n = 0
            while not stop.is_set():
                n += 1
                fresh, again, gone, deleted = report(MANY + n), report(n), report(1_000 + n), report(2_000 + n)
                renamed = replaced(again, title=f"Renamed {n}")
                mark = replaced(gone, title="(taken down)", text="", content_hash=TAKEN_DOWN)
                later = NOW + timedelta(seconds=n)
                writes = [
                    as_write(fresh),
                    article_write(
                        replaced(clustered(renamed), tagged=tagged(renamed, tagged_at=later)), indexed_at=NOW
                    ),
                    article_write(clustered(mark, version=2), indexed_at=NOW),
                ]
                outcome = write(es, self._settings, writes, patience_s=60)
                self.refused += outcome.refused
                self._delete(es, deleted.id)
                self.titles |= {fresh.id: fresh.title, again.id: renamed.title, gone.id: None}
                self.titles.pop(deleted.id, None)
                self.steps = n

    def _delete(self, es: Any, id_: str) -> None:
        while True:
            answer = es.bulk(
                operations=[{"delete": {"_index": alias_of(self._settings, ARTICLES), "_id": id_}}]
            )["items"][0]["delete"]  # fmt: skip
            if answer["status"] in (200, 404):
                return
            time.sleep(0.05)  # writing is held back


class Watching:
    """Somebody who looks through the alias all the time."""

    def __init__(self, settings: Settings) -> None:
        self.fewest, self.looks = MANY, 0
        self._settings = settings

    def __call__(self, stop: Event) -> None:
        while not stop.is_set():
            self.fewest = min(self.fewest, count(self._settings))
            self.looks += 1


def beside(*works: Callable[[Event], None]) -> tuple[Event, list[Thread]]:
    stop = Event()
    threads = [Thread(target=work, args=(stop,)) for work in works]
    for thread in threads:
        thread.start()
    return stop, threads


def test_nothing_is_lost_or_comes_back_and_all_is_found_while_the_line_writes(older: Settings) -> None:
    line, eyes = Busy(older), Watching(older)
    stop, threads = beside(line, eyes)
    time.sleep(0.5)
    done = upgrade(older, ARTICLES)
    steps_at_the_switch = line.steps
    time.sleep(0.5)
    stop.set()
    for thread in threads:
        thread.join(60)
    assert not line.refused
    found = everything(older, done.now)
    assert {id_: None if one["content_hash"] == TAKEN_DOWN else one["title"] for id_, one in found.items()} == (
        line.titles
    )
    assert line.steps > steps_at_the_switch > 10, "it was at work all the time, and goes on afterwards"
    assert eyes.looks > 20
    assert eyes.fewest > MANY - 1_000, "what was taken down and deleted is missing, and nothing else"
    assert done.held_back_s < 10
    alias = alias_of(older, ARTICLES)
    with asking(older) as es:
        ((index, now),) = es.indices.get(index=alias).items()
        assert (index, done.before, done.now) == (f"{alias}-000002", f"{alias}-000001", f"{alias}-000002")
        assert now["mappings"]["properties"]["author"] == mapping(ARTICLES)["properties"]["author"]
        assert now["aliases"][alias]["filter"] == SHOWN[ARTICLES]
        assert not es.indices.exists(index=done.before)
        words = es.count(index=alias, query={"match": {"folded": "village"}})["count"]
        assert words == sum(title is not None for title in line.titles.values())
    ensure_indices(older)


def command(settings: Settings, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wirewatch", *words],
        env=os.environ | settings.environment() | environ,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("point", ["indices.copied", "indices.held_back"])
def test_a_run_that_is_killed_leaves_the_old_index_and_the_next_one_ends_it(point: str, older: Settings) -> None:
    killed = command(older, "indices", "upgrade", **{VARIABLE: point})
    assert killed.returncode == -9, killed.stderr
    assert count(older) == MANY
    assert {one.index for one in held(older) if one.alias == alias_of(older, ARTICLES)} == {
        f"{alias_of(older, ARTICLES)}-000001"
    }
    with connect(older) as es:
        if point == "indices.held_back":
            with pytest.raises(Unavailable):  # a consumer waits, and loses nothing
                write(es, older, [as_write(report(MANY))], patience_s=0.2)
        done = command(older, "indices", "upgrade")
        assert done.returncode == 0, done.stderr
        assert "-000002: 3,000 documents" in done.stderr
        assert write(es, older, [as_write(report(MANY))]).written == 1
    refresh(older)
    assert count(older) == MANY + 1
    assert command(older, "indices", "upgrade").stdout == "no index needs it\n"


def test_a_document_that_does_not_fit_stops_it_and_the_old_index_stays_in_use(settings: Settings) -> None:
    create(settings, {"truncated": {"type": "keyword"}})
    with asking(settings) as es:
        odd = as_write(report(0)).document | {"truncated": "perhaps"}
        es.index(index=alias_of(settings, ARTICLES), id="odd", document=odd)
    with pytest.raises(Refused, match=r"odd does not fit .*-000002: .*truncated"):
        upgrade(settings, ARTICLES)
    with connect(settings) as es:
        assert write(es, settings, [as_write(report(1))]).written == 1


def test_what_was_deleted_and_made_again_is_what_it_is_now(settings: Settings) -> None:
    create(settings, {"author": {"type": "text"}})
    alias, document = alias_of(settings, ARTICLES), as_write(report(0)).document
    with asking(settings) as es:
        es.indices.put_settings(index=alias, settings={"index.gc_deletes": "0ms"})
        for _ in range(3):
            es.index(index=alias, id="one", document=document)
        copy = _Copy(es, settings, ARTICLES, lambda *_: None)
        copy.make()
        copy.all()
        es.delete(index=alias, id="one")
        time.sleep(1.0)  # its clock for forgetting what was deleted is a rough one
        es.indices.refresh(index=alias)
        es.indices.flush(index=alias, force=True)
        made = es.index(index=alias, id="one", document=document | {"title": "Made again"})
        assert made["_version"] == 1
        copy.move()
    assert everything(settings, copy.new)["one"]["title"] == "Made again"


def test_an_index_is_copied_where_it_is_named_and_the_old_one_kept_if_asked(made: Settings) -> None:
    runner = CliRunner(env=made.environment())
    said = runner.invoke(main, ["indices", "upgrade", ARTICLES, "--keep"])
    assert said.exit_code == 0, said.output
    with asking(made) as es:
        assert es.indices.exists(index=f"{alias_of(made, ARTICLES)}-000001")
        assert es.indices.exists(index=f"{alias_of(made, ARTICLES)}-000002")
    wrong = runner.invoke(main, ["indices", "upgrade", "news-others"])
    assert (wrong.exit_code, "there is no alias news-others" in wrong.output) == (2, True)


def test_an_index_of_a_newer_wirewatch_is_refused_in_one_line(settings: Settings) -> None:
    create(settings, {}, meta={"format": 2})
    with pytest.raises(Refused, match="made by a newer wirewatch") as caught:
        ensure_indices(settings)
    assert "\n" not in str(caught.value)
    assert {one.change for one in held(settings) if one.alias == alias_of(settings, ARTICLES)} == {"newer"}


def test_what_a_mapping_needs_is_told_apart() -> None:
    ours = {"_meta": {"format": 2}, "properties": {"a": {"type": "date"}, "b": {"properties": {"c": {"type": "long"}}}}}
    there = {"properties": {"a": {"type": "date"}, "b": {"properties": {"c": {"type": "long"}}}, "x": {"type": "long"}}}
    assert compared(ours, there) == "same"
    assert compared(ours, there | {"_meta": {"format": 3}}) == "newer"
    assert compared(ours, {"properties": {"b": there["properties"]["b"]}}) == "fields"
    assert compared(ours, {"properties": there["properties"] | {"a": {"type": "long"}}}) == "other"
    assert compared(ours, {"properties": {"a": {"type": "date"}, "b": {"type": "keyword"}}}) == "other"


def test_the_next_index_has_the_next_number() -> None:
    assert next_name("news-runs-000009", "news-runs") == "news-runs-000010"
    assert next_name("my-own-runs", "news-runs") == "news-runs-000001"

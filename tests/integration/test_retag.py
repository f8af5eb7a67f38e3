"""Retagging on real servers: the past follows what is known today, and nothing else about it changes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from kafka import KafkaConsumer, TopicPartition

from consumers import clusterer, indexer, tagger
from producers import retag
from producers.retag import Progress
from tests.builders import NOW, numbered
from tests.e2e.line import clustered, prepare, publish
from wirewatch.cli import main
from wirewatch.failpoints import VARIABLE
from wirewatch.models import Article, Origin
from wirewatch.search.client import asking
from wirewatch.search.indices import alias_of, refresh
from wirewatch.settings import Settings
from wirewatch.stream import Until
from wirewatch.stream.admin import lag
from wirewatch.stream.under_way import keys_under_way
from wirewatch.topics import ARTICLES_BULK, ARTICLES_CLUSTERED

HERONS = '[[actor]]\nid = "grey-heron-front"\nname = "Grey Heron Front"\nkind = "armed_group"\n'
OF_TAGGING = {"tags", "actors", "actor_names", "actor_kinds", "mentions", "about_actors", "kb_version", "indexed_at"}


@pytest.fixture
def line(settings: Settings, tmp_path: Path) -> Settings:
    """A line with a user's own folder of actor files, empty at first."""
    own = tmp_path / "own"
    own.mkdir()
    line = msgspec.structs.replace(settings, knowledge=str(own), ner="off")
    prepare(line)
    return line


def to_the_end(line: Settings) -> None:
    for consumer in (tagger, clusterer, indexer):
        consumer.run(line, Until.END)
    refresh(line)


def stored(line: Settings) -> dict[str, dict[str, Any]]:
    with asking(line) as es:
        hits = es.search(index=alias_of(line, "news-articles"), size=1_000)["hits"]["hits"]
    return {hit["_id"]: hit["_source"] for hit in hits}


def reports(count: int) -> list[Article]:
    """Articles of which every third names the Grey Heron Front."""
    return [
        msgspec.structs.replace(
            one, text=f"{one.text} The Grey Heron Front said it was ready." if n % 3 == 0 else one.text
        )
        for n, one in enumerate(numbered(count))
    ]


def learn(line: Settings) -> None:
    (Path(line.knowledge or "") / "mine.toml").write_text(HERONS, encoding="utf-8")


def typed(line: Settings, *words: str) -> Result:
    return CliRunner(env=line.environment()).invoke(main, words)


def test_the_past_follows_the_knowledge_and_nothing_else_of_it_changes(line: Settings) -> None:
    publish(line, reports(9))
    to_the_end(line)
    before = stored(line)
    learn(line)

    shown = typed(line, "retag", "--dry-run")
    assert shown.exit_code == 0
    assert "+3  Grey Heron Front (grey-heron-front)" in shown.output
    assert stored(line) == before

    assert "9 of 9 articles sent" in typed(line, "retag").output
    to_the_end(line)
    after = stored(line)
    assert after.keys() == before.keys()
    for key, document in after.items():
        changed = {name for name in {*document, *before[key]} if document.get(name) != before[key].get(name)}
        assert changed <= OF_TAGGING, changed - OF_TAGGING
        assert document["kb_version"] != before[key]["kb_version"]
    found = json.loads(typed(line, "search", "--actor", "grey-heron-front", "--json").stdout)
    assert found["total"] == 3
    assert origins(line) == {"live", "retag"}

    assert "nothing to do" in typed(line, "retag").output


def origins(line: Settings) -> set[str]:
    """The origins of all that came out of the clusterer."""
    name = line.name_prefix + ARTICLES_CLUSTERED.name
    wanted, found = len(clustered(line)), []
    with closing(KafkaConsumer(bootstrap_servers=line.kafka, isolation_level="read_committed")) as consumer:
        consumer.assign([TopicPartition(name, number) for number in consumer.partitions_for_topic(name)])
        consumer.seek_to_beginning()
        while len(found) < wanted:
            for records in consumer.poll(500).values():
                found += [dict(record.headers)["origin"].decode() for record in records]
    return set(found)


def test_an_article_is_the_same_after_any_number_of_retaggings(line: Settings) -> None:
    (one,) = reports(1)
    whole = msgspec.structs.replace(
        one,
        url="https://harbour.example/1",
        summary="In short.",
        feed="https://harbour.example/feed",
        author="A. Marsh",
        aliases=("https://amp.harbour.example/1",),
        published_at=NOW - timedelta(hours=3),
        lineage=msgspec.structs.replace(one.lineage, path="a.json:1", airflow_run_id="run-1"),
    )
    publish(line, [whole])
    to_the_end(line)
    for _ in range(2):
        assert retag.run(line, everything=True).sent == 1
        to_the_end(line)
    first, *later = clustered(line)
    assert len(later) == 2
    for again in later:
        assert again.tagged.article == first.tagged.article
        assert (again.version, again.story) == (first.version, first.story)
        assert again.tagged.tagged_at > first.tagged.tagged_at


def test_only_what_is_asked_for_is_sent(line: Settings) -> None:
    now = datetime.now(UTC)
    old, young = (
        [msgspec.structs.replace(one, published_at=now - age) for one in reports(12)[part]]
        for age, part in ((timedelta(days=40), slice(0, 6)), (timedelta(days=2), slice(6, 12)))
    )
    learn(line)
    publish(line, [*old, *young])
    to_the_end(line)
    assert retag.run(line, dry_run=True, everything=True).stored == 12
    assert retag.run(line, dry_run=True).stored == 0
    assert retag.run(line, since=timedelta(days=30), everything=True, dry_run=True).stored == 6
    assert retag.run(line, actor="grey-heron-front", everything=True, dry_run=True).stored == 4
    assert retag.run(line, since=timedelta(days=30), actor="grey-heron-front", everything=True).sent == 2


def test_a_retagging_that_was_killed_goes_on_where_it_was(line: Settings) -> None:
    publish(line, reports(450))
    to_the_end(line)
    learn(line)
    killed = subprocess.run(
        [sys.executable, "-m", "wirewatch", "retag"],
        env=os.environ | line.environment() | {VARIABLE: "retag.after_page:2"},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert killed.returncode == -signal.SIGKILL
    assert lag(line)["tagger-bulk"] == 400
    again = retag.run(line)
    assert (again.stored, again.sent, again.under_way) == (450, 50, 400)
    assert lag(line)["tagger-bulk"] == 450
    assert len(keys_under_way(line, ARTICLES_BULK, "tagger-bulk", Origin.RETAG)) == 450
    assert keys_under_way(line, ARTICLES_BULK, "tagger-bulk", Origin.BACKFILL) == frozenset()
    to_the_end(line)
    assert retag.run(line).stored == 0


def test_a_stopped_retagging_says_so_and_a_stopped_comparison_shows_what_it_saw(line: Settings) -> None:
    publish(line, reports(250))
    to_the_end(line)
    learn(line)
    stop = Event()

    def stop_after(count: int) -> Any:
        return lambda at: stop.set() if at.done >= count else None

    compared = retag.run(line, dry_run=True, stop=stop, on_progress=stop_after(30))
    assert compared.end == "stopped"
    assert compared.difference is not None
    assert compared.difference.articles == 30
    stop.clear()
    halted = retag.run(line, stop=stop, on_progress=stop_after(1))
    assert (halted.sent, halted.end) == (200, "stopped")
    told: list[Progress] = []
    assert retag.run(line, on_progress=told.append).sent == 50
    assert told[-1] == Progress(250, 250)


def test_retagging_needs_no_kafka_to_show_what_would_change(line: Settings) -> None:
    publish(line, reports(3))
    to_the_end(line)
    learn(line)
    without = msgspec.structs.replace(line, kafka="127.0.0.1:1", connect_timeout_s=1.0)
    found = retag.run(without, dry_run=True).difference
    assert found is not None
    assert [(one.id, one.gained) for one in found.changes if one.gained] == [("grey-heron-front", 1)]


def test_before_anything_is_stored_there_is_nothing_to_retag(settings: Settings) -> None:
    result = typed(settings, "retag")
    assert result.exit_code == 0
    assert "nothing to do" in result.output


@pytest.mark.parametrize(
    ("words", "why"),
    [(["--since", "soon"], "--since soon: no length of time"), (["--actor", "hezbolla"], "did you mean hezbollah")],
)
def test_a_mistake_is_one_line_and_exit_code_2(line: Settings, words: list[str], why: str) -> None:
    result = typed(line, "retag", *words)
    assert result.exit_code == 2
    assert why in result.stderr
    assert result.stderr.count("\n") == 1

"""What a task did is done: run a second time, right behind the first, it changes nothing more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer

from consumers import alerter, clusterer, indexer, notifier, tagger
from producers import files, retag, rss
from tests.builders import replaced
from tests.dag_runs import dag_runs
from tests.feed_server import FeedServer, reply
from tests.receivers import Webhook, webhook
from wirewatch.alerts.rule import Rule
from wirewatch.feeds.listed import chosen_feeds
from wirewatch.notify.channels import add_channel
from wirewatch.search.client import asking
from wirewatch.search.documents import ALERT_RULES, ALERTS, ARTICLES, FEEDS, STORIES
from wirewatch.search.indices import alias_of, ensure_indices, refresh
from wirewatch.search.rules import save_rules
from wirewatch.settings import Settings
from wirewatch.stream import Until
from wirewatch.stream.admin import ensure_topics
from wirewatch.stream.dead_letters import replay, waiting
from wirewatch.topics import ARTICLES_RAW

NOW = datetime.now(UTC)
HERONS = '[[actor]]\nid = "grey-heron-front"\nname = "Grey Heron Front"\nkind = "armed_group"\n'
ITEM = """<item><title>Rebels leave Hama</title><link>https://wire.example/1</link><pubDate>{}</pubDate>
<description>Rebels of the Grey Heron Front left the city of Hama in Syria on Monday.</description></item>"""
OF_THE_PASSING = {"fetched_at", "indexed_at", "delay_ms", "lineage"}
"""Fields of an article that say when and by which run it came through the line last."""


@pytest.fixture
def receiver() -> Iterator[Webhook]:
    with webhook() as got:
        yield got


@pytest.fixture
def line(settings: Settings, tmp_path: Path, receiver: Webhook) -> Iterator[Settings]:
    """A line with two articles in a folder, one of them undated, a feed of one, and a rule that pages."""
    (tmp_path / "own").mkdir()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "one.txt").write_text("Rebels enter Homs\n\nThe Grey Heron Front entered Homs in Syria.\n")
    (tmp_path / "in" / "two.json").write_text(
        f'{{"title": "Port of Lagos opens", "text": "The port of Lagos in Nigeria opened.", "published": "{NOW}"}}'
    )
    with FeedServer() as server:
        items = ITEM.format(f"{NOW:%a, %d %b %Y %H:%M:%S} GMT")
        server.says["/f"] = reply(f"<rss version='2.0'><channel><title>x</title>{items}</channel></rss>")
        (tmp_path / "feeds.toml").write_text(f'[[feed]]\nname = "Harbour Wire"\nurl = "{server.url("/f")}"\n')
        given = replaced(
            settings,
            ner="off",
            knowledge=str(tmp_path / "own"),
            feeds=str(tmp_path / "feeds.toml"),
            feeds_allow_private=True,
        )
        ensure_topics(given)
        ensure_indices(given)
        add_channel(given, "desk", receiver.url())
        long_ago = NOW - timedelta(days=1)
        rule = Rule("rebels", "Rebels", text="homs OR hama", notify=("desk",), created_at=long_ago, since=long_ago)
        save_rules(given, [rule])
        yield given


def refused(line: Settings) -> None:
    """Leave a dead letter of the tagger's."""
    with closing(KafkaProducer(bootstrap_servers=line.kafka)) as raw:
        raw.send(line.name_prefix + ARTICLES_RAW.name, b"no article").get(10)
    tagger.run(line, Until.END)


def kept(line: Settings) -> dict[str, dict[str, Any]]:
    """All that is stored, by index and id; of feeds only which there are, for each poll is remembered."""
    refresh(line)
    found = {}
    with asking(line) as es:
        for index in (ARTICLES, STORIES, ALERTS, ALERT_RULES, FEEDS):
            hits = es.search(index=alias_of(line, index), size=1_000)["hits"]["hits"]
            found[index] = {hit["_id"]: {} if index == FEEDS else hit["_source"] for hit in hits}
    for one in found[ARTICLES].values():
        for name in OF_THE_PASSING:
            one.pop(name, None)
    return found


def to_the_end(line: Settings) -> None:
    for consumer in (tagger, clusterer, indexer, alerter, notifier):
        consumer.run(line, Until.END)


def learn(line: Settings) -> None:
    (Path(str(line.knowledge)) / "own.toml").write_text(HERONS)


def test_what_the_tasks_call_changes_nothing_more_the_second_time(
    line: Settings, tmp_path: Path, receiver: Webhook
) -> None:
    refused(line)
    seen = []
    for _ in range(2):
        files.run(line, [str(tmp_path / "in")])
        assert rss.run(line, chosen_feeds(Path(str(line.feeds))), force=True).polled == 1
        assert replay(line) == 1
        to_the_end(line)
        seen.append((kept(line), list(receiver.ids), len(waiting(line))))
    assert seen[0] == seen[1]
    assert {name: len(documents) for name, documents in seen[0][0].items()} == {
        ARTICLES: 3,
        STORIES: 3,
        ALERTS: 2,
        ALERT_RULES: 1,
        FEEDS: 1,
    }
    assert receiver.ids
    learn(line)
    assert [retag.run(line).sent, retag.run(line).sent] == [3, 0]  # what is under way is not sent again
    to_the_end(line)
    assert kept(line) != seen[0][0]
    assert retag.run(line).sent == 0
    assert len(receiver.ids) == len(seen[0][1])


@pytest.mark.long
def test_each_dag_that_brings_something_in_changes_nothing_more_the_second_time(
    line: Settings, tmp_path: Path, receiver: Webhook
) -> None:
    refused(line)
    forms: dict[str, dict[str, Any]] = {
        "ingest_files": {"path": str(tmp_path / "in")},
        "ingest_feeds": {"force": True},
        "retag_articles": {"days": None, "dry_run": False},
        "replay_dead_letters": {"consumer": None, "days": None, "limit": None},
        "news_pipeline": {"folder": str(tmp_path / "in")},
    }
    seen = [(kept(line), list[str](), 1)]

    def look() -> None:
        seen.append((kept(line), list(receiver.ids), len(waiting(line))))
        if len(seen) == 5:
            learn(line)

    runs, log = dag_runs(
        line,
        tmp_path / "airflow",
        [(dag, form) for dag, form in forms.items() for _ in "12"],
        after=look,
        timeout_s=280,
    )
    assert {run["state"] for run in runs} == {"success"}, log
    for number, dag_id in enumerate(forms):
        before, first, second = seen[2 * number : 2 * number + 3]
        assert first == second, dag_id
        assert (first != before) == (dag_id in {"ingest_files", "ingest_feeds", "retag_articles"}), dag_id
    stored, told, letters = seen[-1]
    assert [len(stored[ARTICLES]), len(stored[ALERTS]), letters] == [3, 2, 1]
    assert told

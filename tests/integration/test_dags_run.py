"""The DAGs as Airflow runs them, with the retries of the schedule, on real servers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from kafka import KafkaProducer

from consumers import tagger
from tests.builders import replaced
from tests.dag_runs import dag_runs
from tests.feed_server import FeedServer, reply
from wirewatch.settings import Settings
from wirewatch.stream import Until
from wirewatch.stream.admin import ensure_topics
from wirewatch.stream.dead_letters import waiting
from wirewatch.topics import ARTICLES_RAW


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of Airflow for several runs: its database is made once."""
    return tmp_path_factory.mktemp("airflow")


class ByHand(NamedTuple):
    """Four runs, one after the other: files tried, brought in, brought in again; a folder that is not there."""

    line: Settings
    tried: dict[str, Any]
    first: dict[str, Any]
    second: dict[str, Any]
    mistaken: dict[str, Any]
    log: str


@pytest.fixture(scope="module")
def by_hand(
    named_settings: Callable[[], AbstractContextManager[Settings]], home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ByHand]:
    folder = tmp_path_factory.mktemp("articles")
    for name in ("one", "two"):
        (folder / f"{name}.txt").write_text(f"Report {name}\n\nThe council of Nairobi in Kenya met ({name}).\n")
    (folder / "three.md").write_text("Not meant\n\nIt ends otherwise.\n")
    form = {"path": f"{folder}/*.txt", "source": "Lantern Post", "lane": "backfill"}
    with named_settings() as settings:
        line = replaced(settings, ner="off")
        forms = [
            ("ingest_files", form | {"dry_run": True}),
            ("ingest_files", form),
            ("ingest_files", form),
            ("news_pipeline", {"folder": str(folder / "nowhere")}),
        ]
        runs, log = dag_runs(line, home, forms)
        assert [run["state"] for run in runs] == ["success", "success", "success", "failed"], log
        yield ByHand(line, *runs, log)


def test_files_that_match_a_pattern_come_in_once_and_a_try_sends_nothing(by_hand: ByHand) -> None:
    tried, first, second = (
        {name: task["result"] for name, task in run["tasks"].items()}
        for run in (by_hand.tried, by_hand.first, by_hand.second)
    )
    assert (tried["produce_files"]["read"], tried["produce_files"]["published"]) == (2, 0)
    assert tried["index"]["handled"] == 0
    assert first["produce_files"]["published"] == first["index"]["handled"] == 2
    assert second["produce_files"]["published"] == 2
    found = stored(by_hand.line)
    assert sorted(each["title"] for each in found) == ["Report one", "Report two"]
    assert {each["source"]["name"] for each in found} == {"Lantern Post"}
    runs = {by_hand.first["run_id"], by_hand.second["run_id"]}
    assert {each["lineage"]["airflow_run_id"] for each in found} <= runs


def test_a_mistake_in_the_form_stops_the_run_at_its_first_try_and_the_log_says_what_to_do(by_hand: ByHand) -> None:
    tasks = by_hand.mistaken["tasks"]
    assert tasks["produce_files"] == {"state": "failed", "tries": 1, "result": None}
    assert tasks["index"]["state"] == "upstream_failed"
    lines = by_hand.log.splitlines()
    (at,) = [n for n, line in enumerate(lines) if " produce_files: " in line]
    assert "nowhere" in lines[at]
    assert "::endgroup::" in lines[at + 1], "what follows it in the log of the task is Airflow's own closing bracket"


@pytest.mark.long
def test_what_the_scheduler_runs_stores_the_article_with_the_id_of_the_run(settings: Settings, tmp_path: Path) -> None:
    article = tmp_path / "article.txt"
    article.write_text("Council meets in Nairobi\n\nThe council of Nairobi met on Monday to speak about water.\n")
    (ended,), log = dag_runs(settings, tmp_path, [("news_pipeline", {"folder": str(article)})])
    assert ended["state"] == "success", log
    index = f"{settings.elasticsearch}/{settings.name_prefix}news-articles"
    httpx.post(f"{index}/_refresh").raise_for_status()
    (hit,) = httpx.get(f"{index}/_search").raise_for_status().json()["hits"]["hits"]
    assert f": {hit['_source']['lineage']['airflow_run_id']}, state:running" in log


def succeeds(settings: Settings, home: Path, dag_id: str, form: dict[str, Any]) -> dict[str, Any]:
    """The results of the tasks, by name."""
    (ended,), log = dag_runs(settings, home, [(dag_id, form)])
    assert ended["state"] == "success", log
    return {"run_id": ended["run_id"]} | {name: each["result"] for name, each in ended["tasks"].items()}


def stored(settings: Settings) -> list[dict[str, Any]]:
    index = f"{settings.elasticsearch}/{settings.name_prefix}news-articles"
    httpx.post(f"{index}/_refresh").raise_for_status()
    answer = httpx.get(f"{index}/_search", params={"size": 100}).raise_for_status().json()
    return [hit["_source"] for hit in answer["hits"]["hits"]]


@pytest.mark.long
def test_letters_are_sent_again_by_hand(settings: Settings, home: Path) -> None:
    ensure_topics(settings)
    with closing(KafkaProducer(bootstrap_servers=settings.kafka)) as raw:
        raw.send(settings.name_prefix + ARTICLES_RAW.name, b"no article").get(10)
    tagger.run(settings, Until.END)
    assert len(waiting(settings)) == 1
    done = succeeds(settings, home, "replay_dead_letters", {"consumer": "tagger", "days": 1})
    assert done["replay"] == {"sent": 1}
    assert done["tag"] == {"handled": 1, "refused": 1}
    assert len(waiting(settings)) == 1


@pytest.mark.long
def test_stored_articles_are_compared_and_tagged_again_by_hand(settings: Settings, home: Path, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("Ferry timetable\n\nThe Quorvan Brigade stopped a ferry near Nairobi.\n")
    succeeds(settings, home, "ingest_files", {"path": str(tmp_path / "one.txt")})
    own = tmp_path / "knowledge"
    own.mkdir()
    (own / "own.toml").write_text(
        '[[actor]]\nid = "quorvan-brigade"\nname = "Quorvan Brigade"\nkind = "armed_group"\ncountries = ["KE"]\n'
    )
    learned = replaced(settings, knowledge=str(own))
    compared = succeeds(learned, home, "retag_articles", {"days": None})
    assert "quorvan-brigade" in json.dumps(compared["retag"]["difference"])
    assert "quorvan-brigade" not in stored(settings)[0]["actors"]
    sent = succeeds(learned, home, "retag_articles", {"days": None, "dry_run": False})
    assert sent["retag"]["sent"] == 1
    assert "quorvan-brigade" in stored(settings)[0]["actors"]


@pytest.mark.long
def test_the_pipeline_polls_the_feeds_that_are_due_and_stores_what_they_bring(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("A file\nOf its own.")
    with FeedServer() as server:
        item = "<item><title>Shelling near Homs</title><link>https://x.example/1</link></item>"
        server.says["/f"] = reply(f"<rss version='2.0'><channel><title>x</title>{item}</channel></rss>")
        listed = tmp_path / "feeds.toml"
        listed.write_text(f'[[feed]]\nname = "Harbour Wire"\nurl = "{server.url("/f")}"\ntags = ["desk"]\n')
        polling = replaced(settings, feeds=str(listed), feeds_allow_private=True)
        form = {"folder": str(tmp_path / "a.txt"), "feed_tags": ["desk"]}
        (ended, again), log = dag_runs(polling, tmp_path, [("news_pipeline", form)] * 2)
        assert (ended["state"], again["state"]) == ("success", "success"), log
        assert ended["tasks"]["poll_feeds"]["result"] == {"polled": 1, "published": 1, "failing": 0}
        assert again["tasks"]["poll_feeds"]["result"]["polled"] == 0
        assert len(server.asked) == 1
    summary = ended["tasks"]["summarise"]["result"]
    assert (summary["new"], summary["feed_articles"], summary["feeds_polled"]) == (2, 1, 1)

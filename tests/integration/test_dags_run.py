"""The DAGs as Airflow runs them, with the retries of the schedule, on real servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from kafka import KafkaProducer

from consumers import tagger
from tests.feed_server import FeedServer, reply
from wirewatch.resources import dags_folder
from wirewatch.scheduling.once import airflow_environment
from wirewatch.settings import Settings
from wirewatch.stream import Until
from wirewatch.stream.admin import ensure_topics
from wirewatch.stream.dead_letters import waiting
from wirewatch.topics import ARTICLES_RAW

RUN = """
import json, sys
from pathlib import Path
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.utils import db
db.initdb()
path = Path(sys.argv[1])
dag = BundleDagBag(dag_folder=str(path), bundle_path=path.parent, bundle_name="dags-folder").dags[path.stem]
run = dag.test(run_conf=json.loads(sys.argv[2]))
print("\\n" + json.dumps({
    "state": run.state,
    "run_id": run.run_id,
    "tasks": {
        each.task_id: {
            "state": each.state, "tries": each.try_number, "result": each.xcom_pull(task_ids=each.task_id),
        } for each in run.get_task_instances()
    },
}))
"""


def airflow_runs(settings: Settings, home: Path, dag_id: str, form: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """How Airflow says the run ended, and all that it logged."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WIREWATCH_")}
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(dags_folder() / f"{dag_id}.py"), json.dumps(form)],
        env=airflow_environment(environment, home) | settings.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    lines = done.stdout.splitlines()
    answers = [line for line in lines if line.startswith('{"state"')]
    assert answers, done.stdout
    return json.loads(answers[-1]), done.stdout


def test_a_mistake_in_the_form_stops_the_run_at_its_first_try_and_the_log_says_what_to_do(
    settings: Settings, tmp_path: Path
) -> None:
    ended, log = airflow_runs(settings, tmp_path, "news_pipeline", {"folder": str(tmp_path / "nowhere")})
    assert ended["state"] == "failed"
    assert ended["tasks"]["produce_files"] == {"state": "failed", "tries": 1, "result": None}
    assert ended["tasks"]["index"]["state"] == "upstream_failed"
    ours = [line for line in log.splitlines() if " produce_files: " in line]
    assert len(ours) == 1
    assert "nowhere" in ours[0]
    # What follows it in the log of the task is Airflow's own closing bracket.
    after = log.splitlines()[log.splitlines().index(ours[0]) + 1]
    assert "::endgroup::" in after


@pytest.mark.long
def test_what_the_scheduler_runs_stores_the_article_with_the_id_of_the_run(settings: Settings, tmp_path: Path) -> None:
    article = tmp_path / "article.txt"
    article.write_text("Council meets in Nairobi\n\nThe council of Nairobi met on Monday to speak about water.\n")
    ended, log = airflow_runs(settings, tmp_path, "news_pipeline", {"folder": str(article)})
    assert ended["state"] == "success", log
    index = f"{settings.elasticsearch}/{settings.name_prefix}news-articles"
    httpx.post(f"{index}/_refresh").raise_for_status()
    (hit,) = httpx.get(f"{index}/_search").raise_for_status().json()["hits"]["hits"]
    assert f": {hit['_source']['lineage']['airflow_run_id']}, state:running" in log


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of Airflow for several runs: its database is made once."""
    return tmp_path_factory.mktemp("airflow")


def succeeds(settings: Settings, home: Path, dag_id: str, form: dict[str, Any]) -> dict[str, Any]:
    """The results of the tasks, by name."""
    ended, log = airflow_runs(settings, home, dag_id, form)
    assert ended["state"] == "success", log
    return {"run_id": ended["run_id"]} | {name: each["result"] for name, each in ended["tasks"].items()}


def stored(settings: Settings) -> list[dict[str, Any]]:
    index = f"{settings.elasticsearch}/{settings.name_prefix}news-articles"
    httpx.post(f"{index}/_refresh").raise_for_status()
    answer = httpx.get(f"{index}/_search", params={"size": 100}).raise_for_status().json()
    return [hit["_source"] for hit in answer["hits"]["hits"]]


def test_files_that_match_a_pattern_come_in_once_and_a_try_sends_nothing(
    settings: Settings, home: Path, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.txt").write_text(f"Report {name}\n\nThe council of Nairobi in Kenya met ({name}).\n")
    (tmp_path / "three.md").write_text("Not meant\n\nIt ends otherwise.\n")
    form = {"path": f"{tmp_path}/*.txt", "source": "Lantern Post", "lane": "backfill"}

    tried = succeeds(settings, home, "ingest_files", form | {"dry_run": True})
    assert (tried["produce_files"]["read"], tried["produce_files"]["published"]) == (2, 0)
    assert tried["index"]["handled"] == 0

    first = succeeds(settings, home, "ingest_files", form)
    assert first["produce_files"]["published"] == first["index"]["handled"] == 2
    found = stored(settings)
    assert {each["title"] for each in found} == {"Report one", "Report two"}
    assert {each["source"]["name"] for each in found} == {"Lantern Post"}
    assert {each["lineage"]["airflow_run_id"] for each in found} == {first["run_id"]}

    succeeds(settings, home, "ingest_files", form)
    assert len(stored(settings)) == 2


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
    learned = msgspec.structs.replace(settings, knowledge=str(own))
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
        polling = msgspec.structs.replace(settings, feeds=str(listed), feeds_allow_private=True)
        form = {"folder": str(tmp_path / "a.txt"), "feed_tags": ["desk"]}
        ended, log = airflow_runs(polling, tmp_path, "news_pipeline", form)
        assert ended["state"] == "success", log
        assert ended["tasks"]["poll_feeds"]["result"] == {"polled": 1, "published": 1, "failing": 0}
        again, _ = airflow_runs(polling, tmp_path, "news_pipeline", form)
        assert again["tasks"]["poll_feeds"]["result"]["polled"] == 0
        assert len(server.asked) == 1
    summary = ended["tasks"]["summarise"]["result"]
    assert (summary["new"], summary["feed_articles"], summary["feeds_polled"]) == (2, 1, 1)

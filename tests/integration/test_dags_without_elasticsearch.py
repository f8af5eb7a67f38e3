"""While Elasticsearch is away a run fails clearly, its failure is told at once, and nothing of it is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from producers import failures
from producers.set_aside import aside
from tests.builders import replaced
from tests.dag_runs import dag_runs
from tests.receivers import Webhook, webhook
from wirewatch.notify.channels import add_channel
from wirewatch.search.client import asking
from wirewatch.search.documents import ARTICLES, RUNS
from wirewatch.search.indices import alias_of, count, ensure_indices, refresh
from wirewatch.search.records import Record, keep_record
from wirewatch.settings import Settings

NOW = datetime.now(UTC)


@pytest.fixture
def receiver() -> Iterator[Webhook]:
    with webhook() as got:
        yield got


@pytest.fixture
def line(settings: Settings, tmp_path: Path, receiver: Webhook) -> Settings:
    """A line whose operations channel is the receiver."""
    given = replaced(settings, operations="ops", data_dir=str(tmp_path / "data"), ner="off")
    add_channel(given, "ops", receiver.url())
    return given


@pytest.fixture
def away(line: Settings) -> Settings:
    """The same while Elasticsearch is down."""
    return replaced(line, elasticsearch="http://127.0.0.1:1", connect_timeout_s=1.0)


def failed(line: Settings, run: str, minutes: int, **fields: Any) -> bool:
    given = {"dag_id": "news_pipeline", "task": "index", "reason": "Elasticsearch is down", "mistake": False} | fields
    return failures.run(line, airflow_run_id=run, now=NOW + timedelta(minutes=minutes), **given)


def events(line: Settings, kind: str) -> list[str]:
    with asking(line) as es:
        found = es.search(index=alias_of(line, RUNS), query={"term": {"kind": kind}}, sort=["@timestamp"], size=100)
    return [str(hit["_source"]["airflow_run_id"]) for hit in found["hits"]["hits"]]


def test_a_row_of_failures_without_elasticsearch_is_told_once_and_its_events_are_kept_when_it_is_back(
    line: Settings, away: Settings, receiver: Webhook
) -> None:
    ensure_indices(line)
    assert [failed(away, "r1", 1), failed(away, "r2", 2), failed(away, "m1", 3, dag_id="maintain")] == [
        True,
        False,
        True,
    ]
    assert failed(away, "r3", 4, mistake=True) is False
    assert [body["title"] for body in receiver.bodies] == ["news_pipeline failed", "maintain failed"]
    assert "index: Elasticsearch is down" in receiver.bodies[0]["message"]
    assert [one.airflow_run_id for one in aside(away)] == ["r1", "r2", "m1", "r3"]

    assert failed(line, "r4", 5) is False  # it is back, and the row goes on
    assert (events(line, "failure"), aside(line)) == (["r1", "r2", "m1", "r3", "r4"], [])
    succeeded = NOW + timedelta(minutes=6)
    keep_record(line, Record("ok", "dag_run", succeeded, dag_id="news_pipeline", airflow_run_id="r5", state="success"))
    assert failed(line, "r6", 7) is True
    assert len(receiver.ids) == 3


def test_a_success_that_is_known_before_what_was_set_aside_ends_its_row(
    line: Settings, away: Settings, receiver: Webhook
) -> None:
    ensure_indices(line)
    assert failed(away, "r1", 1) is True
    succeeded = NOW + timedelta(minutes=2)
    keep_record(line, Record("ok", "dag_run", succeeded, dag_id="news_pipeline", airflow_run_id="r2", state="success"))
    assert failed(line, "r3", 3) is True
    assert len(receiver.ids) == 2


def test_a_channel_that_is_away_too_is_told_with_the_next_failure(away: Settings, receiver: Webhook) -> None:
    receiver.status = 500
    assert failed(away, "r1", 1) is False
    receiver.status = 200
    assert [failed(away, "r2", 2), failed(away, "r3", 3)] == [True, False]


@pytest.mark.long
@pytest.mark.timeout(500)  # each try waits a minute for Elasticsearch
def test_a_run_without_elasticsearch_tries_again_fails_clearly_and_the_next_one_catches_up(
    line: Settings, away: Settings, receiver: Webhook, tmp_path: Path
) -> None:
    (tmp_path / "one.txt").write_text("Rebels enter Homs\n\nRebels entered the city of Homs in Syria on Saturday.")
    (tmp_path / "two.txt").write_text("Port of Lagos reopens\n\nThe port of Lagos in Nigeria opened again on Sunday.")
    first, second = ({"path": str(tmp_path / name)} for name in ("one.txt", "two.txt"))
    runs, log = dag_runs(away, tmp_path / "airflow", [("ingest_files", first)], retries=1, timeout_s=300)
    assert runs[0]["state"] == "failed"
    tasks = {(name, task["state"], task["tries"]) for name, task in runs[0]["tasks"].items()}
    assert ("produce_files", "success", 1) in tasks
    assert {(name, tries) for name, state, tries in tasks if state == "failed"} == {("tag", 2)}, log
    said = [line for line in log.splitlines() if " tag: " in line]
    assert said
    assert all("Elasticsearch" in line and "127.0.0.1:1" in line for line in said)
    assert len(receiver.ids) == 1
    assert sorted(one.kind for one in aside(line)) == ["dag_run", "failure"]

    (after,), log = dag_runs(line, tmp_path / "airflow", [("ingest_files", second)])
    assert after["state"] == "success", log
    refresh(line)
    assert count(line, ARTICLES) == 2
    assert aside(line) == []
    assert events(line, "failure") == [run["run_id"] for run in runs]
    assert events(line, "dag_run") == [run["run_id"] for run in (*runs, after)]

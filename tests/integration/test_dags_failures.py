"""A run that fails says so, once for each row of failures; the next one catches up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from producers import failures
from tests.builders import replaced
from tests.dag_runs import dag_runs
from tests.receivers import Webhook, webhook
from wirewatch.notify.channels import add_channel
from wirewatch.search.client import asking
from wirewatch.search.documents import ARTICLES, RUNS
from wirewatch.search.indices import alias_of, count, refresh
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


def failed(line: Settings, run: str, task: str = "tag", **fields: Any) -> bool:
    given = {"dag_id": "news_pipeline", "reason": "Kafka does not answer", "mistake": False, "now": NOW} | fields
    return failures.run(line, airflow_run_id=run, task=task, **given)


def test_a_row_of_failures_is_told_once_and_the_next_row_again(line: Settings, receiver: Webhook) -> None:
    assert [failed(line, "r1"), failed(line, "r1", "index"), failed(line, "r2")] == [True, False, False]
    assert failed(line, "r1", dag_id="maintain")
    keep_record(line, Record("ok", "dag_run", NOW, dag_id="news_pipeline", airflow_run_id="r3", state="success"))
    assert [failed(line, "r4"), failed(line, "r5")] == [True, False]
    assert [body["title"] for body in receiver.bodies] == [
        "news_pipeline failed",
        "maintain failed",
        "news_pipeline failed",
    ]
    assert "tag: Kafka does not answer" in receiver.bodies[0]["message"]
    with asking(line) as es:
        assert es.count(index=alias_of(line, RUNS), query={"term": {"kind": "failure"}})["count"] == 6


def test_a_channel_that_was_away_is_told_with_the_next_failure(line: Settings, receiver: Webhook) -> None:
    receiver.status = 500
    assert not failed(line, "r1")
    receiver.status = 200
    assert [failed(line, "r2"), failed(line, "r3")] == [True, False]


def test_of_a_mistake_in_a_form_nobody_else_is_told(line: Settings, receiver: Webhook) -> None:
    assert not failed(line, "r1", mistake=True)
    assert receiver.ids == []


def test_a_run_without_its_broker_fails_clearly_and_the_next_one_catches_up(
    line: Settings, receiver: Webhook, tmp_path: Path
) -> None:
    (tmp_path / "one.txt").write_text("Rebels enter Homs\n\nRebels entered the city of Homs in Syria on Saturday.")
    form = {"path": str(tmp_path / "one.txt")}
    away = replaced(line, kafka="127.0.0.1:1", connect_timeout_s=1.0)
    runs, log = dag_runs(away, tmp_path / "airflow", [("ingest_files", form)] * 2, retries=0)
    assert [run["state"] for run in runs] == ["failed"] * 2
    assert "Kafka" in log
    assert "127.0.0.1:1" in log
    assert len(receiver.ids) == 1
    (after,), log = dag_runs(line, tmp_path / "airflow", [("ingest_files", form)])
    assert after["state"] == "success", log
    refresh(line)
    assert count(line, ARTICLES) == 1

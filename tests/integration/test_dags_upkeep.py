"""The DAGs of the night and the morning, on real servers: each twice in a row, the second time nothing more."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.builders import replaced
from tests.dag_runs import dag_runs
from tests.integration.test_retention import put, told_at
from tests.made_news import stored
from tests.receivers import Webhook, webhook
from wirewatch.feeds.state import FeedState
from wirewatch.notify.channels import add_channel
from wirewatch.scheduling.once import airflow_environment
from wirewatch.scheduling.own_airflow import DATABASE
from wirewatch.search.feeds import FeedStore, Stored
from wirewatch.search.indices import refresh
from wirewatch.settings import Settings

NOW = datetime.now(UTC)
CLEAN = """
from datetime import UTC, datetime, timedelta
from wirewatch.scheduling.upkeep import clean_database
assert clean_database(before=datetime.now(UTC) + timedelta(days=1))
"""
ILL = FeedState("f1", "https://delta.example/feed", "Delta Times", health="failing", error="its server has an error")


def results(run: dict[str, Any]) -> dict[str, Any]:
    """What each task of a run that went well gave back."""
    assert {task["state"] for task in run["tasks"].values()} == {"success"}
    return {name: task["result"] for name, task in run["tasks"].items()}


@pytest.fixture
def receiver() -> Iterator[Webhook]:
    with webhook() as got:
        yield got


def test_the_night_and_the_morning_do_their_work_once(settings: Settings, tmp_path: Path, receiver: Webhook) -> None:
    line = replaced(settings, data_dir=str(tmp_path / "data"), digest="ops", timezone="Asia/Tokyo", keep_days=14)
    stored(line, NOW)
    put(line, told_at(NOW - timedelta(days=15), "old", "s"))
    with FeedStore(line) as feeds:
        feeds.save_states([Stored(ILL)])
    refresh(line)
    add_channel(line, "ops", receiver.url())
    logs = tmp_path / "airflow" / "logs" / "dag_id=news_pipeline"
    logs.mkdir(parents=True)
    (logs / "attempt=1.log").write_text("long ago")
    os.utime(logs / "attempt=1.log", (0, 0))

    twice: list[tuple[str, dict[str, Any]]] = [("maintain", {}), ("maintain", {})]
    runs, log = dag_runs(line, tmp_path / "airflow", [*twice, ("daily_digest", {}), ("daily_digest", {})])
    kept, again, told, told_again = map(results, runs)

    nothing = {"by_age": 0, "by_size": 0, "stories": 0, "records": 0}
    assert kept["remove_old"] == nothing | {"by_age": 1, "stories": 1}
    assert again["remove_old"] == nothing
    assert kept["keep_kafka_shorter"] == {"changed": []}
    assert kept["look_at_feeds"] == {"cannot_be_read": ["Delta Times: its server has an error"]}
    assert kept["check_knowledge"]["checked"] > 10
    assert kept["clean_airflow"]["log_files"] == 1
    assert "AIRFLOW_CONN_AIRFLOW_DB is not set" in kept["clean_airflow"]["database"]
    assert "Delta Times: its server has an error" in log

    day = NOW.astimezone(ZoneInfo("Asia/Tokyo")).date()
    file = Path(told["write_digest"]["file"])
    assert file == tmp_path / "data" / "digests" / f"{day}.html"
    assert (told["write_digest"]["told"], told_again["write_digest"]["told"]) == ("ops", None)
    assert receiver.ids == [f"digest-{day}"]
    said = receiver.bodies[0]["message"]
    assert "Rebels enter Homs (4 outlets, 4 articles)" in said
    newcomers = said.partition("New actors\n")[2].partition("\n\n")[0]
    assert newcomers == "- Government of Russia (5 articles)\n- United Nations (4 articles)"  # others are known already
    assert "Delta Times: its server has an error" in said
    html = file.read_text(encoding="utf-8")
    assert "Delta Times: its server has an error" in html
    assert "<script>alert(1)</script>" not in html

    assert runs_in(tmp_path / "airflow") == 4
    environment = airflow_environment(os.environ, tmp_path / "airflow")
    subprocess.run(
        [sys.executable, "-c", CLEAN],
        env=environment | {DATABASE: environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]},
        check=True,
    )
    assert runs_in(tmp_path / "airflow") == 0


def runs_in(home: Path) -> int:
    """How many runs Airflow remembers."""
    with closing(sqlite3.connect(home / "airflow.db")) as database:
        (count,) = database.execute("SELECT COUNT(*) FROM dag_run").fetchone()
    return int(count)

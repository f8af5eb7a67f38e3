"""One DAG, run once by Airflow in this process.

    python -m wirewatch.scheduling.dag_process DAG_ID HOME TEMPLATE [PRELOAD]...

Everything that takes long and needs no server (loading Airflow, its database, its execution interface, the DAG, and
what PRELOAD names) is done first, while the servers start; then a `Begin` is read from standard input. Events go to
standard output, all else that is printed goes to standard error. The process ends when its standard input does.
"""

from __future__ import annotations

import gc
import os
import pkgutil
import queue
import sys
import threading
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import msgspec

from wirewatch.scheduling.database import make_database
from wirewatch.scheduling.messages import Begin, Broken, Event, Ready, RunEnded, TaskEnded, TaskFailed, TaskStarted
from wirewatch.settings import load_settings


def main(dag_id: str, home: str, template: str, *preload: str) -> None:
    """Make ready, wait for the word, run the DAG, and leave."""
    events = _Events(os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)
    begun: queue.SimpleQueue[Begin] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(begun,), daemon=True).start()
    # A third of the time it takes to import Airflow goes into garbage collections that find nothing.
    gc.disable()
    try:
        dag = _made_ready(dag_id, Path(home), Path(template))
        events.tell(Ready(tuple(dag.task_ids)))
        _preload(preload, begun)
        gc.freeze()
        gc.enable()
        begin = begun.get()
        os.environ.update(begin.environment)
        _run(dag, begin.params, events)
    except BaseException as error:
        events.tell(Broken(_one_line(error)))
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    # Airflow's threads and exit handlers take two seconds for what the end of the process does at once.
    os._exit(0)


class _Events:
    """The way back to the parent; Airflow calls the hooks below because this is registered as a listener."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def tell(self, event: Event) -> None:
        """Send one event; a parent that is gone ends the process."""
        self._file.write(msgspec.json.encode(event, enc_hook=str) + b"\n")
        self._file.flush()


def _listener(events: _Events) -> Any:
    from airflow.listeners import hookimpl

    class Listener:
        @hookimpl
        def on_task_instance_running(self, previous_state: Any, task_instance: Any) -> None:  # noqa: ARG002
            events.tell(TaskStarted(task_instance.task_id))

        @hookimpl
        def on_task_instance_success(self, previous_state: Any, task_instance: Any) -> None:  # noqa: ARG002
            result = task_instance.xcom_pull(task_ids=task_instance.task_id)
            events.tell(TaskEnded(task_instance.task_id, result))

        @hookimpl
        def on_task_instance_failed(self, previous_state: Any, task_instance: Any, error: Any) -> None:  # noqa: ARG002
            events.tell(TaskFailed(task_instance.task_id, _one_line(error)))

    return Listener()


def _listen(begun: queue.SimpleQueue[Begin]) -> None:
    """Pass on the `Begin`; when the parent closes the pipe, or is gone in whatever way, so are we."""
    for line in sys.stdin.buffer:
        begun.put(msgspec.json.decode(line, type=Begin))
    os._exit(1)


def _made_ready(dag_id: str, home: Path, template: Path) -> Any:
    """The DAG, with all of Airflow that it needs loaded."""
    _prepare_database(home, template)
    dag = _read_dag(dag_id)
    _warm_execution_api()
    return dag


def _prepare_database(home: Path, template: Path) -> None:
    """Create Airflow's tables, once for each ``home``."""
    made = home / "database.ready"
    if not made.exists():
        make_database(home, template)
        made.touch()


def _read_dag(dag_id: str) -> Any:
    from airflow.dag_processing.dagbag import BundleDagBag

    from wirewatch.resources import dags_folder

    path = dags_folder() / f"{dag_id}.py"
    bag = BundleDagBag(dag_folder=str(path), bundle_path=path.parent, bundle_name="dags-folder")
    for trace in bag.import_errors.values():
        raise ImportError(f"{path.name}: {trace.strip().splitlines()[-1]}")
    dag = bag.dags[dag_id]
    # By hand somebody is waiting: the first failure is the answer. The schedule, at night, tries again.
    for task in dag.tasks:
        task.retries = 0
    return dag


def _warm_execution_api() -> None:
    """Make Airflow build the interface that tasks talk to; its first request takes seconds, any request will do."""
    import httpx
    from airflow.sdk.execution_time.supervisor import in_process_api_server

    with httpx.Client(transport=in_process_api_server().transport, base_url="http://in-process.invalid") as client:
        client.get("/health").raise_for_status()


def _preload(names: Iterable[str], begun: queue.SimpleQueue[Begin]) -> None:
    """Import those modules, and call those functions with the settings, for as long as nobody waits for the run."""
    for name in names:
        if not begun.empty():
            return
        try:
            found = pkgutil.resolve_name(name)
            if callable(found):
                found(load_settings())
        except Exception:  # the task that needs it will fail of it, and say so
            traceback.print_exc()


def _run(dag: Any, params: dict[str, Any], events: _Events) -> None:
    from airflow.sdk.listener import get_listener_manager

    get_listener_manager().add_listener(_listener(events))  # type: ignore[no-untyped-call]
    ended = dag.test(run_conf=params)
    events.tell(RunEnded(ended.run_id, str(ended.state)))


def _one_line(error: object) -> str:
    text = " ".join(str(error).split())
    if type(error).__module__ == "wirewatch.errors":
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


if __name__ == "__main__":
    main(*sys.argv[1:])

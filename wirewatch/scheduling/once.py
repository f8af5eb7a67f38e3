"""A DAG run once, now, by Airflow's own means, without a scheduler and without a server of Airflow's."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from wirewatch.errors import RunFailed
from wirewatch.resources import dags_folder, plugins_folder
from wirewatch.scheduling.database import NAME, template_in
from wirewatch.scheduling.messages import Begin, Broken, Event, RunEnded, TaskFailed
from wirewatch.settings import Settings

LOGS_KEPT = 10
LOG_LINES_SHOWN = 15
_PATIENCE_S = 5.0


class DagOnce:
    """A process that has loaded, or is loading, Airflow and one DAG; see `loading`."""

    def __init__(self, dag_id: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.dag_id = dag_id
        self.log = log
        self._process = process

    def run(self, settings: Settings, params: Mapping[str, Any]) -> Iterator[Event]:
        """Run the DAG on ``settings``' servers and yield what happens, `RunEnded` last.

        Raises RunFailed, which names the task and why, when it does not succeed.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        begin = Begin(settings.environment(), dict(params))
        with contextlib.suppress(BrokenPipeError):  # it has ended; its last event, or its log, says why
            self._process.stdin.write(msgspec.json.encode(begin) + b"\n")
            self._process.stdin.flush()
        for line in self._process.stdout:
            event = msgspec.json.decode(line, type=Event)
            if isinstance(event, Broken):
                raise RunFailed(f"{self.dag_id}: {event.why} (more in {self.log})")
            yield event
            if isinstance(event, TaskFailed):  # for good: by hand nothing is tried again
                raise RunFailed(f"{self.dag_id}: task {event.task} failed: {event.why} (more in {self.log})")
            if isinstance(event, RunEnded):
                if event.state != "success":
                    raise RunFailed(f"{self.dag_id}: Airflow says that the run is {event.state} (more in {self.log})")
                return
        raise RunFailed(
            f"{self.dag_id}: its process ended with code {self._process.wait(_PATIENCE_S)} in the middle of the run; "
            f"the last lines of {self.log}:\n{_tail(self.log)}"
        )


@contextlib.contextmanager
def loading(settings: Settings, dag_id: str, *, preload: Sequence[str] = ()) -> Iterator[DagOnce]:
    """Begin to load Airflow and the DAG in a process of its own, which is gone at the end, whatever the end is.

    ``preload`` names modules to import, and functions (``module:name``) to call with the settings, while nobody waits.
    Airflow's home is a folder in ``settings.data_dir``, one for each version of Airflow; what it says goes to a log
    file in there.
    """
    home = Path(settings.data_dir) / "airflow-once" / version("apache-airflow-core")
    home.mkdir(parents=True, exist_ok=True)
    template = template_in(settings.cache_dir)
    log = _new_log(Path(settings.data_dir) / "logs", dag_id)
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "wirewatch.scheduling.dag_process", dag_id, str(home), str(template), *preload],
            env=airflow_environment(os.environ, home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=file,
            start_new_session=True,  # Ctrl-C is for us; we end it
        )
    with process:
        try:
            yield DagOnce(dag_id, process, log)
        finally:
            process.kill()


def airflow_environment(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """``environ`` for an Airflow of its own in ``home``: nothing of another Airflow's configuration is left."""
    kept = {name: value for name, value in environ.items() if not name.startswith(("AIRFLOW__", "AIRFLOW_"))}
    return kept | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags_folder()),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins_folder()),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home.resolve()}/{NAME}",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def _new_log(folder: Path, name: str) -> Path:
    """A log file that no other run has; of the older ones the last few stay."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.glob(f"{name}-*.log"))[: 1 - LOGS_KEPT]:
        old.unlink(missing_ok=True)
    return folder / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.log"


def _tail(path: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES_SHOWN:])

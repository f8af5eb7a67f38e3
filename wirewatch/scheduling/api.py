"""Airflow's REST API (v2): what a person does in its pages, for the command `dags`.

Source: Airflow's own description of it, `/docs` of a running Airflow 3.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec

from wirewatch.embedded import read_state
from wirewatch.errors import NoAirflow, Refused, RunFailed, Unavailable, UserMistake
from wirewatch.scheduling.own_airflow import USER, read_password
from wirewatch.settings import Settings

SERVER = "Airflow"
OVER = frozenset({"success", "failed"})
LOOK_EVERY_S = 1.0
ANSWER_S = 60.0  # a server of Airflow's that has just started on a busy machine takes long over its first answers


class Dag(msgspec.Struct, frozen=True):
    """A DAG as Airflow knows it; ``schedule`` is None for one that is started by hand only."""

    dag_id: str
    name: str
    description: str
    schedule: str | None
    paused: bool
    next_run: str | None


class Run(msgspec.Struct, frozen=True):
    """A run of a DAG: Airflow's word for its state, times in ISO 8601, the note that it left."""

    dag_id: str
    run_id: str
    state: str
    kind: str
    started: str | None
    ended: str | None
    note: str | None


class Api:
    """An Airflow that lets us in; see `airflow_api`."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def dags(self) -> list[Dag]:
        """All DAGs, by id."""
        found = self._ask("GET", "/api/v2/dags", params={"limit": 100, "order_by": "dag_id"})["dags"]
        return [_dag(each) for each in found]

    def trigger(self, dag_id: str, form: Mapping[str, Any]) -> Run:
        """Run a DAG now with ``form`` filled in; UserMistake where there is none, it is paused or refuses the form."""
        if self._ask("GET", f"/api/v2/dags/{dag_id}")["is_paused"]:
            raise UserMistake(f"{dag_id} is paused, its run would only wait; `wirewatch dags unpause {dag_id}` first")
        body = {"logical_date": None, "conf": dict(form)}
        return _run(self._ask("POST", f"/api/v2/dags/{dag_id}/dagRuns", json=body))

    def pause(self, dag_id: str, paused: bool = True) -> None:
        """Let a DAG's runs, those of its schedule and those by hand, wait or no longer wait."""
        self._ask("PATCH", f"/api/v2/dags/{dag_id}", json={"is_paused": paused})

    def run(self, dag_id: str, run_id: str) -> Run:
        """A run as it stands now."""
        return _run(self._ask("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}"))

    def runs(self, dag_id: str | None = None, *, limit: int = 20) -> list[Run]:
        """The last runs, newest first, of one DAG or of all."""
        given = {"limit": limit, "order_by": "-run_after"}
        return [
            _run(each) for each in self._ask("GET", f"/api/v2/dags/{dag_id or '~'}/dagRuns", params=given)["dag_runs"]
        ]

    def tasks(self, dag_id: str, run_id: str) -> dict[str, str]:
        """The state of each task of a run, in Airflow's words."""
        found = self._ask("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"]
        return {each["task_id"]: each["state"] or "waiting" for each in found}

    def wait(self, run: Run, report: Callable[[str], None]) -> Run:
        """The run once it is over; RunFailed names its failed tasks. Each task's change goes to ``report``."""
        told: dict[str, str] = {}
        while True:
            tasks = self.tasks(run.dag_id, run.run_id)
            for task, state in tasks.items():
                if told.get(task) != state and state != "waiting":
                    report(f"{task}: {state}")
            told = tasks
            run = self.run(run.dag_id, run.run_id)
            if run.state in OVER:
                break
            time.sleep(LOOK_EVERY_S)
        if run.state != "success":
            failed = ", ".join(task for task, state in tasks.items() if state == "failed") or "a task"
            raise RunFailed(
                f"{run.dag_id}: {failed} failed in {run.run_id}; the last line of its log in Airflow says what to do"
            )
        return run

    def _ask(self, method: str, path: str, **given: Any) -> Any:
        address = str(self._http.base_url)
        try:
            answer = self._http.request(method, path, **given)
        except httpx.HTTPError as error:
            raise Unavailable(SERVER, address, str(error) or type(error).__name__) from error
        if answer.is_success:
            return answer.json()
        why = _detail(answer)
        if answer.status_code in {400, 404, 409, 422}:
            raise UserMistake(f"Airflow says: {why}")
        raise Refused(SERVER, address, f"{why} ({answer.status_code})")


@contextmanager
def airflow_api(settings: Settings) -> Iterator[Api]:
    """The Airflow of `wirewatch up`, or your own (``airflow`` in the settings), with a token to use it.

    Raises NoAirflow where none is known, Unavailable and Refused.
    """
    url, user, password = _where(settings)
    with logged_in(url, user, password, timeout_s=settings.connect_timeout_s) as api:
        yield api


@contextmanager
def logged_in(url: str, user: str, password: str, *, timeout_s: float) -> Iterator[Api]:
    """The Airflow at ``url``, with a token to use it; raises Unavailable and Refused."""
    patience = httpx.Timeout(ANSWER_S, connect=timeout_s)
    with httpx.Client(base_url=url, timeout=patience) as http:
        token = Api(http)._ask("POST", "/auth/token", json={"username": user, "password": password})
        http.headers["Authorization"] = f"Bearer {token['access_token']}"
        yield Api(http)


def _where(settings: Settings) -> tuple[str, str, str]:
    if settings.airflow:
        return settings.airflow.rstrip("/"), settings.airflow_user, settings.airflow_password or ""
    state = read_state(settings.data_dir)
    if state is None or state.airflow is None:
        raise NoAirflow
    return state.airflow, USER, read_password(settings)


def _dag(found: Mapping[str, Any]) -> Dag:
    return Dag(
        dag_id=found["dag_id"],
        name=found["dag_display_name"],
        description=found["description"] or "",
        schedule=found["timetable_summary"],
        paused=found["is_paused"],
        next_run=found["next_dagrun_run_after"],
    )


def _run(found: Mapping[str, Any]) -> Run:
    return Run(
        dag_id=found["dag_id"],
        run_id=found["dag_run_id"],
        state=found["state"],
        kind=found["run_type"],
        started=found["start_date"],
        ended=found["end_date"],
        note=found["note"],
    )


def _detail(answer: httpx.Response) -> str:
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return answer.text.strip()[:200] or answer.reason_phrase
    if isinstance(detail, list):
        detail = "; ".join(str(each.get("msg", each)) for each in detail)
    return " ".join(str(detail).split())

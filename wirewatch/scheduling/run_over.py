"""A run that is over: its note in Airflow, and its record in ``news-runs``. Called inside Airflow's scheduler."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from wirewatch.errors import WirewatchError
from wirewatch.scheduling.notes import note_of

if TYPE_CHECKING:
    from airflow.models import DagRun

PATIENCE_S = 2.0
"""So long the scheduler is kept waiting for Elasticsearch at most."""
OURS = "wirewatch"
"""The tag that all of our DAGs have."""

log = logging.getLogger(__name__)


def note_run(dag_run: DagRun) -> None:
    """Write what a run of our DAGs did into its note, unless a person wrote one there, and into ``news-runs``."""
    from airflow.utils.session import create_session
    from sqlalchemy.orm import object_session

    session = object_session(dag_run)
    if session is not None:  # the scheduler's, which writes the note together with the run's state
        _note(session, dag_run, dag_run)
        return
    with create_session() as own:  # `dag.test` works without one
        _note(own, dag_run, own.get_one(type(dag_run), dag_run.id))


def _note(session: Any, ended: DagRun, stored: DagRun) -> None:
    if not _is_ours(session, ended.dag_id):
        return
    failed = [ti.task_id for ti in stored.get_task_instances(session=session) if ti.state == "failed"]
    text = note_of(_results(session, stored), failed)
    if stored.dag_run_note is None or stored.dag_run_note.user_id is None:
        stored.note = text
    _keep(ended, text)


def _is_ours(session: Any, dag_id: str) -> bool:
    from airflow.models.dag import DagTag

    return session.get(DagTag, (OURS, dag_id)) is not None


def _results(session: Any, dag_run: DagRun) -> dict[str, Any]:
    """What each task gave back."""
    from airflow.models.xcom import XComModel

    asked = XComModel.get_many(run_id=dag_run.run_id, key="return_value", dag_ids=dag_run.dag_id)
    return {one.task_id: XComModel.deserialize_value(one) for one in session.scalars(asked)}


def _keep(dag_run: DagRun, text: str) -> None:
    from producers.set_aside import bring_in, set_aside
    from wirewatch.scheduling.tasks import running_servers
    from wirewatch.search.records import Record, keep_record
    from wirewatch.settings import load_settings

    began = dag_run.start_date or datetime.now(UTC)
    ended = dag_run.end_date or datetime.now(UTC)
    record = Record(
        id=f"{dag_run.dag_id}.{dag_run.run_id}",
        kind="dag_run",
        began_at=began,
        took_s=round((ended - began).total_seconds(), 3),
        dag_id=dag_run.dag_id,
        airflow_run_id=dag_run.run_id,
        state=str(getattr(dag_run.state, "value", dag_run.state)),
        says=text,
    )
    try:
        settings = running_servers().impatient(PATIENCE_S)
        bring_in(settings)
        keep_record(settings, record, again=True)
    except WirewatchError as error:
        set_aside(load_settings(), record, error)

"""Airflow's plugin that writes what a run did into its note and into ``news-runs``; a task cannot write a note.

Airflow calls the listener when a run is over, in the scheduler: it takes a moment at most and never fails the run.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from airflow.models import DagRun


@hookimpl
def on_dag_run_success(dag_run: DagRun, msg: str) -> None:  # noqa: ARG001
    """Say what it did."""
    _over(dag_run)


@hookimpl
def on_dag_run_failed(dag_run: DagRun, msg: str) -> None:  # noqa: ARG001
    """Say how far it came, and what failed."""
    _over(dag_run)


def _over(dag_run: DagRun) -> None:
    from wirewatch.scheduling.run_over import note_run

    note_run(dag_run)


class RunNotes(AirflowPlugin):
    """Registers the listener, which is this module."""

    name = "wirewatch_run_notes"
    listeners = [sys.modules[__name__]]  # noqa: RUF012  # Airflow's own way to say it

"""What `wirewatch.scheduling.once` and the process that it starts say to each other: one JSON object a line."""

from __future__ import annotations

from typing import Any

import msgspec


class Begin(msgspec.Struct, frozen=True):
    """Run the DAG now, with these environment variables (the servers' addresses) and this form filled in."""

    environment: dict[str, str]
    params: dict[str, Any]


class Ready(msgspec.Struct, frozen=True, tag=True):
    """Airflow is loaded and the DAG is read."""

    tasks: tuple[str, ...]


class TaskStarted(msgspec.Struct, frozen=True, tag=True):
    """A task has begun."""

    task: str


class TaskEnded(msgspec.Struct, frozen=True, tag=True):
    """A task has succeeded; ``result`` is its XCom."""

    task: str
    result: Any


class TaskFailed(msgspec.Struct, frozen=True, tag=True):
    """A task has failed for good; ``why`` is one line."""

    task: str
    why: str


class RunEnded(msgspec.Struct, frozen=True, tag=True):
    """The run is over; ``state`` is Airflow's word for how."""

    run_id: str
    state: str


class Broken(msgspec.Struct, frozen=True, tag=True):
    """Airflow or the DAG itself cannot be used; ``why`` is one line."""

    why: str


Event = Ready | TaskStarted | TaskEnded | TaskFailed | RunEnded | Broken

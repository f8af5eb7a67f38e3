"""All that `wirewatch up` keeps up: the consumers and Airflow, as child processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import msgspec

from wirewatch.embedded import Kept, UpState, clear_state, process_created, stop_all, write_state
from wirewatch.search.indices import ensure_indices
from wirewatch.settings import Settings
from wirewatch.stream.admin import ensure_topics
from wirewatch.stream.metrics import metrics_address
from wirewatch.topics import CONSUMERS

if TYPE_CHECKING:
    from wirewatch.scheduling.kept_airflow import KeptAirflow

LOOK_EVERY_S = 0.5
STOP_GRACE_S = 10.0


def hold_up(
    settings: Settings, stop: Event, *, consumers: bool, airflow: KeptAirflow | None, report: Callable[[str], None]
) -> None:
    """Keep the line up until ``stop``: topics and indices made, all parts running, addresses where others find them."""
    kept: list[Kept] = []
    try:
        if airflow is not None:
            airflow.look()  # its database is made while topics and indices are
        ensure_topics(settings)
        ensure_indices(settings)
        kept += (
            [_consumer(name, with_metrics_at(settings, at), report) for at, name in enumerate(CONSUMERS)]
            if consumers
            else []
        )
        for one in kept:
            one.look()
        state = _state(settings, CONSUMERS if consumers else (), ready=airflow is None)
        write_state(settings.data_dir, state)
        report(f"Kafka at {settings.kafka}, Elasticsearch at {settings.elasticsearch}")
        while not stop.wait(LOOK_EVERY_S):
            for one in kept:
                one.look()
            if airflow is not None:
                airflow.look()
                if not state.ready and airflow.settled():
                    state = msgspec.structs.replace(state, airflow=airflow.url, ready=True)
                    write_state(settings.data_dir, state)
    finally:
        clear_state(settings.data_dir)
        children = [one.child for one in kept if one.child is not None]
        stop_all([*children, *(airflow.children() if airflow is not None else ())], STOP_GRACE_S)


def with_metrics_at(settings: Settings, place: int) -> Settings:
    """The settings for one of several consumers on this machine: ``place`` ports behind the first one's metrics."""
    if settings.metrics is None:
        return settings
    host, port = metrics_address(settings.metrics)
    return msgspec.structs.replace(settings, metrics=f"{host}:{port + place}")


def _consumer(name: str, settings: Settings, report: Callable[[str], None]) -> Kept:
    return Kept(
        name,
        [sys.executable, "-m", "wirewatch", "consume", name],
        env=os.environ | settings.environment(),
        folder=Path(settings.data_dir),
        report=report,
    )


def _state(settings: Settings, consumers: tuple[str, ...], *, ready: bool) -> UpState:
    assert settings.kafka
    assert settings.elasticsearch
    pid = os.getpid()
    return UpState(
        pid=pid,
        created=process_created(pid),
        kafka=settings.kafka,
        elasticsearch=settings.elasticsearch,
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        consumers=consumers,
        ready=ready,
    )

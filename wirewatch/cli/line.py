"""All that `wirewatch up` keeps up: the consumers, the pulse, the page and Airflow, as child processes."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import msgspec

from wirewatch.embedded import Kept, UpState, clear_state, process_created, stop_all, write_state
from wirewatch.embedded.started import LOOPBACK
from wirewatch.page.server import port_of, url_of
from wirewatch.search.indices import ensure_indices
from wirewatch.settings import Settings
from wirewatch.stream.admin import ensure_topics
from wirewatch.stream.metrics import metrics_address
from wirewatch.topics import CONSUMERS

if TYPE_CHECKING:
    from wirewatch.scheduling.kept_airflow import KeptAirflow

LOOK_EVERY_S = 0.5
PAGE_PATIENCE_S = 60.0
"""After so long without an answer the line counts as up without the page; the first start builds the gazetteer."""
STOP_GRACE_S = 10.0


def hold_up(
    settings: Settings, stop: Event, *, consumers: bool, airflow: KeptAirflow | None, report: Callable[[str], None]
) -> None:
    """Keep the line up until ``stop``: topics and indices made, all parts running, addresses where others find them."""
    kept: list[Kept] = []
    page = KeptPage(settings, report) if consumers else None
    try:
        if airflow is not None:
            airflow.look()  # its database is made while topics and indices are
        ensure_topics(settings)
        ensure_indices(settings)
        if consumers:
            kept += [
                _kept(name, ["consume", name], with_metrics_at(settings, at), report)
                for at, name in enumerate(CONSUMERS)
            ]
            kept.append(_kept("pulse", ["pulse"], settings, report))
        kept += [page.kept] if page is not None else []
        for one in kept:
            one.look()
        state = _state(settings, CONSUMERS if consumers else (), ready=airflow is None and page is None)
        write_state(settings.data_dir, state)
        report(f"Kafka at {settings.kafka}, Elasticsearch at {settings.elasticsearch}")
        while not stop.wait(LOOK_EVERY_S):
            for one in kept:
                one.look()
            if page is not None:
                page.look()
            if airflow is not None:
                airflow.look()
            settled = (page is None or page.settled()) and (airflow is None or airflow.settled())
            now = msgspec.structs.replace(
                state, page=page and page.url, airflow=airflow and airflow.url, ready=state.ready or settled
            )
            if now != state:
                state = now
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


class KeptPage:
    """The live page as a child that is started again when it dies, always on the same port; ``url`` once it answers."""

    def __init__(self, settings: Settings, report: Callable[[str], None]) -> None:
        self._port, self._report = port_of(settings), report
        self._began = time.monotonic()
        self.kept = _kept("page", ["page", "--port", str(self._port)], settings, report)
        self.url: str | None = None

    def look(self) -> None:
        """See whether it answers; never waits."""
        if self.url is None:
            with socket.socket() as attempt:
                attempt.settimeout(0.2)
                if attempt.connect_ex((LOOPBACK, self._port)) == 0 and self.kept.child and self.kept.child.alive():
                    self.url = url_of(self._port)
                    self._report(f"the page at {self.url}")

    def settled(self) -> bool:
        """Whether it answers, or has been waited for long enough."""
        return self.url is not None or time.monotonic() - self._began > PAGE_PATIENCE_S


def _kept(name: str, command: list[str], settings: Settings, report: Callable[[str], None]) -> Kept:
    return Kept(
        name,
        [sys.executable, "-m", "wirewatch", *command],
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

"""The consumers as child processes: started, watched, started again, stopped."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from wirewatch.embedded import Child, UpState, clear_state, process_created, stop_all, write_state
from wirewatch.errors import NEEDS_A_PERSON
from wirewatch.search.indices import ensure_indices
from wirewatch.settings import Settings
from wirewatch.stream.admin import ensure_topics
from wirewatch.topics import CONSUMERS

LOOK_EVERY_S = 0.5
STOP_GRACE_S = 10.0
LONGEST_REST_S = 30.0


class Kept:
    """One consumer that is started again when it dies, with longer and longer rests, but not when it needs a person."""

    def __init__(self, consumer: str, settings: Settings, report: Callable[[str], None]) -> None:
        self._consumer, self._settings, self._report = consumer, settings, report
        self._rest_s = 0.5
        self._start_at: float | None = 0.0
        self.child: Child | None = None

    def look(self) -> None:
        """Start it, or start it again, when it is time to."""
        now = time.monotonic()
        if self.child is not None and self.child.alive():
            return
        if self.child is not None:
            self._died(self.child, now)
        if self._start_at is not None and now >= self._start_at:
            self.child = Child(
                self._consumer,
                [sys.executable, "-m", "wirewatch", "consume", self._consumer],
                env=os.environ | self._settings.environment(),
                cwd=Path(self._settings.data_dir),
                log=Path(self._settings.data_dir) / "logs" / f"{self._consumer}.log",
            )
            self.child.start()

    def _died(self, child: Child, now: float) -> None:
        self.child = None
        last = child.tail(1).strip() or "it said nothing"
        if child.exit_code() == NEEDS_A_PERSON:
            self._start_at = None
            self._report(f"{self._consumer} stopped and needs you: {last}")
            return
        self._start_at = now + self._rest_s
        self._report(f"{self._consumer} died ({last}); starting it again in {self._rest_s:.1f} s")
        self._rest_s = min(2 * self._rest_s, LONGEST_REST_S)


def hold_up(settings: Settings, stop: Event, *, consumers: bool, report: Callable[[str], None]) -> None:
    """Keep the line up until ``stop``: topics and indices made, consumers running, addresses where others find them."""
    ensure_topics(settings)
    ensure_indices(settings)
    kept = [Kept(name, settings, report) for name in CONSUMERS] if consumers else []
    try:
        for one in kept:
            one.look()
        write_state(settings.data_dir, _state(settings, CONSUMERS if consumers else ()))
        report(f"Kafka at {settings.kafka}, Elasticsearch at {settings.elasticsearch}")
        while not stop.wait(LOOK_EVERY_S):
            for one in kept:
                one.look()
    finally:
        clear_state(settings.data_dir)
        stop_all((one.child for one in kept if one.child is not None), STOP_GRACE_S)


def _state(settings: Settings, consumers: tuple[str, ...]) -> UpState:
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
    )

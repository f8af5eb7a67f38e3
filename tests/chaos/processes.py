"""The consumers of a run: started armed, started again when they die, frozen and killed."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from pathlib import Path

import psutil

from tests.chaos.plan import Schedule
from wirewatch import clock
from wirewatch.embedded import Child, stop_all
from wirewatch.failpoints import VARIABLE
from wirewatch.settings import Settings

KILLED = 128 + signal.SIGKILL
FROZEN_S = 6.0
"""A process frozen by a failpoint goes on after so long, when its work has been another's for a while."""


class Consumer:
    """One process; each start is armed with the next failpoint, the same one again until it was reached."""

    def __init__(self, settings: Settings, name: str, failpoints: tuple[str, ...] = ()) -> None:
        self.name, self.stage = name, name.partition("-")[0]
        self.left = list(failpoints)
        self.reached = Counter[str]()
        self.exits: list[str] = []
        self.kills = 0
        self.thaw_at = 0.0
        self._killed_by_us = False
        self.settings = settings
        self._clock = Path(settings.data_dir) / "logs" / f"{name}.clock"
        self.set_clock(0)
        self.child = self._start()

    def keep(self, now: float) -> None:
        """Start it again when it is dead, let it go on when it was frozen for long enough."""
        if self.child.alive():
            if self.thaw_at == 0.0 and self._is_frozen():
                self.reached[self.left.pop(0).split(":")[0] + " STOP"] += 1
                self.thaw_at = now + FROZEN_S
            elif self.thaw_at and now >= self.thaw_at:
                self._send(signal.SIGCONT)
                self.thaw_at = 0.0
            return
        if self.child.exit_code() == KILLED and not self._killed_by_us and self.left:
            self.reached[self.left.pop(0).split(":")[0]] += 1
        elif not self._killed_by_us:
            self.exits.append(
                f"{self.name} ended by itself with exit code {self.child.exit_code()}: {self.child.tail(1)}"
            )
        self._killed_by_us, self.thaw_at = False, 0.0
        self.child = self._start()

    def kill(self) -> None:
        """kill -9."""
        if self.child.alive() and not self._killed_by_us:
            self._killed_by_us = True
            self.kills += 1
            self._send(signal.SIGKILL)

    def freeze(self, until: float) -> None:
        """SIGSTOP, until it is kept after ``until``."""
        if self.child.alive() and not self.thaw_at:
            self.thaw_at = until
            self._send(signal.SIGSTOP)

    def set_clock(self, off_s: float) -> None:
        """From now on its clock is so many seconds ahead."""
        self._clock.parent.mkdir(parents=True, exist_ok=True)
        written = self._clock.with_suffix(".new")
        written.write_text(str(off_s), encoding="utf-8")
        written.replace(self._clock)  # it reads it at any time, and never half of it

    def _send(self, number: signal.Signals) -> None:
        assert self.child.pid is not None
        try:
            os.kill(self.child.pid, number)
        except ProcessLookupError:  # it was quicker
            self._killed_by_us = False

    def _is_frozen(self) -> bool:
        try:
            return bool(psutil.Process(self.child.pid).status() == psutil.STATUS_STOPPED)
        except psutil.NoSuchProcess:
            return False

    def _start(self) -> Child:
        armed = {clock.VARIABLE: str(self._clock)} | ({VARIABLE: self.left[0]} if self.left else {})
        child = Child(
            self.name,
            [sys.executable, "-W", "ignore", "-m", "wirewatch", "consume", self.stage],
            env=os.environ | self.settings.environment() | armed,
            cwd=Path("/"),
            log=Path(self.settings.data_dir) / "logs" / f"{self.name}.log",
        )
        child.start()
        return child


def start_all(settings: Settings, schedule: Schedule) -> dict[str, Consumer]:
    """Every process of the schedule."""
    return {name: Consumer(settings, name, points) for name, points in schedule.armed.items()}


def end_all(running: dict[str, Consumer]) -> None:
    """Stop them, those that are frozen too."""
    for one in running.values():
        if one.thaw_at:
            one.keep(float("inf"))
    stop_all([one.child for one in running.values()])

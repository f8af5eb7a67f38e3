"""What the servers are busy with: a bar on a terminal, elsewhere a line every few seconds."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

EVERY_S = 4.0


class Cancelled(Exception):
    """Nobody waits for the result any more."""


class Step:
    """One server on its way up: what it is doing, and how many bytes of how many it has fetched."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.doing = "waiting"
        self.fetched = 0
        self.total = 0
        self.cancelled = threading.Event()
        self._lock = threading.Lock()

    def now(self, doing: str) -> None:
        """Say what is being done from here on."""
        self.doing = doing
        self.check()

    def expect(self, size: int) -> None:
        """So many bytes more are to come."""
        with self._lock:
            self.total += size

    def advance(self, size: int) -> None:
        """So many bytes have come; raises Cancelled when nobody waits for them."""
        with self._lock:
            self.fetched += size
        self.check()

    def check(self) -> None:
        """Raise Cancelled when nobody waits any more."""
        if self.cancelled.is_set():
            raise Cancelled(self.name)

    def line(self) -> str:
        """The step in words."""
        if self.doing == "fetching" and self.total:
            return f"{self.name}: fetching, {self.fetched / 1e6:.0f} of {self.total / 1e6:.0f} MB"
        return f"{self.name}: {self.doing}"


class Board:
    """Shows steps until it is left; ``tick`` at least once a second keeps it moving."""

    def __init__(self, steps: tuple[Step, ...], report: Callable[[str], None]) -> None:
        self.steps = steps
        self.report = report
        self.started = time.monotonic()
        self.said = self.started
        self.bars: Progress | None = None
        self.tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Board:
        if sys.stderr.isatty():
            self.bars = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                DownloadColumn(),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self.bars.start()
            self.tasks = {step.name: self.bars.add_task(step.name, total=None) for step in self.steps}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bars is not None:
            self.bars.stop()

    def tick(self) -> None:
        """Show where the steps are now."""
        if self.bars is not None:
            for step in self.steps:
                self.bars.update(
                    self.tasks[step.name],
                    description=f"{step.name}: {step.doing}",
                    completed=step.fetched,
                    total=step.total if step.doing == "fetching" and step.total else None,
                )
        elif time.monotonic() - self.said >= EVERY_S:
            self.said = time.monotonic()
            seconds = self.said - self.started
            self.report(f"{' · '.join(step.line() for step in self.steps)} ({seconds:.0f} s)")

"""What a long command says while it works: something moves at least every few seconds, on a terminal or in a log."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType

from rich.console import Console

SILENCE_S = 4.5
"""Without a terminal, so long nothing may be said before the work at hand is named again."""


class Progress:
    """Lines of what is done, and under them what is being done now with its seconds; all on standard error.

    Until `doing` is called for the first time, what is done shows its own progress.
    """

    def __init__(self, *, console: Console | None = None) -> None:
        self._console = console or Console(file=sys.stderr, highlight=False, soft_wrap=True)
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)
        self._status = self._console.status("") if self._console.is_terminal else None
        self._began = self._said = self._since = time.monotonic()
        self._now: str | None = None
        self._reached = ""

    def __enter__(self) -> Progress:
        self._ticker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._ticker.join()
        if self._status:
            self._status.stop()

    def say(self, line: str) -> None:
        """A line that stays."""
        with self._lock:
            self._said = time.monotonic()
            self._console.print(f"{self._said - self._began:5.1f} s  {line}", markup=False)

    def doing(self, what: str) -> None:
        """What is being done from now on."""
        with self._lock:
            self._now, self._since, self._reached = what, time.monotonic(), ""
            if self._status:
                self._status.start()

    def reached(self, how_far: str) -> None:
        """How far the present work has come."""
        self._reached = f": {how_far}"

    def took(self) -> float:
        """Seconds since the present work began."""
        return time.monotonic() - self._since

    def _tick(self) -> None:
        while not self._over.wait(0.25):
            with self._lock:
                if self._now is None:
                    continue
                now = time.monotonic()
                line = f"{self._now}{self._reached} … {now - self._since:.0f} s"
                if self._status:
                    self._status.update(line)
                elif now - self._said > SILENCE_S:
                    self._said = now
                    self._console.print(f"{now - self._began:5.1f} s  {line}", markup=False)

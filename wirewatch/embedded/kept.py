"""A child process that is kept up: started again when it dies, but not when it needs a person."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from wirewatch.embedded.process import Child
from wirewatch.errors import NEEDS_A_PERSON

LONGEST_REST_S = 30.0
SETTLED_S = 120.0
"""A child that ran for so long was well: its next rest is the shortest again."""


class Kept:
    """A child that `look` starts, and starts again with longer and longer rests; what happens goes to ``report``."""

    def __init__(
        self, name: str, argv: Sequence[str], *, env: Mapping[str, str], folder: Path, report: Callable[[str], None]
    ) -> None:
        self.name = name
        self._argv, self._env, self._folder, self._report = argv, env, folder, report
        self._rest_s = 0.5
        self._start_at: float | None = 0.0
        self._started_at = 0.0
        self.child: Child | None = None

    def look(self) -> None:
        """Start it, or start it again, when it is time to."""
        now = time.monotonic()
        if self.child is not None and self.child.alive():
            return
        if self.child is not None:
            self._died(self.child, now)
        if self._start_at is not None and now >= self._start_at:
            log = self._folder / "logs" / f"{self.name}.log"
            self.child = Child(self.name, self._argv, env=self._env, cwd=self._folder, log=log)
            self.child.start()
            self._started_at = now

    def _died(self, child: Child, now: float) -> None:
        self.child = None
        last = child.tail(1).strip() or "it said nothing"
        if child.exit_code() == NEEDS_A_PERSON:
            self._start_at = None
            self._report(f"{self.name} stopped and needs you: {last}")
            return
        if now - self._started_at > SETTLED_S:
            self._rest_s = 0.5
        self._start_at = now + self._rest_s
        self._report(f"{self.name} died ({last}); starting it again in {self._rest_s:.1f} s")
        self._rest_s = min(2 * self._rest_s, LONGEST_REST_S)

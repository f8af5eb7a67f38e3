"""Waiting until what was published stands in the index."""

from __future__ import annotations

import time

from wirewatch.bench.processes import Processes
from wirewatch.errors import BenchFailed
from wirewatch.search.client import connect
from wirewatch.search.rates import writes
from wirewatch.settings import Settings

LOOK_EVERY_S = 0.1


def until_written(settings: Settings, processes: Processes, total: int, *, stage: str, stalled_s: float) -> None:
    """Return when ``total`` articles were written to the index, be it that some were written twice.

    Raises BenchFailed for ``stage`` when a consumer died, or no more came for ``stalled_s`` seconds.
    """
    done, moved_at = -1, time.monotonic()
    with connect(settings) as es:
        while (now := writes(es, settings)) < total:
            if now != done:
                done, moved_at = now, time.monotonic()
            elif time.monotonic() - moved_at > stalled_s:
                raise BenchFailed(stage, f"after {done} of {total} articles nothing came for {stalled_s:.0f} s")
            processes.costs()  # a consumer that died is said at once
            time.sleep(LOOK_EVERY_S)

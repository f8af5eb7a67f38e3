"""From when on a search finds what was published: it is asked ten times a second for what it has not found yet."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from wirewatch.errors import WirewatchError
from wirewatch.search.client import connect
from wirewatch.search.rates import found
from wirewatch.settings import Settings

EVERY_S = 0.1
AT_ONCE = 500
"""Articles asked for in one request, the oldest first."""


class Sought:
    """Articles under way: when each was published, and when a search found it first (both time.perf_counter)."""

    def __init__(self) -> None:
        self.published: dict[str, float] = {}
        self.found: dict[str, float] = {}

    def seconds(self) -> list[float]:
        """How long each that was found took, no more exact than `EVERY_S`."""
        return [at - self.published[id_] for id_, at in self.found.items()]


@contextmanager
def sought(settings: Settings) -> Iterator[Sought]:
    """Look for what is put into its ``published``, until the block ends."""
    seeking, over = Sought(), threading.Event()
    thread = threading.Thread(target=_seek, args=(settings, seeking, over), daemon=True)
    thread.start()
    try:
        yield seeking
    finally:
        over.set()
        thread.join()


def _seek(settings: Settings, seeking: Sought, over: threading.Event) -> None:
    with connect(settings) as es:
        while not over.wait(EVERY_S):
            missing = [id_ for id_ in list(seeking.published) if id_ not in seeking.found][:AT_ONCE]
            try:
                there = found(es, settings, missing)
            except WirewatchError:  # asked again in a moment; the line itself says what is wrong
                continue
            seeking.found |= dict.fromkeys(there, time.perf_counter())

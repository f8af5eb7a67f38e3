"""Named points at which a test may kill the process, to see that nothing is lost or doubled there."""

from __future__ import annotations

import os
import signal
from collections import Counter

VARIABLE = "WIREWATCH_FAILPOINT"
_passed: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """Die here as by ``kill -9`` where ``WIREWATCH_FAILPOINT`` is ``name``, or ``name:n`` for the n-th time."""
    wanted = os.environ.get(VARIABLE)
    if not wanted:
        return
    point, _, times = wanted.partition(":")
    if point != name:
        return
    _passed[name] += 1
    if _passed[name] >= int(times or 1):
        os.kill(os.getpid(), signal.SIGKILL)

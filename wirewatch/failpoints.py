"""Named points at which a test may kill or freeze the process, to see that nothing is lost or doubled there."""

from __future__ import annotations

import os
import signal
from collections import Counter

VARIABLE = "WIREWATCH_FAILPOINT"
_passed: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """Die here as by ``kill -9`` where ``WIREWATCH_FAILPOINT`` is ``name``; nothing where it is not set.

    ``name:3`` waits for the third time, ``name:3:STOP`` sends another signal than KILL.
    """
    wanted = os.environ.get(VARIABLE)
    if not wanted:
        return
    point, times, kind = (*wanted.split(":"), "", "")[:3]
    if point != name:
        return
    _passed[name] += 1
    if _passed[name] == int(times or 1):
        os.kill(os.getpid(), signal.Signals[f"SIG{kind or 'KILL'}"])

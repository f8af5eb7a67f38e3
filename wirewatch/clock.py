"""The time, as the consumers see it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

VARIABLE = "WIREWATCH_TEST_CLOCK"


def now() -> datetime:
    """The time of this moment in UTC.

    Where ``WIREWATCH_TEST_CLOCK`` names a file it is off by the seconds in there: so a test lets it jump.
    """
    file = os.environ.get(VARIABLE)
    off_s = float(Path(file).read_text(encoding="utf-8") or 0) if file else 0.0
    return datetime.now(UTC) + timedelta(seconds=off_s)

"""The time that consumers see, which tests let jump."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wirewatch import clock


def test_it_is_the_time_of_this_moment() -> None:
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)


def test_it_jumps_with_the_file_of_a_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "clock"
    monkeypatch.setenv(clock.VARIABLE, str(file))
    for off_s in (7200.0, -7200.0, 0.0):
        file.write_text(str(off_s))
        assert abs(clock.now() - datetime.now(UTC) - timedelta(seconds=off_s)) < timedelta(seconds=1)

"""Measure the line on this machine and write docs/performance.md: `python scripts/write_performance.py`; 10 minutes."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from wirewatch.bench.page import page

ROOT = Path(__file__).parents[1]


def measured(*stage: str, **settings: str) -> Any:
    """What `wirewatch bench` prints, by the command as a user types it."""
    command = [sys.executable, "-m", "wirewatch", "bench", *stage, "--json"]
    return msgspec.json.decode(
        subprocess.run(command, env=os.environ | settings, stdout=subprocess.PIPE, check=True).stdout
    )


def machine() -> str:
    """Processor, cores and Python, in a few words."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ] or [platform.processor()]
    return f"{os.cpu_count()} cores ({names[0]}), Python {platform.python_version()}"


def main() -> int:
    """Measure twice, without the language model and as it is by default, and write the page."""
    without_model = measured("line", WIREWATCH_NER="off")
    default = measured()
    text = page(default, without_model, machine=machine(), day=datetime.now(UTC).date())
    (ROOT / "docs" / "performance.md").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What remembering many articles costs; `pytest -s -m long` prints the figures of docs/stories.md."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.made_stories import encoded, made_articles
from wirewatch.stories import Stories

COUNT = 200_000


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_remembered_article_takes_less_than_two_kilobytes(tmp_path: Path) -> None:
    kept = tmp_path / "assignments"
    kept.write_bytes(b"\n".join(encoded(COUNT)))
    stories, before, started = Stories(), resident_bytes(), time.process_time()
    with kept.open("rb") as lines:
        for line in lines:
            stories.restore_encoded(line.rstrip())
    stories.settle()
    restored = time.process_time() - started
    taken = resident_bytes() - before
    assert len(stories) == COUNT
    times = []
    for one in made_articles(500, COUNT // 2):
        started = time.process_time()
        stories.judge(one)
        times.append((time.process_time() - started) * 1000)
    times.sort()
    print(f"{COUNT} articles: taken in again in {restored:.1f} s of CPU, {taken / 1e6:.0f} MB")
    print(f"an article judged in {sum(times) / len(times):.1f} ms of CPU, p99 {times[int(len(times) * 0.99)]:.1f}")
    assert taken < 2_048 * COUNT

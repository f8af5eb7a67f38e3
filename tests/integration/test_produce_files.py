"""The files producer on a real Kafka, as a function and as the command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from producers.files import FLUSH_EVERY, Progress, run
from wirewatch.errors import Unavailable, UserMistake
from wirewatch.models import Article, Origin
from wirewatch.settings import Settings
from wirewatch.stream import Publisher, Received, Rejected, Until, consume
from wirewatch.topics import ARTICLES_BULK, ARTICLES_RAW

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)


def on_the_line(settings: Settings) -> list[tuple[Article, Origin, str]]:
    """All articles that wait for the tagger, with origin and topic."""
    found: list[tuple[Article, Origin, str]] = []

    def take(batch: Sequence[Received[Article]]) -> Sequence[Rejected]:
        found.extend((one.value, one.origin, one.topic.removeprefix(settings.name_prefix)) for one in batch)
        return []

    publisher = Publisher(settings)
    consume(
        settings, ARTICLES_RAW, "tagger", take, publisher=publisher, until=Until.END, slow_lane=ARTICLES_BULK, stop=None
    )
    publisher.close()
    return found


def command(settings: Settings, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from wirewatch.cli import main; main()", "produce", "files", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **settings.environment()},
    )


@pytest.fixture
def hundred(tmp_path: Path) -> Path:
    """A .jsonl of 100 lines, the 42nd broken."""
    lines = [json.dumps({"title": f"Title {n}", "text": "x", "extra": 1}) for n in range(1, 101)]
    lines[41] = '{"title": "Title 42'
    path = tmp_path / "hundred.jsonl"
    path.write_text("\n".join(lines))
    return path


def test_what_is_published_is_what_was_read(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "---\ntitle: Hama\nurl: https://x.example/h\ndate: 2024-12-05\n---\nThe army left.\n"
    )
    produced = run(settings, [str(tmp_path / "a.md")], now=NOW, airflow_run_id="manual__1")
    assert (produced.files, produced.read, produced.published) == (1, 1, 1)
    ((article, origin, topic),) = on_the_line(settings)
    assert (article.title, article.url, article.text) == ("Hama", "https://x.example/h", "The army left.")
    assert (article.fetched_at, article.lineage.airflow_run_id) == (NOW, "manual__1")
    assert (origin, topic) == (Origin.LIVE, ARTICLES_RAW.name)


def test_a_backfill_takes_the_slow_lane(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Old news\nText")
    run(settings, [str(tmp_path)], backfill=True, now=NOW)
    assert [(origin, topic) for _, origin, topic in on_the_line(settings)] == [(Origin.BACKFILL, ARTICLES_BULK.name)]


def test_everything_of_a_large_file_arrives_and_progress_moves(settings: Settings, tmp_path: Path) -> None:
    count = 2 * FLUSH_EVERY + 7
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps({"title": f"T{n}", "text": "x"}) + "\n" for n in range(count)))
    told: list[Progress] = []
    assert run(settings, [str(path)], now=NOW, on_progress=told.append).published == count
    assert len({article.id for article, _, _ in on_the_line(settings)}) == count
    assert told[-1].bytes_read == told[-1].bytes_total == path.stat().st_size
    assert told[count // 2].bytes_read < told[-1].bytes_read


def test_a_text_of_four_byte_characters_at_the_limit_is_taken_by_kafka(settings: Settings, tmp_path: Path) -> None:
    largest = msgspec.structs.replace(settings, text_limit=1_000_000)
    (tmp_path / "a.txt").write_text("Title\n" + "😀" * 1_100_000)
    run(largest, [str(tmp_path)], now=NOW)
    ((article, _, _),) = on_the_line(settings)
    assert (len(article.text), article.truncated) == (1_000_000, True)


def test_a_missing_path_sends_nothing_at_all(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A\nb")
    with pytest.raises(UserMistake):
        run(settings, [str(tmp_path / "a.txt"), str(tmp_path / "nowhere")], now=NOW)
    run(settings, [str(tmp_path / "a.txt")], now=NOW)  # makes the topics
    assert len(on_the_line(settings)) == 1


def test_an_unreachable_kafka_is_one_line_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A\nb")
    nowhere = Settings(kafka="127.0.0.1:9", elasticsearch="http://127.0.0.1:9", connect_timeout_s=2)
    with pytest.raises(Unavailable, match=r"Kafka at 127\.0\.0\.1:9"):
        run(nowhere, [str(tmp_path)], now=NOW)


def test_the_command_sends_99_of_100_names_the_broken_line_and_exits_1(settings: Settings, hundred: Path) -> None:
    done = command(settings, "--json", str(hundred))
    assert done.returncode == 1, done.stderr
    said = json.loads(done.stdout)
    assert (said["read"], said["published"], said["ignored_keys"]) == (99, 99, {"extra": 99})
    assert "line 42" in said["refused"][0]
    assert len(on_the_line(settings)) == 99


def test_the_command_reads_standard_input(settings: Settings) -> None:
    done = command(settings, "-", stdin='{"title": "From a pipe"}\n')
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 articles read, 1 published, 0 refused" in done.stdout
    assert [article.title for article, _, _ in on_the_line(settings)] == ["From a pipe"]


def test_a_dry_run_needs_no_server(hundred: Path, tmp_path: Path) -> None:
    done = command(Settings(data_dir=str(tmp_path / "data")), "--dry-run", "--limit", "3", str(hundred))
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert "3 articles read, nothing published (dry run), 0 refused, stopped at the limit" in done.stdout


@pytest.mark.parametrize(("name", "why"), [("nowhere.txt", "there is no such file"), ("empty.txt", "is empty")])
def test_nothing_to_read_is_one_line_and_exit_code_2(settings: Settings, tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "empty.txt").touch()
    done = command(settings, str(tmp_path / name))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert why in done.stderr

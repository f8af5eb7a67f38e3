"""`wirewatch watch`: what comes, in a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

import msgspec
import pytest
from click.testing import CliRunner

from tests.builders import alert
from tests.made_news import stored
from wirewatch.cli import main
from wirewatch.search.articles import write
from wirewatch.search.client import connect
from wirewatch.search.documents import ALERTS, Write, alert_document
from wirewatch.settings import Settings
from wirewatch.stream.admin import ensure_topics


@pytest.fixture
def line(settings: Settings) -> Settings:
    ensure_topics(settings)
    stored(settings, datetime.now(UTC))
    return settings


def test_it_shows_what_there_is_in_the_order_of_its_time(line: Settings) -> None:
    runner = CliRunner(env=line.environment())
    done = runner.invoke(main, ["watch", "--since", "24h", "--once", "--json"])
    assert done.exit_code == 0, done.output
    found = [json.loads(one) for one in done.output.splitlines()]
    assert [one["title"] for one in found if one["kind"] == "alert"] == ["Talks begin in Damascus", "Rebels enter Homs"]
    assert len([one for one in found if one["kind"] == "story"]) == 5
    assert [one["at"] for one in found] == sorted(one["at"] for one in found)
    said = runner.invoke(main, ["watch", "--since", "24h", "--once"]).output
    assert "ALERT  Fighting near Homs (sent): Rebels enter Homs  1 outlet" in said
    assert "all well; nobody behind" in said


def test_an_alert_is_shown_once_when_it_comes(line: Settings, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "wirewatch", "watch", "--since", "1m"],
        env=os.environ | line.environment(),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    lines: Queue[str] = Queue()
    assert process.stdout
    output = process.stdout
    Thread(target=lambda: [lines.put(one) for one in output], daemon=True).start()
    try:
        assert "all well" in lines.get(timeout=60)
        now = datetime.now(UTC)
        fresh = alert(story_id="fresh", title="Ships leave Odesa", made_at=now, updated_at=now)
        with connect(line) as es:
            write(es, line, [Write(ALERTS, fresh.id, 1, alert_document(fresh))])
        assert "Ships leave Odesa" in lines.get(timeout=30)
        again = msgspec.structs.replace(fresh, status="sent")
        with connect(line) as es:
            write(es, line, [Write(ALERTS, again.id, 2, alert_document(again))])
        time.sleep(5)
        with pytest.raises(Empty):
            lines.get_nowait()
    finally:
        process.terminate()
        assert process.wait(20) == 0

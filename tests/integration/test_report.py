"""The report: one file that holds what happened and needs nothing beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner
from playwright.sync_api import expect

from tests.builders import replaced
from tests.integration.page import chromium, found_in
from tests.made_news import SCRIPT, stored
from wirewatch.cli import main
from wirewatch.page import board
from wirewatch.page.report import render
from wirewatch.settings import Settings

NOW = datetime.now(UTC)
MOST_BYTES = 3_000_000


@pytest.fixture(scope="module")
def line(named_settings: Callable[[], AbstractContextManager[Settings]]) -> Iterator[Settings]:
    with named_settings() as settings:
        stored(settings, NOW)
        yield replaced(settings, kafka=None)


def test_a_report_is_small_and_leads_only_to_the_articles_themselves(line: Settings) -> None:
    text = render(line, now=NOW)
    assert len(text.encode()) < MOST_BYTES
    assert found_in(text, r'id="articles">(\d+)<') == "11"
    assert "Rebels enter Homs" in text
    assert "Old report from Homs" not in text
    assert "Old report from Homs" in render(line, now=NOW, span="7d")
    assert SCRIPT not in text
    links = set(re.findall(r'(?:href|src|action)="([^"]*)"', text))
    assert links
    assert [link for link in links if not re.match(r"https://\w+\.example/", link)] == []


@pytest.mark.parametrize(("marked", "said"), [(2, r"UTC: [^<]+: [^<]+"), (1, r"UTC: \d+ alerts?")])
def test_every_alert_has_a_mark_on_the_time_line_alone_or_with_others_of_its_bar(
    marked: int, said: str, line: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "ALERTS_MARKED", marked)
    marks = re.findall(r'class="mark" d="[^"]*"><title>([^<]*)', render(line, now=NOW))
    assert marks
    assert [mark for mark in marks if not re.fullmatch(f".*{said}", mark)] == []
    assert sum(int(count) for mark in marks for count in re.findall(r"(\d+) alerts?$", mark) or [1]) == 2


def test_a_report_tells_times_in_the_zone_of_its_reader(line: Settings) -> None:
    told = render(replaced(line, timezone="Asia/Tokyo"), now=NOW)
    assert f"{NOW.astimezone(ZoneInfo('Asia/Tokyo')):%H:%M} JST" in told
    assert "Times are those of Asia/Tokyo." in told
    assert " UTC" not in told


def test_a_report_opens_from_a_file_and_asks_nobody(line: Settings, tmp_path: Path) -> None:
    file = tmp_path / "today.html"
    file.write_text(render(line, now=NOW), encoding="utf-8")
    asked: list[str] = []
    said: list[str] = []
    with chromium() as browser:
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.goto(file.as_uri())
        expect(page.locator("#alerts")).to_have_text("2")
        expect(page.locator(".map svg")).to_be_visible()
        assert page.evaluate("getComputedStyle(document.querySelector('.panel')).borderTopWidth") == "1px"
        faults = Axe().run(page, context={"exclude": [["svg"]]}).response["violations"]
    assert [fault["id"] for fault in faults if fault["impact"] in ("serious", "critical")] == []
    assert (asked, said) == ([file.as_uri()], [])


def test_the_command_writes_the_file_and_says_how_large_it_is(line: Settings, tmp_path: Path) -> None:
    runner = CliRunner(env=line.environment() | {"WIREWATCH_KAFKA": "127.0.0.1:9", "WIREWATCH_CONNECT_TIMEOUT_S": "1"})
    file = tmp_path / "today.html"
    done = runner.invoke(main, ["report", "--html", str(file), "--since", "7d"])
    assert done.exit_code == 0, done.output
    assert "kB" in done.output
    written = file.read_text(encoding="utf-8")
    assert "in the last 7 d" in written
    assert "Kafka at 127.0.0.1:9 cannot be reached" in written
    assert runner.invoke(main, ["report", "--html", str(file), "--since", "week"]).exit_code == 2
    assert runner.invoke(main, ["report", "--html", str(tmp_path / "no" / "x.html")]).exit_code == 2

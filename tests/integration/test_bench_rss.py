"""The RSS producer and reader are measured on the same feeds, and nothing is left of it."""

from __future__ import annotations

import json

import httpx
import pytest
from click.testing import CliRunner

from wirewatch.bench.feed_server import served
from wirewatch.bench.rss import PollFigures, RssFigures, median_run, of_reader
from wirewatch.cli.bench import bench
from wirewatch.settings import Settings


def test_both_polls_are_measured_beside_reader(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    words = ["rss", "--feeds", "12", "--items", "5", "--json"]
    result = CliRunner().invoke(bench, words, catch_exceptions=False)
    figures = json.loads(result.stdout)
    rss = figures["stages"]["rss"]
    for who in ("wirewatch", "reader"):
        first, second = rss[who]["first"], rss[who]["second"]
        assert (first["new"], second["new"], second["unchanged"]) == (60, 0, 12), who
        assert 0 < first["took_s"] < 60
        assert first["cpu_s"] > 0
    assert rss["wirewatch"]["published"] == [60, 60], "the second poll sends nothing"
    assert rss["of_reader"]["first"] == pytest.approx(
        rss["wirewatch"]["first"]["took_s"] / rss["reader"]["first"]["took_s"], abs=0.001
    )
    assert 20 < figures["memory_mb"]["rss"] < 500
    assert httpx.get(f"{settings.elasticsearch}/_cat/indices/{settings.name_prefix}*").text == ""


def test_each_feed_has_a_host_of_its_own_and_says_when_it_has_not_changed() -> None:
    with served(3, 4) as urls:
        assert len({httpx.URL(url).host for url in urls}) == 3
        answer = httpx.get(urls[1])
        assert (answer.status_code, answer.text.count("<item>")) == (200, 4)
        assert httpx.get(urls[1], headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
        assert httpx.get(urls[2], headers={"If-None-Match": answer.headers["etag"]}).status_code == 200


def test_of_several_runs_the_one_in_the_middle_counts() -> None:
    def figures(first: float) -> RssFigures:
        return RssFigures(PollFigures(first, 1.0, 1), PollFigures(1.0, 1.0, 0, 1))

    runs = [{"wirewatch": figures(n), "reader": figures(10.0)} for n in (9.0, 4.0, 6.0)]
    assert of_reader(median_run(runs)) == {"first": 0.6, "second": 1.0}
    assert of_reader({"wirewatch": figures(1.0)}) == {}

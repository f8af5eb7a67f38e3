"""What is measured with, and what the command says of it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from wirewatch.bench.articles import World, made_articles, world
from wirewatch.bench.tagger import measure
from wirewatch.cli.bench import bench
from wirewatch.errors import BenchFailed
from wirewatch.knowledge import load_knowledge
from wirewatch.settings import Settings
from wirewatch.tagging.gazetteer_cache import load_gazetteer

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CACHE = Path(Settings().cache_dir)


@pytest.fixture(scope="module")
def around() -> World:
    return world(load_gazetteer(CACHE), load_knowledge(cache_dir=CACHE).actors)


def test_made_articles_have_500_words_and_no_sentence_twice(around: World) -> None:
    made = list(made_articles(around, 100, now=NOW))
    assert all(500 <= len(article.text.split()) < 540 for article in made)
    lines = [line for article in made for line in article.text.splitlines()]
    sentences = [sentence for line in lines for sentence in re.split(r"(?<!Jr)\. ", line)]
    assert len(sentences) > 2_000
    assert len(set(sentences)) == len(sentences)


def test_the_same_seed_makes_the_same_articles_and_another_seed_others(around: World) -> None:
    one, two = (list(made_articles(around, 3, now=NOW)) for _ in range(2))
    assert one == two
    assert one != list(made_articles(around, 3, now=NOW, seed=2))


def test_names_come_as_often_as_their_rank_says(around: World) -> None:
    text = " ".join(article.text for article in made_articles(around, 100, now=NOW))
    first, second, thousandth = (around.places.ranked[rank] for rank in (0, 1, 999))
    assert text.count(first) > text.count(second) > text.count(thousandth)


@pytest.mark.long
def test_the_tagger_is_measured_with_the_model_off_auto_and_full() -> None:
    result = CliRunner().invoke(bench, ["tagger", "--articles", "20", "--runs", "1", "--json"], catch_exceptions=False)
    figures = json.loads(result.stdout)
    rates = {way: figure["articles_per_cpu_s"] for way, figure in figures["stages"]["tagger"].items()}
    assert rates["off"] > rates["auto"] > rates["full"] > 0
    assert 0 < figures["ready_s"]["tagger"] < 60
    assert 50 < figures["memory_mb"]["tagger"] < 2_000


def test_what_could_not_be_measured_is_said_in_one_line() -> None:
    with pytest.raises(BenchFailed, match=r"^tagger \(auto\) could not be measured: .*IndexError.*"):
        measure("auto", [], runs=1)


def test_ten_thousand_rules_are_measured_with_what_they_were_like() -> None:
    result = CliRunner().invoke(bench, ["rules", "--articles", "60", "--runs", "1", "--json"], catch_exceptions=False)
    figures = json.loads(result.stdout)["stages"]["rules"]
    assert figures["rules"] == 10_000
    assert figures["matching"] >= 20
    assert figures["sharing_a_word"] >= 300
    assert 0 < figures["ms_per_article"] < figures["ms_per_article_with_reasons"] < 50

"""`wirewatch search` and `wirewatch actors` as a user types them, on a real Elasticsearch."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result

from tests.builders import article, tagged
from wirewatch.cli import main
from wirewatch.models import ClusteredArticle, Story
from wirewatch.search.articles import write
from wirewatch.search.client import connect
from wirewatch.search.documents import article_write, story_write
from wirewatch.search.indices import ensure_indices, refresh
from wirewatch.settings import Settings

RECENT = datetime.now(UTC) - timedelta(hours=1)


def typed(settings: Settings, *words: str) -> Result:
    return CliRunner(env=settings.environment()).invoke(main, words)


@pytest.fixture
def news(settings: Settings) -> Settings:
    """One article about Homs, an hour old."""
    ensure_indices(settings)
    of = article(url="https://h.example/homs", published_at=RECENT)
    story = Story("s1", of.title, of.id, RECENT, RECENT, 1, 1)
    with connect(settings) as es:
        write(
            es,
            settings,
            [article_write(ClusteredArticle(tagged(of), story, 1, RECENT), indexed_at=RECENT), story_write(story)],
        )
    refresh(settings)
    return settings


def test_search_shows_a_table_with_what_was_found(news: Settings) -> None:
    result = typed(news, "search", "rebels", "--since", "24h")
    assert result.exit_code == 0
    assert "Harbour" in result.output
    assert "1 article" in result.output


@pytest.mark.parametrize("place", ["Homs", "Homs, SY", "Homs, Syria", "34.73,36.71"])
def test_search_near_a_place_finds_it_by_name_or_point(news: Settings, place: str) -> None:
    (found,) = json.loads(typed(news, "search", "--near", place, "--within", "20", "--json").stdout)["articles"]
    assert found["url"] == "https://h.example/homs"
    assert typed(news, "search", "--near", "Paris", "--json").stdout.replace(" ", "").startswith('{\n"total":0')


def test_search_that_finds_nothing_says_what_to_try(news: Settings) -> None:
    assert "nothing found among 1 articles" in typed(news, "search", "volcano").output
    assert "no actor has the id united-nation;" in typed(news, "search", "--actor", "united-nation").output


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["(rebels"], "cannot be read"),
        (["--since", "soon"], "24h"),
        (["--within", "5"], "--near"),
        (["--near", "Nowhereville"], "Nowhereville"),
        (["--near", "95,0"], "latitude"),
    ],
)
def test_a_mistake_in_a_search_is_one_line_and_exit_code_2(news: Settings, words: list[str], why: str) -> None:
    result = typed(news, "search", *words)
    assert result.exit_code == 2
    assert why in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_search_before_anything_was_indexed_says_so(settings: Settings) -> None:
    result = typed(settings, "search", "x")
    assert result.exit_code == 1
    assert "news-articles" in result.stderr


def test_actors_are_listed_by_kind_and_country_with_the_number_of_their_articles(news: Settings) -> None:
    listed = json.loads(typed(news, "actors", "list", "--kind", "armed_group", "--country", "sy", "--json").stdout)
    assert listed
    assert all(actor["kind"] == "armed_group" and "SY" in actor["countries"] for actor in listed)
    assert {actor["articles"] for actor in listed} <= {0, 1}


def test_an_actor_is_shown_by_id_or_name_and_a_wrong_name_gets_a_suggestion(news: Settings) -> None:
    by_id = json.loads(typed(news, "actors", "show", "united-nations", "--json").stdout)
    by_name = json.loads(typed(news, "actors", "show", "united NATIONS", "--json").stdout)
    assert by_id == by_name
    assert (by_id["id"], by_id["articles"]) == ("united-nations", 0)
    assert "United Nations (united-nations)" in typed(news, "actors", "show", "united-nations").output
    wrong = typed(news, "actors", "show", "Unitd Nations")
    assert wrong.exit_code == 2
    assert "did you mean united-nations" in wrong.stderr

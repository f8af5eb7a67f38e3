"""The seeds hold what seeds/README.md says of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from producers.files import read_files
from wirewatch.models import Article
from wirewatch.settings import Settings

FOLDER = Path(__file__).parents[2] / "seeds" / "articles"
COUNTRIES = {
    "Africa": ("Sudan", "Libya", "Morocco", "Niger", "Mali", "DR Congo", "Ethiopia", "South Africa", "Egypt"),
    "Asia": ("Syria", "Lebanon", "Myanmar", "Japan", "Pakistan", "Azerbaijan", "Turkey", "Qatar"),
    "Europe": ("Ukraine", "España", "Switzerland", "Scotland"),
    "North America": ("Haiti", "California"),
    "South America": ("Argentina",),
    "Oceania": ("Australia", "New Zealand"),
}
"""The countries that datelines name, by continent."""
AGENCY = "Meridian Press Agency"


@pytest.fixture(scope="module")
def articles() -> list[Article]:
    found = list(read_files([str(FOLDER)], settings=Settings(), now=datetime(2026, 1, 1, tzinfo=UTC)))
    assert all(isinstance(item, Article) for item in found), found
    return [item for item in found if isinstance(item, Article)]


def test_there_are_at_least_48_and_each_has_the_length_of_a_news_item(articles: list[Article]) -> None:
    assert len(articles) >= 48
    assert [a.title for a in articles if not 120 <= len(a.text.split()) <= 350] == []


def test_every_format_is_among_them() -> None:
    assert {path.suffix for path in FOLDER.iterdir()} == {".md", ".txt", ".json", ".html", ".jsonl"}


def test_each_names_an_invented_outlet_and_its_day(articles: list[Article]) -> None:
    for article in articles:
        if article.lineage.path and article.lineage.path.endswith(".txt"):  # nothing but its words: they say it
            assert any(
                f" {year} " in article.text[:120] or f" {year})" in article.text[:60] for year in range(2020, 2026)
            )
            continue
        assert article.source.name, article.title
        assert (article.source.domain or "").endswith(".example"), article.title
        assert article.published_at is not None
        assert 2020 <= article.published_at.year <= 2025


@pytest.mark.parametrize("continent", COUNTRIES)
def test_datelines_come_from_every_continent(articles: list[Article], continent: str) -> None:
    datelines = " | ".join(article.text.partition(" — ")[0] for article in articles)
    assert [country for country in COUNTRIES[continent] if country not in datelines] == []


def test_three_outlets_rewrote_one_agency_report(articles: list[Article]) -> None:
    rewrites = [article for article in articles if AGENCY in article.text]
    assert len(rewrites) == 3
    assert len({article.source.name for article in rewrites}) == 3
    assert len({article.content_hash for article in rewrites}) == 3
    assert all(name in article.text for article in rewrites for name in ("Umayyad", "Sednaya", "Jalali", "Moscow"))


def test_two_outlets_carry_the_same_text(articles: list[Article]) -> None:
    outlets = defaultdict(set)
    for article in articles:
        outlets[article.content_hash].add(article.source.name)
    assert sorted(len(names) for names in outlets.values())[-2:] == [1, 2]


def test_only_the_edited_version_shares_an_id_and_comes_later(articles: list[Article]) -> None:
    shared = [id_ for id_, n in Counter(article.id for article in articles).items() if n > 1]
    (versions,) = [[article for article in articles if article.id == id_] for id_ in shared]
    first, edited = versions
    assert first.content_hash != edited.content_hash
    assert first.timestamp < edited.timestamp
    assert (first.lineage.path or "") < (edited.lineage.path or "")


def test_four_languages_besides_english(articles: list[Article]) -> None:
    languages = Counter(article.language for article in articles)
    assert languages["es"] >= 3
    assert {"fr", "de", "ar"} <= set(languages)


def test_one_names_no_place_and_one_names_teams_like_cities(articles: list[Article]) -> None:
    (outage,) = [article for article in articles if "WhatsApp vanish" in article.title]
    assert outage.text.startswith("(The Lantern, 4 October 2021)")
    (final,) = [article for article in articles if "Kansas City beat San Francisco" in article.title]
    assert final.text.count("Kansas City") >= 4

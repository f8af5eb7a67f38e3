"""Asking a real Elasticsearch for articles, and for what they add up to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.builders import NOW, article
from tests.stored import HOMS, STORY, as_write, stored
from wirewatch.errors import IndexMissing, UserMistake
from wirewatch.geo import Point
from wirewatch.models import ActorTag, PlaceTag
from wirewatch.search.articles import write
from wirewatch.search.client import connect
from wirewatch.search.documents import ARTICLES, story_write
from wirewatch.search.indices import alias_of, ensure_indices
from wirewatch.search.overview import Overview, actor_counts, overview
from wirewatch.search.query import Hits, search
from wirewatch.settings import Settings

DAMASCUS = Point(33.51, 36.29)


def ids(hits: Hits) -> list[str]:
    return [hit.id for hit in hits.articles]


@pytest.fixture
def news(made: Settings) -> Settings:
    """Three articles: Homs now, Damascus a day ago, sport without tags a week ago."""
    un = ActorTag("united-nations", "United Nations", "international_org")
    damascus = PlaceTag("Damascus", "170654", "SY", "city", DAMASCUS)
    stored(
        made,
        as_write(article("Rebels enter Homs", "They came at dawn.", url="https://h.example/homs")),
        as_write(
            article("Talks about a truce", "Envoys met.", id="truce", published_at=NOW - timedelta(days=1)),
            actors=(un,),
            places=(damascus,),
        ),
        as_write(
            article("Cup final", "Two goals.", id="sport", published_at=NOW - timedelta(days=7)), actors=(), places=()
        ),
        story_write(STORY),
    )
    return made


HOMS_ID = article(url="https://h.example/homs").id


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("dawn", [HOMS_ID]),
        ("DAWN", [HOMS_ID]),
        ("rebels dawn", [HOMS_ID]),
        ("rebels truce", []),
        ("envoys damascus", ["truce"]),
        ("nations", ["truce"]),
        ('"two goals"', ["sport"]),
        ('"goals two"', []),
        ("goal*", ["sport"]),
        ("title:cup", ["sport"]),
        ("truce OR goals", ["sport", "truce"]),
        ("met NOT truce", []),
        ("countries:SY AND NOT rebels", ["truce"]),
    ],
)
def test_articles_are_found_by_their_words(news: Settings, query: str, found: Sequence[str]) -> None:
    assert sorted(ids(search(news, query, now=NOW))) == sorted(found)


def test_a_word_of_the_title_weighs_more_than_one_of_the_text(made: Settings) -> None:
    batch = [article("Bridge", "It fell.", id="title"), article("It fell", "Bridge it was.", id="text")]
    stored(made, *(as_write(one, actors=(), places=()) for one in batch))
    assert ids(search(made, "bridge", now=NOW)) == ["title", "text"]


def test_without_a_query_the_newest_come_first_and_the_limit_holds(news: Settings) -> None:
    assert ids(search(news, now=NOW)) == [HOMS_ID, "truce", "sport"]
    hits = search(news, now=NOW, limit=1)
    assert (hits.total, ids(hits)) == (3, [HOMS_ID])


def test_articles_are_found_by_actor(news: Settings) -> None:
    assert ids(search(news, actor="united-nations", now=NOW)) == ["truce"]
    assert ids(search(news, "rebels", actor="united-nations", now=NOW)) == []


def test_articles_are_found_by_distance(news: Settings) -> None:
    assert ids(search(news, near=HOMS, within_km=50, now=NOW)) == [HOMS_ID]
    assert ids(search(news, near=HOMS, within_km=200, now=NOW)) == [HOMS_ID, "truce"]


def test_articles_are_found_by_age(news: Settings) -> None:
    assert ids(search(news, since=timedelta(hours=24), now=NOW)) == [HOMS_ID, "truce"]
    assert ids(search(news, since=timedelta(hours=24), now=NOW + timedelta(seconds=1))) == [HOMS_ID]
    assert len(ids(search(news, since=timedelta(days=365 * 1000), now=NOW))) == 3


def test_a_hit_says_what_one_wants_to_know_before_opening_it(news: Settings) -> None:
    (hit,) = search(news, "dawn", now=NOW).articles
    assert (hit.timestamp, hit.title, hit.url) == (NOW, "Rebels enter Homs", "https://h.example/homs")
    assert (hit.source["name"], hit.actors, hit.location_names) == ("Harbour Wire", ("syria-rebels",), ("Homs",))
    assert hit.score
    assert hit.score > 0


@pytest.mark.parametrize("query", ["(rebels", "AND", 'say "it', "published_at:soon", "[1 TO"])
def test_a_query_that_cannot_be_read_is_a_users_mistake_in_one_line(news: Settings, query: str) -> None:
    with pytest.raises(UserMistake) as it:
        search(news, query, now=NOW)
    assert query in str(it.value)
    assert "\n" not in str(it.value)


def test_a_search_where_nothing_was_indexed_names_the_index_that_is_missing(settings: Settings) -> None:
    with pytest.raises(IndexMissing, match=alias_of(settings, ARTICLES)):
        search(settings, "x", now=NOW)


def test_the_overview_counts_what_is_stored(news: Settings) -> None:
    assert overview(news) == Overview(
        articles=3,
        stories=1,
        top_actors=(("Syrian rebels", 1), ("United Nations", 1)),
        top_places=(("Damascus", 1), ("Homs", 1)),
        top_stories=(("Rebels enter Homs", 2),),
        countries=(("SY", 2),),
        newest=NOW,
    )
    assert len(overview(news, limit=1).top_actors) == 1
    assert actor_counts(news) == {"syria-rebels": 1, "united-nations": 1}


def test_the_overview_sees_what_was_written_a_moment_ago(made: Settings) -> None:
    with connect(made) as es:
        write(es, made, [as_write()])
    assert overview(made).articles == 1


def test_an_overview_of_nothing_is_zeros(settings: Settings) -> None:
    assert overview(settings) == Overview()
    assert actor_counts(settings) == {}
    ensure_indices(settings)
    assert overview(settings) == Overview()

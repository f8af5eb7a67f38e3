"""What retagging changes, counted by actor and place."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.builders import tagged, tags
from wirewatch.models import ActorTag, ClusteredArticle, Mention, PlaceTag, Story
from wirewatch.search.difference import Change, Difference, Mark, difference, marks_of_document, marks_of_tags
from wirewatch.search.documents import article_document

NOW = datetime(2025, 1, 2, tzinfo=UTC)
HERONS = ("actor", "grey-heron-front")
HOMS = ("place", "169577")


def mark(*starts: int, about: bool = False) -> Mark:
    return Mark("Grey Heron Front", frozenset(("text", start, start + 4) for start in starts), about)


def test_gained_lost_and_changed_are_counted_for_each_actor_over_all_articles() -> None:
    pairs = [
        ({}, {HERONS: mark(0)}),
        ({}, {HERONS: mark(9), HOMS: Mark("Homs")}),
        ({HERONS: mark(0)}, {}),
        ({HERONS: mark(0)}, {HERONS: mark(0, 30)}),
        ({HERONS: mark(0)}, {HERONS: mark(0, about=True)}),
        ({HERONS: mark(0)}, {HERONS: mark(0)}),
    ]
    assert difference(pairs) == Difference(
        articles=6,
        other=5,
        changes=(
            Change("actor", "grey-heron-front", "Grey Heron Front", gained=2, lost=1, changed=2),
            Change("place", "169577", "Homs", gained=1),
        ),
    )


def test_a_new_name_of_an_actor_at_the_same_spots_is_no_difference() -> None:
    assert difference([({HERONS: Mark("Herons")}, {HERONS: Mark("Grey Heron Front")})]) == Difference(1, 0)


def test_an_actor_is_called_as_it_is_today_and_one_that_is_lost_as_it_was() -> None:
    found = difference([({HERONS: Mark("Herons"), HOMS: Mark("Hims")}, {HERONS: mark(3)})])
    assert {change.id: change.name for change in found.changes} == {
        "grey-heron-front": "Grey Heron Front",
        "169577": "Hims",
    }


def test_what_was_just_stored_does_not_differ_from_what_was_just_tagged() -> None:
    of = tagged(
        tags=tags(
            actors=(
                ActorTag("syria-rebels", "Syrian rebels", "armed_group", ("SY",), 0.8),
                ActorTag("name:syrian-rebels", "Syrian rebels", "other_org"),  # the names in a document are fewer then
            ),
            places=(PlaceTag("Homs", "169577", "SY", "city"), PlaceTag("Clock Square", precision="site")),
            mentions=(
                Mention("Rebels", 0, 6, "organisation", "syria-rebels", "title"),
                Mention("Homs", 13, 17, "place", "169577", "title", "place"),
                Mention("Clock Square", 30, 42, "place", None, "text", "place"),
            ),
        )
    )
    story = Story("s", "", of.article.id, NOW, NOW, 1, 1)
    before = marks_of_document(article_document(ClusteredArticle(of, story, 1, NOW), indexed_at=NOW))
    after = marks_of_tags(of.tags)
    assert after.keys() == {("actor", "syria-rebels"), ("actor", "name:syrian-rebels"), HOMS}
    assert difference([(before, after)]) == Difference(1, 0)
    assert before["actor", "syria-rebels"].name == "Rebels"

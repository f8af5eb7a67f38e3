"""The figures of our own gold set: who changes the tagger sees here what it costs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from wirewatch.evaluation.figures import Run, figures
from wirewatch.evaluation.gold import Gold, predicted, read_gold
from wirewatch.evaluation.scores import END_TO_END, FOCUS, MAIN_ACTORS, RECOGNISED, score
from wirewatch.models import ActorTag, Mention, PlaceTag, Tags
from wirewatch.settings import Settings
from wirewatch.tagging import load_tagger
from wirewatch.tagging.salience import weighed

GOLD = Path(__file__).parents[1] / "gold" / "articles.jsonl"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def gold() -> list[Gold]:
    with GOLD.open("rb") as lines:
        return list(read_gold(GOLD.name, lines))


@pytest.fixture(scope="module")
def run(gold: list[Gold]) -> Run:
    tagger = load_tagger(Settings())
    scored = [score(one, predicted(tagger.tag(one.article(now=NOW), now=NOW).tags)) for one in gold]
    return Run("articles", NOW, len(gold), True, "auto", "", "", "", figures(scored, resamples=2))


def test_there_are_more_than_60_articles_and_all_is_annotated(gold: list[Gold]) -> None:
    assert len(gold) >= 60
    for one in gold:
        assert None not in (one.toponyms, one.actors, one.about, one.focus_country, one.date), one.id
        assert one.title


@pytest.mark.parametrize(
    ("measure", "statistic", "at_least"),
    [
        (MAIN_ACTORS, "f1", 0.89),
        (FOCUS, "accuracy", 0.95),
        ("places overlap", "f1", 0.94),
        (RECOGNISED, "accuracy", 0.96),
        (END_TO_END, "accuracy", 0.91),
        ("actors overlap", "f1", 0.91),
    ],
)
def test_the_figures_are_no_worse_than_they_were(run: Run, measure: str, statistic: str, at_least: float) -> None:
    figure = run.figure(measure, statistic)
    assert figure is not None
    assert figure.value >= at_least


def mention(id_: str, sentence: int, field: str = "text") -> Mention:
    type_ = "place" if id_.isdigit() else "person"
    role = "place" if id_.isdigit() else None
    return Mention(id_, 0, 1, type_, id_, field, role, sentence)  # type: ignore[arg-type]


def person(id_: str, *countries: str) -> ActorTag:
    return ActorTag(id_, id_, "person", countries)


def about(*mentions: Mention) -> tuple[str, ...]:
    actors = tuple(person(id_) for id_ in dict.fromkeys(m.entity_id or "" for m in mentions))
    return weighed(Tags(mentions, actors)).about_actors


def test_who_stands_in_the_title_or_comes_again_is_a_main_actor_and_a_late_name_is_not() -> None:
    found = about(mention("a", 0, "title"), mention("b", 0), mention("b", 4), mention("late", 9), mention("late", 10))
    assert set(found) == {"a", "b"}


def test_a_name_in_no_list_that_comes_once_stands_by() -> None:
    assert about(mention("name:once", 0), mention("listed", 0)) == ("listed",)
    assert about(mention("name:once", 0)) == ()
    assert about(mention("name:once", 0, "title")) == ("name:once",)
    assert about(mention("name:twice", 0), mention("name:twice", 1)) == ("name:twice",)


def test_media_stand_by_unless_the_title_names_them() -> None:
    paper = ActorTag("paper", "Paper", "media")

    def found(*mentions: Mention) -> tuple[str, ...]:
        return weighed(Tags(mentions, (paper, person("a")))).about_actors

    assert found(mention("paper", 0), mention("paper", 1), mention("a", 0)) == ("a",)
    assert "paper" in found(mention("paper", 0, "title"), mention("a", 0))


def test_a_title_outweighs_a_lead_and_a_lead_what_comes_late() -> None:
    places = (PlaceTag("x", "1", "SY", "city"), PlaceTag("y", "2", "LB", "city"))

    def focus(*mentions: Mention) -> str | None:
        return weighed(Tags(mentions, places=places)).focus_country

    assert focus(mention("1", 9), mention("2", 0)) == "LB"
    assert focus(mention("1", 0), mention("2", 0, "title")) == "LB"
    assert focus(mention("1", 8), mention("1", 9), mention("2", 0)) == "SY"


def test_a_place_in_the_name_of_an_actor_is_nowhere() -> None:
    airline = Mention("Delta Air Lines", 0, 15, "organisation", "delta", sentence=0)
    delta = Mention("Delta", 0, 5, "place", "1", role="place")
    tags = Tags((airline, delta), (ActorTag("delta", "Delta", "company", ("US",)),), (PlaceTag("Delta", "1", "NG"),))
    assert weighed(tags).focus_country is None


def test_a_place_of_which_the_tagger_is_not_sure_weighs_less() -> None:
    doubtful = msgspec.structs.replace(mention("1", 0), confidence=0.4)
    places = (PlaceTag("x", "1", "SY", "city"), PlaceTag("y", "2", "LB", "city"))
    assert weighed(Tags((doubtful, mention("2", 9)), places=places)).focus_country == "LB"


def test_an_article_that_names_no_place_is_about_no_country() -> None:
    tags = Tags((mention("a", 0), mention("a", 1)), (person("a", "US"),))
    assert weighed(tags).focus_country is None

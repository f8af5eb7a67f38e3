"""Which articles tell one event: measured on sets of our own, tuned on one half and reported on the other."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from tests.builders import NOW
from wirewatch.bench.articles import made_articles, world
from wirewatch.evaluation.stories import bcubed, judged, measured, read_told
from wirewatch.knowledge import load_knowledge
from wirewatch.settings import Settings
from wirewatch.stories import Stories
from wirewatch.stories.calendar import days, fold
from wirewatch.tagging import load_tagger
from wirewatch.tagging.gazetteer_cache import load_gazetteer

GOLD = Path(__file__).parents[1] / "gold"


@pytest.mark.parametrize("half", ["tuned", "held"])
def test_stories_of_a_half_come_out_as_docs_stories_says(half: str) -> None:
    told = read_told((GOLD / f"stories_{half}.jsonl").read_bytes().splitlines())
    figures = measured(half, load_tagger(Settings()), told)
    print(figures)
    assert figures.precision >= 0.95
    assert figures.recall >= 0.90
    assert figures.copies_precision >= 0.99
    assert figures.copies_recall >= 0.95
    assert figures.joined >= 0.75 * figures.translations > 0


def found_of(*stories: str) -> dict[str, set[str]]:
    """What becomes of these stories of the half that was tuned on, where there are no others."""
    told = [one for one in read_told((GOLD / "stories_tuned.jsonl").read_bytes().splitlines()) if one.story in stories]
    found = judged(load_tagger(Settings()), told)
    return {story: {found[one.id] for one in told if one.story == story} for story in stories}


def test_the_next_attack_is_another_story_though_its_lead_names_the_place_of_the_last_one() -> None:
    found = found_of("drone-portsudan", "drone-kassala")
    assert found["drone-portsudan"] - found["drone-kassala"], "the first attack has a story of its own"
    assert len(found["drone-kassala"]) == 1


def test_a_word_that_opens_what_a_headline_says_after_a_colon_is_no_name_of_another_event() -> None:
    assert len(found_of("ferry")["ferry"]) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He was shot the night before. On Saturday they met", {-1: 1, -2: 1}),
        ("On Saturday they met. He was shot the night before", {-2: 1, -3: 1}),
        ("A day earlier, on Monday", {-1: 1, 0: 1}),
        ("Never before, nor earlier", {}),
    ],
)
def test_the_night_before_is_the_day_before_the_one_named_last(text: str, expected: dict[int, int]) -> None:
    monday = date(2025, 3, 3)
    words = [fold(word) for word in text.replace(",", " ").replace(".", " ").split()]
    found = {day - monday.toordinal(): times for day, times in days(words, monday).items()}
    assert found == expected


def test_bcubed_is_what_its_authors_say() -> None:
    truth = {"a": "1", "b": "1", "c": "2", "d": "2"}
    assert bcubed(truth, {"a": "x", "b": "x", "c": "x", "d": "y"}) == pytest.approx((2 / 3, 3 / 4))


def test_many_articles_about_the_same_places_and_people_do_not_run_into_one_story() -> None:
    settings = Settings(ner="off")
    cache = Path(settings.cache_dir)
    around = world(load_gazetteer(cache), load_knowledge(cache_dir=cache).actors)
    tagger, stories = load_tagger(settings), Stories()
    sizes = Counter[str]()
    for n, article in enumerate(made_articles(around, 300, now=NOW)):
        at = NOW + timedelta(minutes=n)
        tagged = tagger.tag(msgspec.structs.replace(article, published_at=at, fetched_at=at), now=at)
        sizes[stories.judge(tagged).story.id] += 1
    assert max(sizes.values()) <= 30, (
        "each is an event of its own; what they share are names that half the world's news has"
    )
    assert len(sizes) >= 80

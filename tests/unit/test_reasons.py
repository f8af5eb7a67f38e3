"""The reasons for a place are true: what they name is what the choice rests on."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from wirewatch.models import Argument, Choice, Tags
from wirewatch.settings import Settings
from wirewatch.tagging import Tagger, load_tagger
from wirewatch.tagging.export import article_of
from wirewatch.tagging.gazetteer import OTHER, Gazetteer
from wirewatch.tagging.tokens import key
from wirewatch.tagging.why import NAMED, renumbered

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return load_tagger(Settings(ner="off"))


@pytest.fixture(scope="module")
def gazetteer(tagger: Tagger) -> Gazetteer:
    return tagger._gazetteer


def tags_of(tagger: Tagger, text: str) -> Tags:
    return tagger.tag(article_of(text, now=NOW), now=NOW).tags


PLACES = st.sampled_from(
    """Tripoli|Lebanon|Libya|Georgia|Atlanta|Tbilisi|Santiago|Victoria|Cambridge|Massachusetts|Homs|Syria|Hama|Aleppo
    |London|Ontario|Paris|Texas|France|Valencia|Spain|Venezuela|Birmingham|Alabama|Congo|Goma|Cordoba|Argentina
    |Springfield|Illinois|Moscow|Idaho|Russia|Hyderabad|Pakistan|India|Mali|Gao|Punjab|Odessa|Ukraine""".replace(
        "\n", ""
    )
    .replace(" ", "")
    .split("|")
)
SENTENCES = st.sampled_from(
    [
        "Fighting spread in {0} on Friday.",
        "A fire in {0}, {1}, destroyed a warehouse.",
        "Officials of {0} said that the road to {1} was closed.",
        "{0} and {1} were calm.",
        "The mayor of {0} spoke.",
        "Schools in {0} province stayed shut.",
        "The city of {0} lies far from {1}.",
        "Workers went on strike near {0}, {1}.",
        "{0} was quiet, residents said.",
    ]
)
TEXTS = st.lists(st.builds(str.format, SENTENCES, PLACES, PLACES), min_size=1, max_size=5).map(" ".join)


def without(text: str, words: tuple[str, ...]) -> str:
    """The text with each of the words blotted out, however it is written; all else stays where it was."""
    for word in words:
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "x" * len(word), text, flags=re.IGNORECASE)
    return text


def names_of(tags: Tags, choice: Choice) -> set[str]:
    return {tags.mentions[n].name for n in choice.mentions}


def said(argument: Argument) -> tuple[str, float]:
    """What an argument says and how much it weighs, without the words that it names."""
    return argument.why.partition(" (")[0], argument.weight


def sides(choice: Choice) -> list[tuple[str, tuple[Argument, ...]]]:
    """The place that was chosen and the one that it beat, each with its reasons."""
    beaten = choice.runner_up
    return [(choice.id, choice.reasons), *([(beaten.id, beaten.reasons)] if beaten else [])]


def said_of(tags: Tags, start: int, place: str) -> list[tuple[str, float]]:
    """What is said of a place as a meaning of the mention at ``start``."""
    return [
        said(reason)
        for choice in tags.choices
        if any(tags.mentions[n].start == start for n in choice.mentions)
        for side, reasons in sides(choice)
        if side == place
        for reason in reasons
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(TEXTS)
@example(
    "A fire in Cambridge, Massachusetts. A fire in Cambridge, Mass., too. Cambridge, England, burned. Cambridge hid."
)
def test_without_the_words_that_a_reason_names_it_is_gone_or_weighs_less(tagger: Tagger, text: str) -> None:
    tags = tags_of(tagger, text)
    for choice in tags.choices:
        for place, reasons in sides(choice):
            for reason in reasons:
                if not reason.words or len(reason.words) == NAMED:
                    continue
                after = tags_of(tagger, without(text, reason.words))
                for start in (tags.mentions[n].start for n in choice.mentions):
                    assert said(reason) not in said_of(after, start, place), (start, place, reason)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(TEXTS)
def test_the_weights_add_up_and_show_by_how_much_the_runner_up_was_beaten(tagger: Tagger, text: str) -> None:
    for choice in tags_of(tagger, text).choices:
        assert choice.score == pytest.approx(sum(r.weight for r in choice.reasons), abs=0.05)
        if choice.runner_up is not None:
            beaten = sum(r.weight for r in choice.runner_up.reasons)
            assert choice.runner_up.by == pytest.approx(choice.score - beaten, abs=0.1)
            assert choice.runner_up.by >= 0
            assert choice.runner_up.id != choice.id


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(TEXTS)
def test_a_reason_that_names_no_words_holds_in_the_gazetteer(tagger: Tagger, gazetteer: Gazetteer, text: str) -> None:
    tags = tags_of(tagger, text)
    for choice in tags.choices:
        for name in names_of(tags, choice):
            bearers = gazetteer.named(key(name))
            place, how = next(((p, how) for p, how in bearers if p.id == choice.id), (None, 0))
            if place is None:
                continue  # a demonym or an abbreviation, which stands for one place only
            whys = {r.why for r in choice.reasons if not r.words and r.weight}
            known = place.level in ("region", "water")
            capital = ", a capital" if place.capital else ""
            assert ("well known" if known else f"{place.population:,} people{capital}") in whys
            assert ("not its usual name" in whys) == (how == OTHER)
            cities = [p for p, _ in bearers if p.level == "city" and p.country == place.country]
            assert cities or "a large city of its country has the same name" not in whys


def test_each_mention_of_a_listed_place_has_one_choice(tagger: Tagger) -> None:
    tags = tags_of(
        tagger, "Fire in Lebanon, Pennsylvania. Lebanon in Asia is a country. Syrian troops left Homs, Syria."
    )
    numbers = sorted(n for choice in tags.choices for n in choice.mentions)
    assert numbers == [n for n, m in enumerate(tags.mentions) if m.type == "place"]
    assert all(tags.mentions[n].entity_id == choice.id for choice in tags.choices for n in choice.mentions)


def test_a_correction_leaves_each_choice_with_its_mentions(tagger: Tagger) -> None:
    tags = tags_of(tagger, "Fire in Tripoli, Libya. Ships left Benghazi and Tripoli for Malta.")
    kept = tuple(m for m in tags.mentions if m.name != "Libya")
    choices = renumbered(tags.choices, tags.mentions, kept)
    assert {kept[n].name for choice in choices for n in choice.mentions} == {"Tripoli", "Benghazi", "Malta"}
    assert all(kept[n].entity_id == choice.id for choice in choices for n in choice.mentions)

"""The rule that the user would write, on the user's article and on one like it."""

from __future__ import annotations

import pytest

from tests.builders import NOW
from tests.unit.test_tagging import PARAPHRASE, SEED
from wirewatch.alerts.match import match
from wirewatch.alerts.names import Names, load_names
from wirewatch.alerts.render import reason_text
from wirewatch.alerts.rule import Rule
from wirewatch.alerts.rules_file import read_rule
from wirewatch.alerts.why_not import why_not
from wirewatch.models import Story, TaggedArticle
from wirewatch.settings import Settings
from wirewatch.tagging import load_tagger
from wirewatch.tagging.export import article_of

STORY = Story("s", "T", "a", NOW, NOW, 1, 1, independent_outlets=1)


@pytest.fixture(scope="module")
def names() -> Names:
    return load_names(Settings())


def given(which: str) -> TaggedArticle:
    if which == "seed":
        if not SEED.is_dir():
            pytest.skip("the user's article is in ../shared, which is not here")
        title, _, text = next(SEED.glob("*.txt")).read_text().partition("\n")
    else:
        title, text = PARAPHRASE
    return load_tagger(Settings()).tag(article_of(text, title=title, now=NOW), now=NOW)


def rule(names: Names, place: str, km: float, text: str | None = None) -> Rule:
    fields = {"id": "hts", "actors": ["Hayat Tahrir al-Sham"], "near": {"place": place, "within_km": km}}
    return read_rule(fields | ({"text": text} if text else {}), names, where="test")


@pytest.mark.parametrize("which", ["seed", "paraphrase"])
def test_hts_within_50_km_of_homs_fires_with_reasons_a_person_would_write(which: str, names: Names) -> None:
    said = [reason_text(reason) for reason in match(rule(names, "Homs, SY", 50), given(which), STORY)]
    assert said[0].startswith("Hayat Tahrir al-Sham in “")
    assert said[1].startswith("Homs, 0 km from Homs, SY in “")


@pytest.mark.parametrize("which", ["seed", "paraphrase"])
def test_within_10_km_of_aleppo_and_football_does_not_and_says_why(which: str, names: Names) -> None:
    article, asked = given(which), rule(names, "Aleppo, SY", 10, "football")
    assert match(asked, article, STORY) == ()
    answers = {answer.condition: answer for answer in why_not(asked, article, STORY)}
    assert answers["actors"].met
    assert (answers["text"].met, answers["text"].says) == (False, "football is not there")
